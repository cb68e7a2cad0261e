"""Queries of the runs of the sync, and of what they decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from tracker.core.errors import NotFound
from tracker.core.issue_sync import Decision, DecisionKind
from tracker.core.issues import IssueField
from tracker.storage import pages
from tracker.storage.batches import batches
from tracker.storage.confidentiality import open_item
from tracker.storage.issue_links import as_json
from tracker.storage.pages import Order, Page, Paging
from tracker.storage.tables import ActionItem, IssueLink, RunState, SyncDecision, SyncRun


@dataclass(frozen=True)
class DecisionRecord:
    """A decision with the title of its item and, if it has one, the link to its issue."""

    decision: SyncDecision
    title: str
    link: IssueLink | None


RUN_ORDER = Order(col(SyncRun.id), {"started_at": col(SyncRun.started_at)}, default="-id")
"""What listings of runs can be sorted by; the newest come first."""

DECISION_ORDER = Order(col(SyncDecision.id), {"item": col(SyncDecision.action_item_id)})
"""What listings of decisions can be sorted by."""


def interrupt(session: Session, at: datetime) -> None:
    """Mark the runs that never ended: whoever holds the lease of the sync knows that their processes died."""
    for run in session.exec(select(SyncRun).where(SyncRun.state == RunState.RUNNING)):
        run.state, run.finished_at = RunState.INTERRUPTED, at
        run.problem = "its process ended before the run did; the next run goes on from there"
        session.add(run)


def get(session: Session, run_id: int) -> SyncRun:
    """Return a run; raises `NotFound`."""
    found = session.get(SyncRun, run_id)
    if found is None:
        raise NotFound(f"there is no run {run_id} of the sync; see `elsewhere sync runs`")
    return found


def page(session: Session, paging: Paging) -> Page[SyncRun]:
    """Return a page of the runs."""
    return pages.page(session, select(SyncRun), RUN_ORDER, paging)


def open_counts(session: Session, runs: Sequence[SyncRun]) -> dict[int, dict[str, int]]:
    """Return each run's decisions by kind, and those that waited at its end, without those of confidential items."""
    about_open = (
        select(SyncDecision.id)
        .join(ActionItem, col(ActionItem.id) == col(SyncDecision.action_item_id))
        .where(open_item())
    )
    counts: dict[int, dict[str, int]] = {run.id: {} for run in runs}
    by_kind = (
        select(SyncDecision.run_id, SyncDecision.kind, func.count())
        .where(col(SyncDecision.run_id).in_(counts), col(SyncDecision.id).in_(about_open))
        .group_by(col(SyncDecision.run_id), col(SyncDecision.kind))
        .order_by(col(SyncDecision.kind))
    )
    for run_id, kind, count in session.exec(by_kind):
        counts[run_id][kind] = count
    waiting = {
        number
        for chunk in batches({number for run in runs for number in run.waiting})
        for number in session.exec(about_open.where(col(SyncDecision.id).in_(chunk)))
    }
    for run in runs:
        counts[run.id]["waiting"] = len(waiting.intersection(run.waiting))
    return counts


def decisions(session: Session, run: SyncRun, *, sees_confidential: bool) -> list[DecisionRecord]:
    """Return what a run decided, in its order, of the items that exist for this reader."""
    query = _records(sees_confidential=sees_confidential).where(SyncDecision.run_id == run.id)
    return [DecisionRecord(*row) for row in session.exec(query.order_by(col(SyncDecision.id))).all()]


def decision_page(
    session: Session, run: SyncRun, paging: Paging, *, sees_confidential: bool
) -> Page[DecisionRecord]:
    """Return a page of the same."""
    query = _records(sees_confidential=sees_confidential).where(SyncDecision.run_id == run.id)
    found = pages.page(session, query, DECISION_ORDER, paging)
    return Page(tuple(DecisionRecord(*row) for row in found.items), found.next_cursor)


def waiting(session: Session, run: SyncRun, *, sees_confidential: bool) -> list[DecisionRecord]:
    """Return the decisions that needed a person at the end of a run, of the items that exist for this reader."""
    query = _records(sees_confidential=sees_confidential)
    found = [
        DecisionRecord(*row)
        for chunk in batches(run.waiting)
        for row in session.exec(query.where(col(SyncDecision.id).in_(chunk))).all()
    ]
    return sorted(found, key=lambda one: (one.decision.action_item_id, one.decision.id))


def latest(session: Session, item_ids: Iterable[int]) -> dict[tuple[int, IssueField | None], SyncDecision]:
    """Return the latest decision of each item and field."""
    newest = select(func.max(SyncDecision.id)).group_by(
        col(SyncDecision.action_item_id), col(SyncDecision.field)
    )
    return {
        (one.action_item_id, one.field): one
        for chunk in batches(item_ids)
        for one in session.exec(
            select(SyncDecision).where(
                col(SyncDecision.id).in_(newest.where(col(SyncDecision.action_item_id).in_(chunk)))
            )
        )
    }


def pushed_words(session: Session, item_ids: Iterable[int]) -> dict[int, frozenset[IssueField]]:
    """Return into which fields of these items' issues words were ever pushed, or may have been."""
    found: dict[int, frozenset[IssueField]] = {}
    for chunk in batches(item_ids):
        query = select(SyncDecision.action_item_id, SyncDecision.field).where(
            col(SyncDecision.action_item_id).in_(chunk),
            SyncDecision.kind == DecisionKind.PUSH,
            col(SyncDecision.field).in_([IssueField.SUMMARY, IssueField.DESCRIPTION]),
        )
        for item_id, name in session.exec(query.distinct()):
            if name is not None:
                found[item_id] = found.get(item_id, frozenset()) | {IssueField(name)}
    return found


def row_of(decision: Decision, run_id: int, at: datetime) -> SyncDecision:
    """Return a decision as it is kept."""
    return SyncDecision(
        run_id=run_id,
        action_item_id=decision.item_id,
        kind=decision.kind,
        field=decision.field,
        ours=as_json(decision.ours),
        theirs=as_json(decision.theirs),
        agreed=as_json(decision.agreed),
        reason=decision.reason,
        needs_a_person=decision.needs_a_person,
        at=at,
    )


def says(row: SyncDecision | None, decision: Decision) -> bool:
    """Return whether a decision that is kept says the same."""
    return (
        row is not None
        and (row.kind, row.reason, row.needs_a_person)
        == (decision.kind, decision.reason, decision.needs_a_person)
        and (row.ours, row.theirs) == (as_json(decision.ours), as_json(decision.theirs))
    )


def _records(*, sees_confidential: bool) -> Select[SyncDecision, str, IssueLink]:
    query = (
        select(SyncDecision, ActionItem.title, IssueLink)
        .join(ActionItem, col(ActionItem.id) == col(SyncDecision.action_item_id))
        .outerjoin(IssueLink, col(IssueLink.action_item_id) == col(SyncDecision.action_item_id))
    )
    return query if sees_confidential else query.where(open_item())
