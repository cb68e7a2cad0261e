"""Where else does this lesson apply? The report's content: exposed, cannot tell, and ruled out, each with its reason."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from math import log2

from tracker.core.catalog import EntityKind, Ref, kind_of
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.errors import InvalidInput, NotFound
from tracker.core.patterns import Evaluator, Finding, Pattern, Question, Step, Truth

BLAST_HOPS = 3
"""How far dependants are counted. On measured estates three hops from a busy service are already a third of everything."""

DAYS_OF_AGE = 30
"""The unit in which the age of evidence is counted."""


@dataclass(frozen=True, slots=True)
class VersionedPattern:
    """A pattern with the number of its version; 0 is one that was never stored."""

    pattern: Pattern
    version: int


@dataclass(frozen=True, slots=True)
class RankWeights:
    """What each part of the score counts for; the score is their sum, and is printed with its parts.

    ``tier``: per step above tier 4 (tier 1 counts three). ``blast_radius``: per doubling of the dependants.
    ``production``: once. ``likeness``: times the likeness to the origin, 0 to 1. ``recurrence``: per past postmortem.
    ``age``: per 30 days of the oldest evidence, taken off.
    """

    tier: float = 1.0
    blast_radius: float = 0.5
    production: float = 1.0
    likeness: float = 2.0
    recurrence: float = 1.5
    age: float = 0.25


@dataclass(frozen=True, slots=True)
class Evidence:
    """One leaf's word for an exposure; ``leaf`` is ``pattern#/JSON/pointer``."""

    leaf: str
    says: str
    path: tuple[Step, ...]
    source: str | None
    observed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Exposed:
    """An entity of which the lesson is true."""

    ref: Ref
    score: float
    score_parts: Mapping[str, float]
    evidence: tuple[Evidence, ...]
    patterns: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """A digest of the evidence, whoever says it and whenever: the same until the reasons change."""
        reasons = sorted({f"{e.leaf} {e.says} {e.path}" for e in self.evidence})
        return sha256("\n".join(reasons).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Settling:
    """A coverage question that would settle an unknown, and the sources that answer it elsewhere.

    One that is ``answered`` got answers that disagree, or that cannot be compared with what is asked.
    """

    question: str
    about: Ref
    sources: tuple[str, ...]
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A leaf that could not be told, and what would settle it."""

    leaf: str
    says: str
    settled_by: tuple[Settling, ...]


@dataclass(frozen=True, slots=True)
class CannotTell:
    """An entity of which nobody can tell whether the lesson is true."""

    ref: Ref
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class SourceAge:
    """When a source last looked."""

    source: str
    kind: str
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class WhereElse:
    """The whole report. All lists are in a fixed order: exposed by falling score, the rest by ref or leaf."""

    lesson: str | None
    patterns: tuple[VersionedPattern, ...]
    origin: Ref | None
    observed_at: datetime | None
    sources: tuple[SourceAge, ...]
    exposed: tuple[Exposed, ...]
    unknown: tuple[CannotTell, ...]
    ruled_out: Mapping[Ref, str] = field(repr=False)
    """Each ruled-out entity with the leaf that ruled it out."""

    @property
    def ruled_out_by_leaf(self) -> tuple[tuple[str, int], ...]:
        """How many entities each leaf ruled out, most first."""
        counts = Counter(self.ruled_out.values())
        return tuple(sorted(counts.items(), key=lambda row: (-row[1], row[0])))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of all of a lesson's patterns for one entity: one pattern is enough (Kleene's *any*)."""

    ref: Ref
    truth: Truth
    findings: tuple[tuple[VersionedPattern, Finding, Finding], ...]
    """For each pattern: the findings of ``applies_to`` and of the body."""

    def reasons(self, truth: Truth) -> Iterable[tuple[str, Finding]]:
        """Yield the leaves behind one truth value, named ``pattern#/pointer``, the body's before ``applies_to``'s."""
        for versioned, applies, body in self.findings:
            if _both(applies, body) is truth:
                for finding in (body, applies):
                    if finding.truth is truth:
                        yield from (
                            (f"{versioned.pattern.name}#{leaf.leaf}", leaf) for leaf in finding.support()
                        )


def judge(evaluator: Evaluator, patterns: Sequence[VersionedPattern], ref: Ref) -> Verdict:
    """Return the verdict of a lesson's patterns on one entity, with the findings behind it."""
    findings = []
    for versioned in patterns:
        applies = evaluator.find(versioned.pattern.applies_to, ref)
        # A pattern that does not apply is not asked further: most entities end here.
        body = applies if applies.truth is Truth.FALSE else evaluator.find(versioned.pattern.body, ref)
        findings.append((versioned, applies, body))
    truths = {_both(applies, body) for _, applies, body in findings}
    truth = next((t for t in (Truth.TRUE, Truth.UNKNOWN) if t in truths), Truth.FALSE)
    return Verdict(ref, truth, tuple(findings))


def where_else(
    graph: CatalogGraph,
    patterns: Sequence[VersionedPattern],
    *,
    lesson: str | None = None,
    origin: Ref | None = None,
    incidents: Mapping[Ref, int] | None = None,
    weights: RankWeights | None = None,
) -> WhereElse:
    """Return where else a lesson applies: every entity of the catalog is in exactly one of the three lists.

    ``incidents`` counts the past postmortems that name an entity. Raises `InvalidInput` without a pattern, and
    `NotFound` for an origin that is not in the catalog. Cost is linear in entities times leaves, plus what the leaves follow (see `Evaluator`).
    """
    if not patterns:
        raise InvalidInput("a report needs at least one pattern")
    evaluator = Evaluator(graph)
    if origin is not None and (origin := graph.canonical(origin)) not in graph.graph:
        raise NotFound(f"the origin {origin} is not in the catalog")
    exposed, unknown, ruled_out = [], [], {}
    for ref in graph.refs:
        verdict = judge(evaluator, patterns, ref)
        match verdict.truth:
            case Truth.TRUE:
                evidence = _evidence(graph, verdict)
                parts = _score(
                    graph,
                    ref,
                    evidence,
                    origin=origin,
                    incidents=(incidents or {}).get(ref, 0),
                    weights=weights or RankWeights(),
                )
                names = tuple(v.pattern.name for v, a, b in verdict.findings if _both(a, b) is Truth.TRUE)
                exposed.append(Exposed(ref, round(sum(parts.values()), 2), parts, evidence, names))
            case Truth.UNKNOWN:
                unknown.append(CannotTell(ref, _missing(graph, verdict)))
            case Truth.FALSE:
                ruled_out[ref] = _ruled_out_by(verdict)
    return WhereElse(
        lesson,
        tuple(patterns),
        origin,
        graph.latest,
        tuple(SourceAge(s, graph.source_kinds[s], at) for s, at in sorted(graph.observed_at.items())),
        tuple(sorted(exposed, key=lambda one: (-one.score, one.ref))),
        tuple(unknown),
        ruled_out,
    )


def _both(applies: Finding, body: Finding) -> Truth:
    if Truth.FALSE in (applies.truth, body.truth):
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in (applies.truth, body.truth) else Truth.TRUE


def _evidence(graph: CatalogGraph, verdict: Verdict) -> tuple[Evidence, ...]:
    """Return one line per leaf and source. What is said of another entity on the way names that entity."""
    lines: list[Evidence] = []
    for name, leaf in verdict.reasons(Truth.TRUE):
        if leaf.leaf.endswith("/kind"):
            continue  # the ref itself says so
        says = leaf.says if leaf.about == verdict.ref or leaf.path else f"{leaf.about}: {leaf.says}"
        lines.extend(
            Evidence(name, says, leaf.path, source, graph.observed_at[source] if source else None)
            for source in leaf.sources or (None,)
        )
    return tuple(dict.fromkeys(lines))


def _missing(graph: CatalogGraph, verdict: Verdict) -> tuple[Missing, ...]:
    says: dict[str, dict[str, None]] = {}
    questions: dict[str, dict[Question, None]] = {}
    for name, leaf in verdict.reasons(Truth.UNKNOWN):
        words = leaf.says if leaf.about == verdict.ref else f"{leaf.about}: {leaf.says}"
        says.setdefault(name, {})[words] = None
        questions.setdefault(name, {}).update(dict.fromkeys(leaf.questions))
    return tuple(
        Missing(
            name,
            "; ".join(words),
            tuple(
                Settling(q.question, q.about, graph.could_settle(q.question), q.answered)
                for q in questions[name]
            ),
        )
        for name, words in says.items()
    )


def _ruled_out_by(verdict: Verdict) -> str:
    """Return the leaf that ruled an entity out, of the pattern that came furthest."""
    versioned, applies, body = max(verdict.findings, key=lambda found: found[1].truth is not Truth.FALSE)
    finding = applies if applies.truth is Truth.FALSE else body
    # Down to the one part that decided; where several had to be false together, none of them is to blame alone.
    while finding.connective and len(finding.parts) == 1:
        finding = finding.parts[0]
    return f"{versioned.pattern.name}#{finding.leaf}"


def _score(
    graph: CatalogGraph,
    ref: Ref,
    evidence: Iterable[Evidence],
    *,
    origin: Ref | None,
    incidents: int,
    weights: RankWeights,
) -> dict[str, float]:
    entity = graph.entity(ref)
    tier = entity.attribute("tier")
    dependants = [
        near for near in graph.dependants(ref, BLAST_HOPS) if kind_of(near) is not EntityKind.PACKAGE
    ]
    observed = [line.observed_at for line in evidence if line.observed_at is not None]
    age = (graph.latest - min(observed)).days if graph.latest and observed else 0
    parts = {
        "tier": weights.tier * (4 - tier) if isinstance(tier, int) and 1 <= tier <= 3 else 0.0,
        "blast_radius": weights.blast_radius * log2(1 + len(dependants)),
        "environment": weights.production * _is_production(graph, ref),
        "likeness": weights.likeness * _likeness(graph, ref, origin) if origin and origin != ref else 0.0,
        "recurrences": weights.recurrence * incidents,
        "age": -weights.age * (age // DAYS_OF_AGE),
    }
    return {name: round(value, 2) + 0.0 for name, value in parts.items()}


def _is_production(graph: CatalogGraph, ref: Ref) -> bool:
    environment = graph.entity(ref).attribute("environment")
    return isinstance(environment, str) and environment.lower().startswith("prod")


def _likeness(graph: CatalogGraph, ref: Ref, origin: Ref) -> float:
    """Return the Jaccard similarity of two entities' features: their attributes, tags and what they depend on."""
    mine, theirs = _features(graph, ref), _features(graph, origin)
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0


def _features(graph: CatalogGraph, ref: Ref) -> set[str]:
    entity = graph.entity(ref)
    attributes = {
        f"{name}={entity.attribute(name)}" for name in ("type", "platform") if entity.attribute(name)
    }
    edges = {f"{data['edge'].relation} {far}" for _, far, data in graph.graph.out_edges(ref, data=True)}
    return attributes | set(entity.tags) | edges
