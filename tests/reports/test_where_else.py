"""The shape of the report: what machines are promised, and what every page is made from."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.reports.harbour import BERTHS, CRANES, TUGS, harbour, pattern, shape_of, sources
from tracker.core.catalog import CoverageStatement, EntityAssertion, Ref, SourceSnapshot
from tracker.core.dependency_graph import CatalogGraph
from tracker.reports.where_else import CannotTellShape, MissingShape, SettlingShape, in_short, open_questions


def test_the_json_has_the_promised_shape():
    document = json.loads(harbour()[0].model_dump_json())
    assert set(document) >= {"lesson", "patterns", "snapshot", "exposed", "unknown", "ruled_out"}
    assert document["lesson"] == "deadlines"
    assert document["patterns"] == [
        {
            "pattern": "cache-without-deadline",
            "version": 3,
            "about": "Uses a cache and waits for it for ever.",
        }
    ]
    assert document["snapshot"] == {
        "number": 7,
        "observed_at": "2026-03-03T06:00:00Z",
        "sources": [
            {"source": "register", "kind": "declared", "observed_at": "2026-03-03T06:00:00Z"},
            {"source": "terraform", "kind": "iac", "observed_at": "2026-03-01T06:00:00Z"},
        ],
    }
    assert document["unknown"] == [
        {
            "ref": CRANES,
            "missing": [
                {
                    "leaf": "cache-without-deadline#/all/0/relation",
                    "says": "uses nothing of the kind; nobody has looked for all of them",
                    "settled_by": [
                        {"question": "uses:out", "about": CRANES, "sources": ["terraform"], "answered": False}
                    ],
                }
            ],
        }
    ]
    assert {"leaf": "cache-without-deadline#/applies_to/kind", "count": 3, "asks": "kind: component"} in (
        document["ruled_out"]["by_leaf"]
    )
    assert (
        document["ruled_out"]["count"] == sum(one["count"] for one in document["ruled_out"]["by_leaf"]) == 4
    )


def test_an_exposure_in_json_has_its_score_in_parts_and_its_evidence_by_leaf():
    first = json.loads(harbour()[0].model_dump_json())["exposed"][0]
    evidence = first.pop("evidence")
    assert first == {
        "ref": BERTHS,
        "score": 5.5,
        "score_parts": {
            "tier": 3.0,
            "blast_radius": 0.0,
            "environment": 1.0,
            "likeness": 1.5,
            "recurrences": 0.0,
            "age": 0.0,
        },
        "patterns": ["cache-without-deadline"],
        "owner": "group:default/pilots",
        "platform": "quay",
        "application": None,
        "environment": "prod",
        "tier": 1,
    }
    assert evidence[0] == {
        "leaf": "cache-without-deadline#/all/0/relation",
        "says": "uses resource:default/tides",
        "path": [{"from": BERTHS, "relation": "uses", "to": "resource:default/tides"}],
        "source": "terraform",
        "observed_at": "2026-03-01T06:00:00Z",
    }


@given(st.permutations(sources()), st.randoms(use_true_random=False))
def test_the_same_catalog_gives_the_same_bytes_whatever_the_order_of_its_files(snapshots, random):
    shuffled = [
        replace(
            one,
            entities=tuple(random.sample(one.entities, len(one.entities))),
            relations=tuple(random.sample(one.relations, len(one.relations))),
        )
        for one in snapshots
    ]
    assert shape_of(CatalogGraph(shuffled)).model_dump_json() == harbour()[0].model_dump_json()


def test_the_reasons_in_short_leave_out_what_only_found_the_right_entities():
    first = harbour()[0].exposed[0]
    assert [(reasons.source, reasons.says) for reasons in in_short(first)] == [
        (
            "terraform",
            ("uses resource:default/tides", "resource:default/tides: shared is true", "timeout_ms is unset"),
        ),
        ("register", ("mode is eager",)),
    ]


def test_the_same_words_about_two_edges_are_two_reasons():
    tugs = next(one for one in harbour()[0].exposed if one.ref == TUGS)
    assert in_short(tugs)[0].says.count("timeout_ms is unset") == 2


def test_one_fact_that_serves_two_leaves_is_one_reason():
    twice = pattern().pattern.text + "  - {fact: mode, equals: eager}\n"
    (first, *_) = shape_of(harbour()[1], text=twice).exposed
    assert sum(line.says == "mode is eager" for line in first.evidence) == 2
    assert in_short(first)[-1].says == ("mode is eager",)


def test_open_questions_start_with_what_a_source_could_answer_and_most_entities_wait_for():
    def waits(ref: str, *questions: tuple[str, list[str]]) -> CannotTellShape:
        settled_by = [SettlingShape(question=q, about=ref, sources=s) for q, s in questions]
        return CannotTellShape(ref=ref, missing=[MissingShape(leaf="p#/all", says="", settled_by=settled_by)])

    unknown = [
        waits("component:default/a", ("contains", ["sbom"]), ("calls:out", ["mesh", "trace"])),
        waits("component:default/b", ("fact:x", []), ("calls:out", ["mesh", "trace"])),
        waits("component:default/c", ("fact:x", [])),
    ]
    asked = open_questions(harbour()[0].model_copy(update={"unknown": unknown}))
    assert [(one.question, len(one.waiting), one.who) for one in asked] == [
        ("calls:out", 2, "mesh, trace look at this elsewhere"),
        ("contains", 1, "sbom looks at this elsewhere"),
        ("fact:x", 2, "no source looks at this yet"),
    ]


def test_whoever_waits_for_an_answer_about_another_entity_is_told_where_to_look():
    text = """
pattern: far
about: Depends on a lazy cache.
applies_to: {kind: component}
all: [{relation: {type: uses, to: {fact: lazy, equals: true}}}]
"""
    asked = open_questions(shape_of(harbour()[1], text=text))
    (about_caches,) = (one for one in asked if one.question == "fact:lazy")
    assert set(about_caches.look_at) == {"resource:default/tides", "resource:night/spare"}
    assert BERTHS in about_caches.waiting


def test_a_leaf_is_shown_as_its_pattern_writes_it():
    asked = {one.leaf: one.asks for one in harbour()[0].ruled_out.by_leaf}
    relation = asked["cache-without-deadline#/all/0/relation"]
    assert relation.startswith('relation: {"type": "uses", "to": {"type": "cache"')


def test_an_empty_catalog_asks_for_an_import():
    shape = shape_of(CatalogGraph([]))
    assert shape.advice is not None
    assert "elsewhere catalog import" in shape.advice


def test_a_report_that_cannot_tell_does_not_say_that_all_is_well():
    silent = SourceSnapshot(
        "register", "declared", sources()[0].observed_at, (EntityAssertion(BERTHS, {"type": "service"}),)
    )
    advice = shape_of(CatalogGraph([silent])).advice
    assert advice is not None
    assert "1 entity cannot be told" in advice


def test_a_report_with_nothing_exposed_says_how_to_make_sure():
    job = SourceSnapshot(
        "register",
        "declared",
        sources()[0].observed_at,
        (EntityAssertion(Ref("component:default/sweep"), {"type": "job"}),),
        coverage=(CoverageStatement("*", ("entities",)),),
    )
    advice = shape_of(CatalogGraph([job])).advice
    assert advice is not None
    assert "--why" in advice
