"""Nothing is lost when many write at once, and a fault of the database says what to do."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

from tracker.core.action_items import ItemState, ItemType
from tracker.core.errors import ChangedMeanwhile, DatabaseNotReady, InvalidInput
from tracker.storage.session import Database
from tracker.storage.tables import ActionItem, Person

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def add_item(database: Database, **columns: object) -> int:
    def add(session: Session) -> int:
        item = ActionItem(**{"title": "0", "created_at": NOW, "updated_at": NOW, **columns})
        session.add(item)
        session.flush()
        return item.id

    return database.transact(add)


def read_item(database: Database, number: int) -> ActionItem:
    with database.reading() as session:
        item = session.get(ActionItem, number)
        assert item is not None
        return item


def count_up(database: Database, number: int, times: int) -> None:
    def add_one(session: Session) -> None:
        item = session.get_one(ActionItem, number)
        item.title = str(int(item.title) + 1)

    for _ in range(times):
        database.transact(add_one)


def test_four_threads_that_read_modify_and_write_lose_nothing(database):
    number = add_item(database)
    with ThreadPoolExecutor(4) as pool:
        for writer in [pool.submit(count_up, database, number, 50) for _ in range(4)]:
            writer.result()
    item = read_item(database, number)
    assert (item.title, item.version) == ("200", 201)


def test_four_processes_that_read_modify_and_write_lose_nothing(database, database_url):
    number = add_item(database)
    program = (
        "import sys; from tests.storage.test_session import count_up, Database\n"
        f"database = Database(sys.argv[1]); count_up(database, {number}, 25); database.close()"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program, database_url]
    writers = [subprocess.Popen(command, cwd=root) for _ in range(4)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0, 0]
    assert read_item(database, number).title == "100"


def test_a_change_to_a_stale_version_is_repeated_on_the_latest(database):
    number = add_item(database)
    tries = []

    def change(session: Session) -> None:
        item = session.get_one(ActionItem, number)
        tries.append(item.version)
        if len(tries) == 1:
            raise StaleDataError
        item.title = "changed"

    database.transact(change)
    assert len(tries) == 2
    assert read_item(database, number).title == "changed"


def test_a_race_that_is_always_lost_ends(database):
    number = add_item(database)
    competitor = Database(database.name) if not database.is_sqlite else None

    def change(session: Session) -> None:
        item = session.get_one(ActionItem, number)
        if competitor is None:  # a competitor could not write while this transaction stands
            raise StaleDataError
        count_up(competitor, number, 1)
        item.title = "lost update"

    with pytest.raises(ChangedMeanwhile, match="repeat the command"):
        database.transact(change)
    if competitor:
        competitor.close()
        assert int(read_item(database, number).title) > 1


def test_a_row_that_was_read_earlier_cannot_be_written_over_newer_ones(database):
    number = add_item(database)
    old = read_item(database, number)
    count_up(database, number, 1)

    def change_the_old_one(session: Session) -> None:
        session.add(old)
        old.title = "lost update"

    with pytest.raises(RuntimeError, match="read it again"):
        database.transact(change_the_old_one)
    assert read_item(database, number).title == "1"


def test_a_failing_transaction_leaves_nothing_behind(database):
    def add_and_fail(session: Session) -> None:
        session.add(Person(name="Ada", created_at=NOW))
        session.flush()
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        database.transact(add_and_fail)
    with database.reading() as session:
        assert session.exec(select(Person)).all() == []


def test_a_reading_session_cannot_write(database):
    with database.reading() as session:
        session.add(Person(name="Ada", created_at=NOW))
        with pytest.raises(DBAPIError, match=r"read-?only"):
            session.flush()


def test_a_reading_session_sees_one_moment(database):
    with database.reading() as session:
        before = session.exec(select(Person)).all()
        database.transact(lambda writing: writing.add(Person(name="Ada", created_at=NOW)))
        assert session.exec(select(Person)).all() == before == []


def test_a_time_comes_back_in_utc(database):
    tokyo = timezone(timedelta(hours=9))
    number = add_item(database, created_at=datetime(2026, 3, 2, 8, 30, 0, 123456, tzinfo=tokyo))
    created_at = read_item(database, number).created_at
    assert created_at.isoformat() == "2026-03-01T23:30:00.123456+00:00"


def test_a_time_without_a_zone_is_refused(database):
    with pytest.raises(StatementError, match="timezone"):
        add_item(database, created_at=datetime(2026, 3, 2))  # noqa: DTZ001


def test_words_come_back_as_members_of_their_enum(database):
    item = read_item(database, add_item(database, type=ItemType.REPAIR))
    assert item.state is ItemState.PROPOSED
    assert item.type is ItemType.REPAIR


def test_a_missing_file_is_not_made_by_reading(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/mistyped.sqlite")
    with pytest.raises(DatabaseNotReady, match="elsewhere db upgrade"), database.reading() as session:
        session.exec(select(Person)).all()
    database.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "notes.sqlite"
    path.write_text("These are the minutes of the meeting of the second of March. " * 20)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(DatabaseNotReady, match=r"notes\.sqlite: it is damaged, or not a SQLite database"):
        database.transact(lambda session: session.exec(select(Person)).all())
    database.close()


def test_a_database_without_tables_says_how_to_make_them(empty_database):
    if empty_database.path:
        empty_database.path.touch()
    with (
        pytest.raises(DatabaseNotReady, match="run `elsewhere db upgrade`"),
        empty_database.reading() as session,
    ):
        session.exec(select(Person)).all()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:s3cret@127.0.0.1:1/elsewhere",
        "postgres://ada:s3cret@127.0.0.1:1/elsewhere?connect_timeout=2",
        "postgresql://ada@127.0.0.1:1/elsewhere?password=s3cret",
    ],
)
def test_an_unreachable_server_is_named_without_the_password(url):
    database = Database(url)
    with pytest.raises(DatabaseNotReady) as caught, database.reading() as session:
        session.exec(select(Person)).all()
    assert "postgresql://ada@127.0.0.1:1/elsewhere" in str(caught.value)
    shown = f"{caught.value} {caught.value.__cause__} {database!r}"
    assert "s3cret" not in shown


def test_a_database_that_the_server_does_not_have_is_named(postgresql_server):
    database = Database(f"{postgresql_server}/nowhere")
    with pytest.raises(DatabaseNotReady, match=r"no such database.*nowhere"), database.reading() as session:
        session.exec(select(Person)).all()
    database.close()


def test_a_user_whom_the_server_does_not_know_is_told_to_correct_the_url(postgresql_server):
    database = Database(f"{postgresql_server.replace('postgres@', 'stranger@')}/postgres")
    with pytest.raises(DatabaseNotReady, match=r"refused the user.*stranger"), database.reading() as session:
        session.exec(select(Person)).all()
    database.close()


@pytest.mark.parametrize(
    "url",
    ["", "elsewhere", "sqlite://", "sqlite:///:memory:", "mysql://ada:s3cret@host/db", "postgresql://host"],
)
def test_a_url_of_no_known_database_is_refused_without_repeating_it(url):
    with pytest.raises(InvalidInput, match="database URL: expected sqlite:///") as caught:
        Database(url)
    assert "s3cret" not in str(caught.value)


def test_a_missing_driver_says_what_to_install():
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from tracker.storage.session import Database\n"
        "Database('postgresql://ada@localhost/elsewhere')"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
    )
    assert "DatabaseNotReady" in ran.stderr
    assert "pip install 'elsewhere[postgres]'" in ran.stderr


def test_parameters_are_not_shown_in_errors(database):
    with pytest.raises(DBAPIError) as caught:
        add_item(database, title="  ", description="s3cret")
    assert "hide_parameters" in str(caught.value)


def adding(name: str) -> Callable[[Session], None]:
    def add(session: Session) -> None:
        session.add(Person(name=name, created_at=NOW))
        session.flush()

    return add


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(Person.name).order_by(col(Person.id))))


def test_what_a_transaction_also_does_is_done_with_it(database):
    also = database.also(adding("first")).also(adding("second"))
    also.transact(adding("third"))
    assert names(database) == ["first", "second", "third"]
    database.transact(adding("fourth"))
    assert names(database)[3:] == ["fourth"]


def test_what_a_transaction_also_does_is_undone_with_it(database):
    def fail(_: Session) -> None:
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        database.also(adding("first")).transact(fail)
    with pytest.raises(InvalidInput):
        database.also(fail).transact(adding("second"))
    assert names(database) == []


def test_a_database_that_stays_locked_is_waited_for_so_long(tmp_path, monkeypatch):
    monkeypatch.setattr("tracker.storage.session._BUSY", 0.3)
    monkeypatch.setattr("tracker.storage.session._LAST_TRY", 0.5)
    path = tmp_path / "locked.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        database = Database(f"sqlite:///{path}")
        began = monotonic()
        with pytest.raises(ChangedMeanwhile, match="did not end"):
            database.transact(adding("Ada"))
        assert monotonic() - began < 2
        database.close()
