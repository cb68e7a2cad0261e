"""Exposures: where a lesson applies, how that was evaluated, and what people decided."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tracker.core.exposures import Decision, ExposureState, ExposureVerdict
from tracker.storage.tables.base import Row, VersionedRow, json, not_blank, words


class Exposure(VersionedRow, table=True):
    """A lesson and an entity: the latest verdict, and where it stands."""

    __tablename__ = "exposure"
    __table_args__ = (UniqueConstraint("lesson_id", "entity_id"),)

    lesson_id: int = Field(foreign_key="lesson.id")
    entity_id: int = Field(foreign_key="catalog_entity.id", index=True)
    verdict: ExposureVerdict = Field(sa_type=words(ExposureVerdict, "verdict"))
    state: ExposureState = Field(default=ExposureState.UNDECIDED, sa_type=words(ExposureState, "state"))
    first_exposed_at: datetime | None = None
    snapshot_id: int = Field(foreign_key="catalog_snapshot.id")
    fingerprint: str
    updated_at: datetime


class ExposureEvaluation(Row, table=True):
    """One evaluation that changed an exposure, with its evidence (append-only)."""

    __tablename__ = "exposure_evaluation"

    exposure_id: int = Field(foreign_key="exposure.id", index=True)
    verdict: ExposureVerdict = Field(sa_type=words(ExposureVerdict, "verdict"))
    pattern_versions: list[dict[str, Any]] = Field(sa_type=json(null=False))
    snapshot_id: int = Field(foreign_key="catalog_snapshot.id")
    fingerprint: str
    evidence: list[dict[str, Any]] = Field(sa_type=json(null=False))
    evaluated_at: datetime


class ExposureDecision(Row, table=True):
    """One decision of a person about an exposure (append-only)."""

    __tablename__ = "exposure_decision"
    __table_args__ = (
        not_blank("actor"),
        CheckConstraint(
            "decision <> 'not_affected' OR (trim(justification) <> '') IS TRUE", name="justified"
        ),
        CheckConstraint("decision <> 'risk_accepted' OR until IS NOT NULL", name="accepted_until"),
    )

    exposure_id: int = Field(foreign_key="exposure.id", index=True)
    decision: Decision = Field(sa_type=words(Decision, "decision"))
    justification: str | None = None
    until: date | None = None
    actor: str
    decided_at: datetime
