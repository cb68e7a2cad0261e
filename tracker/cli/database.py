"""Commands about the database: upgrade, check, backup."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.terminal import NEEDS_A_PERSON, application, group, note, stop

if TYPE_CHECKING:
    from tracker.storage.session import Database

commands = group("db", "The database: its tables, its backups.", "db check")


def _database(context: typer.Context) -> "Database":
    from tracker.bootstrap import load_settings
    from tracker.storage.session import Database

    settings = load_settings(**context.find_root().obj.overrides)
    database = Database(settings.database_url.get_secret_value())
    context.call_on_close(database.close)
    return database


@commands.command()
def upgrade(context: typer.Context) -> None:
    """Bring the tables to what this version needs; makes a SQLite file that does not exist yet.

    A migration that fails leaves everything as it was.

    Example: elsewhere --database sqlite:///incidents.sqlite db upgrade
    """
    from tracker.bootstrap import load_settings, open_application

    opened = open_application(load_settings(**context.find_root().obj.overrides), upgrade=True)
    context.call_on_close(opened.close)
    note(f"{opened.context.database.name} is up to date")


@commands.command()
def check(context: typer.Context) -> None:
    """Check that the tables are those that this version needs.

    Exit code 1 when they are of another version, 3 when somebody changed them since.

    Example: elsewhere db check
    """
    from tracker.storage import migrations

    database = _database(context)
    migrations.check(database)
    findings = migrations.drift(database)
    for finding in findings:
        note(f"differs from what this version made: {finding}")
    if findings:
        stop(NEEDS_A_PERSON)
    note(f"{database.name} is up to date")


@commands.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that does not exist yet.")],
) -> None:
    """Copy a SQLite database as it is now, while others go on working with it.

    Example: elsewhere db backup elsewhere-2026-11-23.sqlite
    """
    from tracker.storage.backup import backup as copy

    copy(application(context).context.database, file)
    note(f"{file} is written")
