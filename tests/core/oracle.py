"""What a pattern must answer, worked out the slow way: straight loops over what the sources say.

Written from the description of the pattern language, not from the evaluator. Patterns are plain data, as in their files.
An answer is ``True``, ``False`` or ``None`` (nobody can tell).
"""

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any

from packaging.version import Version

from tracker.core.catalog import Ref, SourceSnapshot, Value

Answer = bool | None
Json = Any

SUBTYPES = ("calls", "consumes_api", "uses", "contains", "runs_on")
"""The dependencies that say of which type they are; ``depends_on`` is said of any of them, or of none in particular."""

COMPARISONS = ("exists", "equals", "in", "less", "greater", "matches")

LEAVES = {
    "component": {
        "calls",
        "consumes_api",
        "provides_api",
        "uses",
        "contains",
        "runs_on",
        "depends_on",
        "part_of",
    },
    "resource": {"uses", "contains", "runs_on", "depends_on", "part_of"},
    "api": {"depends_on", "part_of"},
    "system": {"depends_on", "part_of"},
    "package": {"contains", "depends_on"},
    "domain": {"part_of"},
    "group": set[str](),
    "user": set[str](),
}
"""Which relations leave from which kind (``owned_by`` leaves from all)."""


def both(answers: Iterable[Answer]) -> Answer:
    seen = list(answers)
    return False if False in seen else None if None in seen else True


def either(answers: Iterable[Answer]) -> Answer:
    seen = list(answers)
    return True if True in seen else None if None in seen else False


def negation(answer: Answer) -> Answer:
    return None if answer is None else not answer


def between(least: int, most: int | None, sure: int, possible: int | None) -> Answer:
    """Whether a number that is ``sure`` at least and ``possible`` at most (``None``: unbounded) is within bounds."""
    lowest, highest = sure, 10**9 if possible is None else possible
    most = 10**9 if most is None else most
    if least <= lowest and highest <= most:
        return True
    return False if highest < least or lowest > most else None


def kind(ref: Ref) -> str:
    return "package" if ref.startswith("pkg:") else ref.split(":")[0]


def may_leave(relation: str, ref: Ref) -> bool:
    return relation == "owned_by" or relation in LEAVES[kind(ref)]


class Catalog:
    """What the sources say, joined by name."""

    def __init__(self, snapshots: Iterable[SourceSnapshot]) -> None:
        self.snapshots = list(snapshots)
        self.claims = {
            (alias, entity.ref)
            for snapshot in self.snapshots
            for entity in snapshot.entities
            for alias in entity.aliases
        }
        self.edges = self.all_edges()
        self.refs = {self.name(e.ref) for s in self.snapshots for e in s.entities}
        self.refs |= {end for edge in self.edges for end in (edge["from"], edge["to"])}

    def name(self, ref: Ref) -> Ref:
        walked = [ref]
        while True:
            owners = {owner for alias, owner in self.claims if alias == walked[-1]}
            if len(owners) != 1:
                return walked[-1]
            (owner,) = owners
            if owner in walked:
                return min(walked[walked.index(owner) :])
            walked.append(owner)

    def names(self, ref: Ref) -> set[Ref]:
        return {ref} | {alias for alias, _ in self.claims if self.name(alias) == ref}

    def all_edges(self) -> list[dict[str, Any]]:
        said: dict[tuple[Ref, Ref, str], list[tuple[str, dict[str, Value]]]] = {}
        for snapshot in self.snapshots:
            for one in snapshot.relations:
                ends = (self.name(one.from_ref), self.name(one.to_ref), str(one.relation))
                said.setdefault(ends, []).append((snapshot.source, dict(one.facts)))
        edges = []
        for (near, far, relation), words in said.items():
            sources = [source for source, _ in words]
            several = len(sources) > len(set(sources))
            for group in [[word] for word in words] if several else [words]:
                facts: dict[str, list[Value]] = {}
                for _, stated in group:
                    for name, value in stated.items():
                        facts.setdefault(name, []).append(value)
                edge = {"from": near, "to": far, "type": relation, "facts": facts, "several": several}
                edges.append({**edge, "sources": {source for source, _ in group}})
        return edges

    def said(self, ref: Ref, what: str, name: str) -> list[Value]:
        return [
            getattr(entity, what)[name]
            for snapshot in self.snapshots
            for entity in snapshot.entities
            if self.name(entity.ref) == ref and name in getattr(entity, what)
        ]

    def tags(self, ref: Ref) -> list[tuple[str, ...]]:
        return [
            entity.tags
            for snapshot in self.snapshots
            for entity in snapshot.entities
            if self.name(entity.ref) == ref and entity.tags is not None
        ]

    def looked(self, question: str, ref: Ref) -> set[str]:
        plain = {"contains": "contains:out"}
        return {
            snapshot.source
            for snapshot in self.snapshots
            for statement in snapshot.coverage
            for stated in statement.questions
            if fnmatchcase(plain.get(question, question), plain.get(stated, stated))
            and any(fnmatchcase(name, statement.entities) for name in self.names(ref))
        }

    def saw_all(self, relation: str, ref: Ref) -> bool:
        """Whether every edge of a type that leaves an entity has been looked for."""
        if not may_leave(relation, ref) or self.looked(f"{relation}:out", ref):
            return True
        if relation in SUBTYPES:
            return bool(self.looked("depends_on:out", ref))
        subtypes = [one for one in SUBTYPES if may_leave(one, ref)]
        return (
            relation == "depends_on"
            and bool(subtypes)
            and all(self.looked(f"{one}:out", ref) for one in subtypes)
        )

    def saw_all_incoming(self, relation: str, ref: Ref, kinds: set[str]) -> bool:
        """Whether every possible near end of a relation to an entity is known and has been looked at."""
        callers = {one for one in kinds if relation == "owned_by" or relation in LEAVES[one]}
        for caller in callers:
            glob = "pkg:*" if caller == "package" else f"{caller}:*"
            if not any(
                statement.entities in (glob, f"{glob}/*", "*") and "entities" in statement.questions
                for snapshot in self.snapshots
                for statement in snapshot.coverage
            ):
                return False
        if self.looked(f"{relation}:in", ref):
            return True
        if relation in SUBTYPES and self.looked("depends_on:in", ref):
            return True
        return all(self.saw_all(relation, one) for one in self.refs if kind(one) in callers)


def evaluate(catalog: Catalog, pattern: Json, ref: Ref) -> Answer:
    """The answer to a whole pattern file: it applies, and its body holds."""
    body = {key: value for key, value in pattern.items() if key not in ("pattern", "about", "applies_to")}
    return both([holds(catalog, pattern.get("applies_to", {}), ref), holds(catalog, body, ref)])


def holds(catalog: Catalog, predicate: Json, ref: Ref) -> Answer:
    return both(leaf(catalog, key, value, predicate, ref) for key, value in predicate.items())


def leaf(catalog: Catalog, key: str, value: Json, beside: Json, ref: Ref) -> Answer:
    """The answer to one key of a mapping; a fact's comparisons stand beside it."""
    match key:
        case "all" | "any" | "not" | "at_least":
            return connected(key, value, lambda part: holds(catalog, part, ref))
        case "contains" | "relation" | "reaches":
            follow = {"contains": contains, "relation": related, "reaches": reaches}[key]
            return follow(catalog, value, ref)
        case "kind":
            return kind(ref) in listed(value)
        case "fact":
            said = catalog.said(ref, "facts", value)
            return facts(beside, said, looked=bool(catalog.looked(f"fact:{value}", ref)))
        case "tag":
            stated = catalog.tags(ref)
            if any(tag in tags for tags in stated for tag in listed(value)):
                return True
            return False if stated or catalog.looked("attribute:tags", ref) else None
    if key in COMPARISONS:
        return True  # weighed with the fact beside it
    said = catalog.said(ref, "attributes", key)
    return weigh(said, bool(catalog.looked(f"attribute:{key}", ref)), "in", listed(value))


def connected(key: str, value: Json, answer: Callable[[Json], Answer]) -> Answer:
    match key:
        case "all":
            return both(map(answer, value))
        case "any":
            return either(map(answer, value))
        case "not":
            return negation(answer(value))
    answers = [answer(part) for part in value["of"]]
    sure = answers.count(True)
    return between(value["n"], None, sure, sure + answers.count(None))


def listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def facts(predicate: Json, said: list[Value], *, looked: bool) -> Answer:
    return both(weigh(said, looked, key, predicate[key]) for key in COMPARISONS if key in predicate)


def weigh(said: list[Value], looked: bool, comparison: str, operand: Json) -> Answer:
    if not said and not looked:
        return None
    answers = {compares(value, comparison, operand) for value in said or [None]}
    return answers.pop() if len(answers) == 1 else None


def compares(value: Value, comparison: str, operand: Json) -> Answer:
    match comparison:
        case "exists":
            return (value is not None) is operand
        case "equals":
            return same(value, operand)
        case "in":
            return either(same(value, one) for one in operand)
    if value is None:
        return False
    if comparison == "matches":
        text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
        return re.fullmatch(operand, text) is not None
    if isinstance(value, bool | str):
        return None
    return bool(value < operand if comparison == "less" else value > operand)


def same(one: Json, other: Json) -> Answer:
    if one is None or other is None:
        return one is other
    if isinstance(one, str) != isinstance(other, str) or isinstance(one, bool) != isinstance(other, bool):
        return None
    return bool(one == other)


def on_edge(catalog: Catalog, predicate: Json, edge: Json) -> Answer:
    answers: list[Answer] = []
    for key, value in predicate.items():
        if key == "fact":
            looked = looked_at_edge(catalog, edge, value)
            answers.append(facts(predicate, edge["facts"].get(value, []), looked=looked))
        elif key not in COMPARISONS:
            answers.append(connected(key, value, lambda part: on_edge(catalog, part, edge)))
    return both(answers)


def looked_at_edge(catalog: Catalog, edge: Json, fact: str) -> bool:
    """Whether an edge's fact was looked for by somebody who saw the edge."""
    sources = catalog.looked(f"{edge['type']}:fact:{fact}", edge["from"])
    return bool(sources & edge["sources"])


def contains(catalog: Catalog, value: Json, ref: Ref) -> Answer:
    asked = {"package": value} if isinstance(value, str) else value
    package = catalog.name(Ref(asked["package"]))
    answers = [
        "versions" not in asked or version_in(edge, asked["versions"])
        for edge in catalog.edges
        if (edge["from"], edge["to"], edge["type"]) == (ref, package, "contains")
    ]
    vague = [
        edge
        for edge in catalog.edges
        if (edge["from"], edge["to"], edge["type"]) == (ref, package, "depends_on")
    ]
    if vague and not answers and may_leave("contains", ref):
        answers.append(None)
    if not catalog.saw_all("contains", ref):
        answers.append(None)
    return either(answers)


def version_in(edge: Json, versions: str) -> Answer:
    bound = Version(versions.strip("<>="))
    answers = {
        None if value is None else Version(value) < bound if versions[0] == "<" else Version(value) >= bound
        for value in edge["facts"].get("version", [])
    }
    return answers.pop() if len(answers) == 1 else None


def related(catalog: Catalog, value: Json, ref: Ref) -> Answer:
    near, far = ("from", "to") if value.get("direction", "out") == "out" else ("to", "from")
    relation = value["type"]
    wanted = (*SUBTYPES, "depends_on") if relation == "depends_on" else (relation,)
    touching = [edge for edge in catalog.edges if edge[near] == ref]
    answers = []
    for end in {edge[far] for edge in touching}:
        typed = [edge for edge in touching if edge[far] == end and edge["type"] in wanted]
        vague = [
            edge
            for edge in touching
            if edge[far] == end
            and edge["type"] == "depends_on"
            and relation in SUBTYPES
            and may_leave(relation, edge["from"])
        ]
        each = []
        for edge in typed or vague:
            there = holds(catalog, value.get("to", {}), end)
            here = on_edge(catalog, value.get("where", {}), edge)
            each.append(both([there, here, True if typed else None]))
        answers.append(either(each))
    sure = answers.count(True)
    if far == "to":
        seen = catalog.saw_all(relation, ref)
    else:
        seen = catalog.saw_all_incoming(relation, ref, kinds_asked(value.get("to", {})))
    least = value.get("at_least", 0 if "at_most" in value else 1)
    return between(least, value.get("at_most"), sure, sure + answers.count(None) if seen else None)


def kinds_asked(predicate: Json) -> set[str]:
    """The kinds that an entity must be of one of, as far as the predicate says so outright."""
    kinds = set(listed(predicate["kind"])) if "kind" in predicate else set(LEAVES)
    for part in predicate.get("all", []):
        kinds &= kinds_asked(part)
    return kinds


def reaches(catalog: Catalog, value: Json, ref: Ref) -> Answer:
    hops = value.get("hops", 3)
    hops = 10**9 if hops == "any" else hops
    via = set(listed(value.get("via", "depends_on")))
    if "depends_on" in via:
        via |= set(SUBTYPES)
    if any(
        holds(catalog, value["to"], end)
        for end in distances(catalog, ref, via, hops, vague=False)
        if end != ref
    ):
        return True
    reached = distances(catalog, ref, via, hops, vague=True)
    if any(holds(catalog, value["to"], end) is not False for end in reached if end != ref):
        return None
    for near, distance in reached.items():
        if distance < hops and not all(catalog.saw_all(relation, near) for relation in via):
            return None
    return False


def distances(catalog: Catalog, ref: Ref, via: set[str], hops: int, *, vague: bool) -> dict[Ref, int]:
    found = {ref: 0}
    changed = True
    while changed:
        changed = False
        for edge in catalog.edges:
            could_be = {one for one in via if one in SUBTYPES and may_leave(one, edge["from"])}
            followed = edge["type"] in via or (vague and edge["type"] == "depends_on" and could_be)
            distance = found.get(edge["from"], hops) + 1
            if followed and distance <= hops and distance < found.get(edge["to"], 10**9):
                found[edge["to"]] = distance
                changed = True
    return found
