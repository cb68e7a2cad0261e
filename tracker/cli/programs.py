"""Commands about programs: create, add lessons, list and show."""

from typing import Annotated

import typer

from tracker.cli.terminal import Format, FormatOption, application, group, note, parse_day, show

commands = group(
    "programs",
    "SRE programs: long efforts that carry lessons to every team concerned.",
    "programs show bounded-waiting",
)

Key = Annotated[
    str, typer.Argument(metavar="KEY", help="The program's key: lower-case words joined by hyphens.")
]


@commands.command("list")
def list_(context: typer.Context, how: FormatOption = Format.TABLE) -> None:
    """List the programs.

    Example: elsewhere programs list
    """
    from tracker.reports.programs import program_row, programs_table
    from tracker.storage import programs

    with application(context).context.database.reading() as session:
        shapes = [program_row(program) for program in programs.listing(session)]
    show(lambda: programs_table(shapes), shapes, how)


@commands.command("show")
def show_(context: typer.Context, key: Key, how: FormatOption = Format.TABLE) -> None:
    """Show a program: coverage by state, where it is stuck, and the work by team.

    Example: elsewhere programs show bounded-waiting
    """
    from tracker.reports.programs import program_page, program_shape
    from tracker.workflows import run_programs

    shape = program_shape(run_programs.show(application(context).context, key))
    show(lambda: program_page(shape), shape, how)


@commands.command()
def create(
    context: typer.Context,
    key: Key,
    title: Annotated[str, typer.Option()],
    goal: Annotated[str | None, typer.Option(help="What is true when it is done.")] = None,
    sponsor: Annotated[str | None, typer.Option()] = None,
    lead: Annotated[str | None, typer.Option()] = None,
    starts: Annotated[str | None, typer.Option(metavar="DAY")] = None,
    target: Annotated[str | None, typer.Option(metavar="DAY")] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Create a program.

    Example: elsewhere programs create bounded-waiting --title "Bounded Waiting" --lead "Rafael Stensland"
    """
    from tracker.reports.programs import program_page, program_shape
    from tracker.workflows import run_programs

    record = run_programs.create_program(
        application(context).context,
        key,
        title,
        goal=goal,
        sponsor=sponsor,
        lead=lead,
        starts_on=parse_day(starts, "--starts"),
        target_on=parse_day(target, "--target"),
    )
    shape = program_shape(record)
    show(lambda: program_page(shape), shape, how)


@commands.command("add-lesson")
def add_lesson(
    context: typer.Context,
    key: Key,
    lesson: Annotated[str, typer.Argument(metavar="LESSON")],
    how: FormatOption = Format.TABLE,
) -> None:
    """Make a program carry a lesson: each owning team gets one proposed item for its exposed services.

    Run it again after a catalog import: new services join their team's open item, or start a new one.

    Example: elsewhere programs add-lesson bounded-waiting command-timeouts
    """
    from tracker.reports.programs import program_page, program_shape
    from tracker.workflows import run_programs

    opened = application(context)
    record, planned = run_programs.add_lesson(opened.context, key, lesson, weights=opened.settings.rank)
    shape = program_shape(record)
    show(lambda: program_page(shape), shape, how)
    items = ", ".join(str(item) for item in planned.proposed) or "none"
    note(f"items proposed: {items}; services that joined an open item: {planned.joined}")
