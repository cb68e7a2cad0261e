"""The leaves of a pattern that follow edges: counting who is related, and what is reached."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracker.core.catalog import DEPENDENCIES, LEAVES_FROM, EntityKind, Ref, RelationType
from tracker.core.dependency_graph import CatalogGraph, Edge
from tracker.core.patterns.findings import Finding, Question, Step
from tracker.core.patterns.language import All, AttributeIs, Direction, Predicate, Reaches, Related
from tracker.core.patterns.truth import Truth, at_least, conjunction, disjunction

if TYPE_CHECKING:
    from tracker.core.patterns.evaluation import Evaluator

WITNESSES = 5
"""How many other ends a finding shows in full; the rest are counted."""

_BARE = frozenset({RelationType.DEPENDS_ON})


def related(evaluator: "Evaluator", predicate: Related, ref: Ref) -> Finding:
    """Return whether the number of other ends, each counted once, lies within the predicate's bounds."""
    ends = _other_ends(evaluator, predicate, ref)
    held = [finding for finding in ends if finding.truth is Truth.TRUE]
    unknown = [finding for finding in ends if finding.truth is Truth.UNKNOWN]
    looked, questions = _who_saw_all(evaluator.graph, predicate, ref)
    possible = len(held) + len(unknown) if looked is not None else None
    bounds = []
    if predicate.at_least is not None:
        bounds.append(at_least(predicate.at_least, len(held), possible))
    if predicate.at_most is not None:
        bounds.append(~at_least(predicate.at_most + 1, len(held), possible))
    answer = conjunction(bounds)
    says = _counted(predicate, len(held), len(unknown))
    if answer is Truth.UNKNOWN:
        if looked is None:
            says += "; nobody has looked for all of them"
        parts = tuple(unknown[:WITNESSES])
        return Finding(
            answer, ref, predicate.pointer, says, (), (), questions, parts, connective=not questions
        )
    too_many = answer is Truth.FALSE and predicate.at_most is not None and len(held) > predicate.at_most
    rests_on_the_ends = too_many or (answer is Truth.TRUE and predicate.at_most is None)
    return Finding(
        answer,
        ref,
        predicate.pointer,
        says,
        sources=() if rests_on_the_ends else looked or (),
        parts=tuple(held[:WITNESSES]),
        # Where the ends themselves are the whole reason, the count says nothing beside them.
        connective=rests_on_the_ends and 0 < len(held) <= WITNESSES,
    )


def _other_ends(evaluator: "Evaluator", predicate: Related, ref: Ref) -> list[Finding]:
    """Return one finding per other end that is, or might be, related as the predicate asks."""
    outward = predicate.direction is Direction.OUT
    follow = evaluator.graph.edges_out if outward else evaluator.graph.edges_in
    wanted = _wanted(predicate.type)
    by_end: dict[Ref, list[Edge]] = {}
    for edge in follow(ref, wanted, vague=True):
        by_end.setdefault(edge.to_ref if outward else edge.from_ref, []).append(edge)
    findings = []
    for end, edges in by_end.items():
        typed = [edge for edge in edges if edge.relation in wanted]
        candidates = [_over_edge(evaluator, predicate, end, edge) for edge in typed or edges]
        best = disjunction(candidate.truth for candidate in candidates)
        findings.append(next(candidate for candidate in candidates if candidate.truth is best))
    return findings


def _over_edge(evaluator: "Evaluator", predicate: Related, end: Ref, edge: Edge) -> Finding:
    near = edge.to_ref if predicate.direction is Direction.IN else edge.from_ref
    says = f"{edge.relation.replace('_', ' ')} {edge.to_ref}"
    if predicate.direction is Direction.IN:
        says = f"{edge.from_ref} {says}"
    parts = []
    if predicate.to is not None:
        parts.append(evaluator.find(predicate.to, end))
    if predicate.where is not None:
        parts.append(evaluator.find_on_edge(predicate.where, edge))
    answer = conjunction(part.truth for part in parts)
    questions: tuple[Question, ...] = ()
    if edge.relation not in _wanted(predicate.type) and answer is not Truth.FALSE:
        # A bare depends_on may be of any dependency type: it leaves the wanted one unknown, never false.
        answer = Truth.UNKNOWN
        says += f", but nobody says whether that is {predicate.type}"
        questions = (Question(f"{predicate.type}:out", edge.from_ref),)
        parts = []
    deciding = tuple(part for part in parts if part.truth is answer)
    path = (Step(edge.from_ref, edge.relation, edge.to_ref),)
    parts_alone = answer is Truth.UNKNOWN and not questions
    return Finding(
        answer, near, predicate.pointer, says, edge.sources, path, questions, deciding, connective=parts_alone
    )


def _who_saw_all(
    graph: CatalogGraph, predicate: Related, ref: Ref
) -> tuple[tuple[str, ...] | None, tuple[Question, ...]]:
    """Return the sources that together saw every edge there is; ``None`` and what to ask where nobody did."""
    asked = Question(f"{predicate.type}:{predicate.direction}", ref)
    if predicate.direction is Direction.OUT:
        looked = graph.who_saw_out(predicate.type, ref)
        return looked, () if looked is not None else (asked,)
    callers = LEAVES_FROM[predicate.type]
    if (kinds := _kinds_asked(predicate.to)) is not None:
        callers &= kinds
    listed = graph.who_lists_all(callers)
    if listed is None:
        return None, (Question("entities", ref),)
    looked = tuple(
        source
        for one in {predicate.type} | _bare_for(predicate.type)
        for source in graph.covered_by(f"{one}:in", ref)
    )
    seen = looked or graph.who_saw_out_of_all(predicate.type, callers)
    return (None, (asked,)) if seen is None else (tuple(sorted({*listed, *seen})), ())


def reaches(evaluator: "Evaluator", predicate: Reaches, ref: Ref) -> Finding:
    """Return whether something that satisfies the predicate is reached; false only if all that was explored is covered."""
    bound = "any number of hops" if predicate.hops is None else f"{predicate.hops} hops"
    sure = _spread(evaluator.graph, ref, predicate.via, predicate.hops)
    for end in sure.ends:
        if (found := evaluator.find(predicate.to, end)).truth is Truth.TRUE:
            path = sure.path(end)
            sources = tuple(sorted({source for edge in path for source in edge.sources}))
            steps = tuple(Step(edge.from_ref, edge.relation, edge.to_ref) for edge in path)
            says = f"reaches {end} in {len(path)} of at most {bound}"
            return Finding(Truth.TRUE, ref, predicate.pointer, says, sources, steps, parts=(found,))
    reached = sure
    if RelationType.DEPENDS_ON not in predicate.via:
        reached = _spread(evaluator.graph, ref, predicate.via, predicate.hops, vague=True)
    parts: list[Finding] = []
    questions: list[Question] = []
    for end in reached.ends:
        found = evaluator.find(predicate.to, end)
        if found.truth is Truth.UNKNOWN:
            parts.append(found)
        elif found.truth is Truth.TRUE:
            bare = next(edge for edge in reached.path(end) if edge.relation not in predicate.via)
            questions.append(Question(f"{min(predicate.via & DEPENDENCIES)}:out", bare.from_ref))
    looked, unseen = _who_saw_the_way(evaluator.graph, predicate.via, reached.explored)
    questions.extend(unseen)
    if not parts and not questions:
        says = f"reaches nothing of the kind within {bound} (of {len(reached.ends)} reached)"
        return Finding(Truth.FALSE, ref, predicate.pointer, says, looked)
    # The nearest entity of each question is enough to go on: all of them could be the whole estate, for each entity.
    nearest = {asked.question: asked for asked in reversed(questions)}
    return Finding(
        Truth.UNKNOWN,
        ref,
        predicate.pointer,
        f"nobody can tell all that it reaches within {bound}",
        questions=tuple(nearest[name] for name in sorted(nearest)),
        parts=tuple(parts[:WITNESSES]),
        connective=not questions,
    )


@dataclass(frozen=True, slots=True)
class _Spread:
    """What is reached from an entity breadth first: each end with the edge it was first reached by, nearest first."""

    arrived_by: dict[Ref, Edge]
    explored: list[Ref]
    """The entities, the start among them, whose edges were followed."""

    @property
    def ends(self) -> Collection[Ref]:
        return self.arrived_by.keys()

    def path(self, end: Ref) -> tuple[Edge, ...]:
        """Return a shortest path from the start."""
        backwards = []
        while end in self.arrived_by:
            backwards.append(self.arrived_by[end])
            end = backwards[-1].from_ref
        return tuple(reversed(backwards))


def _spread(
    graph: CatalogGraph, ref: Ref, via: frozenset[RelationType], hops: int | None, *, vague: bool = False
) -> _Spread:
    spread = _Spread({}, [])
    frontier = [ref]
    while frontier and hops != 0:
        following = []
        for near in frontier:
            for edge in graph.edges_out(near, via, vague=vague):
                if edge.to_ref not in spread.arrived_by and edge.to_ref != ref:
                    spread.arrived_by[edge.to_ref] = edge
                    following.append(edge.to_ref)
        spread.explored.extend(frontier)
        frontier = following
        hops = None if hops is None else hops - 1
    return spread


def _who_saw_the_way(
    graph: CatalogGraph, via: frozenset[RelationType], explored: Iterable[Ref]
) -> tuple[tuple[str, ...], list[Question]]:
    """Return who looked at the edges that leave what was explored, and the questions that nobody has looked at."""
    looked: set[str] = set()
    questions: list[Question] = []
    for near in explored:
        seen = {relation: graph.who_saw_out(relation, near) for relation in sorted(via)}
        looked.update(source for sources in seen.values() for source in sources or ())
        unseen = [relation for relation, sources in seen.items() if sources is None]
        if DEPENDENCIES & {*unseen} > _BARE:
            unseen.remove(RelationType.DEPENDS_ON)  # its subtypes are asked one by one
        questions.extend(Question(f"{relation}:out", near) for relation in unseen)
    return tuple(sorted(looked)), questions


def _wanted(relation: RelationType) -> frozenset[RelationType]:
    return DEPENDENCIES if relation is RelationType.DEPENDS_ON else frozenset({relation})


def _bare_for(relation: RelationType) -> frozenset[RelationType]:
    return _BARE if relation in DEPENDENCIES else frozenset()


def _kinds_asked(predicate: Predicate | None) -> frozenset[EntityKind] | None:
    """Return the kinds that a predicate on the other end asks for by name; ``None`` if it asks for none."""
    match predicate:
        case AttributeIs(_, "kind", values):
            return frozenset(EntityKind(str(value)) for value in values)
        case All(_, parts):
            asked = [kinds for part in parts if (kinds := _kinds_asked(part)) is not None]
            return frozenset.intersection(*asked) if asked else None
    return None


def _counted(predicate: Related, held: int, unknown: int) -> str:
    verb = predicate.type.replace("_", " ")
    count = str(held or "nothing") + (" of the kind" if predicate.to or predicate.where else "")
    more = f", {unknown} more cannot be told" if unknown else ""
    return (f"{verb} {count}" if predicate.direction is Direction.OUT else f"{count} {verb} it") + more
