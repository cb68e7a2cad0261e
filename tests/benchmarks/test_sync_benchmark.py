"""What a sync of 1,000 items asks of Jira, counted; and how long it takes, against the bare requests in the same run."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import ceil

import pytest
import requests
from sqlmodel import Session, col, select

from connectors.jira import connect
from connectors.jira.stand_in import Exchange, Site, running
from tracker.core.action_items import ItemState
from tracker.core.ports import IssueTracker
from tracker.storage.session import Database
from tracker.storage.tables import ActionItem
from tracker.workflows import sync_issues
from tracker.workflows.context import Context
from tracker.workflows.issue_sync.linked import WRITTEN_AT_ONCE
from tracker.workflows.issue_sync.sides import AT_ONCE

ITEMS, CHANGED = 1000, 25
BESIDE = 3
"""Requests that do not grow with the items: who we are, and the like."""

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def site() -> Iterator[Site]:
    with running(lambda: NOW, "OPS") as site:
        yield site


@pytest.fixture
def tracker(site: Site) -> IssueTracker:
    return connect(site.settings)


@pytest.fixture
def context(database_url: str) -> Iterator[Context]:
    with closing(Database(database_url)) as database:
        database.transact(_accept_many)
        yield Context(database, lambda: NOW, "Ada")


def _accept_many(session: Session) -> None:
    session.add_all(
        ActionItem(
            title=f"Set a command timeout in service {number}",
            description=f"The client of service {number} waits for ever.",
            state=ItemState.ACCEPTED,
            due=date(2026, 6, 1),
            priority="High",
            created_at=NOW,
            updated_at=NOW,
        )
        for number in range(ITEMS)
    )


def _retitle_some(session: Session) -> None:
    for item in session.exec(select(ActionItem).order_by(col(ActionItem.id).desc()).limit(CHANGED)):
        item.title += ", and prove it"


@dataclass(frozen=True)
class Measured:
    """A sync: what it asked, and how long it took."""

    asked: list[Exchange]
    seconds: float

    @property
    def writes(self) -> list[Exchange]:
        return [one for one in self.asked if one.request.is_write]

    @property
    def reads(self) -> list[Exchange]:
        return [one for one in self.asked if not one.request.is_write]

    def told(self, what: str) -> str:
        """Return the requests by method and path, the names of issues left out."""
        operations = Counter(
            f"{one.request.method} {_NAME.sub('{issue}', one.request.path)}" for one in self.asked
        )
        lines = [f"  {count:4} {operation}" for operation, count in sorted(operations.items())]
        return "\n".join([f"{what}: {len(self.asked)} requests, {self.seconds:.1f} s", *lines])


_NAME = re.compile(r"(?<=/issue/)(\d+|[A-Z]+-\d+)")


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def bare(site: Site, exchanges: list[Exchange]) -> None:
    """Ask the same once more, and do nothing with the answers."""
    with requests.Session() as session:
        session.auth = (site.user, site.token)
        for one in exchanges:
            asked = one.request
            session.request(asked.method, f"{site.url}{asked.path}", json=asked.body, timeout=60).close()


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_the_requests_of_a_sync_grow_by_pages_and_a_quiet_one_writes_nothing(
    context: Context, site: Site, tracker: IssueTracker, capsys: pytest.CaptureFixture[str]
) -> None:
    def sync() -> Measured:
        site.requests.clear()
        took = seconds(lambda: sync_issues.apply(context, tracker))
        return Measured(list(site.requests), took)

    pages = ceil(ITEMS / AT_ONCE)

    new = sync()
    assert len(site.issues) == ITEMS
    assert len(new.writes) == ceil(ITEMS / tracker.creates_at_once)
    assert len(new.reads) <= pages + BESIDE

    quiet = sync()
    assert quiet.writes == []
    assert len(quiet.reads) <= pages + BESIDE

    for issue in site.issues[:CHANGED]:
        site.transition(issue.id, "Done")
    finished_there = sync()
    assert finished_there.writes == []
    assert len(finished_there.reads) <= pages + BESIDE

    context.database.transact(_retitle_some)
    retitled_here = sync()
    assert len(retitled_here.writes) == CHANGED
    assert len(retitled_here.reads) <= pages + 2 * ceil(CHANGED / WRITTEN_AT_ONCE) + BESIDE

    alone = min(seconds(lambda: bare(site, quiet.asked)) for _ in range(3))
    ratio = min(one.seconds for one in (quiet, sync(), sync())) / alone
    told = {
        f"{ITEMS:,} new items": new,
        "quiet": quiet,
        f"{CHANGED} finished there": finished_there,
        f"{CHANGED} retitled here": retitled_here,
    }
    with capsys.disabled():
        lines = [one.told(what) for what, one in told.items()]
        print("", *lines, f"quiet: {ratio:.0f} x its bare requests", sep="\n")  # noqa: T201 - the figures are what a benchmark is for
    assert ratio < 60
