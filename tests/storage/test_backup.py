"""A backup is the whole database at one moment, and never destroys a file."""

import sqlite3
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from tracker.core.errors import DatabaseNotReady, InvalidInput
from tracker.storage import migrations
from tracker.storage.backup import backup
from tracker.storage.session import Database
from tracker.storage.tables import Person

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def sqlite(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/elsewhere.sqlite")
    migrations.upgrade(database)
    database.transact(lambda session: session.add(Person(name="Ada", created_at=NOW)))
    yield database
    database.close()


def test_a_backup_opens_and_is_equal(sqlite, tmp_path):
    backup(sqlite, tmp_path / "backup.sqlite")
    copy = Database(f"sqlite:///{tmp_path}/backup.sqlite")
    migrations.check(copy)
    copy.close()
    with sqlite3.connect(sqlite.path) as one, sqlite3.connect(tmp_path / "backup.sqlite") as other:
        assert list(one.iterdump()) == list(other.iterdump())
    one.close()
    other.close()


def test_a_backup_while_others_write_holds_what_was_committed(sqlite, tmp_path):
    def write_and_back_up(session):
        session.add(Person(name="Grace", created_at=NOW))
        session.flush()
        backup(sqlite, tmp_path / "backup.sqlite")

    sqlite.transact(write_and_back_up)
    copy = Database(f"sqlite:///{tmp_path}/backup.sqlite")
    with copy.reading() as session:
        assert [person.name for person in session.exec(select(Person))] == ["Ada"]
    copy.close()


def test_a_backup_never_overwrites(sqlite, tmp_path):
    (tmp_path / "notes.txt").write_text("precious")
    with pytest.raises(InvalidInput, match=r"notes\.txt: the file exists already"):
        backup(sqlite, tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "precious"


def test_a_folder_that_is_not_there_is_named(sqlite, tmp_path):
    with pytest.raises(InvalidInput, match="cannot be made"):
        backup(sqlite, tmp_path / "nowhere" / "backup.sqlite")


def test_a_damaged_database_leaves_no_backup_behind(tmp_path):
    (tmp_path / "elsewhere.sqlite").write_text("These are the minutes of the meeting. " * 40)
    database = Database(f"sqlite:///{tmp_path}/elsewhere.sqlite")
    with pytest.raises(DatabaseNotReady):
        backup(database, tmp_path / "backup.sqlite")
    database.close()
    assert [file.name for file in tmp_path.iterdir()] == ["elsewhere.sqlite"]


def test_postgresql_has_its_own_backups(tmp_path):
    database = Database("postgresql://ada:s3cret@db.example/elsewhere")
    with pytest.raises(InvalidInput, match="pg_dump --format=custom") as caught:
        backup(database, tmp_path / "backup.dump")
    assert "s3cret" not in str(caught.value)
    assert "postgresql://ada@db.example/elsewhere" in str(caught.value)
