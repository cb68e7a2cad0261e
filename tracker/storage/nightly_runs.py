"""Queries of nightly runs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from tracker.core.errors import NotFound
from tracker.core.nightly import RunState, Step, StepReport
from tracker.storage.tables import NightlyRun, NightlyStep


@dataclass(frozen=True)
class NightlyRecord:
    """A run with all attempts at its steps, in the order in which they began."""

    run: NightlyRun
    attempts: tuple[NightlyStep, ...]

    @property
    def steps(self) -> dict[Step, NightlyStep]:
        """The last attempt at each step that was begun."""
        return {one.step: one for one in self.attempts}

    @property
    def states(self) -> dict[Step, RunState]:
        """How the last attempt at each step stands."""
        return {step: one.state for step, one in self.steps.items()}


def begin(session: Session, steps: Sequence[Step], *, actor: str, at: datetime) -> NightlyRun:
    """Add a run that begins now."""
    run = NightlyRun(actor=actor, steps=[str(step) for step in steps], started_at=at)
    session.add(run)
    session.flush()
    return run


def begin_step(session: Session, run_id: int, step: Step, at: datetime) -> int:
    """Add an attempt at a step of a run, and return its number."""
    attempt = NightlyStep(run_id=run_id, step=step, started_at=at)
    session.add(attempt)
    session.flush()
    return attempt.id


def end_step(session: Session, attempt_id: int, report: StepReport, at: datetime) -> None:
    """Write down how an attempt at a step ended."""
    attempt = session.get_one(NightlyStep, attempt_id)
    attempt.state = report.state
    attempt.ended_at = at
    attempt.counts = report.counts
    attempt.problems = [asdict(problem) for problem in report.problems]
    attempt.remark = report.stopped or report.skipped
    session.add(attempt)


def latest(session: Session) -> NightlyRecord | None:
    """Return the run that began last."""
    runs = listing(session, 1)
    return _with_attempts(session, runs[0]) if runs else None


def record(session: Session, run_id: int) -> NightlyRecord:
    """Return a run; raises `NotFound`."""
    run = session.get(NightlyRun, run_id)
    if run is None:
        raise NotFound(f"there is no nightly run {run_id}; see `elsewhere nightly runs`")
    return _with_attempts(session, run)


def listing(session: Session, limit: int) -> Sequence[NightlyRun]:
    """Return the runs that began last, latest first."""
    return session.exec(select(NightlyRun).order_by(col(NightlyRun.id).desc()).limit(limit)).all()


def _with_attempts(session: Session, run: NightlyRun) -> NightlyRecord:
    attempts = session.exec(
        select(NightlyStep).where(NightlyStep.run_id == run.id).order_by(col(NightlyStep.id))
    ).all()
    return NightlyRecord(run, tuple(attempts))
