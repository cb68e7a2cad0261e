"""The clock, the databases and the shared input; nothing else."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from tests import postgresql
from tracker.storage import migrations
from tracker.storage.session import Database

# The machine may be busy: how long an example takes is for benchmarks to judge. In CI the same examples run every time.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")

# A shell starts what runs in its background deaf to Ctrl-C, and every process that a test starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ("tests.slow_tier",)


class SettableClock:
    """A clock that shows the time it was set to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of the one server of this test session (of this worker, when there are several)."""
    try:
        with postgresql.server() as address:
            yield address
    except postgresql.NoServer as reason:
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {reason}")


@pytest.fixture(scope="session")
def postgresql_copy(postgresql_server: str) -> Callable[[str], AbstractContextManager[str]]:
    """Makes a new database that is a copy of another, yields its URL, and drops it afterwards."""
    names = (f"test_{number}" for number in count())

    @contextmanager
    def copy(template: str) -> Iterator[str]:
        name = next(names)
        with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as administrator:
            administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            yield f"{postgresql_server}/{name}"
            administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return copy


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_copy: Callable[[str], AbstractContextManager[str]]) -> Iterator[str]:
    """The name of a PostgreSQL database with all tables, to be copied."""
    with postgresql_copy("template1") as url:
        _migrate(url)
        yield url.rpartition("/")[2]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "elsewhere.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    database = Database(url)
    migrations.upgrade(database)
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that has no tables yet (of SQLite, not even the file)."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path}/elsewhere.sqlite"
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgresql_copy")("template1"))
        yield stack.enter_context(closing(Database(url)))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a new database with all tables and no rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "elsewhere.sqlite")
        yield f"sqlite:///{tmp_path}/elsewhere.sqlite"
    else:
        template = request.getfixturevalue("migrated_postgresql")
        with request.getfixturevalue("postgresql_copy")(template) as url:
            yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A new database with all tables and no rows, on each engine."""
    with closing(Database(database_url)) as database:
        yield database


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real input that is too large for the repository."""
    folder = Path(os.environ.get("ELSEWHERE_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.exists():
        pytest.skip(f"NOT TESTED ON REAL INPUT: {folder} is absent; $ELSEWHERE_SHARED may name it")
    return folder
