"""The command on each engine: on a database without rows, and on copies of one that was prepared once."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest

from tests.cli.conftest import (
    atlassian_folder,
    jira_site_of_today,
    mortals,
    nothing_of_the_machine,
    site,
)
from tests.cli.front_door import Elsewhere

__all__ = ["atlassian_folder", "jira_site_of_today", "mortals", "nothing_of_the_machine", "site"]

Copies = Callable[[], AbstractContextManager[str]]
"""Each call makes a copy of a database, yields its URL, and removes it afterwards."""

Prepare = Callable[[Callable[[Elsewhere], None]], Copies]
"""Has a database prepared through the command, to be copied."""


@pytest.fixture
def elsewhere(database_url: str) -> Elsewhere:
    """The command on a database without rows, on each engine."""
    return Elsewhere(database_url)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepare]:
    def on_sqlite(work: Callable[[Elsewhere], None]) -> Copies:
        folder = tmp_path_factory.mktemp("prepared")
        template, made = folder / "template.sqlite", folder / "copy.sqlite"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), template)
        work(Elsewhere(f"sqlite:///{template}"))

        @contextmanager
        def copy() -> Iterator[str]:
            shutil.copy(template, made)
            yield f"sqlite:///{made}"
            for file in folder.glob("copy.sqlite*"):
                file.unlink()

        return copy

    def on_postgresql(work: Callable[[Elsewhere], None]) -> Copies:
        copying = request.getfixturevalue("postgresql_copy")
        url = stack.enter_context(copying(request.getfixturevalue("migrated_postgresql")))
        work(Elsewhere(url))
        return lambda: copying(url.rpartition("/")[2])

    with ExitStack() as stack:
        yield on_sqlite if request.param == "sqlite" else on_postgresql
