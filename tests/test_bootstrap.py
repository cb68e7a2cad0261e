"""How the parts are joined: connectors with their own settings, a database that is ready, logs without secrets."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from tracker import bootstrap
from tracker.bootstrap import Application, configure_logs, open_application, system_clock
from tracker.core.errors import DatabaseNotReady, NotFound
from tracker.settings import Settings
from tracker.storage.session import Database


def settings(database_url: str, **more: Any) -> Settings:
    return Settings(database_url=SecretStr(database_url), actor="Ada", **more)


@pytest.fixture
def opened(database_url: str) -> Iterator[Application]:
    with closing(open_application(settings(database_url))) as application:
        yield application


def test_the_application_has_what_a_workflow_is_handed(opened: Application, database_url: str) -> None:
    assert opened.context.actor == "Ada"
    assert opened.context.database.name == Database(database_url).name
    assert opened.context.now.tzinfo is not None


def test_the_clock_can_be_another(database_url: str, clock: Any) -> None:
    with closing(open_application(settings(database_url), clock=clock)) as application:
        assert application.context.now == clock.now


def test_the_system_clock_tells_utc() -> None:
    assert str(system_clock().tzinfo) == "UTC"


def test_connectors_are_found_by_name(opened: Application) -> None:
    assert opened.postmortem_source("files").name == "files"
    assert opened.catalog_source("jsonl").name == "jsonl"


def test_a_connector_that_is_not_installed_is_named_with_those_that_are(opened: Application) -> None:
    with pytest.raises(NotFound, match=r"'confluence' is installed .* \(installed: files\)"):
        opened.postmortem_source("confluence")


class Installed:
    """A connector as a package installs it: ``load`` returns its ``connect``."""

    name = "confluence"

    def __init__(self, missing: str | None = None) -> None:
        self.missing = missing

    def load(self) -> Any:
        if self.missing:
            raise ModuleNotFoundError(f"No module named {self.missing!r}", name=self.missing)
        return dict


def install(monkeypatch: pytest.MonkeyPatch, connector: Installed) -> None:
    monkeypatch.setattr(bootstrap, "entry_points", lambda **_: [connector])


def test_a_connector_sees_its_own_settings_and_no_others(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    install(monkeypatch, Installed())
    environment = {
        "ELSEWHERE_CONFLUENCE_TOKEN": "its own",
        "ELSEWHERE_JIRA_TOKEN": "another's",
        "ELSEWHERE_DATABASE_URL": database_url,
        "HOME": "somewhere",
    }
    with closing(open_application(settings(database_url), environment=environment)) as application:
        given: Any = application.postmortem_source("confluence")
        assert given == {"TOKEN": "its own"}


def test_a_connector_that_lacks_a_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, opened: Application
) -> None:
    install(monkeypatch, Installed(missing="atlassian"))
    with pytest.raises(NotFound, match=r"lacks 'atlassian'; run `pip install 'elsewhere\[confluence\]'`"):
        opened.postmortem_source("confluence")


def test_a_database_of_postgresql_without_tables_is_not_touched_unless_asked(
    postgresql_copy: Callable[[str], AbstractContextManager[str]],
) -> None:
    with postgresql_copy("template1") as url:
        with pytest.raises(DatabaseNotReady, match="run `elsewhere db upgrade`"):
            open_application(settings(url))
        open_application(settings(url), upgrade=True).close()
        open_application(settings(url)).close()


def test_a_sqlite_database_that_was_named_is_made_in_a_folder_that_exists(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/elsewhere.sqlite"
    for is_new in (True, False):
        with closing(open_application(settings(url))) as application:
            assert application.is_new is is_new


@pytest.mark.parametrize("upgrade", [True, False])
def test_the_folder_of_a_database_that_was_named_is_not_made(tmp_path: Path, upgrade: bool) -> None:
    url = f"sqlite:///{tmp_path}/mistyped/elsewhere.sqlite"
    with pytest.raises(
        DatabaseNotReady, match=f"there is no folder {tmp_path}/mistyped; make it, or correct"
    ):
        open_application(settings(url), upgrade=upgrade)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_the_database_that_nobody_named_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "new"))
    open_application(Settings(actor="Ada")).close()
    assert (tmp_path / "new" / "elsewhere" / "elsewhere.sqlite").exists()


def test_a_sqlite_database_of_another_program_is_refused_even_to_an_upgrade(tmp_path: Path) -> None:
    file = tmp_path / "photographs.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE photograph (id INTEGER)")
    for upgrade in (False, True):
        with pytest.raises(DatabaseNotReady, match="the database of another program"):
            open_application(settings(f"sqlite:///{file}"), upgrade=upgrade)


def test_an_older_database_waits_for_an_upgrade_that_somebody_asks_for(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    file = tmp_path / "elsewhere.sqlite"
    shutil.copy(migrated_sqlite, file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM alembic_version")
    with pytest.raises(DatabaseNotReady, match="run `elsewhere db upgrade`"):
        open_application(settings(f"sqlite:///{file}"))


@pytest.fixture(params=["text", "json"])
def log_format(request: pytest.FixtureRequest) -> str:
    form: str = request.param
    return form


@pytest.fixture
def written(log_format: str) -> Iterator[StringIO]:
    """What is written to the log."""
    before = structlog.get_config()
    with redirect_stderr(StringIO()) as stream:
        configure_logs(settings("sqlite:///never", log_level="info", log_format=log_format))
    yield stream
    structlog.configure(**before)


def test_logs_mask_what_is_named_like_a_secret(written: StringIO) -> None:
    structlog.get_logger().info("connected", api_token="s3cret", Authorization="s3cret", host="here")
    assert "s3cret" not in written.getvalue()
    assert "here" in written.getvalue()


def test_logs_mask_passwords_in_urls_and_in_tracebacks(written: StringIO) -> None:
    url = "postgresql://ada:s3cret@host/elsewhere"
    try:
        dict[str, str]()[url]
    except KeyError:
        structlog.get_logger().exception("failed", place=url, around=[url])
    assert "s3cret" not in written.getvalue()
    assert written.getvalue().count("postgresql://ada:***@host/elsewhere") == 3
    assert "KeyError" in written.getvalue()


def test_tracebacks_in_logs_do_not_show_the_values_of_variables(written: StringIO) -> None:
    confidential = "what only few may read"
    try:
        int(confidential.upper()[:4])
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "ValueError" in written.getvalue()
    assert confidential not in written.getvalue()


@pytest.mark.parametrize("log_format", ["json"])
def test_logs_for_machines_are_one_json_object_a_line(written: StringIO) -> None:
    structlog.get_logger().info("ingested\nmore", documents=3)
    structlog.get_logger().debug("not at this level")
    [line] = written.getvalue().splitlines()
    said = json.loads(line)
    assert (said["event"], said["documents"], said["level"]) == ("ingested\nmore", 3, "info")
    assert said["timestamp"].endswith("Z")
