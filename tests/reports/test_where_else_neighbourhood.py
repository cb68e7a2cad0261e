"""The picture: what is drawn, where, and what is left out."""

from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.reports.harbour import BERTHS, FERRIES, TIDES, harbour
from tracker.core.dependency_graph import CatalogGraph
from tracker.reports.neighbourhood import (
    HEIGHT,
    MOST_EXPOSED,
    MOST_NODES,
    WIDTH,
    Neighbourhood,
    neighbourhood,
)
from tracker.reports.where_else import EvidenceShape, ExposedShape, StepShape, WhereElseShape

NOTHING = CatalogGraph([])
REPORT = harbour()[0]
REFS = (
    [f"component:default/c{n}" for n in range(12)]
    + [f"resource:night/r{n}" for n in range(6)]
    + ["pkg:npm/%40a/b"]
)


def exposed(ref: str, *steps: tuple[str, str], **attributes: Any) -> ExposedShape:
    path = [StepShape(from_ref=a, relation="uses", to_ref=b) for a, b in steps]
    line = EvidenceShape(leaf="p#/all", says="uses it", path=path, source="s", observed_at=None)
    known: dict[str, Any] = {
        "owner": None,
        "platform": None,
        "application": None,
        "environment": None,
        "tier": None,
    }
    return ExposedShape(
        ref=ref, score=1.0, score_parts={}, evidence=[line], patterns=["p"], **{**known, **attributes}
    )


def drawn(*found: ExposedShape, origin: str | None = None) -> Neighbourhood:
    shape: WhereElseShape = REPORT.model_copy(
        update={"exposed": list(found), "unknown": [], "origin": origin}
    )
    return neighbourhood(shape, NOTHING)


@st.composite
def reports(draw: st.DrawFn) -> list[ExposedShape]:
    pairs = st.tuples(st.sampled_from(REFS), st.sampled_from(REFS))
    return [
        exposed(
            ref,
            *draw(st.lists(pairs, max_size=6)),
            owner=draw(st.sampled_from([None, "group:default/pilots", "group:default/crew"])),
            platform=draw(st.sampled_from([None, "quay", 7])),
        )
        for ref in draw(st.lists(st.sampled_from(REFS), unique=True, max_size=8))
    ]


@given(reports())
def test_no_two_nodes_overlap_and_all_lie_within_the_picture(found):
    picture = drawn(*found)
    for one, other in combinations(picture.nodes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT, (one.ref, other.ref)
    for node in picture.nodes:
        assert 0 <= node.x <= picture.width - WIDTH
        assert 0 <= node.y <= picture.height - HEIGHT


@given(reports())
def test_everything_that_the_evidence_names_is_drawn_once_or_counted(found):
    picture = drawn(*found)
    refs = [node.ref for node in picture.nodes]
    links = [(link.from_ref, link.to_ref) for link in picture.links]
    steps = {(step.from_ref, step.to_ref) for one in found for line in one.evidence for step in line.path}
    named = {one.ref for one in found} | {ref for step in steps for ref in step}
    assert len(refs) == len(set(refs))
    assert len(links) == len(set(links))
    assert set(links) <= steps
    assert {one.ref for one in found} <= set(refs) <= named
    assert {ref for link in links for ref in link} <= set(refs)
    assert len(refs) + picture.left_out == len(named)


def test_a_path_that_starts_at_the_entity_is_drawn_whole():
    a, b, c, d = (f"component:default/{name}" for name in "abcd")
    picture = drawn(exposed(a, (a, b), (b, c), (d, c)))
    assert len(picture.links) == 3
    assert picture.left_out == 0


@given(reports())
def test_the_picture_is_the_same_each_time(found):
    assert drawn(*found) == drawn(*found)


def test_a_picture_has_room_for_so_many_and_counts_the_rest():
    many = [
        exposed(f"component:default/c{n:03}", (f"component:default/c{n:03}", str(TIDES))) for n in range(300)
    ]
    picture = drawn(*many)
    assert sum(node.standing == "exposed" for node in picture.nodes) == MOST_EXPOSED
    assert picture.left_out == 300 - MOST_EXPOSED
    assert picture.nodes[0].ref == "component:default/c000"


def test_one_exposure_with_a_thousand_ends_does_not_burst_the_picture():
    ends = [(str(BERTHS), f"resource:default/r{n}") for n in range(1000)]
    picture = drawn(exposed(BERTHS, *ends))
    assert len(picture.nodes) == MOST_NODES
    assert picture.left_out == 1001 - MOST_NODES


def test_a_path_leads_to_the_right_one_column_a_step():
    a, b, c = (f"component:default/{name}" for name in "abc")
    places = {node.ref: node.x for node in drawn(exposed(a, (a, b), (b, c))).nodes}
    assert places[a] < places[b] < places[c]


def test_the_exposed_of_one_platform_and_owner_share_a_frame():
    quay = {"platform": "quay", "owner": "group:default/pilots"}
    picture = drawn(
        exposed("component:default/a", **quay),
        exposed("component:default/b", platform="yard", owner="group:default/crew"),
        exposed("component:default/c", **quay),
    )
    assert [frame.label for frame in picture.frames] == ["quay / pilots", "yard / crew"]
    inside = [
        node.ref
        for node in picture.nodes
        if picture.frames[0].y <= node.y <= picture.frames[0].y + picture.frames[0].height
    ]
    assert inside == ["component:default/a", "component:default/c"]


def test_an_origin_that_is_not_exposed_is_drawn_with_what_it_shares():
    picture = neighbourhood(*harbour())
    origin = next(node for node in picture.nodes if node.ref == FERRIES)
    assert origin.note == "origin, component"
    assert (FERRIES, TIDES) in {(link.from_ref, link.to_ref) for link in picture.links}


def test_a_node_says_in_words_what_its_colour_and_outline_say():
    notes = {
        node.ref: node.note
        for node in drawn(exposed("pkg:npm/%40a/b", tier=1), origin="pkg:npm/%40a/b").nodes
    }
    assert notes == {"pkg:npm/%40a/b": "origin, npm package, tier 1, score 1.0"}


def test_names_are_short_and_show_a_namespace_that_is_not_the_default():
    picture = drawn(exposed("component:night/" + "x" * 100), exposed("component:default/day"))
    assert [node.label[:7] for node in picture.nodes] == ["night/x", "day"]
    assert all(len(node.label) <= 28 for node in picture.nodes)


def test_long_names_that_differ_at_the_end_are_told_apart():
    alike = "component:default/" + "page-content-change-" * 3
    labels = {node.label for node in drawn(exposed(alike + "enrich"), exposed(alike + "ingest")).nodes}
    assert len(labels) == 2
