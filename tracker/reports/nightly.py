"""How a nightly run went, as machines read it, and as a terminal shows it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.core.nightly import Problem, RunState, Step, StepReport, ends_as, left
from tracker.reports.issue_sync import counts_in_words
from tracker.reports.shape import Shape
from tracker.reports.terminal import line, table
from tracker.reports.wording import counted, minute
from tracker.storage.nightly_runs import NightlyRecord
from tracker.storage.tables import NightlyRun


class ProblemShape(Shape):
    """What went wrong with one record or place."""

    step: str
    subject: str
    problem: str


class NightlyRunShape(Shape):
    """A run in a list."""

    id: int
    state: str
    actor: str
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None


class NightlyStepShape(Shape):
    """A step as its last attempt went; ``remark`` is why it was skipped or stopped."""

    step: str
    state: str
    attempts: int
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    counts: dict[str, int]
    remark: str | None


class NightlyShape(NightlyRunShape):
    """A run with its steps; ``left`` are those that it did not finish."""

    steps: list[NightlyStepShape]
    left: list[str]
    failures: list[ProblemShape]
    needs_a_person: list[ProblemShape]


class RehearsedStepShape(Shape):
    """What a step would read or do."""

    step: str
    state: str
    counts: dict[str, int]
    remark: str | None


class RehearsalShape(Shape):
    """A dry run: nothing was written."""

    dry_run: bool
    state: str
    steps: list[RehearsedStepShape]
    failures: list[ProblemShape]
    needs_a_person: list[ProblemShape]


def nightly_row(run: NightlyRun) -> NightlyRunShape:
    """Return a run as a line of a list."""
    return NightlyRunShape(
        id=run.id,
        state=run.state,
        actor=run.actor,
        started_at=run.started_at,
        ended_at=run.ended_at,
        seconds=_seconds(run.started_at, run.ended_at),
    )


def nightly_shape(record: NightlyRecord) -> NightlyShape:
    """Return a run in its public shape."""
    problems = [(step, Problem(**said)) for step, one in record.steps.items() for said in one.problems]
    return NightlyShape(
        **nightly_row(record.run).model_dump(),
        steps=[
            NightlyStepShape(
                step=step,
                state=one.state,
                attempts=sum(other.step is step for other in record.attempts),
                started_at=one.started_at,
                ended_at=one.ended_at,
                seconds=_seconds(one.started_at, one.ended_at),
                counts=one.counts,
                remark=one.remark,
            )
            for step, one in record.steps.items()
        ],
        left=list(left([Step(step) for step in record.run.steps], record.states)),
        failures=_shapes(problems, needs_a_person=False),
        needs_a_person=_shapes(problems, needs_a_person=True),
    )


def rehearsal_shape(reports: Mapping[Step, StepReport]) -> RehearsalShape:
    """Return a dry run in its public shape."""
    problems = [(step, one) for step, report in reports.items() for one in report.problems]
    return RehearsalShape(
        dry_run=True,
        state=ends_as(report.state for report in reports.values()),
        steps=[
            RehearsedStepShape(step=step, state=one.state, counts=one.counts, remark=one.skipped)
            for step, one in reports.items()
        ],
        failures=_shapes(problems, needs_a_person=False),
        needs_a_person=_shapes(problems, needs_a_person=True),
    )


def nightly_table(shapes: Sequence[NightlyRunShape]) -> RenderableType:
    """Return runs for a terminal, a line each."""
    if not shapes:
        return Text("No nightly run yet.")
    rows = [(one.id, one.state, minute(one.started_at), _took(one.seconds), one.actor) for one in shapes]
    return table(("Id", "State", "Began", "Took", "By"), rows, numbers=("Id", "Took"))


def nightly_page(shape: NightlyShape) -> RenderableType:
    """Return a run for a terminal: its steps, and what went wrong."""
    told = f"Nightly run {shape.id}: {shape.state}, began {minute(shape.started_at)}, by {shape.actor}"
    rows = [
        (one.step, one.state, _took(one.seconds), in_words(one.step, one.counts, one.remark))
        for one in shape.steps
    ]
    parts: list[RenderableType] = [
        line(told),
        table(("Step", "State", "Took", "What"), rows, numbers=("Took",)),
    ]
    if shape.left:
        parts.append(line(f"Left to do: {', '.join(shape.left)}. Run it again to go on."))
    return Group(*parts, *_listed(shape))


def rehearsal_page(shape: RehearsalShape) -> RenderableType:
    """Return a dry run for a terminal."""
    rows = [(one.step, in_words(one.step, one.counts, one.remark)) for one in shape.steps]
    what = table(("Step", "What it would read or do"), rows)
    return Group(line("A dry run: nothing was written."), what, *_listed(shape))


def step_line(step: Step, report: StepReport, took: timedelta) -> str:
    """Return how a step went in one line."""
    words = in_words(step, report.counts, report.stopped or report.skipped)
    return f"{step}: {_named(report.state)}, {_took(took.total_seconds())}{f' ({words})' if words else ''}"


def _shapes(problems: Iterable[tuple[Step, Problem]], *, needs_a_person: bool) -> list[ProblemShape]:
    return [
        ProblemShape(step=step, subject=one.subject, problem=one.says)
        for step, one in problems
        if one.needs_a_person is needs_a_person
    ]


def _listed(shape: NightlyShape | RehearsalShape) -> list[Text]:
    failed = [line(f"Failed: {one.problem}") for one in shape.failures]
    return failed + [line(f"Needs a person: {one.problem}") for one in shape.needs_a_person]


def in_words(step: str, counts: Mapping[str, int], remark: str | None = None) -> str:
    """Return what a step did, or would do, and the remark on it."""
    if step == Step.SYNC:
        told = [counts_in_words(counts)] if counts else []
    else:
        told = [_counted(name, number) for name, number in counts.items() if number]
    return ", ".join([*told, *filter(None, [remark])])


_NOUNS = {
    "documents": ("document", "documents"),
    "documents_template": ("template", "templates"),
    "items_new": ("new item", "new items"),
    "items_updated": ("item updated", "items updated"),
    "items_returned": ("item back from its decline", "items back from their decline"),
    "items_proposed": ("item proposed", "items proposed"),
    "catalogs": ("catalog", "catalogs"),
    "entities": ("entity", "entities"),
    "entities_added": ("entity added", "entities added"),
    "entities_gone": ("entity gone", "entities gone"),
    "relations": ("relation", "relations"),
    "lessons": ("lesson", "lessons"),
    "programs": ("program", "programs"),
    "unknown": ("cannot be told", "cannot be told"),
    "exposures_joined": ("exposure joined an open item", "exposures joined an open item"),
}
"""What is counted, one and several; other names say how many of the documents or catalogs ended so."""


def _counted(name: str, number: int) -> str:
    """Return a count in words.

    >>> _counted("catalogs", 1), _counted("catalogs_unchanged", 1), _counted("documents_not_a_postmortem", 2)
    ('1 catalog', '1 unchanged', '2 not a postmortem')
    """
    rest = name.removeprefix("documents_").removeprefix("catalogs_").replace("_", " ")
    return counted(number, *_NOUNS.get(name, (rest, rest)))


def _named(state: RunState) -> str:
    return state.replace("_", " ")


def _seconds(began: datetime, ended: datetime | None) -> float | None:
    return round((ended - began).total_seconds(), 3) if ended else None


def _took(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:,.1f} s"
