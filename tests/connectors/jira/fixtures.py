"""Fixtures with a Jira: import those that you need into the ``conftest.py`` of your folder.

    from tests.connectors.jira.fixtures import atlassian_folder, jira_site, jira_site_of_today

``jira_site`` is a new, empty stand-in (a `connectors.jira.stand_in.Site`) served over HTTP, whose time is the
fixture ``clock``; ``jira_site_of_today`` has the real time, for processes that read the machine's clock. Connect
with ``site.settings``. When the test has ended, every request that was made and every answer is held against
Atlassian's description of the API, and a fault fails the test. Take out what a test does wrong on purpose:
``site.requests.clear()``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.jira.stand_in import Site, running
from tests.connectors.jira import atlassian

__all__ = ["atlassian_folder", "jira_site", "jira_site_of_today"]


@pytest.fixture(scope="session")
def atlassian_folder(request: pytest.FixtureRequest) -> Path | None:
    """The folder of Atlassian's documents; `tests.connectors.jira.test_atlassian` says aloud where it is absent."""
    try:
        return Path(request.getfixturevalue("shared")) / "jira"
    except pytest.skip.Exception:
        return None


@pytest.fixture
def jira_site(clock: Callable[[], datetime], atlassian_folder: Path | None) -> Iterator[Site]:
    with _checked_site(clock, atlassian_folder) as site:
        yield site


@pytest.fixture
def jira_site_of_today(atlassian_folder: Path | None) -> Iterator[Site]:
    with _checked_site(lambda: datetime.now(UTC), atlassian_folder) as site:
        yield site


@contextmanager
def _checked_site(clock: Callable[[], datetime], folder: Path | None) -> Iterator[Site]:
    with running(clock, "OPS", "PLAT") as site:
        yield site
    if folder is not None:
        atlassian.check(site.requests, folder)
