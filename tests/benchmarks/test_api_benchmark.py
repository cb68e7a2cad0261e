"""What one page of a long list costs through the API, beside the least that the same framework needs for the same query.

Ours looks up who asks, refuses unknown parameters, follows each item to its places, links and services, and says how to
go on. The bare route does nothing but select and serialise.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

import pytest
from sqlmodel import Session, insert

from tests.benchmarks.bare_api import BARE_LIST
from tests.cli.front_door import ELSEWHERE
from tracker.core.action_items import ItemState
from tracker.storage.session import Database
from tracker.storage.tables import ActionItem

ROOT = Path(__file__).parents[2]
ITEMS = 100_000
PAGE = 50
ROUNDS = 60
CLIENTS = 16
REQUESTS = 400

OURS = f"/api/v1/action-items?state=accepted&limit={PAGE}"
BARE = f"{BARE_LIST}?state=accepted&limit={PAGE}"


def fill(database: Database) -> None:
    """Items of which one in seven is accepted, each a little different."""
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    states = list(ItemState)[:5]
    rows = [
        {
            "title": f"Give call {number} a deadline",
            "description": "Measure it first, then set the deadline to three times the slowest percent.",
            "state": states[number % len(states)],
            "owner": f"team-{number % 40}",
            "priority": f"P{number % 4}",
            "size": "item",
            "version": 1,
            "created_at": at,
            "updated_at": at,
        }
        for number in range(ITEMS)
    ]

    def work(session: Session) -> None:
        for start in range(0, ITEMS, 5_000):
            session.execute(insert(ActionItem), rows[start : start + 5_000])

    database.transact(work)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(command: tuple[str, ...], path: str, environment: dict[str, str]) -> Iterator[Callable[[], float]]:
    """Start a server in a process of its own; yields what makes one request and returns its seconds."""
    port = int(command[-1])
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(port, process)
            yield lambda: request(port, path)
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert process.poll() is None, f"the server on port {port} ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nothing answers on port {port}")


def request(port: int, path: str, connection: HTTPConnection | None = None) -> float:
    own = connection or HTTPConnection("127.0.0.1", port, timeout=30)
    start = time.perf_counter()
    own.request("GET", path)
    answer = own.getresponse()
    body = answer.read()
    taken = time.perf_counter() - start
    assert answer.status == 200, body[:500]
    assert body.count(b'"title"') == PAGE
    if connection is None:
        own.close()
    return taken


def crowd(port: int, path: str) -> list[float]:
    """The seconds of many requests that so many clients send at once, each over one connection."""

    def client(_: int) -> list[float]:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        taken = [request(port, path, connection) for _ in range(REQUESTS // CLIENTS)]
        connection.close()
        return taken

    with ThreadPoolExecutor(CLIENTS) as clients:
        return [seconds for taken in clients.map(client, range(CLIENTS)) for seconds in taken]


def undisturbed(taken: Sequence[float]) -> float:
    """The lower quartile: whatever else the machine does only ever adds."""
    return quantiles(taken, n=4)[0]


@pytest.mark.slow
def test_a_page_of_a_long_list_costs_at_most_twice_the_bare_route(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(database_url)
    fill(database)
    database.close()
    settings = {"ELSEWHERE_DATABASE_URL": database_url}
    ports = free_port(), free_port()
    ours = (*ELSEWHERE, "serve", "--port", str(ports[0]))
    bare = (sys.executable, "-m", "tests.benchmarks.bare_api", database_url, str(ports[1]))
    with server(ours, OURS, settings) as ask_ours, server(bare, BARE, settings) as ask_bare:
        for _ in range(5):
            ask_ours(), ask_bare()
        # Turn and turn about, so that whatever else the machine does hits both alike.
        both = [(ask_ours(), ask_bare()) for _ in range(ROUNDS)]
        ours_takes, bare_takes = (undisturbed(taken) for taken in zip(*both, strict=True))
        ratio = ours_takes / bare_takes
        slow = {
            name: quantiles(crowd(port, path), n=100)[98]
            for name, port, path in (("ours", ports[0], OURS), ("bare", ports[1], BARE))
        }
    with capsys.disabled():
        print(  # noqa: T201 - the figure is what a benchmark is for
            f"\n{database_url.partition(':')[0]}: {PAGE} of {ITEMS:,} items in {ours_takes * 1000:.1f} ms, "
            f"bare route {bare_takes * 1000:.1f} ms, ratio {ratio:.2f}; "
            f"p99 of {CLIENTS} clients at once {slow['ours'] * 1000:.0f} ms, bare {slow['bare'] * 1000:.0f} ms"
        )
    assert ratio < 2
