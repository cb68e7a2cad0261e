"""The command `elsewhere`: its groups, its global options, and how errors end it."""

import errno
import sys
from dataclasses import dataclass, field
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker import __version__
from tracker.cli import (
    action_items,
    catalog,
    database,
    demo,
    exposures,
    jira,
    lessons,
    nightly,
    patterns,
    postmortems,
    programs,
    serve,
    sync,
    tokens,
    where_else,
)
from tracker.cli.terminal import DONE, FAILED, complain, note
from tracker.core.errors import ElsewhereError

if TYPE_CHECKING:
    from tracker.bootstrap import Application

app = typer.Typer(
    name="elsewhere",
    help="Every SEV-1 teaches something. Elsewhere finds where else it is true, and sees it through.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
)
for module in (postmortems, where_else, demo, serve):
    module.add_to(app)
for commands in (
    postmortems.commands,
    action_items.commands,
    lessons.commands,
    patterns.commands,
    catalog.commands,
    exposures.commands,
    programs.commands,
    sync.commands,
    jira.commands,
    nightly.commands,
    tokens.commands,
    database.commands,
):
    app.add_typer(commands)


@dataclass
class Invocation:
    """What one run of the command works on."""

    overrides: dict[str, Any] = field(default_factory=dict)
    application: "Application | None" = None


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"elsewhere {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    database_url: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            help="sqlite:///FILE or postgresql://…; overrides ELSEWHERE_DATABASE_URL.",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="A settings file; overrides ELSEWHERE_SETTINGS.", show_default=False
        ),
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who makes the changes, for the audit trail.", show_default=False),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that all commands share."""
    overrides = {"file": settings, "database_url": database_url, "actor": actor}
    context.obj = Invocation({name: value for name, value in overrides.items() if value is not None})


def main(arguments: list[str] | None = None) -> None:
    """Run the command and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # What programs read is UTF-8 whatever the locale is, and no file name is too odd to be printed.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code; an error that a person can understand is one line on standard error."""
    try:
        app(args=arguments, prog_name="elsewhere")
    except ElsewhereError as error:
        return complain(error)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        note(f"error: what was printed could not be written ({error.strerror})")
        return FAILED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    return DONE
