"""The contexts of a workflow, and a Jira; nothing else."""

from collections.abc import Callable, Iterator

import pytest

from connectors.jira.stand_in import Site
from tests.conftest import SettableClock
from tests.connectors.jira.connected import connected
from tests.connectors.jira.fixtures import atlassian_folder, jira_site
from tests.workflows.syncing import Sync
from tracker.storage.session import Database
from tracker.workflows.context import Context

__all__ = ["atlassian_folder", "jira_site"]


@pytest.fixture
def acting(database: Database, clock: SettableClock) -> Callable[[str], Context]:
    """Returns the context in which an actor works."""
    return lambda actor: Context(database, clock, actor)


@pytest.fixture
def context(acting: Callable[[str], Context]) -> Context:
    """The context in which Grace works."""
    return acting("grace")


@pytest.fixture
def sync(context: Context, jira_site: Site, clock: SettableClock) -> Iterator[Sync]:
    """Runs of the sync with an empty Jira."""
    tracker = connected(jira_site, [], TIMEOUT="5", WAIT="30")
    yield Sync(context, jira_site, tracker, clock)
    tracker.close()
