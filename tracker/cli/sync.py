"""Commands about the sync with Jira: plan, apply, resolve, and look at what was done."""

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.jira import connected
from tracker.cli.nightly import asked_to_stop
from tracker.cli.terminal import (
    FAILED,
    LARGEST,
    NEEDS_A_PERSON,
    Format,
    FormatOption,
    application,
    err,
    group,
    note,
    show,
    stop,
    waiting,
)
from tracker.core.issues import IssueField
from tracker.core.merge import Winner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracker.reports.issue_sync import SyncDecisionShape

commands = group("sync", "The sync with Jira: accepted items become issues, and their progress comes back.")


class Side(StrEnum):
    """Whose value holds."""

    OURS = Winner.OURS
    THEIRS = Winner.THEIRS


@commands.command()
def plan(context: typer.Context, how: FormatOption = Format.TABLE) -> None:
    """Say what a sync would do now, and why. Nothing is written, here or in Jira.

    Exit code 3 when some items need a person; each is named with what to do.

    Example: elsewhere sync plan
    """
    from tracker.reports.issue_sync import plan_page, plan_shape
    from tracker.workflows import sync_issues

    opened = application(context)
    with connected(opened) as tracker, waiting("Looking at both sides"):
        shape = plan_shape(sync_issues.plan(opened.context, tracker, opened.settings.sync), tracker.site)
    show(lambda: plan_page(shape), shape, how)
    _end(shape.decisions)


@commands.command()
def apply(
    context: typer.Context,
    retry: Annotated[
        bool, typer.Option(help="Ask again for what Jira refused lately, or leave that to the next night.")
    ] = True,
    how: FormatOption = Format.TABLE,
) -> None:
    """Sync: make issues of accepted items, write changed fields to both sides, read how far the work is.

    Each item is saved by itself, so a run that was cut short is completed by the next one; a second run writes nothing.
    What Jira refused lately is asked for again, as after a repair; with --no-retry that rests for a day.
    Exit code 3 when some items need a person, each named with what to do; 1 when the run had to stop, or another is at it.

    Examples:

        elsewhere sync apply

        elsewhere sync apply --no-retry

        elsewhere sync apply --format json | jq .counts
    """
    from rich.progress import Progress

    from tracker.reports.issue_sync import run_page, run_shape
    from tracker.workflows import sync_issues

    opened = application(context)
    with (
        connected(opened) as tracker,
        asked_to_stop() as asked,
        Progress(console=err, transient=True, disable=not err.is_terminal) as progress,
    ):
        task = progress.add_task("Syncing", total=None)
        record = sync_issues.apply(
            opened.context,
            tracker,
            opened.settings.sync,
            lease=timedelta(seconds=opened.settings.lease_seconds),
            progress=lambda done, total: progress.update(task, completed=done, total=total),
            retry=retry,
            stop=lambda: f"{asked[0].name} asked it to stop" if asked else None,
        )
    shape = run_shape(record)
    show(lambda: run_page(shape), shape, how)
    if shape.problem:
        note(f"error: run {shape.id} stopped: {shape.problem}")
        _end(shape.waiting, 128 + asked[0] if asked else FAILED)
    _end(shape.waiting)


@commands.command()
def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20,
    how: FormatOption = Format.TABLE,
) -> None:
    """List the last runs, the newest first.

    Example: elsewhere sync runs --limit 5
    """
    from tracker.reports.issue_sync import run_row, runs_table
    from tracker.storage.pages import Paging
    from tracker.workflows import sync_issues

    found = sync_issues.runs(application(context).context, Paging(limit=limit)).items
    shapes = [run_row(one) for one in found]
    show(lambda: runs_table(shapes), shapes, how)


@commands.command("show")
def show_(
    context: typer.Context,
    run: Annotated[int, typer.Argument(metavar="RUN", min=1, max=LARGEST, help="As `sync runs` shows.")],
    how: FormatOption = Format.TABLE,
) -> None:
    """Show a run: what it decided and why, and what waited for a person at its end.

    Example: elsewhere sync show 12
    """
    from tracker.reports.issue_sync import run_page, run_shape
    from tracker.workflows import sync_issues

    shape = run_shape(sync_issues.show(application(context).context, run))
    show(lambda: run_page(shape), shape, how)


@commands.command()
def resolve(
    context: typer.Context,
    item: Annotated[int, typer.Argument(metavar="ITEM", min=1, max=LARGEST)],
    field: Annotated[IssueField, typer.Argument(metavar="FIELD", help="As the sync named it, such as due.")],
    keep: Annotated[Side, typer.Option(help="Whose value holds; the next sync writes it to the other side.")],
    how: FormatOption = Format.TABLE,
) -> None:
    """Decide a conflict: say whose value of a field holds, where both sides changed it.

    Example: elsewhere sync resolve 12 due --keep theirs
    """
    from tracker.reports.action_items import item_page, item_shape
    from tracker.storage import action_items
    from tracker.workflows import sync_issues

    opened = application(context).context
    sync_issues.resolve_conflict(opened, item, field, Winner(keep))
    with opened.database.reading() as session:
        shape = item_shape(action_items.record(session, item, today=opened.now.date()))
    show(lambda: item_page(shape), shape, how)
    note(f"{keep} holds; `elsewhere sync apply` writes it to the other side")


def _end(decisions: "Sequence[SyncDecisionShape]", code: int = NEEDS_A_PERSON) -> None:
    """End the command: name what needs a person, if anything does."""
    from tracker.reports.issue_sync import person_lines

    lines = person_lines(decisions)
    for one in lines:
        note(one)
    if lines or code != NEEDS_A_PERSON:
        stop(code)
