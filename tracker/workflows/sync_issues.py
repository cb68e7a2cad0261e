"""Syncs items with the issues of a tracker: looks at both sides, plans, and performs the plan item by item.

Whatever is written there is noted here first, and what was noted is compared with what is read back; so a run that is
cut short anywhere is taken up by the next one, which finds its issues again and knows its own writing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlmodel import Session

from tracker.core.errors import ConnectorError, InvalidMove, NotFound, TryAgainLater
from tracker.core.issue_sync import DEFAULT, DecisionKind, ItemPlan, Policies
from tracker.core.issues import IssueField
from tracker.core.merge import Winner
from tracker.core.ports import IssueTracker
from tracker.storage import action_items, audit, issue_links, sync_runs
from tracker.storage.pages import Page, Paging
from tracker.storage.sync_runs import DecisionRecord
from tracker.storage.tables import IssueLink, RunState, SyncRun
from tracker.workflows.context import Context
from tracker.workflows.issue_sync.ledger import Ledger
from tracker.workflows.issue_sync.linked import Linked, parts
from tracker.workflows.issue_sync.sides import AT_ONCE, Side, load, plan_sides, read
from tracker.workflows.issue_sync.unlinked import Unlinked
from tracker.workflows.leases import holding

Progress = Callable[[int, int], None]
"""Is told how many items were looked at, of how many."""

Stop = Callable[[], str | None]
"""Says why to stop, if so."""

LEASE = "sync"

LONGEST_WAIT = 60.0
"""Seconds that a run waits for the tracker's index to learn of what may have been made; after that the next run looks."""

PATIENCE = 600.0
"""Seconds that a run waits altogether when the tracker says to make changes later; after that the next run makes them."""

_SHORTEST_WAIT, _NAP = 1.0, 5.0

_log = structlog.get_logger()


@dataclass(frozen=True)
class SyncPlan:
    """What a run would do now: for each item that something is to be done about, what and why."""

    account: str
    """The account that we act as there."""
    looked_at: int
    items: tuple[tuple[Side, ItemPlan], ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to decide or repair something."""
        return any(one.needs_a_person for _, item in self.items for one in item.decisions)


@dataclass(frozen=True)
class SyncRunRecord:
    """A run with what it decided, and with all that needed a person at its end, whichever run had decided it."""

    run: SyncRun
    decisions: tuple[DecisionRecord, ...]
    waiting: tuple[DecisionRecord, ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to decide or repair something."""
        return bool(self.waiting)


def plan(context: Context, tracker: IssueTracker, policies: Policies = DEFAULT) -> SyncPlan:
    """Look at both sides and return what a run would do now; writes nothing anywhere."""
    account = tracker.identify()
    with context.database.reading() as session:
        sides = load(session, tracker, context.now.date())
    issues = read(tracker, [name for side in sides for name in side.names])
    plans = {one.item_id: one for one in plan_sides(sides, issues, policies, tracker.site)}
    shown = [side for side in sides if context.sees_confidential or not side.ours.confidential]
    return SyncPlan(
        account,
        len(shown),
        tuple(
            (side, plans[side.id])
            for side in shown
            if side.id in plans and (plans[side.id].decisions or plans[side.id].there)
        ),
    )


def apply(
    context: Context,
    tracker: IssueTracker,
    policies: Policies = DEFAULT,
    *,
    lease: timedelta = timedelta(seconds=90),
    progress: Progress = lambda _done, _total: None,
    retry: bool = False,
    stop: Stop = lambda: None,
    wait: Callable[[float], None] = time.sleep,
) -> SyncRunRecord:
    """Perform the sync and return its run, also one that had to stop; what was done until then stays done.

    ``retry`` asks again at once for what the tracker refused lately, as after a repair; else that rests for a day.
    ``stop`` is asked between any two things and says why to stop, if so. Raises `HeldByAnother` while another run is at
    it, and when this one lost its lease.
    """
    with holding(context, LEASE, lease) as held:
        fenced = replace(context, database=context.database.also(held.check))
        run_id = fenced.database.transact(lambda session: _begin(session, fenced, tracker))
        log = _log.bind(run=run_id)
        log.info("sync began")
        ledger = Ledger(fenced, tracker.site, run_id, retry)
        performance = _Performance(ledger, tracker, policies, progress=progress, stop=stop, wait=wait)
        problem = None
        try:
            performance.perform()
        except (ConnectorError, _Stopped) as error:
            problem = str(error)
        fenced.database.transact(lambda session: _end(session, performance, problem))
        log.info("sync stopped" if problem else "sync finished", **performance.counts)
    return show(context, run_id)


def runs(context: Context, paging: Paging | None = None) -> Page[SyncRun]:
    """Return a page of the runs, the newest first."""
    with context.database.reading() as session:
        return sync_runs.page(session, paging or Paging())


def show(context: Context, run_id: int) -> SyncRunRecord:
    """Return a run with what it decided; raises `NotFound`."""
    with context.database.reading() as session:
        run = sync_runs.get(session, run_id)
        seen = context.sees_confidential
        return SyncRunRecord(
            run,
            tuple(sync_runs.decisions(session, run, sees_confidential=seen)),
            tuple(sync_runs.waiting(session, run, sees_confidential=seen)),
        )


def decisions(context: Context, run_id: int, paging: Paging) -> Page[DecisionRecord]:
    """Return a page of what a run decided; raises `NotFound`."""
    with context.database.reading() as session:
        run = sync_runs.get(session, run_id)
        return sync_runs.decision_page(session, run, paging, sees_confidential=context.sees_confidential)


def resolve_conflict(context: Context, item_id: int, field: IssueField, winner: Winner) -> IssueLink:
    """Say whose value of a field holds, where both sides changed it; the next run writes it to the other side.

    Raises `NotFound` if nothing of the kind waits for a decision, and `InvalidMove` for an issue that was declined there:
    whether the item is declined here too is decided by declining it.
    """

    def work(session: Session) -> IssueLink:
        item = action_items.get(session, item_id, sees_confidential=context.sees_confidential)
        link = issue_links.of_item(session, item_id)
        asked = sync_runs.latest(session, [item_id]).get((item_id, field))
        if link is None or asked is None or asked.kind not in (DecisionKind.CONFLICT, DecisionKind.DECLINE):
            raise NotFound(f"no conflict over the {field} of item {item_id} waits for a decision")
        if winner is Winner.THEIRS and field is IssueField.STATUS:
            raise InvalidMove(
                f"move item {item_id} itself: `elsewhere items decline {item_id}`, or `items move {item_id}`"
            )
        loser = asked.theirs if winner is Winner.OURS else asked.ours
        link.agreed = {**link.agreed, field: {"ours": loser, "theirs": loser}}
        link.updated_at = context.now
        session.add(link)
        audit.record(
            session,
            at=context.now,
            actor=context.actor,
            action="sync conflict resolved",
            subject=item,
            detail={"field": field, "winner": winner, "ours": asked.ours, "theirs": asked.theirs},
        )
        return link

    if winner not in (Winner.OURS, Winner.THEIRS):
        raise ValueError(winner)
    return context.database.transact(work)


def _begin(session: Session, context: Context, tracker: IssueTracker) -> int:
    sync_runs.interrupt(session, context.now)
    run = SyncRun(site=tracker.site, actor=context.actor, counts={}, waiting=[], started_at=context.now)
    session.add(run)
    session.flush()
    return run.id


def _end(session: Session, performance: "_Performance", problem: str | None) -> None:
    ledger = performance.ledger
    run = sync_runs.get(session, ledger.run_id)
    run.state = RunState.STOPPED if problem else RunState.FINISHED
    run.problem, run.finished_at = problem, ledger.context.now
    run.account, run.counts, run.waiting = performance.account, performance.counts, ledger.waiting
    session.add(run)


class _Stopped(Exception):
    """Somebody asked the run to stop."""


class _Performance:
    """One run, from signing in to the end."""

    def __init__(
        self,
        ledger: Ledger,
        tracker: IssueTracker,
        policies: Policies,
        *,
        progress: Progress,
        stop: Stop,
        wait: Callable[[float], None],
    ) -> None:
        self.ledger, self.tracker, self.progress, self.stop, self.wait = ledger, tracker, progress, stop, wait
        self.linked = Linked(ledger, tracker, policies, self._go_on, self._be_patient)
        self.unlinked = Unlinked(ledger, self.linked, self._go_on)
        self.account: str | None = None
        self.items = 0
        self.patience = PATIENCE

    @property
    def counts(self) -> dict[str, int]:
        """How many items were looked at, how many decisions of each kind are new, and how many wait for a person."""
        decided = dict(sorted(self.ledger.decided.items()))
        return {"items": self.items, **decided, "waiting": len(self.ledger.waiting)}

    def perform(self) -> None:
        """Do all that there is to do."""
        context = self.ledger.context
        self.account = self.tracker.identify()
        self.unlinked.settle()
        with context.database.reading() as session:
            sides = load(session, self.tracker, context.now.date())
        self.items = len(sides)
        having = [side.id for side in sides if side.link and side.link.issue_id]
        lacking = [side.id for side in sides if not (side.link and side.link.issue_id)]
        done = 0
        for work, item_ids in ((self.linked.bring_together, having), (self.unlinked.begin, lacking)):
            for some in parts(item_ids, AT_ONCE):
                work(some)
                done += len(some)
                self.progress(done, self.items)
        self._take_up_again()

    def _take_up_again(self) -> None:
        """Return to items whose answers were lost, and to those that somebody changed while we were at them."""
        with self.ledger.context.database.reading() as session:
            unsure = [row.action_item_id for row in issue_links.intended(session, self.tracker.site)]
        waited, pause = 0.0, 2.0
        while unsure and (seconds := self.unlinked.settle()) and waited < LONGEST_WAIT:
            pause = min(pause, seconds, LONGEST_WAIT - waited)
            self._wait(pause)
            waited, pause = waited + pause, pause * 2
        again = sorted({*unsure, *self.ledger.changed_meanwhile})
        self.linked.bring_together(again)
        self.unlinked.begin(again)

    def _be_patient(self, error: TryAgainLater) -> None:
        """Wait as long as the tracker says, or raise the error again if it does not say or the patience is at its end."""
        if error.after is None or error.after > self.patience:
            raise error
        seconds = max(error.after, _SHORTEST_WAIT)
        self.patience -= seconds
        _log.info("tracker asks to wait", run=self.ledger.run_id, seconds=seconds)
        self._wait(seconds)

    def _wait(self, seconds: float) -> None:
        """Wait, but not longer than until somebody asks to stop."""
        while seconds > 0:
            self._go_on()
            self.wait(min(seconds, _NAP))
            seconds -= _NAP
        self._go_on()

    def _go_on(self) -> None:
        if reason := self.stop():
            raise _Stopped(reason)
