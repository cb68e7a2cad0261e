"""The dependency graph: the latest of every source, joined, in networkx.

Sources are joined by entity ref and alias. Where they say different things of one attribute or fact, all that they say
is kept (`Said`), for whoever asks to see the disagreement.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import translate
from functools import cached_property

import networkx as nx

from tracker.core.catalog import (
    DEPENDENCIES,
    CoverageStatement,
    EntityKind,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
    Value,
    covers,
    kind_of,
)


@dataclass(frozen=True, slots=True)
class Said:
    """One source's word on one attribute or fact."""

    value: Value
    source: str


@dataclass(slots=True)
class Entity:
    """A node: what all sources say of one entity, with the sources that list it."""

    ref: Ref
    attributes: dict[str, tuple[Said, ...]] = field(default_factory=dict)
    facts: dict[str, tuple[Said, ...]] = field(default_factory=dict)
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Each tag with the sources that give it."""
    tag_sources: tuple[str, ...] = ()
    """Sources that say which tags there are, if only that there are none."""
    sources: tuple[str, ...] = ()

    def attribute(self, name: str) -> Value:
        """Return the value that the sources agree on, or ``None``."""
        values = {said.value for said in self.attributes.get(name, ())}
        return values.pop() if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge, with its facts by name and the sources that assert it."""

    from_ref: Ref
    to_ref: Ref
    relation: RelationType
    sources: tuple[str, ...]
    facts: Mapping[str, tuple[Said, ...]]


class CatalogGraph:
    """The joined catalog: a networkx multigraph, and the answers to "who has looked?".

    ``graph`` is an ``nx.MultiDiGraph`` whose nodes are refs with an ``entity`` (`Entity`), and whose edges, from the
    dependent to what it depends on, carry an ``edge`` (`Edge`). An end of a relation that no source lists is a node
    with nothing known. Building costs time and memory linear in the number of assertions.
    """

    def __init__(self, snapshots: Sequence[SourceSnapshot]) -> None:
        self.observed_at: dict[str, datetime] = {s.source: s.observed_at for s in snapshots}
        self.source_kinds: dict[str, str] = {s.source: s.kind for s in snapshots}
        self._aliases = _aliases(snapshots)
        self._coverage = [
            (s.source, c, re.compile(translate(c.entities)).match) for s in snapshots for c in s.coverage
        ]
        self._coverage_by_question: dict[str, list[tuple[str, CoverageStatement, object]]] = {}
        self._covered: dict[tuple[str, Ref], tuple[str, ...]] = {}
        self._everyone_covered: dict[tuple[str, frozenset[EntityKind]], tuple[str, ...] | None] = {}
        self.graph: nx.MultiDiGraph[Ref] = nx.MultiDiGraph()
        self._add_entities(snapshots)
        self._add_edges(snapshots)

    @property
    def latest(self) -> datetime | None:
        """When the newest source looked: the time to which ages are measured."""
        return max(self.observed_at.values(), default=None)

    def canonical(self, ref: Ref) -> Ref:
        """Return the ref that all sources' words for one entity are kept under."""
        return self._aliases.get(ref, ref)

    def entity(self, ref: Ref) -> Entity:
        """Return a node's entity; the ref must be canonical and in the graph."""
        found: Entity = self.graph.nodes[ref]["entity"]
        return found

    @cached_property
    def refs(self) -> tuple[Ref, ...]:
        """All refs, sorted."""
        return tuple(sorted(self.graph))

    def edges_out(self, ref: Ref, types: frozenset[RelationType]) -> list[Edge]:
        """Return the edges of these types that leave an entity, ordered by their far end."""
        edges = [data["edge"] for _, _, data in self.graph.out_edges(ref, data=True)]
        return sorted((e for e in edges if e.relation in types), key=lambda e: (e.to_ref, e.relation))

    def edges_in(self, ref: Ref, types: frozenset[RelationType]) -> list[Edge]:
        """Return the edges of these types that arrive at an entity, ordered by their far end."""
        edges = [data["edge"] for _, _, data in self.graph.in_edges(ref, data=True)]
        return sorted((e for e in edges if e.relation in types), key=lambda e: (e.from_ref, e.relation))

    def owner(self, ref: Ref) -> Ref | None:
        """Return the group that owns an entity, if exactly one is named."""
        owners = {edge.to_ref for edge in self.edges_out(ref, frozenset({RelationType.OWNED_BY}))}
        return owners.pop() if len(owners) == 1 else None

    def dependants(self, ref: Ref, hops: int) -> set[Ref]:
        """Return the entities that depend on one within so many hops, itself not included."""
        seen, frontier = {ref}, {ref}
        for _ in range(hops):
            frontier = {
                near
                for far in frontier
                for near, _, data in self.graph.in_edges(far, data=True)
                if data["edge"].relation in DEPENDENCIES
            } - seen
            seen |= frontier
        return seen - {ref}

    def covered_by(self, question: str, ref: Ref) -> tuple[str, ...]:
        """Return the sources that looked for the answer to a coverage question about an entity."""
        key = (question, ref)
        if key not in self._covered:
            self._covered[key] = tuple(
                sorted({source for source, _, match in self._who_asks(question) if match(ref)})  # type: ignore[operator]
            )
        return self._covered[key]

    def could_settle(self, question: str) -> tuple[str, ...]:
        """Return the sources that look for the answer to this question about anything at all."""
        return tuple(sorted({source for source, _, _ in self._who_asks(question)}))

    def all_covered_by(self, question: str, kinds: frozenset[EntityKind]) -> tuple[str, ...] | None:
        """Return the sources that together looked at every entity of these kinds; ``None`` if one was not looked at.

        "Every entity" includes those that nobody has listed: a source must say that it lists all of each kind
        (``entities`` for ``component:*`` or for everything).
        """
        key = (question, kinds)
        if key not in self._everyone_covered:
            self._everyone_covered[key] = self._find_all_covered(question, kinds)
        return self._everyone_covered[key]

    def _find_all_covered(self, question: str, kinds: frozenset[EntityKind]) -> tuple[str, ...] | None:
        sources: set[str] = set()
        for kind in kinds:
            prefix = "pkg:*" if kind is EntityKind.PACKAGE else f"{kind}:*"
            whole = {prefix, f"{prefix}/*", "*"}
            listers = {s for s, c, _ in self._who_asks("entities") if c.entities in whole}
            if not listers:
                return None
            sources |= listers
        for ref in self.refs:
            if kind_of(ref) in kinds:
                looked = self.covered_by(question, ref)
                if not looked:
                    return None
                sources.update(looked)
        return tuple(sorted(sources))

    def _who_asks(self, question: str) -> list[tuple[str, CoverageStatement, object]]:
        if question not in self._coverage_by_question:
            self._coverage_by_question[question] = [
                row for row in self._coverage if any(covers(stated, question) for stated in row[1].questions)
            ]
        return self._coverage_by_question[question]

    def _node(self, ref: Ref) -> Entity:
        if ref not in self.graph:
            self.graph.add_node(ref, entity=Entity(ref))
        return self.entity(ref)

    def _add_entities(self, snapshots: Sequence[SourceSnapshot]) -> None:
        for snapshot in snapshots:
            for assertion in snapshot.entities:
                entity = self._node(self.canonical(assertion.ref))
                entity.sources = _with(entity.sources, snapshot.source)
                for mine, theirs in (
                    (entity.attributes, assertion.attributes),
                    (entity.facts, assertion.facts),
                ):
                    for name, value in theirs.items():
                        mine[name] = (*mine.get(name, ()), Said(value, snapshot.source))
                if assertion.tags is not None:
                    entity.tag_sources = _with(entity.tag_sources, snapshot.source)
                    for tag in assertion.tags:
                        entity.tags[tag] = _with(entity.tags.get(tag, ()), snapshot.source)

    def _add_edges(self, snapshots: Sequence[SourceSnapshot]) -> None:
        asserted: dict[tuple[Ref, Ref, RelationType], dict[str, list[RelationAssertion]]] = defaultdict(dict)
        for snapshot in snapshots:
            for relation in snapshot.relations:
                ends = (self.canonical(relation.from_ref), self.canonical(relation.to_ref), relation.relation)
                asserted[ends].setdefault(snapshot.source, []).append(relation)
        for (from_ref, to_ref, relation_type), by_source in asserted.items():
            self._node(from_ref)
            self._node(to_ref)
            for sources, facts in _joined_facts(by_source):
                edge = Edge(from_ref, to_ref, relation_type, sources, facts)
                self.graph.add_edge(from_ref, to_ref, edge=edge)


def _joined_facts(
    by_source: Mapping[str, list[RelationAssertion]],
) -> Iterable[tuple[tuple[str, ...], dict[str, tuple[Said, ...]]]]:
    """Join the sources' edges between two ends into one, unless a source says that there are several.

    Which of several parallel edges another source means cannot be told, so each then stands on its own.
    """
    if all(len(relations) == 1 for relations in by_source.values()):
        facts: dict[str, tuple[Said, ...]] = {}
        for source, (relation,) in by_source.items():
            for name, value in relation.facts.items():
                facts[name] = (*facts.get(name, ()), Said(value, source))
        yield tuple(sorted(by_source)), facts
        return
    for source, relations in by_source.items():
        for relation in relations:
            yield (source,), {name: (Said(value, source),) for name, value in relation.facts.items()}


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _aliases(snapshots: Sequence[SourceSnapshot]) -> dict[Ref, Ref]:
    """Return alias → ref for the aliases that one entity alone claims, chains followed to their end."""
    claims: dict[Ref, set[Ref]] = defaultdict(set)
    for snapshot in snapshots:
        for entity in snapshot.entities:
            for alias in entity.aliases:
                claims[alias].add(entity.ref)
    direct = {alias: next(iter(refs)) for alias, refs in claims.items() if len(refs) == 1}
    settled: dict[Ref, Ref] = {}
    for alias in sorted(direct):
        seen, end = {alias}, direct[alias]
        while end in direct and end not in seen:
            seen.add(end)
            end = direct[end]
        # Two entities that claim each other are one; the smaller name is as good as the other, and always the same.
        settled[alias] = min(seen) if end in seen else end
    return {alias: ref for alias, ref in settled.items() if alias != ref}
