"""The connector on a stand-in, for tests: its waits pass at once and are written down."""

from collections.abc import Iterator

import pytest

from connectors.jira.connector import JiraTracker
from connectors.jira.settings import read_settings
from connectors.jira.stand_in import Site


def connected(site: Site, pauses: list[float], **changes: str) -> JiraTracker:
    """Return a tracker with some settings changed. Close it."""
    return JiraTracker(read_settings({**site.settings, **changes}), pauses.append)


@pytest.fixture
def pauses() -> list[float]:
    """The seconds of each wait, in order."""
    return []


@pytest.fixture
def tracker(jira_site: Site, pauses: list[float]) -> Iterator[JiraTracker]:
    tracker = connected(jira_site, pauses, TIMEOUT="1")
    yield tracker
    tracker.close()
