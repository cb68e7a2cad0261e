"""Answers a pattern for an entity in three values, and keeps the reasons.

An absence is an answer only where a source that looked says so; a pattern's leaves here ask the catalog graph,
and `tracker.core.patterns.relations` holds those that follow its edges.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tracker.core.catalog import Ref, RelationType, Value, kind_of
from tracker.core.dependency_graph import CatalogGraph, Edge, Said
from tracker.core.patterns import relations
from tracker.core.patterns.comparisons import among, compare, wish, worded
from tracker.core.patterns.findings import Finding, Question, Step
from tracker.core.patterns.language import (
    All,
    AtLeast,
    AttributeIs,
    Contains,
    FactTest,
    HasTag,
    Not,
    Predicate,
    Reaches,
    Related,
)
from tracker.core.patterns.truth import Truth, at_least, conjunction, disjunction, truth


class Evaluator:
    """Evaluates predicates over one catalog graph, remembering what it found (nested predicates recur).

    Cost: one visit per entity and leaf; `Related` adds the entity's edges, `Reaches` the edges within its hops.
    """

    def __init__(self, graph: CatalogGraph) -> None:
        self.graph = graph
        # Keyed by identity: hashing a whole predicate at each visit would cost more than answering it. Each value
        # holds its predicate, so that no other can take over the identity.
        self._found: dict[tuple[int, Ref], tuple[Predicate, Finding]] = {}

    def find(self, predicate: Predicate, ref: Ref) -> Finding:
        """Return the finding for one predicate and one entity of the graph."""
        key = (id(predicate), ref)
        if key not in self._found:
            self._found[key] = (predicate, self._answer(predicate, ref))
        return self._found[key][1]

    def _answer(self, predicate: Predicate, ref: Ref) -> Finding:
        match predicate:
            case All() | AtLeast() | Not():
                return _combined(predicate, ref, lambda part: self.find(part, ref))
            case AttributeIs():
                return self._attribute(predicate, ref)
            case HasTag():
                return self._tag(predicate, ref)
            case FactTest():
                said = self.graph.entity(ref).facts.get(predicate.name, ())
                return self._compared(predicate, said, Question(f"fact:{predicate.name}", ref))
            case Contains():
                return self._contains(predicate, ref)
            case Related():
                return relations.related(self, predicate, ref)
            case Reaches():
                return relations.reaches(self, predicate, ref)

    def find_on_edge(self, predicate: Predicate, edge: Edge) -> Finding:
        """Return the finding for a predicate over one edge's facts."""
        if not isinstance(predicate, FactTest):
            assert isinstance(predicate, All | AtLeast | Not)  # noqa: S101 - the reader admits nothing else
            return _combined(predicate, edge.from_ref, lambda part: self.find_on_edge(part, edge))
        question = Question(f"{edge.relation}:fact:{predicate.name}", edge.from_ref)
        return self._compared(predicate, edge.facts.get(predicate.name, ()), question, edge)

    def _attribute(self, predicate: AttributeIs, ref: Ref) -> Finding:
        wanted = " or ".join(worded(value) for value in predicate.values)
        if predicate.name == "kind":
            answer = truth(kind_of(ref) in predicate.values)
            return Finding(answer, ref, predicate.pointer, f"kind is {kind_of(ref)}{_unless(answer, wanted)}")
        return self._weighed(
            predicate.pointer,
            predicate.name,
            self.graph.entity(ref).attributes.get(predicate.name, ()),
            Question(f"attribute:{predicate.name}", ref),
            lambda value: among(value, predicate.values),
            wanted,
        )

    def _tag(self, predicate: HasTag, ref: Ref) -> Finding:
        entity = self.graph.entity(ref)
        wanted = " or ".join(predicate.tags)
        for tag in predicate.tags:
            if tag in entity.tags:
                return Finding(Truth.TRUE, ref, predicate.pointer, f"is tagged {tag}", entity.tags[tag])
        question = Question("attribute:tags", ref)
        looked = tuple(sorted({*entity.tag_sources, *self.graph.covered_by(question.question, ref)}))
        if looked:
            return Finding(Truth.FALSE, ref, predicate.pointer, f"is not tagged {wanted}", looked)
        says = f"nobody says whether it is tagged {wanted}"
        return Finding(Truth.UNKNOWN, ref, predicate.pointer, says, questions=(question,))

    def _contains(self, predicate: Contains, ref: Ref) -> Finding:
        package = self.graph.canonical(predicate.package)
        edges = self.graph.edges_out(ref, frozenset({RelationType.CONTAINS}), vague=True)
        edges = [edge for edge in edges if edge.to_ref == package]
        typed = [edge for edge in edges if edge.relation is RelationType.CONTAINS]
        question = Question("contains", ref)
        if edges and not typed:
            says = f"depends on {package}, but nobody says whether it contains it"
            path = (step_of(edges[0]),)
            return Finding(Truth.UNKNOWN, ref, predicate.pointer, says, edges[0].sources, path, (question,))
        parts = [self._version(predicate, edge) for edge in typed]
        answer = disjunction(part.truth for part in parts)
        if answer is not Truth.FALSE:
            deciding = tuple(part for part in parts if part.truth is answer)
            return Finding(
                answer, ref, predicate.pointer, f"contains {package}", parts=deciding, connective=True
            )
        looked = self.graph.who_saw_out(RelationType.CONTAINS, ref)
        if looked is not None:
            says = "; ".join(part.says for part in parts) or f"does not contain {package}"
            return Finding(Truth.FALSE, ref, predicate.pointer, says, looked)
        others = f" beside what is known ({'; '.join(part.says for part in parts)})" if parts else ""
        says = f"nobody says whether it contains {package}{others}"
        return Finding(Truth.UNKNOWN, ref, predicate.pointer, says, questions=(question,))

    def _version(self, predicate: Contains, edge: Edge) -> Finding:
        versions = predicate.versions
        if versions is None:
            says = f"contains {edge.to_ref}"
            return Finding(Truth.TRUE, edge.from_ref, predicate.pointer, says, edge.sources, (step_of(edge),))

        def holds(value: Value) -> Truth:
            inside = versions.contains(str(value)) if value is not None else None
            return Truth.UNKNOWN if inside is None else truth(inside)

        return self._weighed(
            predicate.pointer,
            f"the version of {edge.to_ref}",
            edge.facts.get("version", ()),
            Question("contains:fact:version", edge.from_ref),
            holds,
            versions.text,
            edge,
        )

    def _compared(
        self, test: FactTest, said: Sequence[Said], question: Question, edge: Edge | None = None
    ) -> Finding:
        return self._weighed(
            test.pointer, test.name, said, question, lambda value: compare(test, value), wish(test), edge
        )

    def _weighed(  # noqa: PLR0917 - one place weighs what sources say, whatever it is that they say
        self,
        pointer: str,
        name: str,
        said: Sequence[Said],
        question: Question,
        holds: Callable[[Value], Truth],
        wanted: str,
        edge: Edge | None = None,
    ) -> Finding:
        """Weigh what sources say of one attribute or fact: silence, disagreement, or one answer."""
        about = question.about
        path = (step_of(edge),) if edge else ()
        if not said:
            looked = self.graph.covered_by(question.question, about)
            if edge:  # who never saw this edge has not looked at its facts
                looked = tuple(source for source in looked if source in edge.sources)
            if not looked:
                says = f"nobody says what {name} is"
                return Finding(Truth.UNKNOWN, about, pointer, says, (), path, (question,))
            said = [Said(None, source) for source in looked]
        sources = tuple(dict.fromkeys(one.source for one in said))
        answers = {holds(one.value) for one in said}
        if len(answers) > 1:
            words = "; ".join(f"{worded(one.value)} says {one.source}" for one in said)
            says = f"sources disagree on {name}: {words}"
            return Finding(
                Truth.UNKNOWN, about, pointer, says, sources, path, (replace(question, answered=True),)
            )
        answer = answers.pop()
        says = f"{name} is {' or '.join(dict.fromkeys(worded(one.value) for one in said))}"
        if answer is Truth.UNKNOWN:
            says += f", which cannot be compared with {wanted}"
            return Finding(answer, about, pointer, says, sources, path, (replace(question, answered=True),))
        return Finding(answer, about, pointer, says + _unless(answer, wanted), sources, path)


def step_of(edge: Edge) -> Step:
    """Return an edge as a step of a path."""
    return Step(edge.from_ref, edge.relation, edge.to_ref)


def _combined(predicate: All | AtLeast | Not, ref: Ref, find: Callable[[Predicate], Finding]) -> Finding:
    """Combine the findings for a connective's parts, keeping those that decided."""
    match predicate:
        case Not(pointer, part):
            finding = find(part)
            return Finding(~finding.truth, ref, pointer, "not", parts=(finding,), connective=True)
        case All(pointer, parts):
            found = []
            for part in parts:
                found.append(find(part))
                if found[-1].truth is Truth.FALSE:
                    break  # one false part is reason enough
            answer = conjunction(finding.truth for finding in found)
            says = "all of these"
        case AtLeast(pointer, n, parts):
            found = [find(part) for part in parts]
            held = sum(finding.truth is Truth.TRUE for finding in found)
            unknown = sum(finding.truth is Truth.UNKNOWN for finding in found)
            answer = at_least(n, held, held + unknown)
            says = f"at least {n} of these"
    deciding = [finding for finding in found if finding.truth is answer]
    return Finding(answer, ref, pointer, says, parts=tuple(deciding), connective=True)


def _unless(answer: Truth, wanted: str) -> str:
    return f", not {wanted}" if answer is Truth.FALSE else ""
