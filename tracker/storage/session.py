"""The database, and the only place where changes are committed."""

import copy
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from tracker.core.errors import ChangedMeanwhile, DatabaseNotReady, InvalidInput
from tracker.storage.faults import is_lost_race, remedy

T = TypeVar("T")

_TRIES = 12
_LAST_TRY = 10.0  # seconds after the first try at which no other is begun
_LONGEST_WAIT = 0.5  # seconds between two tries
_BUSY = 5.0  # seconds that SQLite itself waits for another writer before we count a lost race
_CONNECTING = 10  # seconds


class Database:
    """A SQLite file or a PostgreSQL database. Nothing is opened before it is first used."""

    def __init__(self, url: str) -> None:
        self._url = _parse(url)
        engine = _sqlite_engine if self.path else _postgresql_engine
        self.reader = engine(self._url, writes=False)
        self.writer = engine(self._url, writes=True)
        self._first: Callable[[Session], None] = lambda _: None

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database."""
        return Path(self._url.database) if self._url.database and self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite file."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def name(self) -> str:
        """What people may read: the file, or the URL without password and options."""
        if self.path:
            return str(self.path)
        shown = URL.create(
            "postgresql", self._url.username, None, self._url.host, self._url.port, self._url.database
        )
        return shown.render_as_string()

    def __repr__(self) -> str:
        return f"Database({self.name!r})"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one consistent state of the database and cannot change it."""
        with (
            self.faults_explained(),
            Session(self.reader, autoflush=False, expire_on_commit=False) as session,
        ):
            yield session

    def also(self, first: Callable[[Session], None]) -> "Database":
        """Return the same database, each of whose transactions begins with ``first``: both are done, or neither."""
        before, same = self._first, copy.copy(self)

        def both(session: Session) -> None:
            before(session)
            first(session)

        same._first = both  # noqa: SLF001
        return same

    def transact(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in one transaction, commit, and return its result.

        When somebody else was first, everything is undone and ``work`` is run again with a fresh session, so
        it must have no effect but on its session. Raises `ChangedMeanwhile` when that does not help either.
        """
        lost: Exception | None = None
        began = time.monotonic()
        for attempt in range(_TRIES):
            if time.monotonic() - began > _LAST_TRY:
                break
            if attempt:
                # Random and growing, so that those who met do not meet again.
                time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.005 * 2**attempt)))  # noqa: S311
            try:
                with self.faults_explained(), Session(self.writer, expire_on_commit=False) as session:
                    event.listen(session, "detached_to_persistent", _refuse_row_of_another_session)
                    self._first(session)
                    result = work(session)
                    session.commit()
                    return result
            except (DBAPIError, StaleDataError) as error:
                if not is_lost_race(error):
                    raise
                lost = error
        raise ChangedMeanwhile(
            f"{self.name}: others kept changing the same things, or did not end; repeat the command in a moment"
        ) from lost

    @contextmanager
    def faults_explained(self) -> Iterator[None]:
        """Turn a fault of the database itself into `DatabaseNotReady`, which says what to do."""
        try:
            yield
        except DBAPIError as error:
            advice = None if is_lost_race(error) else remedy(error)
            if advice is None:
                raise
            raise DatabaseNotReady(self._without_password(f"{self.name}: {advice}")) from error

    def close(self) -> None:
        """Close all connections."""
        self.reader.dispose()
        self.writer.dispose()

    def _without_password(self, words: str) -> str:
        return words.replace(str(self._url.password), "***") if self._url.password else words


def _refuse_row_of_another_session(_session: object, row: object) -> None:
    # When such a row loses a race it is read anew, and the repeated work would overwrite what the other wrote.
    raise RuntimeError(
        f"the {type(row).__name__} was read in another session; read it again in the transaction that changes it"
    )


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url and url.drivername in ("postgres", "postgresql", "postgresql+psycopg") and url.database:
        return url.set(drivername="postgresql+psycopg")
    if url and url.drivername in ("sqlite", "sqlite+pysqlite") and url.database not in (None, "", ":memory:"):
        return url
    # The text itself is not shown: it may hold a password.
    raise InvalidInput("expected sqlite:///path/to/file or postgresql://user@host/database", "database URL")


def _postgresql_engine(url: URL, *, writes: bool) -> Engine:
    try:
        return create_engine(
            url,
            # One writer after the other, as far as anybody can tell; readers see one moment.
            isolation_level="SERIALIZABLE" if writes else "REPEATABLE READ",
            execution_options={"postgresql_readonly": not writes},
            connect_args={"connect_timeout": url.query.get("connect_timeout", _CONNECTING)},
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except ImportError as error:
        raise DatabaseNotReady(
            "PostgreSQL needs the driver psycopg; run `pip install 'elsewhere[postgres]'`"
        ) from error


def _sqlite_engine(url: URL, *, writes: bool) -> Engine:
    # Only an upgrade makes the file: a mistyped path must not become an empty database.
    location = f"{Path(str(url.database)).absolute().as_uri()}?mode=rw"

    def connect() -> sqlite3.Connection:
        # isolation_level=None: we begin transactions ourselves; the driver would begin them after the first
        # read, and what another writer changes in between would be lost without an error.
        connection = sqlite3.connect(
            location, uri=True, timeout=_BUSY, isolation_level=None, check_same_thread=False
        )
        for pragma in _PRAGMAS_WRITING if writes else _PRAGMAS_READING:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine(url, creator=connect, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


_PRAGMAS_WRITING = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
_PRAGMAS_READING = ("query_only=ON",)
