"""Finds where else a lesson applies, and keeps what it found as exposures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session

from tracker.core.catalog import Ref
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.errors import ChangedMeanwhile, InvalidInput, NotFound
from tracker.core.exposures import ExposureState, ExposureVerdict
from tracker.core.patterns import Evaluator, Pattern
from tracker.core.where_else import (
    CannotTell,
    Exposed,
    RankWeights,
    Verdict,
    VersionedPattern,
    WhereElse,
    judge,
    where_else,
)
from tracker.storage import audit, catalog, exposures, lessons, patterns, postmortems
from tracker.storage.exposures import Evaluation
from tracker.storage.lessons import LessonRecord
from tracker.storage.tables import CatalogSnapshot, Exposure, Lesson
from tracker.workflows.context import Context

_TRIES = 5

_DECIDED = frozenset({ExposureState.AFFECTED, ExposureState.NOT_AFFECTED, ExposureState.RISK_ACCEPTED})
"""Decisions that rested on evidence: when it changes, people have to look again."""


@dataclass(frozen=True)
class Answer:
    """A report with the graph that it was made from, and the lesson if it answers for one."""

    report: WhereElse
    graph: CatalogGraph
    snapshot: int
    lesson: LessonRecord | None = None


@dataclass(frozen=True)
class _Estate:
    graph: CatalogGraph
    snapshot: CatalogSnapshot
    incidents: dict[Ref, int]


def by_patterns(
    context: Context,
    asked: Sequence[Pattern | str],
    *,
    origin: Ref | None = None,
    weights: RankWeights | None = None,
) -> Answer:
    """Answer for patterns alone, each parsed or the name of a stored one. Keeps nothing."""
    with context.database.reading() as session:
        estate = _load(session)
        versioned = [
            VersionedPattern(one, 0) if isinstance(one, Pattern) else patterns.current(session, one)
            for one in asked
        ]
    report = where_else(estate.graph, versioned, origin=origin, incidents=estate.incidents, weights=weights)
    return Answer(report, estate.graph, estate.snapshot.id)


def by_lesson(
    context: Context,
    key: str,
    *,
    origin: Ref | None = None,
    weights: RankWeights | None = None,
    keep: bool = True,
) -> Answer:
    """Answer for a lesson, and keep what changed as exposures. Raises `InvalidInput` for a lesson without a pattern."""
    for _ in range(_TRIES):
        with context.database.reading() as session:
            record = lessons.record(session, key)
            versioned = _patterns_of(session, record)
            estate = _load(session)
        report = where_else(
            estate.graph, versioned, lesson=key, origin=origin, incidents=estate.incidents, weights=weights
        )
        answer = Answer(report, estate.graph, estate.snapshot.id, record)
        if not keep or context.database.transact(partial(_keep, context=context, answer=answer)):
            return answer
    raise ChangedMeanwhile("the catalog kept changing while the report was made; try again in a moment")


def why(
    context: Context, asked: Sequence[Pattern | str], lesson: str | None, ref: Ref
) -> tuple[Verdict, CatalogGraph]:
    """Return what the patterns (or a lesson's) say of one entity and why. Raises `NotFound` if it is not in the catalog."""
    with context.database.reading() as session:
        versioned = (
            _patterns_of(session, lessons.record(session, lesson))
            if lesson is not None
            else [
                VersionedPattern(one, 0) if isinstance(one, Pattern) else patterns.current(session, one)
                for one in asked
            ]
        )
        graph = _load(session).graph
    canonical = graph.canonical(ref)
    if canonical not in graph.graph:
        raise NotFound(f"{ref} is not in the catalog")
    return judge(Evaluator(graph), versioned, canonical), graph


def _load(session: Session) -> _Estate:
    snapshot = catalog.latest_snapshot(session)
    if snapshot is None:
        raise InvalidInput("no catalog has been imported yet; run `elsewhere catalog import FILE`")
    return _Estate(
        CatalogGraph(catalog.load_snapshots(session)), snapshot, postmortems.incidents_by_entity(session)
    )


def _patterns_of(session: Session, record: LessonRecord) -> list[VersionedPattern]:
    if not record.patterns:
        key = record.lesson.key
        raise InvalidInput(
            f"no pattern says yet where it applies; run `elsewhere lessons add-pattern {key} FILE`",
            f"lesson {key}",
        )
    return [patterns.current(session, name) for name in record.patterns]


def _keep(session: Session, context: Context, answer: Answer) -> bool:
    """Write the exposures that changed; returns whether the catalog was still the one that the answer is about."""
    latest = catalog.latest_snapshot(session)
    if latest is None or latest.id != answer.snapshot or answer.lesson is None:
        return False
    lesson = lessons.get(session, answer.lesson.lesson.key)
    known = exposures.of_lesson(session, lesson.id)
    found: dict[Ref, Exposed | CannotTell | None] = {one.ref: one for one in answer.report.exposed}
    found |= {one.ref: one for one in answer.report.unknown if one.ref in known}
    found |= {ref: None for ref in known if ref in answer.report.ruled_out}
    ids = catalog.entity_ids(session, [ref for ref in found if ref not in known])
    keeper = _Keeper(session, context, answer, lesson)
    for ref, what in found.items():
        exposure = known.get(ref)
        if exposure is None:
            keeper.begin(ids[ref], what)
        else:
            keeper.renew(exposure, what)
    for ref, exposure in known.items():
        if ref not in found and exposure.state is not ExposureState.RETIRED:
            keeper.set_state(exposure, ExposureState.RETIRED, "the entity is gone from the catalog")
    return True


class _Keeper:
    """Writes the changes to one lesson's exposures in one session."""

    def __init__(self, session: Session, context: Context, answer: Answer, lesson: Lesson) -> None:
        self.session = session
        self.context = context
        self.answer = answer
        self.lesson = lesson
        self.at: datetime = context.now
        self.versions = [
            {"pattern": one.pattern.name, "version": one.version} for one in answer.report.patterns
        ]

    def begin(self, entity_id: int, what: Exposed | CannotTell | None) -> None:
        exposure = Exposure(
            lesson_id=self.lesson.id,
            entity_id=entity_id,
            verdict=ExposureVerdict.EXPOSED,
            first_exposed_at=self.at,
            snapshot_id=self.answer.snapshot,
            fingerprint="",
            updated_at=self.at,
        )
        self._evaluate(exposure, what)
        self._audit("exposure found", exposure, {"lesson": self.lesson.key})

    def renew(self, exposure: Exposure, what: Exposed | CannotTell | None) -> None:
        before = exposure.verdict
        evaluation = _evaluation(what)
        if (evaluation.verdict, evaluation.fingerprint) == (before, exposure.fingerprint):
            return
        self._evaluate(exposure, what)
        exposed = evaluation.verdict is ExposureVerdict.EXPOSED
        if exposed and exposure.state in (ExposureState.FIXED, ExposureState.VERIFIED):
            self.set_state(exposure, ExposureState.REGRESSED, "the pattern matches again")
        elif exposed and exposure.state is ExposureState.RETIRED:
            self.set_state(exposure, ExposureState.UNDER_INVESTIGATION, "the entity is back in the catalog")
        elif exposed and exposure.state in _DECIDED:
            self.set_state(exposure, ExposureState.UNDER_INVESTIGATION, "the evidence changed")
        elif evaluation.verdict is ExposureVerdict.NOT_EXPOSED and exposure.state not in (
            ExposureState.NOT_AFFECTED,
            ExposureState.VERIFIED,
        ):
            self.set_state(exposure, ExposureState.FIXED, "the pattern no longer matches")

    def set_state(self, exposure: Exposure, state: ExposureState, why_so: str) -> None:
        if exposure.state is state:
            return
        detail = {"from": exposure.state, "to": state, "why": why_so}
        exposure.state = state
        exposure.updated_at = self.at
        self.session.add(exposure)
        self._audit(f"exposure {state}", exposure, detail)

    def _evaluate(self, exposure: Exposure, what: Exposed | CannotTell | None) -> None:
        exposures.keep_evaluation(
            self.session,
            exposure,
            _evaluation(what),
            pattern_versions=self.versions,
            snapshot_id=self.answer.snapshot,
            at=self.at,
        )

    def _audit(self, action: str, exposure: Exposure, detail: dict[str, Any]) -> None:
        audit.record(
            self.session, at=self.at, actor=self.context.actor, action=action, subject=exposure, detail=detail
        )


def _evaluation(what: Exposed | CannotTell | None) -> Evaluation:
    match what:
        case Exposed():
            evidence = [
                {
                    "leaf": line.leaf,
                    "says": line.says,
                    "path": [{"from": s.from_ref, "relation": s.relation, "to": s.to_ref} for s in line.path],
                    "source": line.source,
                    "observed_at": line.observed_at.isoformat() if line.observed_at else None,
                }
                for line in what.evidence
            ]
            return Evaluation(ExposureVerdict.EXPOSED, what.fingerprint, evidence)
        case CannotTell():
            missing = [{"leaf": one.leaf, "says": one.says} for one in what.missing]
            return Evaluation(ExposureVerdict.UNKNOWN, "", missing)
        case None:
            return Evaluation(ExposureVerdict.NOT_EXPOSED, "", [])
