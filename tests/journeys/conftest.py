"""The command on each database, as the tests of the command have it."""

import pytest

from tests.cli.conftest import mortals, mortals_too, nothing_of_the_machine
from tests.cli.front_door import Elsewhere

__all__ = ["mortals", "mortals_too", "nothing_of_the_machine"]


@pytest.fixture
def elsewhere(database_url: str) -> Elsewhere:
    """The command on a database without rows, on each engine."""
    return Elsewhere(database_url)
