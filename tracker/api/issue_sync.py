"""Sync: accepted items become issues, their progress comes back; what each run decided, and why."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from pydantic import Field

from tracker.api.authentication import Reader, WriterOnce
from tracker.api.nouns import routes_of
from tracker.api.problems import problems
from tracker.api.queries import LARGEST, Created, Input, Listing, Number, Page, page_shape
from tracker.api.surroundings import Connected, Options
from tracker.api.turns import SYNCS
from tracker.core.errors import InvalidInput, InvalidMove, NotFound
from tracker.core.issues import IssueField
from tracker.core.merge import Winner
from tracker.core.ports import Connections, IssueTracker
from tracker.reports.action_items import ItemShape, item_shape
from tracker.reports.issue_sync import (
    SyncDecisionRowShape,
    SyncPlanShape,
    SyncRunDetailShape,
    SyncRunShape,
    decision_shape,
    plan_shape,
    run_row,
    run_shape,
)
from tracker.storage import action_items, sync_runs
from tracker.workflows import sync_issues

router = routes_of("sync")


class Resolution(Input):
    """Whose value of a field holds, where both sides changed it."""

    item: int = Field(strict=True, ge=1, le=LARGEST, examples=[12])
    field: IssueField
    keep: Literal["ours", "theirs"]


@router.get("/plan", responses=problems(409, 502))
def plan(context: Reader, connected: Connected, options: Options) -> SyncPlanShape:
    """Say what a sync would do now, and why. Nothing is written, here or there."""
    with SYNCS.one(), _tracker(connected) as tracker:
        return plan_shape(sync_issues.plan(context, tracker, options.sync), tracker.site)


@router.get("/runs")
def list_runs(context: Reader, paging: Listing) -> Page[SyncRunShape]:
    """List the runs, the newest first."""
    with context.database.reading() as session:
        found = sync_runs.page(session, paging)
        if context.sees_confidential:
            return page_shape(found, run_row)
        counts = sync_runs.open_counts(session, found.items)
        return page_shape(found, lambda run: run_row(run).model_copy(update={"counts": counts[run.id]}))


@router.post("/runs", status_code=201, responses=problems(409, 413, 502))
def apply(
    context: WriterOnce, connected: Connected, options: Options, created: Created
) -> SyncRunDetailShape:
    """Sync now, and answer when it is done; a run that had to stop says why, and the next one goes on from there."""
    with SYNCS.one(), _tracker(connected) as tracker:
        record = sync_issues.apply(context, tracker, options.sync, lease=options.lease)
    created(record.run.id)
    return _answer(context, record)


@router.get("/runs/{number}", responses=problems(404))
def read_run(context: Reader, number: Number) -> SyncRunDetailShape:
    """Return a run with what it decided and why, and what waited for a person at its end."""
    return _answer(context, sync_issues.show(context, number))


@router.get("/runs/{number}/decisions", responses=problems(404))
def list_decisions(context: Reader, number: Number, paging: Listing) -> Page[SyncDecisionRowShape]:
    """List what a run decided, and why."""
    return page_shape(sync_issues.decisions(context, number, paging), decision_shape)


@router.post("/resolutions", responses=problems(404, 409, 413, 415))
def resolve(context: WriterOnce, resolution: Resolution) -> ItemShape:
    """Decide a conflict; the next sync writes the value that holds to the other side."""
    sync_issues.resolve_conflict(context, resolution.item, resolution.field, Winner(resolution.keep))
    with context.database.reading() as session:
        record = action_items.record(
            session, resolution.item, today=context.now.date(), sees_confidential=context.sees_confidential
        )
        return item_shape(record)


@contextmanager
def _tracker(connected: Connections) -> Iterator[IssueTracker]:
    """Yield the issue tracker, and close it. Raises `InvalidMove` where none is configured."""
    try:
        tracker = connected.issue_tracker()
    except (InvalidInput, NotFound) as error:
        raise InvalidMove(f"no issue tracker is ready here: {error}") from None
    try:
        yield tracker
    finally:
        tracker.close()


def _answer(context: Reader, record: sync_issues.SyncRunRecord) -> SyncRunDetailShape:
    shape = run_shape(record)
    if context.sees_confidential:
        return shape
    with context.database.reading() as session:
        counts = sync_runs.open_counts(session, [record.run])
    return shape.model_copy(update={"counts": counts[record.run.id]})
