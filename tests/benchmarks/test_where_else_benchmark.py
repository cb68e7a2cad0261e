"""What three values, evidence and rank cost, beside a plain walk over the same graph that only says yes or no."""

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from time import process_time
from typing import TypeVar

import networkx as nx
import pytest

from tests.benchmarks.generated_estate import estate
from tracker.core.catalog import Ref, RelationType, SourceSnapshot
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.patterns import parse_pattern
from tracker.core.where_else import VersionedPattern, WhereElse, where_else

Result = TypeVar("Result")

SERVICES = 10_000
PATTERN = """
pattern: unretried-call-on-the-way-to-a-cache
applies_to: {kind: component, type: service}
all:
  - relation: {type: calls, to: {tag: critical}, where: {fact: retries, equals: 0}}
  - not: {contains: "pkg:pypi/package-0"}
  - reaches: {to: {kind: resource, type: cache}, hops: 3, via: [calls, uses]}
"""


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Seconds of this process alone, its older objects set aside: what else goes on is no part of a ratio."""
    gc.collect()
    gc.freeze()
    start = process_time()
    result = work()
    taken = process_time() - start
    gc.unfreeze()
    return result, taken


def asked(graph: CatalogGraph) -> WhereElse:
    return where_else(graph, [VersionedPattern(parse_pattern(PATTERN), 1)])


def plain_graph(snapshots: Iterable[SourceSnapshot]) -> "nx.MultiDiGraph[Ref]":
    graph: nx.MultiDiGraph[Ref] = nx.MultiDiGraph()
    for snapshot in snapshots:
        for entity in snapshot.entities:
            graph.add_node(entity.ref, type=entity.attributes["type"], tags=entity.tags)
        for one in snapshot.relations:
            graph.add_edge(one.from_ref, one.to_ref, relation=one.relation, **dict(one.facts))
    return graph


def plainly_exposed(graph: "nx.MultiDiGraph[Ref]") -> set[Ref]:
    return {
        ref for ref, node in graph.nodes.items() if node.get("type") == "service" and _matches(graph, ref)
    }


def _matches(graph: "nx.MultiDiGraph[Ref]", ref: Ref) -> bool:
    edges = list(graph.out_edges(ref, data=True))
    if any(far == "pkg:pypi/package-0" for _, far, _ in edges):
        return False
    if not any(
        edge["relation"] is RelationType.CALLS
        and edge["retries"] == 0
        and "critical" in graph.nodes[far]["tags"]
        for _, far, edge in edges
    ):
        return False
    seen, frontier = {ref}, [ref]
    for _ in range(3):
        following = []
        for near in frontier:
            for _, far, edge in graph.out_edges(near, data=True):
                if far not in seen and edge["relation"] in {RelationType.CALLS, RelationType.USES}:
                    if graph.nodes[far]["type"] == "cache":
                        return True
                    seen.add(far)
                    following.append(far)
        frontier = following
    return False


@dataclass(frozen=True)
class Run:
    snapshots: list[SourceSnapshot]
    report: WhereElse
    building: float
    evaluation: float


def run(services: int) -> Run:
    snapshots = estate(services)
    graph, building = timed(partial(CatalogGraph, snapshots))
    report, evaluation = timed(partial(asked, graph))
    return Run(snapshots, report, building, evaluation)


@pytest.fixture(scope="module")
def large() -> Run:
    return run(SERVICES)


def test_where_else_costs_a_bounded_multiple_of_a_plain_walk(
    large: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = plain_graph(large.snapshots)
    expected, walk = timed(partial(plainly_exposed, plain))
    with capsys.disabled():
        print(  # noqa: T201 - the figure is what a benchmark is for
            f"\n{SERVICES} services, {plain.number_of_edges()} edges: {len(large.report.exposed)} exposed, "
            f"{len(large.report.unknown)} cannot be told. Graph built in {large.building:.2f} s, "
            f"where-else {large.evaluation:.2f} s, plain walk {walk:.2f} s: {large.evaluation / walk:.1f} times"
        )
    assert {one.ref for one in large.report.exposed} == expected
    assert len(expected) > SERVICES / 100
    assert large.evaluation < 60 * walk


def test_the_cost_grows_about_as_the_estate_does(large: Run, capsys: pytest.CaptureFixture[str]) -> None:
    small = [run(SERVICES // 10) for _ in range(3)]
    building = large.building / min(one.building for one in small)
    evaluation = large.evaluation / min(one.evaluation for one in small)
    with capsys.disabled():
        print(  # noqa: T201 - the figure is what a benchmark is for
            f"\nTen times the services: building takes {building:.1f} times as long, where-else {evaluation:.1f} times"
        )
    # Ten would be linear. Neighbourhoods of three hops grow with the estate too, if less than it does.
    assert building < 40
    assert evaluation < 40
