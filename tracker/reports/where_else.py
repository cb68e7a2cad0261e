"""Where else does a lesson apply: the shape that machines read, and from which every page for people is made."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from tracker.core.catalog import ATTRIBUTES, Value
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.patterns import Step
from tracker.core.where_else import CannotTell, Evidence, Exposed, VersionedPattern, WhereElse
from tracker.reports.shape import Shape
from tracker.reports.wording import age, entities
from tracker.workflows.find_where_else import Answer

_WHAT_IT_IS = frozenset({"kind", "tag", *ATTRIBUTES})
"""The last step of a leaf's pointer where it asks what an entity is, rather than how it is set."""


class PatternShape(Shape):
    """A pattern that was asked; version 0 is one that is not stored."""

    pattern: str
    version: int
    about: str


class SourceShape(Shape):
    """A source, and when it last looked."""

    source: str
    kind: str
    observed_at: datetime


class SnapshotShape(Shape):
    """The state of the catalog that was asked; ages are measured to ``observed_at``."""

    number: int | None
    observed_at: datetime | None
    sources: list[SourceShape]


class StepShape(Shape):
    """One edge of a path."""

    from_ref: str = Field(serialization_alias="from")
    relation: str
    to_ref: str = Field(serialization_alias="to")


class EvidenceShape(Shape):
    """One leaf's word for an exposure, from one source."""

    leaf: str
    says: str
    path: list[StepShape]
    source: str | None
    observed_at: datetime | None


class ExposedShape(Shape):
    """An entity of which the lesson is true."""

    ref: str
    score: float
    score_parts: dict[str, float]
    evidence: list[EvidenceShape]
    patterns: list[str]
    owner: str | None
    platform: Value
    application: Value
    environment: Value
    tier: Value


class SettlingShape(Shape):
    """A coverage question that would settle an unknown, and the sources that answer it about other entities.

    One that is ``answered`` got answers that disagree, or that cannot be compared with what is asked.
    """

    question: str
    about: str
    sources: list[str]
    answered: bool = False


class MissingShape(Shape):
    """A leaf that could not be told."""

    leaf: str
    says: str
    settled_by: list[SettlingShape]


class CannotTellShape(Shape):
    """An entity of which nobody can tell whether the lesson is true."""

    ref: str
    missing: list[MissingShape]


class LeafCountShape(Shape):
    """How many entities one leaf ruled out; ``asks`` is the leaf as the pattern writes it."""

    leaf: str
    count: int
    asks: str


class RuledOutShape(Shape):
    """The entities of which the lesson is not true."""

    count: int
    by_leaf: list[LeafCountShape]


class WhereElseShape(Shape):
    """The report "where else does this lesson apply". The same catalog and patterns give the same bytes."""

    lesson: str | None
    lesson_title: str | None
    lesson_statement: str | None
    learned_from: list[str]
    patterns: list[PatternShape]
    origin: str | None
    snapshot: SnapshotShape
    exposed: list[ExposedShape]
    unknown: list[CannotTellShape]
    ruled_out: RuledOutShape

    @property
    def heading(self) -> str:
        """The lesson's title, or what stands for it."""
        return (
            self.lesson_title or self.lesson or "Pattern " + ", ".join(one.pattern for one in self.patterns)
        )

    @property
    def advice(self) -> str | None:
        """What to do where the report names no exposed entity; ``None`` where it names some."""
        if self.exposed:
            return None
        if not self.unknown and not self.ruled_out.count:
            return (
                "The catalog is empty, so nothing can be told yet. "
                "Import what your sources know: elsewhere catalog import FILE..."
            )
        if self.unknown:
            return (
                f"Nothing is known to be exposed, but {entities(len(self.unknown))} cannot be told. "
                "Have a source look at the questions below, import what it finds, and ask again."
            )
        return (
            f"Nothing is exposed: all {entities(self.ruled_out.count)} of the catalog are ruled out. "
            "To be sure that the pattern says what you mean, ask about an entity that you know: --why REF"
        )

    def age(self, observed_at: datetime) -> str:
        """Return how old an observation was at the time of this snapshot."""
        return age(observed_at, self.snapshot.observed_at or observed_at)


@dataclass(frozen=True, slots=True)
class Reasons:
    """What one source says for an exposure, in few words."""

    source: str
    observed_at: datetime
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question without a usable answer, with the entities to look at and those whose verdict waits for it."""

    question: str
    sources: tuple[str, ...]
    answered: bool
    look_at: tuple[str, ...]
    waiting: tuple[str, ...]

    @property
    def who(self) -> str:
        """Who might answer it."""
        if self.answered:
            return "the answers disagree, or cannot be compared with what the pattern asks; --why shows them"
        match self.sources:
            case ():
                return "no source looks at this yet"
            case (one,):
                return f"{one} looks at this elsewhere"
        return f"{', '.join(self.sources)} look at this elsewhere"


def where_else_shape(
    report: WhereElse,
    graph: CatalogGraph,
    *,
    snapshot_number: int | None,
    lesson_title: str | None = None,
    lesson_statement: str | None = None,
    learned_from: Sequence[str] = (),
) -> WhereElseShape:
    """Return the report in its public shape.

    ``learned_from`` names the postmortems behind the lesson; the caller leaves out those that the reader may not see.
    """
    return WhereElseShape(
        lesson=report.lesson,
        lesson_title=lesson_title,
        lesson_statement=lesson_statement,
        learned_from=list(learned_from),
        patterns=[
            PatternShape(pattern=one.pattern.name, version=one.version, about=one.pattern.about)
            for one in report.patterns
        ],
        origin=report.origin,
        snapshot=SnapshotShape(
            number=snapshot_number,
            observed_at=report.observed_at,
            sources=[
                SourceShape(source=one.source, kind=one.kind, observed_at=one.observed_at)
                for one in report.sources
            ],
        ),
        exposed=[_exposed(one, graph) for one in report.exposed],
        unknown=[_cannot_tell(one) for one in report.unknown],
        ruled_out=RuledOutShape(
            count=len(report.ruled_out),
            by_leaf=[
                LeafCountShape(leaf=leaf, count=count, asks=_asked(leaf, report.patterns))
                for leaf, count in report.ruled_out_by_leaf
            ],
        ),
    )


def answer_shape(answer: Answer) -> WhereElseShape:
    """Return an answer in its public shape, without what a confidential postmortem says."""
    lesson = answer.lesson.lesson if answer.lesson else None
    return where_else_shape(
        answer.report,
        answer.graph,
        snapshot_number=answer.snapshot,
        lesson_title=lesson.title if lesson else None,
        lesson_statement=lesson.statement if lesson else None,
        learned_from=answer.learned_from,
    )


def steps(path: Iterable[Step]) -> list[StepShape]:
    """Return a path in its public shape."""
    return [StepShape(from_ref=one.from_ref, relation=one.relation, to_ref=one.to_ref) for one in path]


def in_short(exposed: ExposedShape) -> tuple[Reasons, ...]:
    """Return an exposure's evidence by source, without what the pattern asked only to find the right entities.

    Left out are what it applies to, what kind of thing the entities on the way are, and what needs no source.
    """
    by_source: dict[tuple[str, datetime], list[EvidenceShape]] = defaultdict(list)
    for one in exposed.evidence:
        pointer = one.leaf.partition("#")[2]
        finds = pointer.startswith("/applies_to") or (
            "/to/" in pointer and pointer.rpartition("/")[2] in _WHAT_IT_IS
        )
        if not finds and one.source is not None and one.observed_at is not None:
            by_source[one.source, one.observed_at].append(one)
    return tuple(
        # One fact may serve several leaves; the same words about another edge are another fact.
        Reasons(source, at, tuple(one.says for one in {(e.says, *e.path): e for e in evidence}.values()))
        for (source, at), evidence in by_source.items()
    )


def open_questions(shape: WhereElseShape) -> tuple[OpenQuestion, ...]:
    """Return what would settle the unknown: first what a source could answer, then by how many wait for it."""
    look_at: dict[tuple[str, tuple[str, ...], bool], set[str]] = defaultdict(set)
    waiting: dict[tuple[str, tuple[str, ...], bool], set[str]] = defaultdict(set)
    for unknown in shape.unknown:
        for missing in unknown.missing:
            for one in missing.settled_by:
                key = (one.question, tuple(one.sources), one.answered)
                look_at[key].add(one.about)
                waiting[key].add(unknown.ref)
    found = [OpenQuestion(*key, tuple(sorted(look_at[key])), tuple(sorted(waiting[key]))) for key in look_at]
    return tuple(sorted(found, key=lambda one: (not one.sources, -len(one.waiting), one.question)))


def _exposed(one: Exposed, graph: CatalogGraph) -> ExposedShape:
    entity = graph.entity(one.ref)
    return ExposedShape(
        ref=one.ref,
        score=one.score,
        score_parts=dict(one.score_parts),
        evidence=[_evidence(line) for line in one.evidence],
        patterns=list(one.patterns),
        owner=graph.owner(one.ref),
        platform=entity.attribute("platform"),
        application=entity.attribute("application"),
        environment=entity.attribute("environment"),
        tier=entity.attribute("tier"),
    )


def _evidence(line: Evidence) -> EvidenceShape:
    return EvidenceShape(
        leaf=line.leaf,
        says=line.says,
        path=steps(line.path),
        source=line.source,
        observed_at=line.observed_at,
    )


def _cannot_tell(one: CannotTell) -> CannotTellShape:
    return CannotTellShape(
        ref=one.ref,
        missing=[
            MissingShape(
                leaf=missing.leaf,
                says=missing.says,
                settled_by=[
                    SettlingShape(
                        question=s.question, about=s.about, sources=list(s.sources), answered=s.answered
                    )
                    for s in missing.settled_by
                ],
            )
            for missing in one.missing
        ],
    )


def _asked(leaf: str, patterns: Iterable[VersionedPattern]) -> str:
    """Return a leaf as its pattern writes it: the key and the value at its JSON pointer."""
    name, _, pointer = leaf.partition("#")
    node: object = next((one.pattern.definition for one in patterns if one.pattern.name == name), None)
    key = ""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        match node:
            case dict():
                node = node.get(key)
            case list() if key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            case _:
                return ""
    return f"{key}: {node if isinstance(node, str) else json.dumps(node, ensure_ascii=False, default=str)}"
