"""How many there are of what, for monitoring: each in one query, and without what is confidential."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.core import nightly
from tracker.storage.confidentiality import open_item
from tracker.storage.tables import ActionItem, Exposure, NightlyRun, SyncDecision, SyncRun
from tracker.storage.tables.issue_sync import RunState


def items_by_state(session: Session) -> Mapping[str, int]:
    """Return how many action items there are in each state."""
    rows = session.exec(select(ActionItem.state, func.count()).where(open_item()).group_by(ActionItem.state))
    return {str(state): number for state, number in rows}


def exposures_by_state_and_verdict(session: Session) -> Mapping[tuple[str, str], int]:
    """Return how many exposures there are in each state with each verdict."""
    rows = session.exec(
        select(Exposure.state, Exposure.verdict, func.count()).group_by(Exposure.state, Exposure.verdict)
    )
    return {(str(state), str(verdict)): number for state, verdict, number in rows}


def decisions_by_kind(session: Session) -> Mapping[str, int]:
    """Return how many decisions of each kind all runs of the sync made."""
    rows = session.exec(
        select(SyncDecision.kind, func.count())
        .join(ActionItem, col(ActionItem.id) == col(SyncDecision.action_item_id))
        .where(open_item())
        .group_by(SyncDecision.kind)
    )
    return {str(kind): number for kind, number in rows}


def last_ends(session: Session) -> Mapping[str, datetime]:
    """Return when the sync and the nightly run last came to their end."""
    ends = {
        "sync": select(func.max(SyncRun.finished_at)).where(SyncRun.state == RunState.FINISHED),
        "nightly": select(func.max(NightlyRun.ended_at)).where(
            col(NightlyRun.state).in_([nightly.RunState.DONE, nightly.RunState.NEEDS_A_PERSON])
        ),
    }
    found = {job: session.exec(query).one() for job, query in ends.items()}
    return {job: at for job, at in found.items() if at is not None}
