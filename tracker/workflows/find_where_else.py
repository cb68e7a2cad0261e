"""Finds where else a lesson applies, and keeps what it found as exposures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlmodel import Session

from tracker.core.catalog import Ref
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.errors import ChangedMeanwhile, InvalidInput, NotFound
from tracker.core.exposures import ExposureState, ExposureVerdict, follow
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

_log = structlog.get_logger()

_TRIES = 5


@dataclass(frozen=True)
class Answer:
    """A report with the graph that it was made from, and the lesson if it answers for one."""

    report: WhereElse
    graph: CatalogGraph
    snapshot: int
    lesson: LessonRecord | None = None

    @property
    def learned_from(self) -> tuple[str, ...]:
        """Titles of the postmortems behind the lesson, without confidential ones: reports go anywhere."""
        learnings = self.lesson.learnings if self.lesson else ()
        titles = (one.title or one.name for _, one in learnings if not one.confidential)
        return tuple(dict.fromkeys(titles))


class KnownGraph:
    """The graph of the catalog, which is loaded anew only when something was imported since: one serves many questions."""

    def __init__(self) -> None:
        self._loaded: tuple[int, CatalogGraph] | None = None

    def load(self, session: Session, snapshot: int) -> CatalogGraph:
        """Return the graph as it is since this snapshot, the latest that the session sees."""
        if self._loaded is None or self._loaded[0] != snapshot:
            self._loaded = snapshot, CatalogGraph(catalog.load_snapshots(session))
        return self._loaded[1]


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
    known: KnownGraph | None = None,
) -> Answer:
    """Answer for a lesson, and keep what changed as exposures. Raises `InvalidInput` for a lesson without a pattern."""
    known = known or KnownGraph()
    for _ in range(_TRIES):
        with context.database.reading() as session:
            record = lessons.record(session, key)
            versioned = _patterns_of(session, record)
            estate = _load(session, known)
        report = where_else(
            estate.graph, versioned, lesson=key, origin=origin, incidents=estate.incidents, weights=weights
        )
        answer = Answer(report, estate.graph, estate.snapshot.id, record)
        if not keep or context.database.transact(partial(_keep, context=context, answer=answer)):
            _log.info(
                "lesson evaluated",
                lesson=key,
                snapshot=answer.snapshot,
                exposed=len(report.exposed),
                unknown=len(report.unknown),
                ruled_out=len(report.ruled_out),
                kept=keep,
            )
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


def _load(session: Session, known: KnownGraph | None = None) -> _Estate:
    snapshot = catalog.latest_snapshot(session)
    if snapshot is None:
        raise InvalidInput("no catalog has been imported yet; run `elsewhere catalog import FILE`")
    graph = (known or KnownGraph()).load(session, snapshot.id)
    return _Estate(graph, snapshot, postmortems.incidents_by_entity(session))


def _patterns_of(session: Session, record: LessonRecord) -> list[VersionedPattern]:
    if not record.patterns:
        key = record.lesson.key
        raise InvalidInput(
            f"no pattern says yet where it applies; run `elsewhere lessons add-pattern {key} FILE`",
            f"lesson {key}",
        )
    return [patterns.current(session, name) for name in record.patterns]


def _keep(session: Session, context: Context, answer: Answer) -> bool:
    """Write the exposures that changed; returns whether catalog and patterns were still those that the answer is about."""
    latest = catalog.latest_snapshot(session)
    if latest is None or latest.id != answer.snapshot or answer.lesson is None:
        return False
    record = lessons.record(session, answer.lesson.lesson.key)
    if _versions(_patterns_of(session, record)) != _versions(answer.report.patterns):
        return False
    lesson = record.lesson
    keeper = _Keeper(session, context, answer, lesson)
    report = answer.report
    found: dict[Ref, Exposed | CannotTell | None] = dict.fromkeys(report.ruled_out)
    found |= {one.ref: one for one in report.unknown} | {one.ref: one for one in report.exposed}
    names = answer.graph.canonical
    for exposure, until in exposures.accepted_until(session, lesson.id, context.now.date()):
        keeper.set_state(
            exposure, ExposureState.UNDER_INVESTIGATION, f"the risk was accepted until {until} only"
        )
    # Where two entities became one, its exposure is the one that had its name before.
    known = sorted(exposures.of_lesson(session, lesson.id), key=lambda row: names(row[0]) != row[0])
    for ref, exposure in known:
        if names(ref) in found:
            keeper.renew(exposure, found.pop(names(ref)))
        elif exposure.state is not ExposureState.NOT_AFFECTED:
            gone = "the entity is gone from the catalog"
            joined = f"the entity is one with {names(ref)}, which has an exposure of its own"
            keeper.set_state(exposure, ExposureState.RETIRED, gone if names(ref) == ref else joined)
    new = [one for one in report.exposed if one.ref in found]
    ids = catalog.entity_ids(session, [one.ref for one in new])
    taken = {exposure.entity_id for _, exposure in known}
    for one in new:
        if ids[one.ref] not in taken:
            taken.add(ids[one.ref])
            keeper.begin(ids[one.ref], one)
    return True


def _versions(asked: Sequence[VersionedPattern]) -> list[dict[str, Any]]:
    return [{"pattern": one.pattern.name, "version": one.version} for one in asked]


class _Keeper:
    """Writes the changes to one lesson's exposures in one session."""

    def __init__(self, session: Session, context: Context, answer: Answer, lesson: Lesson) -> None:
        self.session = session
        self.context = context
        self.answer = answer
        self.lesson = lesson
        self.at: datetime = context.now
        self.versions = _versions(answer.report.patterns)
        self.versions_before = exposures.pattern_versions(session, lesson.id)

    def begin(self, entity_id: int, what: Exposed) -> None:
        exposure = Exposure(
            lesson_id=self.lesson.id,
            entity_id=entity_id,
            verdict=ExposureVerdict.EXPOSED,
            first_exposed_at=self.at,
            snapshot_id=self.answer.snapshot,
            fingerprint="",
            updated_at=self.at,
        )
        self._evaluate(exposure, _evaluation(what))
        self._audit("exposure found", exposure, {"lesson": self.lesson.key})

    def renew(self, exposure: Exposure, what: Exposed | CannotTell | None) -> None:
        evaluation = _evaluation(what)
        before = exposure.verdict
        evidence_changed = evaluation.fingerprint not in ("", exposure.fingerprint)
        patterns_changed = self.versions_before.get(exposure.id) != self.versions
        if evidence_changed or patterns_changed or evaluation.verdict is not before:
            self._evaluate(exposure, evaluation)
        elif (
            evaluation.verdict is ExposureVerdict.NOT_EXPOSED and exposure.state is not ExposureState.RETIRED
        ):
            return  # it was ruled out before, and what that meant was decided then
        leads_to = follow(
            exposure.state,
            evaluation.verdict,
            evidence_changed=evidence_changed,
            patterns_changed=patterns_changed,
        )
        if leads_to is not None:
            self.set_state(exposure, *leads_to)

    def set_state(self, exposure: Exposure, state: ExposureState, why_so: str) -> None:
        if exposure.state is state:
            return
        detail = {"from": exposure.state, "to": state, "why": why_so}
        exposure.state = state
        exposure.updated_at = self.at
        self.session.add(exposure)
        self._audit(f"exposure {state}", exposure, detail)

    def _evaluate(self, exposure: Exposure, evaluation: Evaluation) -> None:
        exposures.keep_evaluation(
            self.session,
            exposure,
            evaluation,
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
