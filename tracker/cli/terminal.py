"""What all commands share: the application they work on, how they print, and how they end.

Exit codes: 0 done; 1 failed; 2 usage, or all input refused and nothing changed; 3 done, but some records need a person.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console, RenderableType

from tracker.core.catalog import Ref, parse_ref
from tracker.core.errors import AlreadyExists, ElsewhereError, InvalidInput, InvalidMove, NotFound

if TYPE_CHECKING:
    from tracker.bootstrap import Application
    from tracker.reports.shape import Shape

DONE, FAILED, REFUSED, NEEDS_A_PERSON = 0, 1, 2, 3

LARGEST = 2**31 - 1
"""The largest number that a row has on every database."""


class Format(StrEnum):
    """How a command prints what it found."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="A table for people, or JSON for programs.")]

out = Console(soft_wrap=False, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def group(name: str, about: str, example: str | None = None) -> typer.Typer:
    """Return a new group of commands; ``example`` is how one of them is typed, ``elsewhere`` left out."""
    told = f"{about}\n\nExample: elsewhere {example}" if example else about
    return typer.Typer(name=name, help=told, no_args_is_help=True, rich_markup_mode=None)


def application(context: typer.Context) -> "Application":
    """Return the application that this invocation works on, opened at the first call, closed when the command ends."""
    import structlog

    from tracker.bootstrap import configure_logs, load_settings, open_application

    root = context.find_root()
    if root.obj.application is None:
        settings = load_settings(**root.obj.overrides)
        configure_logs(settings)
        root.obj.application = open_application(settings)
        root.call_on_close(root.obj.application.close)
        if root.obj.application.is_new:  # so that a mistyped name is seen
            note(f"made the database {root.obj.application.context.database.name}")
        structlog.get_logger().info(
            "database opened", database=root.obj.application.context.database.name, actor=settings.actor
        )
    opened: Application = root.obj.application
    return opened


def show(table: Callable[[], RenderableType], shape: "Shape | Sequence[Shape]", how: Format) -> None:
    """Print something as a table or as JSON."""
    from tracker.reports.shape import as_json

    if how is Format.JSON:
        write(as_json(shape))
    else:
        out.print(table())


def write(text: str) -> None:
    """Print text for programs as it is: never wrapped, coloured or read as markup."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def note(text: str) -> None:
    """Print a remark for people on standard error."""
    from tracker.reports.wording import visible

    err.print(visible(text), markup=False, highlight=False)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show people, on a terminal, that something takes its time."""
    from rich.progress import Progress

    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        progress.add_task(what, total=None)
        yield


def complain(error: ElsewhereError, about: str | None = None) -> int:
    """Print one clear error, and return the exit code that goes with its class; ``about`` is which of several it is."""
    note(f"error: {about}: {error}" if about else f"error: {error}")
    refused = isinstance(error, InvalidInput | InvalidMove | NotFound | AlreadyExists)
    return REFUSED if refused else FAILED


def stop(code: int) -> NoReturn:
    """End the command with an exit code."""
    raise typer.Exit(code)


def parse_day(text: str | None, option: str) -> date | None:
    """Return a day written as 2026-11-30; raises `InvalidInput` naming the option."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a day such as 2026-11-30", option) from None


def parse_ref_option(text: str | None, option: str) -> Ref | None:
    """Return the entity that an option names; raises `InvalidInput` naming the option."""
    if text is None:
        return None
    try:
        return parse_ref(text)
    except InvalidInput as error:
        raise InvalidInput(error.problem, option) from None
