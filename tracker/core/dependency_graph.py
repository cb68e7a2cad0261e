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
    LEAVES_FROM,
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


@dataclass(frozen=True, slots=True)
class _Askers:
    """Who looked for the answer to one coverage question: about which refs, and about all that match which globs."""

    by_ref: Mapping[str, set[str]]
    by_glob: Sequence[tuple[str, re.Pattern[str]]]

    def of(self, names: Iterable[Ref]) -> set[str]:
        found = {source for name in names for source in self.by_ref.get(name, ())}
        return found | {source for source, glob in self.by_glob if any(map(glob.match, names))}

    def everyone(self) -> set[str]:
        return {source for source, _ in self.by_glob}.union(*self.by_ref.values())


class CatalogGraph:
    """The joined catalog: a networkx multigraph, and the answers to "who has looked?".

    ``graph`` is an ``nx.MultiDiGraph`` whose nodes are refs with an ``entity`` (`Entity`), and whose edges, from the
    dependent to what it depends on, carry an ``edge`` (`Edge`). An end of a relation that no source lists is a node
    with nothing known. Building costs time and memory linear in the number of assertions.
    """

    def __init__(self, snapshots: Sequence[SourceSnapshot]) -> None:
        snapshots = sorted(snapshots, key=lambda snapshot: snapshot.source)  # so that their order never shows
        self.observed_at: dict[str, datetime] = {s.source: s.observed_at for s in snapshots}
        self.source_kinds: dict[str, str] = {s.source: s.kind for s in snapshots}
        self._aliases = _aliases(snapshots)
        self._names: dict[Ref, list[Ref]] = defaultdict(list)
        for alias, ref in self._aliases.items():
            self._names[ref].append(alias)
        self._coverage = [(s.source, statement) for s in snapshots for statement in s.coverage]
        self._askers: dict[str, _Askers] = {}
        self._covered: dict[tuple[str, Ref], tuple[str, ...]] = {}
        self._seen_from_all: dict[tuple[RelationType, frozenset[EntityKind]], tuple[str, ...] | None] = {}
        self.graph: nx.MultiDiGraph[Ref] = nx.MultiDiGraph()
        # The same edges by either end: reading them through the views of networkx takes most of an evaluation's time.
        self._out: dict[Ref, list[Edge]] = defaultdict(list)
        self._in: dict[Ref, list[Edge]] = defaultdict(list)
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

    def edges_out(self, ref: Ref, types: frozenset[RelationType], *, vague: bool = False) -> list[Edge]:
        """Return the edges of these types that leave an entity, ordered by their far end.

        With ``vague``, bare ``depends_on`` edges that may be of one of these types are among them.
        """
        return [e for e in self._out.get(ref, ()) if e.relation in types or (vague and _may_be(e, types))]

    def edges_in(self, ref: Ref, types: frozenset[RelationType], *, vague: bool = False) -> list[Edge]:
        """Return the edges of these types that arrive at an entity, as `edges_out` does those that leave it."""
        return [e for e in self._in.get(ref, ()) if e.relation in types or (vague and _may_be(e, types))]

    def owner(self, ref: Ref) -> Ref | None:
        """Return the group that owns an entity, if exactly one is named."""
        owners = {edge.to_ref for edge in self.edges_out(ref, frozenset({RelationType.OWNED_BY}))}
        return owners.pop() if len(owners) == 1 else None

    def dependants(self, ref: Ref, hops: int) -> set[Ref]:
        """Return the entities that depend on one within so many hops, itself not included."""
        seen, frontier = {ref}, {ref}
        for _ in range(hops):
            frontier = {
                edge.from_ref
                for far in frontier
                for edge in self._in.get(far, ())
                if edge.relation in DEPENDENCIES
            } - seen
            seen |= frontier
        return seen - {ref}

    def covered_by(self, question: str, ref: Ref) -> tuple[str, ...]:
        """Return the sources that looked for the answer to a coverage question about an entity, by any of its names."""
        key = (question, ref)
        if key not in self._covered:
            names = (ref, *self._names.get(ref, ()))
            self._covered[key] = tuple(sorted(self._who_asks(question).of(names)))
        return self._covered[key]

    def could_settle(self, question: str) -> tuple[str, ...]:
        """Return the sources that look for the answer to this question about anything at all."""
        return tuple(sorted(self._who_asks(question).everyone()))

    def who_saw_out(self, relation: RelationType, ref: Ref) -> tuple[str, ...] | None:
        """Return the sources that saw every edge of a type that leaves an entity; ``None`` if nobody did.

        Whoever saw all dependencies saw those of one type, and those who saw each type together saw all. Nobody has to
        look where no such edge can leave.
        """
        if kind_of(ref) not in LEAVES_FROM[relation]:
            return ()
        looked = {*self.covered_by(f"{relation}:out", ref)}
        if relation in DEPENDENCIES:
            looked.update(self.covered_by("depends_on:out", ref))
        if relation is RelationType.DEPENDS_ON and not looked:
            types = [one for one in DEPENDENCIES - {relation} if kind_of(ref) in LEAVES_FROM[one]]
            by_type = [self.who_saw_out(one, ref) for one in types]
            looked.update(*(seen or () for seen in by_type if None not in by_type))
        return tuple(sorted(looked)) or None

    def who_lists_all(self, kinds: frozenset[EntityKind]) -> tuple[str, ...] | None:
        """Return the sources that list every entity of these kinds there is; ``None`` if one kind is listed by nobody.

        A source must say so of all of a kind: ``entities`` for ``component:*`` or for everything.
        """
        sources: set[str] = set()
        for kind in kinds:
            prefix = "pkg:*" if kind is EntityKind.PACKAGE else f"{kind}:*"
            whole = {prefix, f"{prefix}/*", "*"}
            listers = {s for s, c in self._coverage if c.entities in whole and "entities" in c.questions}
            if not listers:
                return None
            sources |= listers
        return tuple(sorted(sources))

    def who_saw_out_of_all(
        self, relation: RelationType, kinds: frozenset[EntityKind]
    ) -> tuple[str, ...] | None:
        """Return the sources that together saw every edge of a type that leaves any listed entity of these kinds."""
        key = (relation, kinds)
        if key not in self._seen_from_all:
            seen = [self.who_saw_out(relation, ref) for ref in self.refs if kind_of(ref) in kinds]
            together = {source for sources in seen for source in sources or ()}
            self._seen_from_all[key] = None if None in seen else tuple(sorted(together))
        return self._seen_from_all[key]

    def _who_asks(self, question: str) -> _Askers:
        if question not in self._askers:
            by_ref: dict[str, set[str]] = defaultdict(set)
            by_glob = []
            for source, statement in self._coverage:
                if not any(covers(stated, question) for stated in statement.questions):
                    continue
                if any(letter in statement.entities for letter in "*?["):
                    by_glob.append((source, re.compile(translate(statement.entities))))
                else:
                    by_ref[statement.entities].add(source)
            self._askers[question] = _Askers(by_ref, by_glob)
        return self._askers[question]

    def _node(self, ref: Ref) -> Entity:
        if ref not in self.graph:
            self.graph.add_node(ref, entity=Entity(ref))
        return self.entity(ref)

    def _add_entities(self, snapshots: Sequence[SourceSnapshot]) -> None:
        for snapshot in snapshots:
            for assertion in sorted(snapshot.entities, key=lambda entity: entity.ref):
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
        # In the order of their ends, in which they are then given back from either end.
        for (from_ref, to_ref, relation_type), by_source in sorted(asserted.items(), key=lambda row: row[0]):
            self._node(from_ref)
            self._node(to_ref)
            for sources, facts in _joined_facts(by_source):
                edge = Edge(from_ref, to_ref, relation_type, sources, facts)
                self.graph.add_edge(from_ref, to_ref, edge=edge)
                self._out[from_ref].append(edge)
                self._in[to_ref].append(edge)


def _may_be(edge: Edge, types: frozenset[RelationType]) -> bool:
    """Return whether an edge says only that there is a dependency, which may be of one of these types."""
    return edge.relation is RelationType.DEPENDS_ON and any(
        kind_of(edge.from_ref) in LEAVES_FROM[one] for one in types & DEPENDENCIES
    )


def _joined_facts(
    by_source: Mapping[str, list[RelationAssertion]],
) -> list[tuple[tuple[str, ...], dict[str, tuple[Said, ...]]]]:
    """Join the sources' edges between two ends into one, unless a source says that there are several.

    Which of several parallel edges another source means cannot be told, so each then stands on its own.
    """
    if all(len(relations) == 1 for relations in by_source.values()):
        facts: dict[str, tuple[Said, ...]] = {}
        for source, (relation,) in by_source.items():
            for name, value in relation.facts.items():
                facts[name] = (*facts.get(name, ()), Said(value, source))
        return [(tuple(by_source), facts)]
    return [
        ((source,), {name: (Said(value, source),) for name, value in relation.facts.items()})
        for source, relations in by_source.items()
        for relation in sorted(relations, key=lambda relation: repr(sorted(relation.facts.items())))
    ]


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
    for alias in direct:
        walked: list[Ref] = []
        end = alias
        while end in direct and end not in settled and end not in walked:
            walked.append(end)
            end = direct[end]
        # Entities that claim each other are one; the smallest name is as good as the others, and always the same.
        ref = min(walked[walked.index(end) :]) if end in walked else settled.get(end, end)
        settled.update(dict.fromkeys(walked, ref))
    return {alias: ref for alias, ref in settled.items() if alias != ref}
