"""Queries of exposures, and the record of each evaluation that changed one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.core.catalog import Ref
from tracker.core.errors import NotFound
from tracker.core.exposures import ExposureState, ExposureVerdict
from tracker.storage import catalog, lessons, pages, programs
from tracker.storage.confidentiality import open_item
from tracker.storage.pages import Order, Page, Paging
from tracker.storage.tables import (
    ActionItem,
    ActionItemExposure,
    CatalogEntity,
    Exposure,
    ExposureDecision,
    ExposureEvaluation,
    Lesson,
    ProgramLesson,
)

ORDER = Order(
    col(Exposure.id),
    {
        "lesson": col(Lesson.key),
        "ref": col(CatalogEntity.ref),
        "state": col(Exposure.state),
        "verdict": col(Exposure.verdict),
        "first_exposed_at": col(Exposure.first_exposed_at),
        "updated_at": col(Exposure.updated_at),
    },
)


@dataclass(frozen=True)
class Evaluation:
    """What a lesson's patterns said of one entity: enough to keep, and to see that it changed."""

    verdict: ExposureVerdict
    fingerprint: str
    evidence: list[dict[str, Any]]


@dataclass(frozen=True)
class ExposureRecord:
    """An exposure with what it is of, the items that are to end it, and the last decision."""

    exposure: Exposure
    lesson: Lesson
    ref: Ref
    items: tuple[int, ...]
    decision: ExposureDecision | None


@dataclass(frozen=True)
class ExposureHistory:
    """All evaluations that changed an exposure and all decisions, each the newest first."""

    record: ExposureRecord
    evaluations: Sequence[ExposureEvaluation]
    decisions: Sequence[ExposureDecision]


def get(session: Session, exposure_id: int) -> Exposure:
    """Return an exposure; raises `NotFound`."""
    found = session.get(Exposure, exposure_id)
    if found is None:
        raise NotFound(f"there is no exposure {exposure_id}; see `elsewhere exposures list`")
    return found


def history(session: Session, exposure_id: int, *, sees_confidential: bool = True) -> ExposureHistory:
    """Return an exposure with all that was found and decided about it; raises `NotFound`."""
    exposure = get(session, exposure_id)
    evaluations = session.exec(
        select(ExposureEvaluation)
        .where(ExposureEvaluation.exposure_id == exposure_id)
        .order_by(col(ExposureEvaluation.id).desc())
    ).all()
    decisions = session.exec(
        select(ExposureDecision)
        .where(ExposureDecision.exposure_id == exposure_id)
        .order_by(col(ExposureDecision.id).desc())
    ).all()
    lesson = session.get_one(Lesson, exposure.lesson_id)
    entity = session.get_one(CatalogEntity, exposure.entity_id)
    (record,) = _records(session, [(exposure, lesson, entity.ref)], sees_confidential)
    return ExposureHistory(record, evaluations, decisions)


def page(
    session: Session,
    paging: Paging,
    *,
    lesson: str | None = None,
    ref: Ref | None = None,
    states: Sequence[ExposureState] = (),
    verdicts: Sequence[ExposureVerdict] = (),
    program: str | None = None,
    sees_confidential: bool = True,
) -> Page[ExposureRecord]:
    """Return a page of the exposures that meet all the conditions. Raises `NotFound` for a condition on what is not there."""
    query = (
        select(Exposure, Lesson, CatalogEntity.ref)
        .join(Lesson, col(Lesson.id) == col(Exposure.lesson_id))
        .join(CatalogEntity, col(CatalogEntity.id) == col(Exposure.entity_id))
    )
    if lesson is not None:
        query = query.where(Exposure.lesson_id == lessons.get(session, lesson).id)
    if ref is not None:
        query = query.where(Exposure.entity_id == catalog.entity_id(session, ref))
    if states:
        query = query.where(col(Exposure.state).in_(states))
    if verdicts:
        query = query.where(col(Exposure.verdict).in_(verdicts))
    if program is not None:
        carried = select(ProgramLesson.lesson_id).where(
            ProgramLesson.program_id == programs.get(session, program).id
        )
        query = query.where(col(Exposure.lesson_id).in_(carried))
    found = pages.page(session, query, ORDER, paging)
    return Page(tuple(_records(session, found.items, sees_confidential)), found.next_cursor)


def _records(
    session: Session, rows: Sequence[tuple[Exposure, Lesson, str]], sees_confidential: bool
) -> list[ExposureRecord]:
    """Return exposures with what hangs on them, in the order given, in a fixed number of queries."""
    ids = [exposure.id for exposure, _, _ in rows]
    assigned = (
        select(ActionItemExposure.exposure_id, ActionItem.id)
        .join(ActionItem, col(ActionItem.id) == col(ActionItemExposure.action_item_id))
        .where(col(ActionItemExposure.exposure_id).in_(ids))
        .order_by(col(ActionItem.id))
    )
    items: dict[int, list[int]] = {}
    for exposure_id, item_id in session.exec(
        assigned if sees_confidential else assigned.where(open_item())
    ).all():
        items.setdefault(exposure_id, []).append(item_id)
    last = (
        select(func.max(ExposureDecision.id))
        .where(col(ExposureDecision.exposure_id).in_(ids))
        .group_by(col(ExposureDecision.exposure_id))
    )
    decisions = {
        one.exposure_id: one
        for one in session.exec(select(ExposureDecision).where(col(ExposureDecision.id).in_(last))).all()
    }
    return [
        ExposureRecord(
            exposure, lesson, Ref(ref), tuple(items.get(exposure.id, ())), decisions.get(exposure.id)
        )
        for exposure, lesson, ref in rows
    ]


def accepted_until(session: Session, lesson_id: int, day: date) -> Sequence[tuple[Exposure, date]]:
    """Return a lesson's exposures whose risk was accepted until this day or one before it, with that day."""
    last = (
        select(func.max(ExposureDecision.id))
        .join(Exposure, col(Exposure.id) == col(ExposureDecision.exposure_id))
        .where(Exposure.lesson_id == lesson_id, Exposure.state == ExposureState.RISK_ACCEPTED)
        .group_by(col(ExposureDecision.exposure_id))
    )
    rows = session.exec(
        select(Exposure, ExposureDecision)
        .join(ExposureDecision, col(ExposureDecision.exposure_id) == col(Exposure.id))
        .where(col(ExposureDecision.id).in_(last), col(ExposureDecision.until) <= day)
        .order_by(col(Exposure.id))
    ).all()
    return [(exposure, decision.until) for exposure, decision in rows if decision.until is not None]


def of_lesson(session: Session, lesson_id: int) -> list[tuple[Ref, Exposure]]:
    """Return a lesson's exposures, each with the entity's present ref, by which they are ordered."""
    rows = session.exec(
        select(CatalogEntity.ref, Exposure)
        .join(Exposure, col(Exposure.entity_id) == col(CatalogEntity.id))
        .where(Exposure.lesson_id == lesson_id)
        .order_by(col(CatalogEntity.ref))
    ).all()
    return [(Ref(ref), exposure) for ref, exposure in rows]


def pattern_versions(session: Session, lesson_id: int) -> dict[int, list[dict[str, Any]]]:
    """Return the versions of the patterns that each of a lesson's exposures was last evaluated by."""
    last = (
        select(func.max(ExposureEvaluation.id))
        .join(Exposure, col(Exposure.id) == col(ExposureEvaluation.exposure_id))
        .where(Exposure.lesson_id == lesson_id)
        .group_by(col(ExposureEvaluation.exposure_id))
    )
    rows = session.exec(
        select(ExposureEvaluation.exposure_id, ExposureEvaluation.pattern_versions).where(
            col(ExposureEvaluation.id).in_(last)
        )
    ).all()
    return {exposure_id: list(versions) for exposure_id, versions in rows}


def keep_evaluation(
    session: Session,
    exposure: Exposure,
    evaluation: Evaluation,
    *,
    pattern_versions: Sequence[Mapping[str, Any]],
    snapshot_id: int,
    at: datetime,
) -> None:
    """Make an exposure say what an evaluation found, and add the evaluation to its record.

    The exposure keeps the fingerprint of the evidence by which it was last exposed.
    """
    exposure.verdict = evaluation.verdict
    exposure.fingerprint = evaluation.fingerprint or exposure.fingerprint
    exposure.snapshot_id = snapshot_id
    exposure.updated_at = at
    session.add(exposure)
    session.flush()
    session.add(
        ExposureEvaluation(
            exposure_id=exposure.id,
            verdict=evaluation.verdict,
            pattern_versions=[dict(version) for version in pattern_versions],
            snapshot_id=snapshot_id,
            fingerprint=evaluation.fingerprint,
            evidence=evaluation.evidence,
            evaluated_at=at,
        )
    )
