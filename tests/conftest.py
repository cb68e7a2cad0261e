"""The clock, the databases and the shared input; nothing else."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests import postgresql
from tracker.storage import migrations
from tracker.storage.session import Database


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
def new_postgresql_url(postgresql_server: str) -> Iterator[Callable[[str], str]]:
    """Returns the URL of a new database that is a copy of another."""
    names = (f"test_{number}" for number in count())
    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as administrator:

        def new(template: str) -> str:
            name = next(names)
            administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            return f"{postgresql_server}/{name}"

        yield new


@pytest.fixture(scope="session")
def _migrated_postgresql(new_postgresql_url: Callable[[str], str]) -> str:
    url = new_postgresql_url("template1")
    _migrate(url)
    return url.rpartition("/")[2]


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "elsewhere.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    database = Database(url)
    migrations.upgrade(database)
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that has no tables yet."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/elsewhere.sqlite"
    else:
        url = request.getfixturevalue("new_postgresql_url")("template1")
    database = Database(url)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database with all tables and no rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("_migrated_sqlite"), tmp_path / "elsewhere.sqlite")
        return f"sqlite:///{tmp_path}/elsewhere.sqlite"
    template = request.getfixturevalue("_migrated_postgresql")
    url: str = request.getfixturevalue("new_postgresql_url")(template)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A new database with all tables and no rows, on each engine."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real input that is too large for the repository."""
    folder = Path(os.environ.get("ELSEWHERE_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.exists():
        pytest.skip(f"NOT TESTED ON REAL INPUT: {folder} is absent; $ELSEWHERE_SHARED may name it")
    return folder
