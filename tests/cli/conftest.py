"""Databases to call commands on: one without rows, and one in which the invented company has run the main job."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.jira.stand_in import SOMEBODY, Site
from tests.cli.front_door import Answer, Elsewhere
from tests.cli.mortals import Mortals
from tests.connectors.jira.fixtures import atlassian_folder, jira_site_of_today
from tracker.cli import terminal

__all__ = ["atlassian_folder", "jira_site_of_today"]


@pytest.fixture(autouse=True)
def nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The settings, the name, the data and the window of whoever runs the tests play no part in them."""
    for name in [name for name in os.environ if name.startswith("ELSEWHERE_") and name != "ELSEWHERE_SHARED"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ELSEWHERE_ACTOR", "Ada")
    monkeypatch.setattr(terminal.out, "width", 200)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def elsewhere(migrated_sqlite: Path, tmp_path: Path) -> Elsewhere:
    """The command on a database without rows."""
    shutil.copy(migrated_sqlite, tmp_path / "elsewhere.sqlite")
    return Elsewhere(f"sqlite:///{tmp_path}/elsewhere.sqlite")


@pytest.fixture(scope="session")
def mortals() -> Iterator[Mortals]:
    """Processes that run the command and can be killed at any moment."""
    with Mortals() as processes:
        yield processes


@dataclass(frozen=True)
class Demonstration:
    """What ``elsewhere demo`` left, and what it said."""

    folder: Path
    answer: Answer


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    folder = tmp_path_factory.mktemp("demonstration") / "demo"
    return Demonstration(folder, Elsewhere()("demo", folder))


@pytest.fixture(scope="session")
def company(demonstration: Demonstration) -> Path:
    """The files of the invented company; only to be read."""
    return demonstration.folder / "company"


@pytest.fixture
def estate(demonstration: Demonstration, tmp_path: Path) -> Elsewhere:
    """The command on a database in which the invented company has run the main job."""
    database = tmp_path / "estate.sqlite"
    demonstration.answer.done()
    shutil.copy(demonstration.folder / "elsewhere.sqlite", database)
    return Elsewhere(f"sqlite:///{database}")


@pytest.fixture
def site(jira_site_of_today: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A Jira that the command is connected with, as an administrator would do it."""
    for name, value in connection(jira_site_of_today).items():
        monkeypatch.setenv(name, value)
    return jira_site_of_today


def connection(site: Site) -> dict[str, str]:
    """Return the variables that connect the command with a Jira."""
    settings = {
        **site.settings,
        "PRIORITIES": json.dumps({"P0": "Highest", "P1": "High", "P2": "Medium", "P3": "Low"}),
        "ACCOUNTS": json.dumps({"Mara Lind": SOMEBODY.account_id}),
        "INDEX_LAG": "1",
        "WAIT": "1",
    }
    return {f"ELSEWHERE_JIRA_{name}": value for name, value in settings.items()}
