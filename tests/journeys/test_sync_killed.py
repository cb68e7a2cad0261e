"""A sync that is killed after any of its requests makes no issue twice and loses no edit, once the next one has run."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

import pytest
from sqlmodel import select

from connectors.jira.stand_in import Meanwhile, Site, running
from connectors.jira.stand_in.faults import Fault, Wire
from tests.cli.conftest import connection
from tests.cli.front_door import Elsewhere
from tests.cli.mortals import End, Mortals
from tests.factories import Action, postmortem_text
from tests.journeys.conftest import Copies, Prepare
from tracker.storage.session import Database
from tracker.storage.tables import SyncDecision

RETITLED, BEGUN, FINISHED, QUARREL = 1, 2, 3, 4
"""Items that have an issue, and were changed here or there since."""

NEW = {5: "Alert on slow nodes", 6: "Rehearse a slow node", 7: "Write the runbook"}
"""Items that were accepted since."""

CITING = 8
"""One of them, whose document cites an issue that somebody made."""

REVIEW = postmortem_text(
    Action("Set a command timeout"),
    Action("Bound the retries"),
    Action("Pool the connections"),
    Action("Shed load early"),
    *(Action(title) for title in NEW.values()),
    Action("Move the sessions", ticket="OPS-1"),
)

REWORDED_THERE = "See https://wiki.example.org/retries -- *all* of it."
"""A description that Jira gives back in its own spelling."""

LAG = timedelta(seconds=1)


@dataclass(frozen=True)
class World:
    """A Jira and databases in which people have edited both sides since the last sync."""

    mortals: Mortals
    site: Site
    copies: Copies
    rewind: Callable[[], None]

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Yield the URL of a database, with the Jira as it then was."""
        self.rewind()
        with self.copies() as url:
            yield url

    def sync(
        self, url: str, killed_at: int | None = None, begun: Callable[[int], object] = lambda _: None
    ) -> End:
        self.site.requests.clear()
        variables = {**connection(self.site), "ELSEWHERE_JIRA_INDEX_LAG": str(2 * LAG.total_seconds())}
        command = ("--database", url, "--actor", "Ada", "sync", "apply")
        return self.mortals.run(*command, killed_at=killed_at, environment=variables, begun=begun)

    def killed(self, url: str, request: int, how: "Callable[[Callable[[], object]], Fault]") -> bool:
        """Sync, killed at the request with this number; tells whether it got so far."""
        number: SimpleQueue[int] = SimpleQueue()
        self.site.faults.add(how(lambda: os.kill(number.get(), signal.SIGKILL)), after=request)
        end = self.sync(url, begun=number.put)
        self.site.faults.clear()
        assert end.code in (None, 0, 3), end
        return end.code is None

    def issues(self) -> Counter[str]:
        """What each issue says."""
        return Counter(
            repr((one.status, one.resolution, sorted(one.values.items(), key=str)))
            for one in self.site.issues
        )

    def summaries(self) -> Counter[str]:
        return Counter(one.values["summary"] for one in self.site.issues)


@dataclass(frozen=True)
class AfterTheAnswer:
    """The answer has gone out when it happens."""

    happens: Callable[[], object]

    def strike(self, wire: Wire) -> None:
        wire.send(wire.perform())
        self.happens()


MOMENTS: dict[str, Callable[[Callable[[], object]], Fault]] = {
    "before jira sees it": Meanwhile,
    "before the answer": lambda happens: Meanwhile(happens, after_the_work=True),
    "after the answer": AfterTheAnswer,
}


@pytest.fixture(scope="module")
def busy_site(prepare: Prepare) -> Iterator[Site]:
    """A Jira for each engine: what was synced with the one database is nothing to the other."""
    assert prepare
    with running(lambda: datetime.now(UTC), "OPS") as site:
        site.index_lag = LAG
        yield site


@pytest.fixture(scope="module")
def world(
    prepare: Prepare, busy_site: Site, mortals: Mortals, tmp_path_factory: pytest.TempPathFactory
) -> World:
    site = busy_site
    file = tmp_path_factory.mktemp("killed") / "review.md"
    file.write_text(REVIEW, encoding="utf-8")

    def before(elsewhere: Elsewhere) -> None:
        site.create("Somebody's issue")
        elsewhere("ingest", file).done()
        elsewhere("items", "accept", RETITLED, BEGUN, FINISHED, QUARREL).done()
        first = World(mortals, site, lambda: None, lambda: None)  # type: ignore[arg-type, return-value]
        assert first.sync(str(elsewhere.database_url)).code == 0
        key = {one["id"]: one["issue"]["key"] for one in elsewhere.json("items", "list") if one["issue"]}
        elsewhere("items", "edit", RETITLED, "--title", "Set a timeout everywhere").done()
        site.edit(key[RETITLED], duedate="2026-06-01")
        elsewhere("items", "move", BEGUN, "--to", "in_progress").done()
        elsewhere("items", "edit", BEGUN, "--description", REWORDED_THERE).done()
        site.transition(key[FINISHED], "Done")
        elsewhere("items", "edit", QUARREL, "--title", "Shed load at the edge").done()
        site.edit(key[QUARREL], summary="Shed load at once", description="Ask Ana first.")
        elsewhere("items", "accept", *NEW, CITING).done()

    copies = prepare(before)
    return World(mortals, site, copies, remembering(site))


def remembering(site: Site) -> Callable[[], None]:
    """Return what makes a Jira as it is now once more."""
    names = ("_issues", "_ids_by_key", "_last_number")
    kept = {name: dict(getattr(site, name)) for name in names}
    history = {number: list(states) for number, states in site._history.items()}
    next_id = site._next_id

    def rewind() -> None:
        with site.lock:
            for name, value in kept.items():
                setattr(site, name, dict(value))
            site._history = {number: list(states) for number, states in history.items()}
            site._next_id = next_id

    return rewind


def items(url: str) -> dict[int, dict[str, Any]]:
    found: list[dict[str, Any]] = Elsewhere(url).json("items", "list")
    return {one["id"]: one for one in found}


def said(one: dict[str, Any]) -> tuple[object, ...]:
    """What an item says of the work."""
    names = ("title", "description", "state", "owner", "due", "priority")
    return tuple(one[name] for name in names)


def decided(url: str) -> list[SyncDecision]:
    """Everything that all runs decided."""
    with closing(Database(url)) as database, database.reading() as session:
        return list(session.exec(select(SyncDecision)).all())


def settles(world: World, url: str) -> None:
    """Sync until it is quiet, which it is at once: one run does what is left, and the next one writes nothing."""
    assert world.sync(url).code == 0
    count = len(decided(url))
    assert world.sync(url).code == 0
    assert [str(one.request) for one in world.site.requests.writes] == []
    assert len(decided(url)) == count


def each_has_one_issue(world: World, url: str) -> None:
    linked = [one["issue"]["key"] for one in items(url).values()]
    assert sorted(linked) == sorted(one.key for one in world.site.issues)


def nothing_is_lost(world: World, url: str, words: str) -> None:
    """An edit is on both sides, or it lost, and a decision tells it."""
    here = any(words in map(str, said(one)) for one in items(url).values())
    there = any(words in map(str, one.values.values()) for one in world.site.issues)
    assert (here and there) or any(words in (one.ours, one.theirs) for one in decided(url)), words


@dataclass(frozen=True)
class Undisturbed:
    """How a run went that nobody killed: its requests, of which some write, and what it came to."""

    requests: int
    writes: list[int]
    moments: int
    items: list[tuple[object, ...]]
    issues: Counter[str]


@pytest.fixture(scope="module")
def undisturbed(world: World) -> Undisturbed:
    with world.fresh() as url:
        end = world.sync(url)
        assert end.code == 0, end
        requests = list(world.site.requests)
        writes = [number for number, one in enumerate(requests) if one.request.is_write]
        settles(world, url)
        each_has_one_issue(world, url)
        for words in ("Set a timeout everywhere", "2026-06-01", "Shed load at once", "Shed load at the edge"):
            nothing_is_lost(world, url, words)
        found = items(url)
        assert (found[FINISHED]["state"], found[BEGUN]["state"]) == ("done", "in_progress")
        known = [said(one) for one in found.values()]
        return Undisturbed(len(requests), writes, end.moments or 0, known, world.issues())


def comes_to_the_same(world: World, url: str, undisturbed: Undisturbed) -> None:
    settles(world, url)
    each_has_one_issue(world, url)
    assert [said(one) for one in items(url).values()] == undisturbed.items
    assert world.issues() == undisturbed.issues
    nothing_is_lost(world, url, "Shed load at once")
    conflicts = {(one.action_item_id, one.field) for one in decided(url) if "both sides" in one.reason}
    assert conflicts == {(QUARREL, "summary")}, "what the killed run wrote is not taken for somebody's edit"


def people_go_on(world: World, url: str) -> None:
    """Edit both sides of what the killed run was at, knowing nothing of it."""
    elsewhere = Elsewhere(url)
    for one in world.site.issues:
        if one.values["summary"] in NEW.values():
            world.site.transition(one.id, "Done")
    linked = items(url)
    world.site.edit(linked[RETITLED]["issue"]["key"], summary="Ana's words")
    world.site.edit(linked[BEGUN]["issue"]["key"], duedate="2026-07-07")
    elsewhere("items", "edit", QUARREL, "--description", "Said here meanwhile.").done()
    elsewhere("items", "edit", next(iter(NEW)), "--title", "Alert on any slow node").done()


def survives_people(world: World, url: str) -> None:
    before = {one.values["summary"] for one in world.site.issues}
    people_go_on(world, url)
    settles(world, url)
    each_has_one_issue(world, url)
    for words in ("Ana's words", "2026-07-07", "Said here meanwhile.", "Alert on any slow node"):
        nothing_is_lost(world, url, words)
    found = items(url)
    for number, title in NEW.items():
        assert (found[number]["state"] == "done") == (title in before), "what Ana finished is finished here"


def walk(world: World, how: str, requests: Iterable[int], check: Callable[[str], None]) -> None:
    for request in requests:
        with world.fresh() as url:
            assert world.killed(url, request, MOMENTS[how]), f"it made no request {request}"
            check(url)


def test_killed_after_a_request_that_writes_it_comes_to_the_same(
    world: World, undisturbed: Undisturbed
) -> None:
    assert len(undisturbed.writes) == 5, "three edits, a transition, and new issues"
    walk(
        world,
        "before the answer",
        undisturbed.writes,
        lambda url: comes_to_the_same(world, url, undisturbed),
    )


def test_killed_after_a_request_that_writes_while_people_go_on_nothing_is_lost(
    world: World, undisturbed: Undisturbed
) -> None:
    walk(world, "before the answer", undisturbed.writes, lambda url: survives_people(world, url))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("how", MOMENTS)
def test_killed_after_any_request_it_comes_to_the_same(
    world: World, undisturbed: Undisturbed, how: str
) -> None:
    requests = range(undisturbed.requests)
    walk(world, how, requests, lambda url: comes_to_the_same(world, url, undisturbed))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("how", MOMENTS)
def test_killed_after_any_request_while_people_go_on_nothing_is_lost(
    world: World, undisturbed: Undisturbed, how: str
) -> None:
    walk(world, how, range(undisturbed.requests), lambda url: survives_people(world, url))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_every_third_moment_of_the_database_it_comes_to_the_same(
    world: World, undisturbed: Undisturbed
) -> None:
    for moment in range(0, undisturbed.moments, 3):
        with world.fresh() as url:
            world.sync(url, killed_at=moment)
            comes_to_the_same(world, url, undisturbed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_again_and_again_it_comes_to_the_same(world: World, undisturbed: Undisturbed) -> None:
    """Each run gets one request further than the last one."""
    with world.fresh() as url:
        request = 0
        while world.killed(url, request, MOMENTS["before the answer"]):
            request += 1
        assert request > 1
        comes_to_the_same(world, url, undisturbed)
