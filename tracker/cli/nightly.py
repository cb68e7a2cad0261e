"""The command that cron starts: the night's work, and what became of it."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Self

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tracker.cli.terminal import (
    DONE,
    FAILED,
    LARGEST,
    NEEDS_A_PERSON,
    Format,
    FormatOption,
    application,
    err,
    note,
    show,
    stop,
)
from tracker.core.errors import InvalidInput
from tracker.core.nightly import RunState, Step, StepReport, parse_duration

if TYPE_CHECKING:
    from tracker.bootstrap import Application
    from tracker.reports.nightly import NightlyShape, RehearsalShape
    from tracker.workflows.nightly_steps import Work

commands = typer.Typer(
    name="nightly",
    rich_markup_mode=None,
    invoke_without_command=True,
)

_CODES = {RunState.DONE: DONE, RunState.NEEDS_A_PERSON: NEEDS_A_PERSON}


@commands.callback()
def nightly(
    context: typer.Context,
    only: Annotated[
        list[Step] | None,
        typer.Option(
            metavar="STEP", help="Do this step only (repeatable): sources, catalog, exposures, sync."
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh", help="Do all steps, also if the last run was cut short and can be completed."
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be read, and what the sync would do; write nothing."),
    ] = False,
    deadline: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Begin nothing new after this time, such as 2h or 1h30m.", show_default=False
        ),
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Read what is new, look where else it is true, plan the work, and sync it with the issue tracker.

    The settings file says what is read. One run at a time; each record is saved by itself, and a run that died or was
    stopped is taken up again by the next one. Exit code 3 when some records need a person, 1 when a step failed, was
    stopped by the deadline, or another run is at it.

    Examples:

        elsewhere --settings elsewhere.toml nightly --deadline 2h --format json

        elsewhere nightly --only catalog --only exposures
    """
    if context.invoked_subcommand is not None:
        return
    at_most = _duration(deadline)
    opened = application(context)
    if dry_run:
        _rehearse(opened, only or [], how)
    _run(opened, only or [], how, fresh=fresh, deadline=at_most or opened.settings.nightly.deadline)


@commands.command()
def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    how: FormatOption = Format.TABLE,
) -> None:
    """List the last runs, latest first.

    Example: elsewhere nightly runs --format json
    """
    from tracker.reports.nightly import nightly_row, nightly_table
    from tracker.workflows.nightly import history

    shapes = [nightly_row(run) for run in history(application(context).context, limit)]
    show(lambda: nightly_table(shapes), shapes, how)


@commands.command("show")
def show_(
    context: typer.Context,
    run_id: Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST)],
    how: FormatOption = Format.TABLE,
) -> None:
    """Show a run: its steps, what they did, and what went wrong.

    Example: elsewhere nightly show 12
    """
    from tracker.reports.nightly import nightly_page, nightly_shape
    from tracker.workflows.nightly import show as show_run

    shape = nightly_shape(show_run(application(context).context, run_id))
    show(lambda: nightly_page(shape), shape, how)


def _run(
    opened: "Application", only: list[Step], how: Format, *, fresh: bool, deadline: timedelta | None
) -> NoReturn:
    from tracker.reports.nightly import nightly_page, nightly_shape
    from tracker.workflows.nightly import run

    with ExitStack() as stack:
        asked = stack.enter_context(asked_to_stop())
        record = run(
            opened.context,
            opened,
            _work(opened),
            stack.enter_context(_Shown()),
            only=only,
            fresh=fresh,
            deadline=deadline,
            asked_to_stop=lambda: f"{asked[0].name} asked it to stop" if asked else None,
        )
    shape = nightly_shape(record)
    show(lambda: nightly_page(shape), shape, how)
    _complain(shape)
    if asked and record.run.state is RunState.STOPPED:
        stop(128 + asked[0])
    stop(_CODES.get(record.run.state, FAILED))


def _rehearse(opened: "Application", only: list[Step], how: Format) -> NoReturn:
    from tracker.reports.nightly import rehearsal_page, rehearsal_shape
    from tracker.workflows.nightly import rehearse

    with _Shown() as watch:
        shape = rehearsal_shape(rehearse(opened.context, opened, _work(opened), watch, only=only))
    show(lambda: rehearsal_page(shape), shape, how)
    _complain(shape)
    stop(_CODES.get(RunState(shape.state), FAILED))


def _work(opened: "Application") -> "Work":
    from tracker.workflows.nightly_steps import Work

    settings = opened.settings
    return Work(
        postmortems=settings.nightly.postmortems,
        catalogs=settings.nightly.catalogs,
        tracker="jira" if opened.is_configured("jira") else None,
        policies=settings.sync,
        weights=settings.rank,
        lease=timedelta(seconds=settings.lease_seconds),
    )


def _complain(shape: "NightlyShape | RehearsalShape") -> None:
    for one in [*shape.failures, *shape.needs_a_person]:
        note(f"error: {one.problem}")


def _duration(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except InvalidInput as error:
        raise InvalidInput(error.problem, "--deadline") from None


@contextmanager
def asked_to_stop() -> Iterator[list[signal.Signals]]:
    """Yield a list that gets the signal which asks to stop; a second one ends the process as it always does."""
    asked: list[signal.Signals] = []
    before: dict[signal.Signals, Any] = {}

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(signal.Signals(number))
        for one, handler in before.items():
            signal.signal(one, handler)
        if err.is_terminal:  # written directly: the handler may have interrupted somebody who is printing
            os.write(2, b"Stopping when the record at hand is done; once more stops at once.\n")

    for one in (signal.SIGTERM, signal.SIGINT):
        before[one] = signal.signal(one, ask)
    try:
        yield asked
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


class _Shown:
    """Shows people how a run goes on: a line that moves, on a terminal; and one for each step that ended."""

    def __enter__(self) -> Self:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=err, transient=True, disable=not err.is_terminal)
        self._progress.start()
        self._task = self._progress.add_task("Beginning")
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def began(self, step: Step) -> None:
        self._step = step
        self._progress.update(self._task, description=str(step))

    def moved(self, report: StepReport) -> None:
        from tracker.reports.nightly import in_words

        self._progress.update(self._task, description=f"{self._step}: {in_words(self._step, report.counts)}")

    def ended(self, step: Step, report: StepReport, took: timedelta) -> None:
        from tracker.reports.nightly import step_line

        note(step_line(step, report, took))
