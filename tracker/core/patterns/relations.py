"""The leaves of a pattern that follow edges: counting who is related, and what is reached."""

from typing import TYPE_CHECKING

from tracker.core.catalog import DEPENDENCIES, LEAVES_FROM, EntityKind, Ref, RelationType, kind_of
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
    for edge in follow(ref, wanted | _bare_for(predicate.type)):
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
    deciding = tuple(part for part in parts if part.truth is answer)
    path = (Step(edge.from_ref, edge.relation, edge.to_ref),)
    return Finding(answer, near, predicate.pointer, says, edge.sources, path, questions, deciding)


def _who_saw_all(
    graph: CatalogGraph, predicate: Related, ref: Ref
) -> tuple[tuple[str, ...] | None, tuple[Question, ...]]:
    """Return the sources that together saw every edge there is; ``None`` and what to ask where nobody did."""
    types = sorted({predicate.type} | _bare_for(predicate.type))
    questions = [f"{one}:{predicate.direction}" for one in types]
    looked = {source for question in questions for source in graph.covered_by(question, ref)}
    asked = Question(f"{predicate.type}:{predicate.direction}", ref)
    if predicate.direction is Direction.OUT:
        if kind_of(ref) not in LEAVES_FROM[predicate.type]:
            return (), ()
        return (tuple(sorted(looked)), ()) if looked else (None, (asked,))
    callers = LEAVES_FROM[predicate.type]
    if (kinds := _kinds_asked(predicate.to)) is not None:
        callers &= kinds
    listed = graph.all_covered_by("entities", callers)
    if listed is None:
        return None, (Question("entities", ref),)
    if looked:
        return tuple(sorted({*listed, *looked})), ()
    for one in types:
        if (everyone := graph.all_covered_by(f"{one}:out", callers)) is not None:
            return tuple(sorted({*listed, *everyone})), ()
    return None, (asked,)


def reaches(evaluator: "Evaluator", predicate: Reaches, ref: Ref) -> Finding:
    """Return whether something that satisfies the predicate is reached; false only if all that was explored is covered."""
    graph = evaluator.graph
    bound = "any number of hops" if predicate.hops is None else f"{predicate.hops} hops"
    sure = _spread(graph, ref, predicate.via, predicate.hops)
    for end, path in sure.items():
        if path and (found := evaluator.find(predicate.to, end)).truth is Truth.TRUE:
            sources = tuple(sorted({source for edge in path for source in edge.sources}))
            steps = tuple(Step(edge.from_ref, edge.relation, edge.to_ref) for edge in path)
            says = f"reaches {end} in {len(path)} of at most {bound}"
            return Finding(Truth.TRUE, ref, predicate.pointer, says, sources, steps, parts=(found,))
    bare = _BARE if predicate.via & DEPENDENCIES else frozenset()
    reached = _spread(graph, ref, predicate.via | bare, predicate.hops)
    parts, questions = [], []
    for end, path in reached.items():
        found = evaluator.find(predicate.to, end)
        if path and found.truth is Truth.UNKNOWN:
            parts.append(found)
        elif path and found.truth is Truth.TRUE:
            vague = next(edge for edge in path if edge.relation not in predicate.via)
            questions.append(Question(f"{min(predicate.via)}:out", vague.from_ref))
    looked, unseen = _frontier(graph, predicate, reached)
    questions.extend(unseen)
    if not parts and not questions:
        says = f"reaches nothing of the kind within {bound} (of {len(reached) - 1} reached)"
        return Finding(Truth.FALSE, ref, predicate.pointer, says, looked)
    says = f"nobody can tell all that it reaches within {bound}"
    return Finding(
        Truth.UNKNOWN,
        ref,
        predicate.pointer,
        says,
        questions=tuple(dict.fromkeys(questions)),
        parts=tuple(parts[:WITNESSES]),
        connective=not questions,
    )


def _spread(
    graph: CatalogGraph, ref: Ref, via: frozenset[RelationType], hops: int | None
) -> dict[Ref, tuple[Edge, ...]]:
    """Return what is reached breadth first, nearest first, each with a shortest path; the start has an empty one."""
    paths: dict[Ref, tuple[Edge, ...]] = {ref: ()}
    frontier = [ref]
    while frontier:
        following = []
        for near in frontier:
            if hops is not None and len(paths[near]) >= hops:
                continue
            for edge in graph.edges_out(near, via):
                if edge.to_ref not in paths:
                    paths[edge.to_ref] = (*paths[near], edge)
                    following.append(edge.to_ref)
        frontier = following
    return paths


def _frontier(
    graph: CatalogGraph, predicate: Reaches, reached: dict[Ref, tuple[Edge, ...]]
) -> tuple[tuple[str, ...], list[Question]]:
    """Return who looked at the edges that leave what was explored, and the questions that nobody has looked at."""
    looked: set[str] = set()
    unseen = []
    for near, path in reached.items():
        if predicate.hops is not None and len(path) >= predicate.hops:
            continue
        whole = graph.covered_by("depends_on:out", near) if predicate.via & DEPENDENCIES else ()
        looked.update(whole)
        for relation in sorted(predicate.via):
            if (relation in DEPENDENCIES and whole) or kind_of(near) not in LEAVES_FROM[relation]:
                continue
            if relation is RelationType.DEPENDS_ON and len(predicate.via) > 1:
                continue  # its subtypes are asked one by one
            covered = graph.covered_by(f"{relation}:out", near)
            looked.update(covered)
            if not covered:
                unseen.append(Question(f"{relation}:out", near))
    return tuple(sorted(looked)), unseen


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
