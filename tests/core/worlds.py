"""True worlds, and catalogs that tell a part of one without a lie.

A source may keep silent, see a dependency without its type, or contradict another that tells the truth; what it claims to
have looked at, it has.
"""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from hypothesis import strategies as st

from tests.core.oracle import SUBTYPES
from tests.core.strategies import (
    ATTRIBUTES,
    EDGE_FACTS,
    EDGES,
    FACTS,
    GLOBS,
    OBSERVED,
    QUESTIONS,
    REFS,
    TAGS,
    VERSIONS,
    Draw,
)
from tracker.core.catalog import (
    CoverageStatement,
    EntityAssertion,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
    Value,
)

BARE = RelationType.DEPENDS_ON


def value_of_each(names: dict[str, list[Value]]) -> st.SearchStrategy[dict[str, Value]]:
    return st.fixed_dictionaries({name: st.sampled_from(values) for name, values in names.items()})


@dataclass(frozen=True)
class World:
    """Everything that is true: each entity in full, each edge with its type and all its facts."""

    entities: tuple[EntityAssertion, ...]
    relations: tuple[RelationAssertion, ...]

    def omniscient(self) -> SourceSnapshot:
        """The source that has looked at everything."""
        edges = tuple(f"{r}:{way}" for r in RelationType for way in ("out", "in", "fact:*"))
        coverage = (CoverageStatement("*", ("entities", "attribute:*", "fact:*", *edges)),)
        return SourceSnapshot("omniscient", "declared", OBSERVED, self.entities, self.relations, coverage)


@st.composite
def worlds(draw: Draw) -> World:
    refs = draw(st.lists(st.sampled_from(REFS), min_size=2, max_size=4, unique=True))
    tags = st.lists(st.sampled_from(TAGS), unique=True).map(tuple)
    everything = tuple(
        EntityAssertion(ref, draw(value_of_each(ATTRIBUTES)), draw(tags), (), draw(value_of_each(FACTS)))
        for ref in refs
    )
    possible = [
        (near, far, relation)
        for near, far, relation in EDGES
        if near in refs
        and far in refs
        # What a component depends on, it depends on in some way; an API or a system just does.
        and (relation != BARE or near.startswith(("api:", "system:")))
    ]
    edges = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=6)) if possible else []
    return World(
        everything,
        tuple(
            RelationAssertion(
                near,
                far,
                RelationType(relation),
                draw(value_of_each({"version": VERSIONS} if relation == "contains" else EDGE_FACTS)),
            )
            for near, far, relation in edges
        ),
    )


@st.composite
def part_of(draw: Draw, said: dict[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in said.items() if draw(st.booleans())}


@st.composite
def views(draw: Draw, world: World) -> tuple[SourceSnapshot, ...]:
    """What up to three truthful sources say of a world."""
    names = draw(st.lists(st.sampled_from(["declared", "iac", "trace"]), min_size=1, unique=True))
    snapshots = [draw(truthful(world, name)) for name in names]
    if len(snapshots) > 1 and draw(st.booleans()):
        snapshots[0] = draw(contradicted(snapshots[0], snapshots[1]))
    return tuple(snapshots)


@st.composite
def truthful(draw: Draw, world: World, source: str) -> SourceSnapshot:
    thorough = draw(st.booleans())
    entities = tuple(
        entity
        if thorough
        else EntityAssertion(
            entity.ref,
            draw(part_of(dict(entity.attributes))),
            draw(st.sampled_from([None, entity.tags])),
            (),
            draw(part_of(dict(entity.facts))),
        )
        for entity in world.entities
        if thorough or draw(st.booleans())
    )
    relations = []
    for ends in dict.fromkeys((r.from_ref, r.to_ref, r.relation) for r in world.relations):
        edges = [r for r in world.relations if (r.from_ref, r.to_ref, r.relation) == ends]
        alone = sum((r.from_ref, r.to_ref) == ends[:2] for r in world.relations) == 1
        ways = ["all of it", "all of it" if thorough else "silent", "its existence"]
        match draw(st.sampled_from([*ways, "no type"] if alone and ends[2] in SUBTYPES else ways)):
            case "all of it":
                kept = [dict(edge.facts) if thorough else draw(part_of(dict(edge.facts))) for edge in edges]
                relations += [replace(edge, facts=facts) for edge, facts in zip(edges, kept, strict=True)]
            case "its existence":
                relations.append(replace(edges[0], facts={}))
            case "no type":
                facts = draw(part_of(dict(edges[0].facts)))
                relations.append(replace(edges[0], relation=BARE, facts=facts))
    said = SourceSnapshot(source, "declared", OBSERVED, entities, tuple(relations))
    claims = [
        (glob, question)
        for glob in GLOBS
        for question in QUESTIONS
        if has_looked(said, world, glob, question)
    ]
    share = draw(st.sets(st.integers(0, len(claims)), max_size=20)) if not thorough else range(len(claims))
    coverage = tuple(CoverageStatement(*_claim(claims[i])) for i in share if i < len(claims))
    return replace(said, coverage=coverage)


def _claim(claim: tuple[str, str]) -> tuple[str, tuple[str, ...]]:
    glob, question = claim
    return glob, (question,)


def has_looked(said: SourceSnapshot, world: World, glob: str, question: str) -> bool:
    """Whether a source can truly say that its silence means absence."""
    head, _, rest = question.partition(":")
    there = [entity for entity in world.entities if fnmatchcase(entity.ref, glob)]
    told = {entity.ref: entity for entity in said.entities}
    if question == "entities":
        return all(entity.ref in told for entity in there)
    if head in ("attribute", "fact"):
        return all(_all_told(entity, told.get(entity.ref), head, rest) for entity in there)
    way = "out" if question == "contains" else rest
    touched = [
        edge
        for edge in world.relations
        if fnmatchcase(edge.to_ref if way == "in" else edge.from_ref, glob)
        and (edge.relation == head or (head == BARE and edge.relation in SUBTYPES))
    ]
    shown = list(said.relations)
    if way in ("out", "in"):
        return all(_shown(edge, shown, head) for edge in touched)
    glob = rest.removeprefix("fact:")
    as_said = [replace(edge, relation=RelationType(head)) for edge in touched]
    return all(any(_in_full(edge, one, glob) for one in shown) for edge in as_said)


def _all_told(entity: EntityAssertion, told: EntityAssertion | None, head: str, glob: str) -> bool:
    true: dict[str, Any] = {**(entity.attributes if head == "attribute" else entity.facts)}
    words: dict[str, Any] = {**((told.attributes if head == "attribute" else told.facts) if told else {})}
    if head == "attribute":
        true["tags"] = entity.tags or None
        words["tags"] = told.tags if told else None
    return all(words.get(n) is not None for n, v in true.items() if v is not None and fnmatchcase(n, glob))


def _shown(edge: RelationAssertion, shown: list[RelationAssertion], head: str) -> bool:
    alike = {edge.relation} if head != BARE else {edge.relation, BARE}
    return any((s.from_ref, s.to_ref) == (edge.from_ref, edge.to_ref) and s.relation in alike for s in shown)


def _in_full(edge: RelationAssertion, said: RelationAssertion, glob: str) -> bool:
    return (edge.from_ref, edge.to_ref, edge.relation) == (said.from_ref, said.to_ref, said.relation) and all(
        said.facts.get(name) == value
        for name, value in edge.facts.items()
        if value is not None and fnmatchcase(name, glob)
    )


@st.composite
def contradicted(draw: Draw, liar: SourceSnapshot, witness: SourceSnapshot) -> SourceSnapshot:
    """A source that says something else of facts which a truthful one states too."""
    witnessed = {entity.ref: entity.facts for entity in witness.entities}
    entities = []
    for entity in liar.entities:
        facts = dict(entity.facts)
        for name in facts.keys() & witnessed.get(entity.ref, {}).keys():
            facts[name] = draw(st.sampled_from(FACTS[name]))
        entities.append(replace(entity, facts=facts))
    return replace(liar, entities=tuple(entities))
