"""Decides about exposures: what people say of them, which is kept for ever and outlives what patterns say."""

from datetime import date

from sqlmodel import Session

from tracker.core.exposures import Decision, ExposureState, decide
from tracker.storage import audit, exposures, versions
from tracker.storage.exposures import ExposureHistory
from tracker.storage.tables import ExposureDecision
from tracker.workflows.context import Context


def decide_exposure(
    context: Context,
    exposure_id: int,
    decision: Decision,
    *,
    justification: str | None = None,
    until: date | None = None,
    expected_version: int | None = None,
) -> ExposureHistory:
    """Record what the actor decides about an exposure, and bring it into the state that this means.

    Raises `NotFound`, `VersionChanged`, `InvalidInput` for a decision without its reason, and `InvalidMove`.
    """
    justification = (justification or "").strip() or None

    def work(session: Session) -> ExposureHistory:
        exposure = exposures.get(session, exposure_id)
        versions.expect(exposure, expected_version)
        before = exposure.state
        exposure.state = decide(
            before, decision, today=context.now.date(), justification=justification, until=until
        )
        if before is ExposureState.RETIRED:
            exposure.fingerprint = (
                ""  # no evidence stands: when the entity is back, people have to look again
            )
        exposure.updated_at = context.now
        session.add(exposure)
        session.add(
            ExposureDecision(
                exposure_id=exposure.id,
                decision=decision,
                justification=justification,
                until=until,
                actor=context.actor,
                decided_at=context.now,
            )
        )
        audit.record(
            session,
            at=context.now,
            actor=context.actor,
            action=f"exposure {exposure.state}",
            subject=exposure,
            detail={
                "from": before,
                "to": exposure.state,
                "why": justification,
                "until": until.isoformat() if until else None,
            },
        )
        session.flush()
        return exposures.history(session, exposure_id, sees_confidential=context.sees_confidential)

    return context.database.transact(work)
