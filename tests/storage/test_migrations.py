"""The database gets to the tables that the program declares, completely or not at all."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from tracker.core.errors import DatabaseNotReady
from tracker.storage import migrations
from tracker.storage.session import Database
from tracker.storage.tables import Table

NEWEST = migrations._revisions(migrations.scripts())[-1]
APPEND_ONLY = (
    *("audit_entry", "exposure_decision", "exposure_evaluation", "postmortem_revision"),
    "sync_decision",
)


def definitions(database: Database) -> dict[str, object]:
    """All that the database itself says of its tables, but for the order of columns."""
    with database.writer.connect() as connection:
        inspector = inspect(connection)
        return {
            table: {
                "columns": sorted(
                    (column["name"], str(column["type"]), column["nullable"])
                    for column in inspector.get_columns(table)
                ),
                "key": inspector.get_pk_constraint(table),
                "checks": sorted(
                    (check["name"], check["sqltext"]) for check in inspector.get_check_constraints(table)
                ),
                "foreign keys": sorted(map(str, inspector.get_foreign_keys(table))),
                "unique": sorted(
                    (unique["name"], unique["column_names"])
                    for unique in inspector.get_unique_constraints(table)
                ),
                "indexes": sorted(
                    (
                        str(index["name"]),
                        index["column_names"],
                        index["unique"],
                        sorted(map(str, index["dialect_options"].values())),
                    )
                    for index in inspector.get_indexes(table)
                ),
            }
            for table in inspector.get_table_names()
            if table != "alembic_version"
        }


def everything(database: Database) -> set[object]:
    """The names of all tables, indexes and triggers."""
    query = (
        "SELECT name FROM sqlite_master"
        if database.is_sqlite
        else "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    with database.reader.connect() as connection:
        return set(connection.scalars(text(query)))


@pytest.fixture
def broken_scripts(tmp_path: Path) -> Path:
    """The migrations, and after them one that fails when half of it is done."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.scripts(), folder)
    (folder / "versions" / "8888_fails.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = '8888', '{NEWEST}'\n"
        "def upgrade():\n"
        "    op.create_table('half', sa.Column('id', sa.Integer(), primary_key=True))\n"
        "    with op.batch_alter_table('person') as person:\n"
        "        person.add_column(sa.Column('title', sa.String(), server_default=''))\n"
        "        person.alter_column('name', type_=sa.String(80))\n"
        "    op.execute(\"INSERT INTO person (name) VALUES ('no time, no version')\")\n"
    )
    return folder


def test_up_down_and_up_again(empty_database):
    migrations.upgrade(empty_database)
    up = everything(empty_database)
    migrations.downgrade(empty_database, "base")
    assert {str(name) for name in everything(empty_database) if "alembic_version" not in str(name)} == set()
    migrations.upgrade(empty_database)
    assert everything(empty_database) == up


def test_a_second_upgrade_changes_nothing(database):
    before = everything(database)
    migrations.upgrade(database)
    assert everything(database) == before


def test_the_tables_are_those_that_the_program_declares(database):
    assert migrations.drift(database) == []


def test_the_constraints_are_those_that_the_program_declares(empty_database):
    migrations.upgrade(empty_database)
    migrated = definitions(empty_database)
    migrations.downgrade(empty_database, "base")
    with empty_database.writer.begin() as connection:
        Table.metadata.create_all(connection)
    declared = definitions(empty_database)
    assert len(declared) == len(Table.metadata.tables)
    assert migrated == declared


def test_drift_is_found(database):
    with database.writer.begin() as connection:
        connection.execute(text("ALTER TABLE person ADD COLUMN shoe_size INTEGER"))
    [difference] = migrations.drift(database)
    assert "shoe_size" in difference


def test_there_is_one_newest_revision_and_files_are_named_after_theirs():
    folder = migrations.scripts()
    scripts = ScriptDirectory(str(folder))
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert scripts.get_heads() == [revisions[0]]
    assert list(reversed(revisions)) == migrations._revisions(folder)


def test_migrations_import_nothing_of_the_program():
    for file in (migrations.scripts() / "versions").glob("*.py"):
        assert not re.search(r"^\s*(import|from) (tracker|connectors)", file.read_text(), re.MULTILINE), file


def test_a_failed_migration_leaves_nothing_behind(database, broken_scripts):
    before = everything(database), definitions(database)
    with pytest.raises(DatabaseNotReady, match="failed and was undone"):
        migrations.upgrade(database, broken_scripts)
    assert (everything(database), definitions(database)) == before
    assert migrations.revision_of(database) == NEWEST


def test_a_failed_first_migration_leaves_nothing_behind(empty_database, broken_scripts):
    with pytest.raises(DatabaseNotReady, match="failed and was undone"):
        migrations.upgrade(empty_database, broken_scripts)
    assert everything(empty_database) == set()


def test_a_table_that_others_refer_to_can_be_rebuilt(database, broken_scripts):
    (broken_scripts / "versions" / "8888_fails.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = '8888', '{NEWEST}'\n"
        "def upgrade():\n"
        "    with op.batch_alter_table('person') as person:\n"
        "        person.alter_column('name', type_=sa.String(80))\n"
    )
    with database.writer.begin() as connection:
        connection.execute(
            text("INSERT INTO person (version, name, created_at) VALUES (1, 'Ada', '2026-03-02 09:30:00')")
        )
        connection.execute(text("INSERT INTO identity (kind, value, person_id) VALUES ('name', 'ada', 1)"))
    migrations.upgrade(database, broken_scripts)
    with database.writer.begin() as connection:
        assert (
            connection.scalar(text("SELECT count(*) FROM identity JOIN person ON person_id = person.id")) == 1
        )
        with pytest.raises(IntegrityError):
            connection.execute(
                text("INSERT INTO identity (kind, value, person_id) VALUES ('name', 'bob', 2)")
            )


def test_two_who_upgrade_at_once_do_not_meet(empty_database):
    if empty_database.path:
        empty_database.path.touch()
    with ThreadPoolExecutor(4) as pool:
        for upgrade in [pool.submit(migrations.upgrade, empty_database) for _ in range(4)]:
            upgrade.result()
    migrations.check(empty_database)


def test_check_is_silent_when_all_is_well(database):
    migrations.check(database)


def test_check_says_that_there_are_no_tables_yet(empty_database):
    if empty_database.path:
        empty_database.path.touch()
    with pytest.raises(DatabaseNotReady, match="no tables yet; run `elsewhere db upgrade`"):
        migrations.check(empty_database)


def test_check_says_that_the_database_is_older(database, broken_scripts):
    with pytest.raises(
        DatabaseNotReady, match=rf"revision {NEWEST}, this program needs 8888; run `elsewhere db backup`"
    ):
        migrations.check(database, broken_scripts)


@pytest.mark.parametrize("command", [migrations.check, migrations.upgrade])
def test_a_newer_database_is_left_alone(database, command):
    with database.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNotReady, match=r"9999, which this program does not know; install"):
        command(database)


def test_upgrade_makes_a_file_that_only_its_owner_reads(tmp_path):
    (tmp_path / "100% mine?").mkdir()
    database = Database(f"sqlite:///{tmp_path}/100%25 mine?/elsewhere.sqlite")
    migrations.upgrade(database)
    migrations.check(database)
    database.close()
    assert database.path is not None
    assert database.path.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    database = Database(f"sqlite:///{tmp_path}/file/elsewhere.sqlite")
    with pytest.raises(DatabaseNotReady, match="the file cannot be made"):
        migrations.upgrade(database)


def test_a_folder_that_is_absent_is_named_and_not_made(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/mistyped/elsewhere.sqlite")
    with pytest.raises(DatabaseNotReady, match="there is no folder"):
        migrations.upgrade(database)
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_append_only_tables_are_protected(database, table):
    triggers = (
        f"SELECT lower(sql) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"
        if database.is_sqlite
        else f"SELECT lower(pg_get_triggerdef(oid)) FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal"
    )
    with database.reader.connect() as connection:
        found = " ".join(connection.scalars(text(triggers)))
    assert f"before update on {table}" in found.replace("public.", "")
    assert f"before delete on {table}" in found.replace("public.", "")
