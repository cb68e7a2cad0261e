"""The migrations runner: brings a database to the tables that this program needs, and says when it has others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy import inspect as inspect_connection
from sqlalchemy.exc import DBAPIError

import tracker
from tracker.core.errors import DatabaseNotReady
from tracker.storage.faults import is_lost_race
from tracker.storage.session import Database
from tracker.storage.tables import Table

# Alembic takes a fifth of a second to import, so only what changes or compares tables does it; `check`, which
# every command begins with, tells from the names of the files.
# ruff: noqa: PLC0415

_LOCK = 0x656C7365  # any number that no other program takes in the same PostgreSQL database


def scripts() -> Path:
    """Return the folder of the migrations: inside the installed package, or beside it in a source checkout."""
    package = Path(str(tracker.__file__)).parent
    shipped = package / "_migrations"
    return shipped if shipped.exists() else package.parent / "migrations"


def revision_of(database: Database) -> str | None:
    """Return the revision that the database's tables are at, or ``None`` if it has none."""
    with database.reading() as session:
        if not inspect_connection(session.connection()).has_table("alembic_version"):
            return None
        revision: str | None = session.connection().scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def check(database: Database, folder: Path | None = None) -> None:
    """Raise `DatabaseNotReady`, which says what to do, unless the tables are those that this program needs."""
    revision, known = revision_of(database), _revisions(folder or scripts())
    if revision is None:
        raise DatabaseNotReady(f"{database.name}: it has no tables yet; run `elsewhere db upgrade`")
    _refuse_newer(database, revision, known)
    if revision != known[-1]:
        raise DatabaseNotReady(
            f"{database.name}: its tables are of revision {revision}, this program needs {known[-1]}; "
            "run `elsewhere db backup`, then `elsewhere db upgrade`"
        )


def upgrade(database: Database, folder: Path | None = None) -> None:
    """Bring the tables to the newest revision, or leave everything as it was; makes the file of a SQLite database."""
    folder = folder or scripts()
    if database.path:
        _make_file(database.path)
    revision = revision_of(database)
    if revision is not None:
        _refuse_newer(database, revision, _revisions(folder))
    _migrate(database, folder, "upgrade", "head")


def downgrade(database: Database, revision: str, folder: Path | None = None) -> None:
    """Take the tables back to an older revision, or to ``base``; what only newer tables hold is lost."""
    _migrate(database, folder or scripts(), "downgrade", revision)


def drift(database: Database) -> list[str]:
    """Return how the tables differ from those that the program declares (constraints and triggers aside)."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with database.reading() as session:
        context = MigrationContext.configure(session.connection())
        return [str(difference) for difference in compare_metadata(context, Table.metadata)]


def _migrate(database: Database, folder: Path, direction: str, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    with _alone(database) as connection:
        config.attributes["connection"] = connection
        getattr(command, direction)(config, revision)


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """Yield a connection in a transaction that no other migration can run beside, on SQLite no writer at all."""
    with database.faults_explained():
        connected = database.writer.connect()
    with _failure_explained(database), connected as connection:
        if not database.is_sqlite:
            # A stricter transaction would still see the tables as they were before it waited for the lock.
            connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                yield connection
            return
        # SQLite changes a table by dropping the old one, which would be refused while others refer to it.
        own = connection.connection.cursor()
        own.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    raise DatabaseNotReady(
                        f"{database.name}: the migration was undone, because it would break references: {broken[:3]}"
                    )
        finally:
            own.execute("PRAGMA foreign_keys=ON")


@contextmanager
def _failure_explained(database: Database) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if is_lost_race(error):
            raise DatabaseNotReady(
                f"{database.name}: another program is writing; try again when it is done"
            ) from error
        problem = str(error.orig).partition("\n")[0]
        raise DatabaseNotReady(
            f"{database.name}: the migration failed and was undone, nothing was changed ({problem})"
        ) from error


def _revisions(folder: Path) -> list[str]:
    """Return the revisions, oldest first: files are named NUMBER_words.py after them."""
    return sorted(file.name.partition("_")[0] for file in (folder / "versions").glob("[0-9]*_*.py"))


def _refuse_newer(database: Database, revision: str, known: list[str]) -> None:
    if revision not in known:
        raise DatabaseNotReady(
            f"{database.name}: its tables are of revision {revision}, which this program does not know; "
            "install the version of Elsewhere that made them, or a newer one"
        )


def _make_file(path: Path) -> None:
    if not path.parent.exists():  # to make it would hide that the name is mistyped
        raise DatabaseNotReady(
            f"{path}: there is no folder {path.parent}; make it, or correct the database URL"
        )
    try:
        path.touch(mode=0o600)  # postmortems may be confidential
    except OSError as error:
        raise DatabaseNotReady(
            f"{path}: the file cannot be made ({error.strerror}); name another in the database URL"
        ) from error
