"""Commands about patterns: check a file, list what is kept."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.terminal import (
    LARGEST,
    NEEDS_A_PERSON,
    REFUSED,
    Format,
    FormatOption,
    application,
    complain,
    group,
    show,
    stop,
)
from tracker.core.errors import ElsewhereError, InvalidPattern

if TYPE_CHECKING:
    from tracker.core.patterns import Pattern

commands = group(
    "patterns", "Patterns: what a lesson looks like in the catalog.", "patterns check no-command-timeout.yaml"
)


def read_pattern(file: Path) -> "Pattern":
    """Return the pattern in a file; raises `InvalidPattern` naming the file and line."""
    from tracker.core.patterns import parse_pattern

    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidPattern(f"cannot be read ({error.strerror})", str(file)) from error
    except UnicodeDecodeError as error:
        raise InvalidPattern("is not UTF-8 text", str(file)) from error
    return parse_pattern(text, place=str(file))


@commands.command("list")
def list_(context: typer.Context, how: FormatOption = Format.TABLE) -> None:
    """List the patterns that are kept, with their newest version.

    Example: elsewhere patterns list
    """
    from tracker.reports.patterns import pattern_row, patterns_table
    from tracker.storage import patterns

    with application(context).context.database.reading() as session:
        shapes = [pattern_row(one) for one in patterns.listing(session)]
    show(lambda: patterns_table(shapes), shapes, how)


@commands.command("show")
def show_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    version: Annotated[
        int | None, typer.Option(min=1, max=LARGEST, help="An older version than the newest.")
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Show a pattern as its author wrote it, with its versions and the lessons that use it.

    Example: elsewhere patterns show redis-without-command-timeout
    """
    from tracker.reports.patterns import pattern_page, pattern_shape
    from tracker.storage import patterns

    with application(context).context.database.reading() as session:
        shape = pattern_shape(patterns.record(session, name, version))
    show(lambda: pattern_page(shape), shape, how)


@commands.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Patterns in YAML.")],
    how: FormatOption = Format.TABLE,
) -> None:
    """Check pattern files, without a database.

    Example: elsewhere patterns check patterns/*.yaml
    """
    from tracker.reports.patterns import checked_pattern, patterns_table

    shapes, failed = [], 0
    for file in files:
        try:
            pattern = read_pattern(file)
        except ElsewhereError as error:
            complain(error)
            failed += 1
        else:
            shapes.append(checked_pattern(pattern))
    if shapes:
        show(lambda: patterns_table(shapes), shapes, how)
    if failed:
        stop(NEEDS_A_PERSON if shapes else REFUSED)
