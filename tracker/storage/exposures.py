"""Queries of exposures, and the record of each evaluation that changed one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.core.catalog import Ref
from tracker.core.exposures import ExposureVerdict
from tracker.storage.tables import CatalogEntity, Exposure, ExposureEvaluation


@dataclass(frozen=True)
class Evaluation:
    """What a lesson's patterns said of one entity: enough to keep, and to see that it changed."""

    verdict: ExposureVerdict
    fingerprint: str
    evidence: list[dict[str, Any]]


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
