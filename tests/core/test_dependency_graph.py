from itertools import permutations

from hypothesis import given, settings

from tests.core.catalogs import CACHE, OBSERVED, A, B, C, edge, entity, source
from tests.core.oracle import Catalog
from tests.core.strategies import ALIASES, REFS, catalogs
from tracker.core.catalog import EntityKind, Ref, RelationType, SourceSnapshot
from tracker.core.dependency_graph import CatalogGraph, Said

CALLS = frozenset({RelationType.CALLS})
COMPONENT = frozenset({EntityKind.COMPONENT})
X, Y, Z = (Ref(f"component:trace/{letter}") for letter in "xyz")


def test_what_sources_say_under_any_of_an_entitys_names_is_said_of_one_entity() -> None:
    graph = CatalogGraph(
        [
            source("declared", entity(A, aliases=[X], type="service")),
            source("trace", entity(X, facts={"p99": 20}), edge(X, "calls", B), edge(C, "calls", X)),
        ]
    )
    assert graph.refs == (A, B, C)
    assert graph.canonical(X) == A
    assert graph.entity(A).facts == {"p99": (Said(20, "trace"),)}
    assert graph.entity(A).sources == ("declared", "trace")
    assert [one.to_ref for one in graph.edges_out(A, CALLS)] == [B]
    assert [one.from_ref for one in graph.edges_in(A, CALLS)] == [C]


def test_an_alias_of_an_alias_leads_to_the_entity() -> None:
    graph = CatalogGraph([source("declared", entity(A, aliases=[X]), entity(X, aliases=[Y]))])
    assert (graph.canonical(Y), graph.refs) == (A, (A,))


def test_entities_that_claim_each_other_are_one_and_so_is_an_alias_of_theirs() -> None:
    said = [entity(B, aliases=[C]), entity(C, aliases=[B, A])]
    for order in permutations(said):
        graph = CatalogGraph([source("declared", *order)])
        assert {graph.canonical(ref) for ref in (A, B, C)} == {B}


def test_an_alias_that_two_entities_claim_is_neithers() -> None:
    graph = CatalogGraph([source("declared", entity(A, aliases=[X]), entity(B, aliases=[X]), entity(X))])
    assert graph.canonical(X) == X
    assert graph.refs == (A, B, X)


def test_an_end_that_no_source_lists_is_an_entity_of_which_nothing_is_known() -> None:
    graph = CatalogGraph([source("trace", edge(A, "calls", B))])
    assert graph.refs == (A, B)
    assert graph.entity(B).sources == ()


def test_sources_that_each_know_one_edge_between_two_ends_mean_the_same_edge() -> None:
    graph = CatalogGraph(
        [
            source("mesh", edge(A, "calls", B, retries=0)),
            source("trace", edge(A, "calls", B, retries=3, count=9)),
            source("cloud", edge(A, "uses", B)),
        ]
    )
    (calls,) = graph.edges_out(A, CALLS)
    assert calls.sources == ("mesh", "trace")
    assert calls.facts == {"retries": (Said(0, "mesh"), Said(3, "trace")), "count": (Said(9, "trace"),)}


def test_where_one_source_knows_several_edges_each_stands_alone() -> None:
    mesh = source("mesh", edge(A, "calls", B, retries=0), edge(A, "calls", B, retries=3))
    graph = CatalogGraph([mesh, source("trace", edge(A, "calls", B))])
    edges = graph.edges_out(A, CALLS)
    assert [one.sources for one in edges] == [("mesh",), ("mesh",), ("trace",)]


def test_dependants_are_counted_backwards_through_cycles_and_not_through_owners() -> None:
    team = Ref("group:default/web")
    graph = CatalogGraph(
        [
            source(
                "all",
                edge(A, "calls", B),
                edge(B, "uses", CACHE),
                edge(CACHE, "depends_on", A),
                edge(CACHE, "owned_by", team),
            )
        ]
    )
    assert graph.dependants(CACHE, 1) == {B}
    assert graph.dependants(CACHE, 9) == {A, B}
    assert graph.dependants(team, 9) == set()


def test_an_owner_is_named_only_where_sources_agree() -> None:
    web, data = Ref("group:default/web"), Ref("group:default/data")
    one, other = source("one", edge(A, "owned_by", web)), source("other", edge(A, "owned_by", data))
    assert CatalogGraph([one]).owner(A) == web
    assert CatalogGraph([one, other]).owner(A) is None
    assert CatalogGraph([one, other]).owner(web) is None


def test_coverage_names_the_sources_that_looked() -> None:
    graph = CatalogGraph(
        [
            source("some", entity(A), entity(B), covers={A: ["fact:redis.*"]}),
            source("others", covers={"component:default/*": ["fact:redis.pool.*"], "pkg:*": ["entities"]}),
        ]
    )
    assert graph.covered_by("fact:redis.pool.max", A) == ("others", "some")
    assert graph.covered_by("fact:redis.pool.max", B) == ("others",)
    assert graph.covered_by("fact:redis.url", B) == ()
    assert graph.could_settle("fact:redis.url") == ("some",)


def test_who_lists_all_of_a_kind_must_say_so_of_the_whole_kind() -> None:
    def listers(glob: str, kinds: frozenset[EntityKind] = COMPONENT) -> tuple[str, ...] | None:
        return CatalogGraph([source("all", covers={glob: ["entities"]})]).who_lists_all(kinds)

    assert listers("component:*") == listers("component:*/*") == listers("*") == ("all",)
    assert listers("component:default/*") is None
    assert listers("pkg:*", frozenset({EntityKind.PACKAGE})) == ("all",)
    assert listers("component:*", COMPONENT | {EntityKind.RESOURCE}) is None


def test_the_latest_source_tells_the_time_of_the_whole() -> None:
    later = OBSERVED.replace(year=2027)
    assert CatalogGraph([source("old"), source("new", at=later)]).latest == later
    assert CatalogGraph([]).latest is None


@given(catalogs())
@settings(max_examples=60, deadline=None)
def test_the_graph_holds_every_entity_and_edge_that_a_plain_reading_finds(
    snapshots: tuple[SourceSnapshot, ...],
) -> None:
    graph, plain = CatalogGraph(snapshots), Catalog(snapshots)
    assert set(graph.refs) == plain.refs
    assert {ref: graph.canonical(ref) for ref in [*ALIASES, *REFS]} == {
        ref: plain.name(ref) for ref in [*ALIASES, *REFS]
    }
    joined = [one for ref in graph.refs for one in graph.edges_out(ref, frozenset(RelationType))]
    assert sorted((one.from_ref, one.to_ref, one.relation, sorted(one.sources)) for one in joined) == sorted(
        (one["from"], one["to"], one["type"], sorted(one["sources"])) for one in plain.edges
    )
    assert sorted(map(repr, joined)) == sorted(
        repr(one) for ref in graph.refs for one in graph.edges_in(ref, frozenset(RelationType))
    )
    assert graph.graph.number_of_edges() == len(joined)
