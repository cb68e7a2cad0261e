"""`elsewhere db`, and the database that every command finds or makes."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.front_door import Elsewhere
from tests.cli.mortals import Mortals


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new.sqlite"


@pytest.fixture
def new(file: Path) -> Elsewhere:
    """The command on a database that does not exist yet."""
    return Elsewhere(f"sqlite:///{file}")


def tables(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_command_makes_the_database_that_does_not_exist_yet(new: Elsewhere, file: Path) -> None:
    answer = new("items", "list", "--format", "json").done()
    assert (answer.json, answer.err) == ([], f"made the database {file}\n")
    assert new("items", "list").done().err == ""
    new("db", "check").done()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_database_is_in_the_data_folder_unless_a_setting_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Elsewhere()
    elsewhere("items", "list").done()
    assert (tmp_path / "data" / "elsewhere" / "elsewhere.sqlite").exists()
    monkeypatch.setenv("ELSEWHERE_DATABASE_URL", f"sqlite:///{tmp_path}/set.sqlite")
    elsewhere("items", "list").done()
    assert (tmp_path / "set.sqlite").exists()
    Elsewhere(f"sqlite:///{tmp_path}/named.sqlite")("items", "list").done()
    assert (tmp_path / "named.sqlite").exists()


def test_a_folder_of_any_name_can_hold_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "Müllers 100 % data #1 & more"))
    Elsewhere()("items", "list").done()
    assert len(list(tmp_path.glob("M*/elsewhere/elsewhere.sqlite"))) == 1


def test_an_empty_file_becomes_a_database(new: Elsewhere, file: Path) -> None:
    file.touch()
    new("items", "list").done()
    assert "action_item" in tables(file)


def test_a_database_whose_making_was_cut_short_is_completed(new: Elsewhere, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE action_item (id INTEGER)")
        connection.execute("ROLLBACK")
    assert file.stat().st_size > 0
    new("items", "list").done()
    new("db", "check").done()


@pytest.mark.parametrize("moment", [0, 1, 5, 40])
def test_a_database_whose_making_was_killed_is_completed(
    new: Elsewhere, file: Path, mortals: Mortals, moment: int
) -> None:
    assert mortals.run("--database", new.database_url, "items", "list", killed_at=moment).code is None
    assert file.exists()
    new("items", "list").done()
    new("db", "check").done()


@pytest.mark.parametrize("command", [["items", "list"], ["db", "upgrade"]])
def test_the_database_of_another_program_is_left_alone(
    new: Elsewhere, file: Path, command: list[str]
) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE photograph (id INTEGER)")
    before = file.read_bytes()
    answer = new(*command)
    assert (answer.code, answer.out) == (1, "")
    assert answer.errors == [
        f"error: {file}: it is the database of another program; name another file in the database URL"
    ]
    assert file.read_bytes() == before


@pytest.mark.parametrize("command", [["items", "list"], ["db", "upgrade"]])
@pytest.mark.parametrize("content", [b"x", b"Dear all,\n" * 200])
def test_a_file_that_is_no_database_is_left_alone(
    new: Elsewhere, file: Path, content: bytes, command: list[str]
) -> None:
    file.write_bytes(content)
    answer = new(*command)
    assert (answer.code, answer.out, len(answer.errors)) == (1, "", 1)
    assert f"{file}: it is not a SQLite database" in answer.err
    assert file.read_bytes() == content


def test_a_folder_is_not_taken_for_a_database(tmp_path: Path) -> None:
    answer = Elsewhere(f"sqlite:///{tmp_path}")("items", "list")
    assert answer.code == 1
    assert f"error: {tmp_path}: it cannot be read (Is a directory)" in answer.err


def test_a_place_where_no_file_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = Elsewhere(f"sqlite:///{tmp_path}/file/new.sqlite")("items", "list")
    assert answer.code == 1
    assert f"{tmp_path}/file/new.sqlite: the file cannot be made" in answer.err


@pytest.mark.skipif(os.geteuid() == 0, reason="whoever runs the tests may read every file")
def test_a_file_that_may_not_be_read_is_named(new: Elsewhere, file: Path) -> None:
    file.touch(mode=0)
    answer = new("items", "list")
    assert answer.code == 1
    assert f"{file}: it cannot be read (Permission denied)" in answer.err


def test_check_makes_nothing(new: Elsewhere, file: Path) -> None:
    answer = new("db", "check")
    assert answer.code == 1
    assert f"{file}: there is no such file" in answer.err
    assert not file.exists()


def test_check_of_a_database_without_tables_says_what_to_do(new: Elsewhere, file: Path) -> None:
    file.touch()
    answer = new("db", "check")
    assert (answer.code, answer.out) == (1, "")
    assert "run `elsewhere db upgrade`" in answer.err


def test_upgrade_makes_the_database_once(new: Elsewhere, file: Path) -> None:
    assert new("db", "upgrade").done().err == f"{file} is up to date\n"
    before = tables(file)
    new("db", "upgrade").done()
    assert tables(file) == before


def test_an_older_or_newer_database_is_refused_by_every_command(new: Elsewhere, file: Path) -> None:
    new("db", "upgrade").done()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in (["items", "list"], ["db", "check"], ["db", "upgrade"]):
        answer = new(*command)
        assert (answer.code, answer.out) == (1, "")
        assert "revision 9999, which this program does not know" in answer.err


def test_a_backup_is_a_database_like_the_first(estate: Elsewhere, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    assert estate("db", "backup", copy).done().err == f"{copy} is written\n"
    assert Elsewhere(f"sqlite:///{copy}").json("items", "list") == estate.json("items", "list")


def test_a_backup_overwrites_nothing(estate: Elsewhere, tmp_path: Path) -> None:
    (tmp_path / "copy.sqlite").write_text("precious")
    estate("db", "backup", tmp_path / "copy.sqlite").refused("copy.sqlite: the file exists already")
    assert (tmp_path / "copy.sqlite").read_text() == "precious"
    estate("db", "backup", tmp_path / "no" / "copy.sqlite").refused("the file cannot be made")
    estate("db", "backup").refused("Missing argument 'FILE'")


def test_two_that_start_at_once_on_a_database_that_does_not_exist_yet_both_succeed(
    tmp_path: Path, mortals: Mortals
) -> None:
    for attempt in range(5):
        new = Elsewhere(f"sqlite:///{tmp_path}/{attempt}.sqlite")
        create = ["--database", new.database_url, "programs", "create", "--title", "Two at once"]
        ends = mortals.at_once([*create, "one"], [*create, "other"])
        assert [end.code for end in ends] == [0, 0], ends
        assert [program["key"] for program in new.json("programs", "list")] == ["one", "other"]


def test_check_finds_what_somebody_changed(new: Elsewhere, file: Path) -> None:
    new("db", "upgrade").done()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("ALTER TABLE person ADD COLUMN shoe_size INTEGER")
    answer = new("db", "check")
    assert (answer.code, answer.out) == (3, "")
    assert "shoe_size" in answer.err
