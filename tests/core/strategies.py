"""Small random catalogs and patterns: what sources may say, and true worlds of which they tell a part."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from typing import Any

from hypothesis import strategies as st

from tests.core.oracle import LEAVES, SUBTYPES, kind
from tracker.core.catalog import (
    CoverageStatement,
    EntityAssertion,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
    Value,
)

Draw = Callable[[st.SearchStrategy[Any]], Any]

OBSERVED = datetime(2026, 3, 1, tzinfo=UTC)
COMPONENTS = [Ref("component:default/a"), Ref("component:default/b"), Ref("component:staging/c")]
OTHERS = [Ref("resource:default/r"), Ref("api:default/i"), Ref("system:default/s")]
PACKAGES = [Ref("pkg:pypi/redis"), Ref("pkg:pypi/hiredis")]
REFS = COMPONENTS + OTHERS + PACKAGES
ALIASES = [*COMPONENTS, Ref("component:trace/x"), Ref("component:trace/y")]
ATTRIBUTES: dict[str, list[Value]] = {"type": ["service", "cache", None], "platform": ["web", "phone", None]}
TAGS = ["hot", "cold"]
FACTS: dict[str, list[Value]] = {"pool.max": [None, 0, 1, 5, "five", True], "pool.min": [None, 0, 2]}
EDGE_FACTS: dict[str, list[Value]] = {"retries": [None, 0, 3, "many"], "timeout": [None, 10]}
VERSIONS: list[Value] = ["4.5.1", "5.0.0rc1", "5.0.0", "5.0.1", None]
RELATIONS = [*SUBTYPES, "depends_on", "part_of", "owned_by", "provides_api"]
EDGES = [
    (near, far, relation)
    for near, far, relation in product(REFS, REFS, RELATIONS)
    if relation in LEAVES[kind(near)] and (relation != "contains" or far in PACKAGES)
]
QUESTIONS = [
    "entities",
    *(f"attribute:{name}" for name in ("type", "platform", "tags", "*")),
    *("fact:pool.max", "fact:pool.*", "fact:*"),
    *(f"{relation}:{way}" for relation in ("calls", "uses", "depends_on") for way in ("out", "in")),
    *("contains", "consumes_api:out", "runs_on:out", "part_of:out", "contains:fact:version"),
    *("calls:fact:*", "uses:fact:retries", "depends_on:fact:*", "uses:in"),
]
GLOBS = [
    "*",
    "component:*",
    "component:*/*",
    "component:default/*",
    "component:default/a",
    "component:trace/*",
]
GLOBS += ["resource:*", "api:*", "system:*", "pkg:*", "pkg:pypi/redis"]


def some_of(values: dict[str, list[Value]]) -> st.SearchStrategy[dict[str, Value]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(of) for name, of in values.items()})


@st.composite
def entities(draw: Draw) -> EntityAssertion:
    ref = draw(st.sampled_from(REFS))
    aliases = draw(st.lists(st.sampled_from(ALIASES), max_size=2)) if ref in COMPONENTS else []
    tags = draw(st.none() | st.lists(st.sampled_from(TAGS), unique=True).map(tuple))
    return EntityAssertion(
        ref, draw(some_of(ATTRIBUTES)), tags, tuple(a for a in aliases if a != ref), draw(some_of(FACTS))
    )


@st.composite
def relations(draw: Draw) -> RelationAssertion:
    near, far, relation = draw(st.sampled_from(EDGES))
    facts = {"version": VERSIONS} if relation == "contains" else EDGE_FACTS
    return RelationAssertion(near, far, RelationType(relation), draw(some_of(facts)))


coverage = st.builds(
    CoverageStatement,
    st.sampled_from(GLOBS),
    st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=6).map(tuple),
)


@st.composite
def catalogs(draw: Draw) -> tuple[SourceSnapshot, ...]:
    """What up to three sources say, each whatever it likes."""
    names = draw(st.lists(st.sampled_from(["declared", "iac", "trace"]), min_size=1, unique=True))
    return tuple(
        SourceSnapshot(
            name,
            "declared",
            OBSERVED,
            tuple(draw(st.lists(entities(), max_size=4))),
            tuple(draw(st.lists(relations(), max_size=6))),
            tuple(draw(st.lists(coverage, max_size=4))),
        )
        for name in names
    )


def fact_tests(names: dict[str, list[Value]]) -> st.SearchStrategy[dict[str, Any]]:
    numbers = st.sampled_from([0, 1, 3, 4.5])
    comparisons = {
        "exists": st.booleans(),
        "equals": st.sampled_from([None, 0, 1, 3, "five", True]),
        "in": st.lists(st.sampled_from([None, 0, 5, "many", True]), min_size=1, max_size=3),
        "less": numbers,
        "greater": numbers,
        "matches": st.sampled_from(["fi.*", "[0-4]", "true"]),
    }
    one_or_two = st.lists(st.sampled_from(sorted(comparisons)), min_size=1, max_size=2, unique=True)
    chosen = one_or_two.flatmap(lambda keys: st.fixed_dictionaries({key: comparisons[key] for key in keys}))
    return st.builds(lambda name, chosen: {"fact": name, **chosen}, st.sampled_from(sorted(names)), chosen)


def connected(leaves: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[Any]:
    """Predicates of these leaves and all connectives."""

    def extend(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        parts = st.lists(inner, min_size=1, max_size=3)
        counted = parts.flatmap(
            lambda of: st.integers(1, len(of)).map(lambda n: {"at_least": {"n": n, "of": of}})
        )
        one_key = [
            parts.map(lambda p: {"all": p}),
            parts.map(lambda p: {"any": p}),
            inner.map(lambda p: {"not": p}),
        ]
        return st.one_of(*one_key, counted, st.builds(lambda one, two: {**one, **two}, inner, inner))

    # Merging two mappings can leave a comparison without its fact; such a predicate is no pattern.
    return st.recursive(leaves, extend, max_leaves=size).filter(whole)


def whole(predicate: Any) -> bool:
    comparisons = {"exists", "equals", "in", "less", "greater", "matches"}
    return not isinstance(predicate, dict) or ("fact" in predicate) >= bool(comparisons & set(predicate))


plain_leaves = st.one_of(
    st.builds(
        lambda v: {"kind": v}, st.sampled_from(["component", "resource", "package", ["api", "component"]])
    ),
    st.builds(lambda v: {"type": v}, st.sampled_from(["service", ["service", "cache"]])),
    st.builds(lambda v: {"platform": v}, st.sampled_from(["web", "phone"])),
    st.builds(lambda v: {"tag": v}, st.sampled_from(["hot", ["hot", "cold"]])),
    fact_tests(FACTS),
)
contains = st.builds(
    lambda package, versions: {
        "contains": {"package": package} | ({"versions": versions} if versions else {})
    },
    st.sampled_from(PACKAGES),
    st.sampled_from([None, "<5.0", ">=5.0.0"]),
)


@st.composite
def relation_leaves(draw: Draw, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    of_type = draw(st.sampled_from(["calls", "uses", "depends_on", "contains", "part_of", "runs_on"]))
    leaf: dict[str, Any] = {"type": of_type}
    if draw(st.booleans()):
        leaf["direction"] = draw(st.sampled_from(["in", "out"]))
    if draw(st.booleans()):
        leaf["to"] = draw(inner)
    if draw(st.booleans()):
        leaf["where"] = draw(connected(fact_tests(EDGE_FACTS), 3))
    least, most = draw(st.none() | st.integers(0, 2)), draw(st.none() | st.integers(0, 3))
    if least is not None and (most is None or least <= most):
        leaf["at_least"] = least
    if most is not None:
        leaf["at_most"] = most
    return {"relation": leaf}


@st.composite
def reaches_leaves(draw: Draw, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    leaf: dict[str, Any] = {"to": draw(inner)}
    if draw(st.booleans()):
        leaf["hops"] = draw(st.sampled_from([1, 2, "any"]))
    if draw(st.booleans()):
        leaf["via"] = draw(st.sampled_from(["calls", "depends_on", ["calls", "uses"], ["part_of", "uses"]]))
    return {"reaches": leaf}


def predicates(depth: int = 2, size: int = 4) -> st.SearchStrategy[Any]:
    """Predicates over entities; ``depth`` is how far one leaf may look into the next entity."""
    leaves = st.one_of(plain_leaves, contains)
    if depth:
        inner = predicates(depth - 1, 2)
        leaves = st.one_of(leaves, relation_leaves(inner), relation_leaves(inner), reaches_leaves(inner))
    return connected(leaves, size)


def edge_leaves() -> st.SearchStrategy[Any]:
    """Leaves that follow edges, alone: what they get wrong, connectives only hide."""
    simple = st.one_of(plain_leaves, contains)
    return st.one_of(relation_leaves(simple), reaches_leaves(simple), contains)


Json = dict[str, Any]
BOUNDS: list[Json] = [{}, {"at_most": 1}]
ENDS: list[Json] = [
    {},
    {"to": {"tag": "hot"}},
    {"to": {"kind": "component"}, "where": {"fact": "retries", "exists": False}},
]
HOPS: list[Json] = [{"hops": 1}, {"hops": "any"}]
VIA: list[Json] = [{}, {"via": "calls"}, {"via": ["part_of", "uses"]}]
VERSION_RANGES: list[Json] = [{}, {"versions": "<5.0"}]
BATTERY: list[Json] = [
    *(
        {"relation": {"type": of_type, "direction": way, **bounds, **ends}}
        for of_type in ("calls", "uses", "depends_on", "contains")
        for way in ("out", "in")
        for bounds, ends in product(BOUNDS, ENDS)
    ),
    *(
        {"reaches": {"to": to, **hops, **via}}
        for to in ({"tag": "hot"}, {"kind": "package"})
        for hops, via in product(HOPS, VIA)
    ),
    *({"contains": {"package": "pkg:pypi/redis", **versions}} for versions in VERSION_RANGES),
]
"""A pattern for each way to follow edges: what one of these gets wrong, a random pattern rarely shows."""


@st.composite
def patterns(draw: Draw) -> dict[str, Any]:
    """Whole pattern files, as plain data."""
    pattern: dict[str, Any] = {"pattern": "random-pattern"}
    if draw(st.booleans()):
        return {**pattern, **draw(edge_leaves())}
    if draw(st.booleans()):
        pattern["applies_to"] = draw(predicates(0, 2))
    return {**pattern, **draw(predicates())}
