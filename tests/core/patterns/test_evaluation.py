from itertools import pairwise, permutations

import pytest

from tests.core.catalogs import CACHE, REDIS, A, B, C, edge, entity, find, source
from tracker.core.catalog import Ref, RelationType
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.errors import InvalidPattern
from tracker.core.patterns import Evaluator, Question, Step, Truth, parse_pattern

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
ALL = {"*": ["entities", "attribute:*", "fact:*", "depends_on:out", "contains:fact:*", "calls:fact:*"]}


@pytest.mark.parametrize(
    ("comparison", "value", "truth"),
    [
        ("exists: true", 5, T),
        ("exists: true", None, F),
        ("exists: false", None, T),
        ("equals: 5", 5, T),
        ("equals: 5", 5.0, T),
        ("equals: 1", True, U),
        ("equals: ~", None, T),
        ("in: [1, five]", "five", T),
        ("in: [1, 2]", None, F),
        ("less: 5", 5, F),
        ("less: 5", 4.9, T),
        ("greater: 5", "many", U),
        ("greater: 0", True, U),
        ("greater: 5", None, F),
        ("matches: 'red.*'", "redis", T),
        ("matches: 'edi'", "redis", F),
        ("matches: '4\\d'", 42, T),
        ("matches: '.*'", None, F),
    ],
)
def test_a_fact_compares_as_the_pattern_asks(comparison: str, value: object, truth: Truth) -> None:
    said = source("iac", entity(A, facts={"pool.max": value}))
    assert find(f"fact: pool.max\n{comparison}", A, said).truth is truth


def test_a_fact_that_nobody_looked_for_is_unknown_and_one_that_was_looked_for_is_unset() -> None:
    silent = source("iac", entity(A))
    looked = source("scan", covers={"component:*": ["fact:pool.*"]})
    assert find("fact: pool.max\nexists: false", A, silent).questions == (Question("fact:pool.max", A),)
    found = find("fact: pool.max\nexists: false", A, silent, looked)
    assert (found.truth, found.sources) == (T, ("scan",))


def test_sources_that_disagree_leave_a_leaf_unknown_and_are_both_named() -> None:
    said = [
        source("iac", entity(A, facts={"pool.max": 5})),
        source("scan", entity(A, facts={"pool.max": 50})),
    ]
    found = find("fact: pool.max\nless: 10", A, *said)
    assert (found.truth, found.sources) == (U, ("iac", "scan"))
    assert found.says == "sources disagree on pool.max: 5 says iac; 50 says scan"


def test_sources_that_say_different_things_with_the_same_answer_do_not_disagree() -> None:
    said = [source("iac", entity(A, facts={"pool.max": 5})), source("scan", entity(A, facts={"pool.max": 6}))]
    assert find("fact: pool.max\nless: 10", A, *said).truth is T


def test_a_regular_expression_that_backtracks_for_ever_is_refused() -> None:
    said = source("iac", entity(A, facts={"name": "a" * 60 + "b"}))
    with pytest.raises(InvalidPattern, match="takes too long") as refusal:
        find("fact: name\nmatches: '(a|aa)+$'", A, said)
    assert refusal.value.place == "/fact"


def test_a_bare_dependency_leaves_its_type_unknown_where_nobody_looked_and_where_somebody_did() -> None:
    bare = source("declared", edge(A, "depends_on", CACHE), covers={"*": ["depends_on:out", "uses:out"]})
    assert find("relation: {type: uses}", A, bare).truth is U
    assert find("relation: {type: depends_on}", A, bare).truth is T


def test_a_bare_dependency_of_a_kind_that_cannot_call_is_no_call() -> None:
    api = Ref("api:default/orders")
    bare = source("declared", edge(api, "depends_on", A))
    assert find("relation: {type: calls}", api, bare).truth is F
    assert find("reaches: {to: {kind: component}, via: [calls]}", api, bare).truth is F


def test_a_bare_dependency_on_a_package_leaves_unknown_whether_it_is_contained() -> None:
    bare = source("declared", edge(A, "depends_on", REDIS))
    looked = source("sbom", covers={"*": ["contains"]})
    assert find(f"contains: {REDIS}", A, bare, looked).truth is U
    assert find(f"contains: {REDIS}", A, source("declared", entity(A)), looked).truth is F


def test_what_can_contain_nothing_contains_no_package_though_nobody_looked() -> None:
    team = Ref("group:default/web")
    assert find(f"contains: {REDIS}", team, source("declared", entity(team))).truth is F


def test_a_version_that_nobody_says_leaves_the_range_unknown() -> None:
    said = source("sbom", edge(A, "contains", REDIS), covers=ALL)
    body = f"contains: {{package: '{REDIS}', versions: '<5.0'}}"
    assert find(body, A, said).truth is U
    assert find(body, A, source("sbom", edge(A, "contains", REDIS, version="4.5.1"), covers=ALL)).truth is T
    assert find(body, A, source("sbom", edge(A, "contains", REDIS, version="5.0"), covers=ALL)).truth is F
    assert find(body, A, source("sbom", edge(A, "contains", REDIS, version="5.0"))).truth is U


def test_who_looked_at_each_type_of_dependency_looked_at_all() -> None:
    each = ["calls:out", "uses:out", "consumes_api:out", "contains", "runs_on:out"]
    listed = source("declared", entity(A))
    assert find("relation: {type: depends_on}", A, listed, source("all", covers={"*": each})).truth is F
    assert find("relation: {type: depends_on}", A, listed, source("most", covers={"*": each[1:]})).truth is U


def test_callers_may_have_been_looked_at_by_different_questions() -> None:
    listed = source("declared", *map(entity, (A, B)), covers={"component:*": ["entities"]})
    trace, review = (
        source("trace", covers={A: ["calls:out"]}),
        source("review", covers={B: ["depends_on:out"]}),
    )
    nobody_calls = "relation: {type: calls, direction: in, at_most: 0}"
    assert find(nobody_calls, A, listed, trace, review).truth is T
    assert find(nobody_calls, A, listed, trace).truth is U


def test_an_incoming_count_is_unknown_while_a_caller_might_not_be_listed() -> None:
    body = "relation: {type: calls, direction: in, at_most: 0}"
    trace = source("trace", entity(A), covers={"*": ["calls:in", "calls:out"]})
    some = source("some", covers={"component:default/*": ["entities"]})
    found = find(body, A, trace, some)
    assert (found.truth, found.questions) == (U, (Question("entities", A),))
    assert find(body, A, trace, source("all", covers={"component:*": ["entities"]})).truth is T


def test_another_end_is_counted_once_however_many_edges_lead_there() -> None:
    twice = source("trace", edge(A, "calls", B, retries=0), edge(A, "calls", B, retries=3), covers=ALL)
    assert find("relation: {type: calls, at_least: 2}", A, twice).truth is F
    assert find("relation: {type: calls, at_most: 1, where: {fact: retries, equals: 0}}", A, twice).truth is T


def test_another_source_that_saw_one_of_several_parallel_edges_says_nothing_of_their_facts() -> None:
    mesh = source(
        "mesh",
        edge(A, "calls", B, retries=1),
        edge(A, "calls", B, retries=3),
        covers={"*": ["calls:out", "calls:fact:*"]},
    )
    trace = source("trace", edge(A, "calls", B))
    body = "relation: {type: calls, where: {fact: retries, exists: false}}"
    assert find(body, A, mesh).truth is F
    assert find(body, A, mesh, trace).truth is U


def test_coverage_that_is_stated_of_an_alias_counts() -> None:
    declared = source("declared", entity(A, aliases=["component:trace/a"]))
    trace = source("trace", covers={"component:trace/*": ["calls:out"]})
    assert find("relation: {type: calls}", A, declared, trace).truth is F


def test_what_an_api_depends_on_must_be_looked_at_before_it_is_said_to_reach_nothing() -> None:
    api = Ref("api:default/orders")
    declared = source("declared", entity(api))
    found = find("reaches: {to: {tag: pci}}", api, declared)
    assert (found.truth, found.questions) == (U, (Question("depends_on:out", api),))
    assert find("reaches: {to: {tag: pci}}", api, declared, source("review", covers=ALL)).truth is F


def test_a_path_is_a_shortest_one_and_its_steps_are_named() -> None:
    said = source(
        "trace", edge(A, "calls", B), edge(B, "uses", CACHE), edge(A, "calls", C), entity(CACHE, type="cache")
    )
    found = find("reaches: {to: {type: cache}}", A, said)
    assert found.path == (Step(A, RelationType.CALLS, B), Step(B, RelationType.USES, CACHE))
    assert find("reaches: {to: {type: cache}, hops: 1}", A, said).truth is U


def test_a_cycle_ends_and_does_not_lead_an_entity_to_itself() -> None:
    ring = source("trace", *(edge(near, "calls", far) for near, far in pairwise([A, B, C, A])), covers=ALL)
    body = "reaches: {to: {fact: marked, exists: true}, hops: any, via: [calls]}"
    marked = source("marks", entity(A, facts={"marked": True}), covers=ALL)
    assert find(body, A, ring, marked).truth is F
    assert find(body, B, ring, marked).truth is T


def test_an_unknown_reach_names_the_nearest_entity_for_each_question() -> None:
    chain = [Ref(f"component:default/s{number}") for number in range(50)]
    said = source(
        "trace", *(edge(near, "calls", far) for near, far in pairwise(chain)), covers={A: ["calls:out"]}
    )
    found = find("reaches: {to: {kind: resource}, hops: any, via: [calls, uses]}", chain[0], said)
    assert found.questions == (Question("calls:out", chain[0]), Question("uses:out", chain[0]))


def test_a_long_chain_is_followed_to_its_end() -> None:
    chain = [Ref(f"component:default/s{number:05}") for number in range(20_000)]
    end = entity(chain[-1], tags=["end"])
    said = source("trace", end, *(edge(near, "calls", far) for near, far in pairwise(chain)), covers=ALL)
    found = find("reaches: {to: {tag: end}, hops: any, via: [calls]}", chain[0], said)
    assert (found.truth, len(found.path)) == (T, 19_999)


def test_the_order_of_sources_and_of_what_they_say_never_shows() -> None:
    said = [
        source("iac", entity(A, tags=["x"], facts={"n": 1}), edge(A, "calls", C), edge(A, "calls", B)),
        source("scan", entity(A, tags=["x"], facts={"n": 2}), edge(A, "calls", B)),
        source("trace", edge(A, "calls", B, n=1), edge(A, "calls", B, n=2)),
    ]
    predicate = parse_pattern(
        "pattern: p\nall: [{tag: x}, {fact: n, exists: true}, {relation: {type: calls, where: {fact: n, less: 9}}}]"
    ).body
    found = {Evaluator(CatalogGraph(order)).find(predicate, A) for order in permutations(said)}
    assert len(found) == 1
