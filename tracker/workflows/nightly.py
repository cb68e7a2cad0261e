"""Runs the night's work: postmortems, catalog, exposures, sync.

One run at a time holds the lease ``nightly``, and each of its transactions makes sure that it still does. What a run
that died or was stopped had finished is not done again: the next run takes it up where it ended.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlmodel import Session

from tracker.core.nightly import RunState, Step, StepReport, ends_as, is_resumable, left
from tracker.core.ports import Connections
from tracker.storage import leases, nightly_runs
from tracker.storage.nightly_runs import NightlyRecord
from tracker.storage.tables import NightlyRun
from tracker.workflows.context import Context
from tracker.workflows.leases import has_died, holding
from tracker.workflows.nightly_steps import Rehearsal, Steps, Work

LEASE = "nightly"

_log = structlog.get_logger()


class Watch(Protocol):
    """Is told how a run goes on."""

    def began(self, step: Step) -> None:
        """Hear that a step began."""
        ...

    def moved(self, report: StepReport) -> None:
        """Hear that a record of the step is done."""
        ...

    def ended(self, step: Step, report: StepReport, took: timedelta) -> None:
        """Hear how a step ended."""
        ...


def run(
    context: Context,
    connections: Connections,
    work: Work,
    watch: Watch,
    *,
    only: Sequence[Step] = (),
    fresh: bool = False,
    deadline: timedelta | None = None,
    asked_to_stop: Callable[[], str | None] = lambda: None,
) -> NightlyRecord:
    """Do all steps, or only some, and return how they went.

    A run of the same steps that died or was stopped is taken up again, unless it is old or ``fresh`` is asked for.
    After the deadline, and once ``asked_to_stop`` says why, no step and no record is begun any more. Raises
    `HeldByAnother` while another run is at it, and when this one lost its lease.
    """
    ends_by = context.now + deadline if deadline else None

    def stop() -> str | None:
        late = ends_by is not None and context.now >= ends_by
        return asked_to_stop() or ("the deadline has come" if late else None)

    with holding(context, LEASE, work.lease) as held:
        context = replace(context, database=context.database.also(held.check))
        run_id, todo = context.database.transact(
            partial(_begin, context=context, wanted=_wanted(only), fresh=fresh)
        )
        steps = Steps(context, connections, work, stop, watch.moved)
        with structlog.contextvars.bound_contextvars(nightly_run=run_id):
            for step in todo:
                if stop():
                    break
                _do(context, run_id, step, steps, watch)
        return context.database.transact(partial(_end, run_id=run_id, at=context.now))


def rehearse(
    context: Context, connections: Connections, work: Work, watch: Watch, *, only: Sequence[Step] = ()
) -> Mapping[Step, StepReport]:
    """Return what a run would read, and what its sync would do; nothing is written."""
    steps = Rehearsal(context, connections, work, moved=watch.moved)
    reports = {step: StepReport() for step in _wanted(only)}
    for step, report in reports.items():
        began = context.now
        watch.began(step)
        steps.do(step, report)
        watch.ended(step, report, context.now - began)
    return reports


def show(context: Context, run_id: int) -> NightlyRecord:
    """Return a run; one whose process is gone is shown as interrupted. Raises `NotFound`."""
    with context.database.reading() as session:
        record = nightly_runs.record(session, run_id)
        return replace(record, run=_as_it_is(session, record.run, context.now))


def history(context: Context, limit: int) -> Sequence[NightlyRun]:
    """Return the runs that began last, latest first; one whose process is gone is shown as interrupted."""
    with context.database.reading() as session:
        return [_as_it_is(session, one, context.now) for one in nightly_runs.listing(session, limit)]


def _as_it_is(session: Session, run: NightlyRun, now: datetime) -> NightlyRun:
    session.expunge(run)
    holder = leases.held_by(session, LEASE, now)
    if run.state is RunState.RUNNING and (holder is None or has_died(holder)):
        run.state = RunState.INTERRUPTED
    return run


def _wanted(only: Sequence[Step]) -> list[Step]:
    return [step for step in Step if step in only or not only]


def _begin(
    session: Session, context: Context, wanted: Sequence[Step], *, fresh: bool
) -> tuple[int, tuple[Step, ...]]:
    """Begin a run, or take up the last one; returns its number, and the steps that are left."""
    last = nightly_runs.latest(session)
    if last is not None:
        for attempt in last.attempts:
            if attempt.state is RunState.RUNNING:  # nobody is at it: the lease is ours
                attempt.state = RunState.INTERRUPTED
                session.add(attempt)
        same = last.run.steps == wanted and not fresh
        if same and is_resumable(last.run.state, last.run.started_at, context.now):
            last.run.state = RunState.RUNNING
            last.run.ended_at = None
            session.add(last.run)
            todo = left(wanted, last.states)
            _log.info("nightly run resumed", nightly_run=last.run.id, left=[str(step) for step in todo])
            return last.run.id, todo
        if last.run.state is RunState.RUNNING:
            last.run.state = RunState.INTERRUPTED
            session.add(last.run)
    run = nightly_runs.begin(session, wanted, actor=context.actor, at=context.now)
    return run.id, tuple(wanted)


def _do(context: Context, run_id: int, step: Step, steps: Steps, watch: Watch) -> None:
    began = context.now
    attempt = context.database.transact(lambda session: nightly_runs.begin_step(session, run_id, step, began))
    watch.began(step)
    report = StepReport()
    steps.do(step, report)
    context.database.transact(lambda session: nightly_runs.end_step(session, attempt, report, context.now))
    _log.info("nightly step ended", step=str(step), state=str(report.state), **report.counts)
    watch.ended(step, report, context.now - began)


def _end(session: Session, run_id: int, at: datetime) -> NightlyRecord:
    record = nightly_runs.record(session, run_id)
    unfinished = left([Step(step) for step in record.run.steps], record.states)
    record.run.state = RunState.STOPPED if unfinished else ends_as(record.states.values())
    record.run.ended_at = at
    session.add(record.run)
    return record
