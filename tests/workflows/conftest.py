"""The context of a workflow; nothing else."""

from collections.abc import Callable

import pytest

from tests.conftest import SettableClock
from tracker.storage.session import Database
from tracker.workflows.context import Context


@pytest.fixture
def acting(database: Database, clock: SettableClock) -> Callable[[str], Context]:
    """Returns the context in which an actor works."""
    return lambda actor: Context(database, clock, actor)


@pytest.fixture
def context(acting: Callable[[str], Context]) -> Context:
    """The context in which Grace works."""
    return acting("grace")
