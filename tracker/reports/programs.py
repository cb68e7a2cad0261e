"""Programs as machines read them, and as a terminal shows them."""

from collections.abc import Iterable
from datetime import date

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.core.programs import SETTLED, Progress
from tracker.reports.action_items import ItemShape, item_shape
from tracker.reports.shape import Shape
from tracker.reports.terminal import fields, line, table
from tracker.reports.wording import counted
from tracker.storage.tables import Program
from tracker.workflows.run_programs import ProgramRecord, stuck


class ProgramRowShape(Shape):
    """One program in a list."""

    key: str
    title: str
    state: str
    sponsor: str | None
    lead: str | None
    goal: str | None
    starts_on: date | None
    target_on: date | None
    version: int


class ProgramExposureShape(Shape):
    """One exposure in a program's scope, how far it has come, and the items that are to end it."""

    ref: str
    lesson: str
    verdict: str
    state: str
    progress: str
    settled: bool
    items: list[int]


class CoverageShape(Shape):
    """How many exposures stand where; ``share`` is the settled part, null while there is nothing to settle."""

    total: int
    settled: int
    share: float | None
    by_progress: dict[str, int]
    stuck: dict[str, int]
    """Unsettled exposures by team."""


class ProgramShape(ProgramRowShape):
    """A program with its lessons, exposures, items and coverage."""

    lessons: list[str]
    coverage: CoverageShape
    exposures: list[ProgramExposureShape]
    items: list[ItemShape]


def program_row(program: Program) -> ProgramRowShape:
    """Return one program of a list in its public shape."""
    return ProgramRowShape(**{name: getattr(program, name) for name in ProgramRowShape.model_fields})


def coverage_shape(record: ProgramRecord) -> CoverageShape:
    """Return how far a program has come in its public shape."""
    counted_up = record.coverage
    return CoverageShape(
        total=counted_up.total,
        settled=counted_up.settled,
        share=counted_up.share,
        by_progress={str(state): count for state, count in counted_up.by_progress.items()},
        stuck=stuck(record),
    )


def program_shape(record: ProgramRecord) -> ProgramShape:
    """Return a program in its public shape."""
    return ProgramShape(
        **program_row(record.program).model_dump(),
        lessons=[lesson.key for lesson in record.lessons],
        coverage=coverage_shape(record),
        exposures=[
            ProgramExposureShape(
                ref=one.ref,
                lesson=one.lesson.key,
                verdict=one.exposure.verdict,
                state=one.exposure.state,
                progress=how_far,
                settled=how_far in SETTLED,
                items=[item.id for item in one.items],
            )
            for one, how_far in record.exposures
        ],
        items=[item_shape(item) for item in record.items],
    )


def programs_table(shapes: Iterable[ProgramRowShape]) -> RenderableType:
    """Return programs for a terminal, one a line; an empty list says what to do next."""
    rows = [(one.key, one.title, one.state, one.lead, one.target_on) for one in shapes]
    if not rows:
        return Text("No programs yet. `elsewhere programs create KEY --title TITLE` makes one.")
    return table(("Key", "Title", "State", "Lead", "Target"), rows)


def program_page(shape: ProgramShape) -> RenderableType:
    """Return one program for a terminal: coverage, where it is stuck, and the work by team."""
    parts: list[RenderableType] = [
        Text(f"Program {shape.key}: ", style="bold").append(line(shape.title)),
        fields(
            [
                ("state", shape.state),
                ("goal", shape.goal),
                ("sponsor", shape.sponsor),
                ("lead", shape.lead),
                ("from", shape.starts_on),
                ("target", shape.target_on),
                ("lessons", ", ".join(shape.lessons)),
                ("coverage", _coverage(shape.coverage)),
                (
                    "waiting for",
                    ", ".join(f"{team} ({count})" for team, count in shape.coverage.stuck.items()),
                ),
            ]
        ),
        Text("\nWork by team", style="bold"),
        work_table(shape),
    ]
    return Group(*parts)


def work_table(shape: ProgramShape) -> RenderableType:
    """Return a program's items for a terminal, by team, each with the services that it is for."""
    if not shape.items:
        advice = f"elsewhere programs add-lesson {shape.key} LESSON"
        return Text(
            f"  None yet. `{advice}` proposes it." if not shape.lessons else "  None: nothing is exposed."
        )
    progress = {one.ref: one.progress for one in shape.exposures}
    rows = [
        (
            item.team or item.owner or "nobody",
            item.id,
            item.state,
            item.title,
            [
                f"{ref.removeprefix('component:').removeprefix('default/')}{_beyond(progress.get(ref), item.state)}"
                for ref in item.refs
            ],
        )
        for item in sorted(shape.items, key=lambda one: (one.team is None, one.team or "", one.id))
    ]
    return table(("Team", "Item", "State", "Work", "Services"), rows, numbers=("Item",))


def _beyond(progress: str | None, item_state: str) -> str:
    """Return how far a service has come, where that is not what its item says already."""
    return f" ({progress.replace('_', ' ')})" if progress and progress != item_state else ""


def _coverage(coverage: CoverageShape) -> str:
    if coverage.share is None:
        return "nothing to settle"
    states = ", ".join(
        f"{count} {state.replace('_', ' ')}"
        for state, count in coverage.by_progress.items()
        if state in set(Progress)
    )
    return f"{coverage.share:.0%} of {counted(coverage.total, 'exposure', 'exposures')} settled: {states}"
