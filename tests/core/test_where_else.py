import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.catalogs import CACHE, OBSERVED, A, B, C, edge, entity, source
from tests.core.strategies import catalogs, patterns
from tracker.core.catalog import Ref, SourceSnapshot
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.errors import NotFound
from tracker.core.patterns import parse_pattern
from tracker.core.where_else import RankWeights, VersionedPattern, WhereElse, where_else


def report(said: list[SourceSnapshot], *bodies: str, **asked: Any) -> WhereElse:
    texts = [f"pattern: p{number}\n{body}" for number, body in enumerate(bodies)]
    return where_else(
        CatalogGraph(said), [VersionedPattern(parse_pattern(text), 1) for text in texts], **asked
    )


def lesson(written: list[dict[str, Any]]) -> list[VersionedPattern]:
    texts = [json.dumps({**pattern, "pattern": f"p{number}"}) for number, pattern in enumerate(written)]
    return [VersionedPattern(parse_pattern(text), 1) for text in texts]


lessons = st.lists(patterns(), min_size=1, max_size=2).map(lesson)


@given(catalogs(), lessons)
@settings(max_examples=60, deadline=None)
def test_every_entity_is_in_exactly_one_list_with_a_reason(
    said: tuple[SourceSnapshot, ...], asked: list[VersionedPattern]
) -> None:
    graph = CatalogGraph(said)
    found = where_else(graph, asked)
    lists = [[one.ref for one in found.exposed], [one.ref for one in found.unknown], list(found.ruled_out)]
    assert sorted(ref for refs in lists for ref in refs) == list(graph.refs)
    sources = {snapshot.source for snapshot in said}
    for one in found.exposed:
        assert {line.source for line in one.evidence} <= sources | {None}
        assert all(points_into(line.leaf, asked) for line in one.evidence)
        assert one.patterns
    for unsure in found.unknown:
        assert any(missing.settled_by or "disagree" in missing.says for missing in unsure.missing)
        assert all(points_into(missing.leaf, asked) for missing in unsure.missing)
    assert all(points_into(leaf, asked) for leaf in found.ruled_out.values())
    assert sum(count for _, count in found.ruled_out_by_leaf) == len(found.ruled_out)


def points_into(leaf: str, asked: list[VersionedPattern]) -> bool:
    """Whether ``pattern#/JSON/pointer`` names a place in that pattern's own text."""
    name, _, pointer = leaf.partition("#")
    (place,) = (one.pattern.definition for one in asked if one.pattern.name == name)
    here: Any = place
    for step in pointer.split("/")[1:]:
        here = here[int(step)] if isinstance(here, list) else here[step]
    return here is not None


@given(catalogs(), lessons, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_report_is_the_same_in_whatever_order_the_catalog_is_read(
    said: tuple[SourceSnapshot, ...], asked: list[VersionedPattern], random: Any
) -> None:
    def shuffled(rows: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(random.sample(rows, len(rows)))

    # Two assertions of one source about one entity are told apart by their order alone.
    said = tuple(replace(one, entities=tuple({e.ref: e for e in one.entities}.values())) for one in said)
    other = [
        replace(
            one,
            entities=shuffled(one.entities),
            relations=shuffled(one.relations),
            coverage=shuffled(one.coverage),
        )
        for one in shuffled(said)
    ]
    assert where_else(CatalogGraph(other), asked) == where_else(CatalogGraph(said), asked)


@given(catalogs(), lessons)
@settings(max_examples=30, deadline=None)
def test_asking_twice_is_asking_once(said: tuple[SourceSnapshot, ...], asked: list[VersionedPattern]) -> None:
    graph = CatalogGraph(said)
    assert where_else(graph, asked) == where_else(graph, asked)


def test_a_lesson_applies_where_one_of_its_patterns_does() -> None:
    said = [source("declared", entity(A, type="service"), entity(B, type="job"), entity(C, type="page"))]
    found = report(said, "type: service", "type: job")
    assert {one.ref: one.patterns for one in found.exposed} == {A: ("p0",), B: ("p1",)}
    assert found.ruled_out == {C: "p0#/type"}


def test_what_a_pattern_does_not_apply_to_is_ruled_out_by_the_pattern_that_came_furthest() -> None:
    said = [source("declared", entity(A, type="service"))]
    found = report(
        said, "applies_to: {kind: resource}\ntype: service", "applies_to: {kind: component}\ntype: job"
    )
    assert found.ruled_out == {A: "p1#/type"}


def test_an_unknown_names_what_would_settle_it_and_who_looks_for_that_elsewhere() -> None:
    said = [
        source("declared", entity(A), entity(B)),
        source("iac", covers={B: ["fact:pool.*"]}),
        source("trace", covers={"*": ["calls:out"]}),
    ]
    found = report(said, "kind: component\nfact: pool.max\nexists: true")
    (unsure,) = found.unknown
    (missing,) = unsure.missing
    assert (unsure.ref, missing.leaf) == (A, "p0#/fact")
    assert [(one.question, one.about, one.sources) for one in missing.settled_by] == [
        ("fact:pool.max", A, ("iac",))
    ]


def test_evidence_names_its_leaf_path_source_and_age() -> None:
    yesterday = OBSERVED - timedelta(days=1)
    said = [
        source("declared", entity(A), entity(CACHE, type="cache")),
        source("iac", edge(A, "uses", CACHE, timeout=None), at=yesterday),
    ]
    body = "relation: {type: uses, to: {type: cache}, where: {fact: timeout, exists: false}}"
    (exposed,) = report(said, body).exposed
    assert [(e.leaf, e.source, e.observed_at) for e in exposed.evidence] == [
        ("p0#/relation", "iac", yesterday),
        ("p0#/relation/to/type", "declared", OBSERVED),
        ("p0#/relation/where/fact", "iac", yesterday),
    ]
    assert exposed.evidence[0].says == f"uses {CACHE}"
    assert [step.to_ref for step in exposed.evidence[0].path] == [CACHE]


def test_the_fingerprint_changes_with_the_reasons_and_not_with_their_age() -> None:
    def fingerprint(value: int, days: int) -> str:
        said = source("iac", entity(A, facts={"n": value}), at=OBSERVED + timedelta(days=days))
        (exposed,) = report([said], "fact: n\ngreater: 0").exposed
        return exposed.fingerprint

    assert fingerprint(1, 0) == fingerprint(1, 90)
    assert fingerprint(1, 0) != fingerprint(2, 0)


def test_the_score_is_the_sum_of_its_printed_parts_and_orders_the_list() -> None:
    said = [
        source(
            "declared",
            entity(A, tier=1, environment="production", type="service"),
            entity(B, tier=4, environment="staging", type="service"),
            entity(C, type="service"),
            edge(B, "calls", A),
            edge(C, "calls", B),
        ),
    ]
    found = report(said, "type: service", incidents={B: 2}, origin=C)
    assert [one.ref for one in found.exposed] == [A, B, C]
    for one in found.exposed:
        assert one.score == round(sum(one.score_parts.values()), 2)
    first, second, last = (one.score_parts for one in found.exposed)
    assert (first["tier"], second["tier"], last["tier"]) == (3, 0, 0)
    assert (first["environment"], second["environment"]) == (1, 0)
    assert (first["blast_radius"], last["blast_radius"]) == (0.79, 0)
    assert (second["recurrences"], last["likeness"]) == (3, 0)


def test_old_evidence_weighs_less_and_the_weights_can_be_set() -> None:
    said = [
        source("iac", entity(A, facts={"n": 1}), at=OBSERVED),
        source("trace", entity(B), at=OBSERVED + timedelta(days=61)),
    ]
    (exposed,) = report(said, "fact: n\nequals: 1").exposed
    assert exposed.score_parts["age"] == -0.5
    (exposed,) = report(said, "fact: n\nequals: 1", weights=RankWeights(age=2)).exposed
    assert exposed.score_parts["age"] == -4


def test_an_origin_may_be_named_by_its_alias_and_must_be_in_the_catalog() -> None:
    said = [source("declared", entity(A, aliases=["component:trace/a"]))]
    assert report(said, "kind: component", origin=Ref("component:trace/a")).origin == A
    with pytest.raises(NotFound, match="component:default/b is not in the catalog"):
        report(said, "kind: component", origin=B)


def test_an_empty_catalog_has_an_empty_report() -> None:
    found = report([], "kind: component")
    assert (found.exposed, found.unknown, found.ruled_out, found.observed_at) == ((), (), {}, None)
