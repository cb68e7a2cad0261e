"""Commands about lessons: create, add learnings and patterns, list and show."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.patterns import read_pattern
from tracker.cli.terminal import LARGEST, Format, FormatOption, application, group, note, show

commands = group(
    "lessons",
    "Lessons: what several learnings have in common, worded so that others can use it.",
    "lessons show command-timeouts",
)

Key = Annotated[
    str, typer.Argument(metavar="KEY", help="The lesson's key: lower-case words joined by hyphens.")
]


@commands.command("list")
def list_(context: typer.Context, how: FormatOption = Format.TABLE) -> None:
    """List the lessons.

    Example: elsewhere lessons list
    """
    from tracker.reports.lessons import lesson_row, lessons_table
    from tracker.storage import lessons

    with application(context).context.database.reading() as session:
        shapes = [lesson_row(*row) for row in lessons.listing(session)]
    show(lambda: lessons_table(shapes), shapes, how)


@commands.command("show")
def show_(context: typer.Context, key: Key, how: FormatOption = Format.TABLE) -> None:
    """Show one lesson with its learnings and patterns.

    Example: elsewhere lessons show command-timeouts
    """
    from tracker.reports.lessons import lesson_page, lesson_shape
    from tracker.storage import lessons

    with application(context).context.database.reading() as session:
        shape = lesson_shape(lessons.record(session, key))
    show(lambda: lesson_page(shape), shape, how)


@commands.command()
def create(
    context: typer.Context,
    key: Key,
    title: Annotated[str, typer.Option(help="What is to be done about it, in a few words.")],
    statement: Annotated[str, typer.Option(help="What is true, for whoever has the same pattern.")] = "",
    learning: Annotated[
        list[int] | None,
        typer.Option(metavar="ID", help="A learning it comes from; may be repeated.", min=1, max=LARGEST),
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Create a lesson, curated from learnings.

    Example: elsewhere lessons create command-timeouts --title "Give every cache call a deadline" --learning 4
    """
    from tracker.reports.lessons import lesson_page, lesson_shape
    from tracker.workflows.curate_lessons import create_lesson

    opened = application(context)
    shape = lesson_shape(create_lesson(opened.context, key, title, statement, tuple(learning or ())))
    show(lambda: lesson_page(shape), shape, how)


@commands.command("add-learning")
def add_learning(
    context: typer.Context,
    key: Key,
    learning_id: Annotated[
        int,
        typer.Argument(
            metavar="LEARNING", help="`elsewhere postmortems show` lists them.", min=1, max=LARGEST
        ),
    ],
    how: FormatOption = Format.TABLE,
) -> None:
    """Attach a learning to a lesson.

    Example: elsewhere lessons add-learning command-timeouts 7
    """
    from tracker.reports.lessons import lesson_page, lesson_shape
    from tracker.workflows import curate_lessons

    shape = lesson_shape(curate_lessons.add_learning(application(context).context, key, learning_id))
    show(lambda: lesson_page(shape), shape, how)


@commands.command("add-pattern")
def add_pattern(
    context: typer.Context,
    key: Key,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A pattern in YAML.")],
    how: FormatOption = Format.TABLE,
) -> None:
    """Keep a pattern and attach it to a lesson. A changed file makes a new version; an unchanged one changes nothing.

    Example: elsewhere lessons add-pattern command-timeouts patterns/redis-without-command-timeout.yaml
    """
    from tracker.reports.lessons import lesson_page, lesson_shape
    from tracker.workflows import curate_lessons

    pattern = read_pattern(file)
    record, version, is_new = curate_lessons.add_pattern(application(context).context, key, pattern)
    shape = lesson_shape(record)
    show(lambda: lesson_page(shape), shape, how)
    note(f"pattern {pattern.name} is at version {version}{'' if is_new else ', as before'}")
