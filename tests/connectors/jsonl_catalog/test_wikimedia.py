"""A real estate, converted and read, gives the answers that a recount of its tables gives."""

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from connectors.jsonl_catalog import connect
from tests import wikimedia_catalog
from tracker.core.catalog import CoverageStatement, Ref, RelationType, SourceSnapshot, kind_of
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.patterns import parse_pattern
from tracker.core.where_else import VersionedPattern, WhereElse, where_else

PATTERN = """\
pattern: calls-through-the-mesh-without-retries
about: Calls another service through the mesh and gives up at the first failure.
applies_to: {kind: component, type: service}
relation:
  type: calls
  where:
    all:
      - {fact: listener, exists: true}
      - {fact: retries, equals: 0}
"""

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def tables(shared: Path) -> dict[str, Rows]:
    folder = shared / "catalogs" / "wikimedia"
    with (folder / "services.csv").open() as services, (folder / "edges.csv").open() as edges:
        return {"services": list(csv.DictReader(services)), "edges": list(csv.DictReader(edges))}


@pytest.fixture(scope="module")
def snapshot(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> SourceSnapshot:
    assert shared
    file = tmp_path_factory.mktemp("wikimedia") / "wikimedia.jsonl"
    subprocess.run([sys.executable, wikimedia_catalog.__file__, str(file)], check=True)
    return connect({}).read(str(file))


def components(tables: dict[str, Rows], *kinds: str) -> set[str]:
    rows = tables["services"]
    return {f"component:default/{row['name']}" for row in rows if row["kind"] in kinds}


def callers(tables: dict[str, Rows], attribute: str = "") -> set[str]:
    return {
        f"component:default/{row['src']}"
        for row in tables["edges"]
        if row["type"] == "mesh-listener" and f";{attribute}" in f"{row['attrs']};"
    }


def report(*snapshots: SourceSnapshot) -> WhereElse:
    return where_else(CatalogGraph(snapshots), [VersionedPattern(parse_pattern(PATTERN), 0)])


def test_the_counts_are_those_of_the_tables(tables: dict[str, Rows], snapshot: SourceSnapshot) -> None:
    kinds = Counter(row["kind"] for row in tables["services"])
    modules = {row["name"].split(":")[1] for row in tables["services"] if row["kind"] == "module"}
    services = kinds["k8s-service"] + kinds["lvs-service"]
    others = kinds.total() - services - kinds["chart"] - kinds["module"]
    assert Counter(kind_of(entity.ref).value for entity in snapshot.entities) == {
        "component": services,
        "package": kinds["chart"] + len(modules),
        "resource": others,
    }

    edges = Counter(row["type"] for row in tables["edges"])
    listed = sum(len(row["modules"].split("|")) for row in tables["services"] if row["modules"])
    assert Counter(relation.relation for relation in snapshot.relations) == {
        RelationType.CALLS: edges["mesh-listener"],
        RelationType.USES: edges["external-service"],
        RelationType.CONTAINS: edges["uses-chart"] + edges["uses-module"] + listed,
    }


def test_timeouts_are_those_of_the_tables(tables: dict[str, Rows], snapshot: SourceSnapshot) -> None:
    printed = Counter(row["attrs"].split(";")[1] for row in tables["edges"] if row["attrs"])
    read = Counter(r.facts.get("timeout_ms") for r in snapshot.relations if r.relation is RelationType.CALLS)
    assert read[None] == printed["timeout=?"]
    assert read[120_000] == printed["timeout=120s"]
    assert sum(read.values()) == sum(printed.values())


def test_the_report_names_the_services_that_call_without_retries(
    tables: dict[str, Rows], snapshot: SourceSnapshot
) -> None:
    found = report(snapshot)
    assert {exposed.ref for exposed in found.exposed} == callers(tables, "retries=0;")


def test_of_the_other_services_nobody_can_tell_for_the_mesh_is_not_all_calls(
    tables: dict[str, Rows], snapshot: SourceSnapshot
) -> None:
    found = report(snapshot)
    services = components(tables, "k8s-service", "lvs-service")
    assert {unknown.ref for unknown in found.unknown} == services - callers(tables, "retries=0;")
    assert {kind_of(ref) for ref in found.ruled_out} == {"package", "resource"}


def test_whoever_vouches_that_all_calls_go_through_the_mesh_rules_the_others_out(
    tables: dict[str, Rows], snapshot: SourceSnapshot
) -> None:
    kubernetes = components(tables, "k8s-service")
    questions = ("calls:out", "depends_on:out")
    vouched = tuple(CoverageStatement(ref, questions) for ref in sorted(kubernetes))
    found = report(
        snapshot, SourceSnapshot("network-policy", "declared", snapshot.observed_at, coverage=vouched)
    )
    exposed = callers(tables, "retries=0;")
    assert {Ref(ref) for ref in kubernetes - exposed} <= set(found.ruled_out)
    assert {unknown.ref for unknown in found.unknown} == components(tables, "lvs-service") - exposed
