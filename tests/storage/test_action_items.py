"""Action items in lists, by what is asked of them, each with what hangs on it."""

from typing import Any

import pytest
from sqlmodel import Session

from tests.conftest import SettableClock
from tests.factories import Action, InMemoryPostmortems, postmortem_text
from tracker.core.action_items import ItemState
from tracker.core.errors import NotFound
from tracker.storage import action_items
from tracker.storage.action_items import Wanted
from tracker.storage.session import Database
from tracker.storage.tables import ActionItem
from tracker.workflows.context import Context
from tracker.workflows.ingest_postmortems import ingest
from tracker.workflows.triage_action_items import accept_item

LINK = "https://tickets.example/browse/BUY-1"
FIRST = postmortem_text(
    Action("Cut the retries by 50 % in checkout", ticket=f"[BUY-1]({LINK})"), Action("Write a runbook")
)
SECOND = postmortem_text(Action("Alert when commands wait"))


@pytest.fixture
def context(database: Database, clock: SettableClock) -> Context:
    context = Context(database, clock, "grace")
    source = InMemoryPostmortems({"a.md": FIRST, "b.md": SECOND})
    list(ingest(context, source, ["a.md", "b.md"]))
    accept_item(context, 3)
    return context


def test_items_are_found_by_all_conditions(context: Context, subtests: pytest.Subtests) -> None:
    questions: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [1, 2, 3]),
        ({"states": [ItemState.PROPOSED]}, [1, 2]),
        ({"states": [ItemState.PROPOSED, ItemState.ACCEPTED]}, [1, 2, 3]),
        ({"postmortem_id": 2}, [3]),
        ({"program": "cache-deadlines"}, []),
        ({"text": "RUNBOOK"}, [2]),
        ({"text": "50 %"}, [1]),
        ({"text": "%"}, [1]),
        ({"text": "_"}, []),
        ({"states": [ItemState.ACCEPTED], "postmortem_id": 1}, []),
    ]
    for asked, numbers in questions:
        with subtests.test(str(asked)), context.database.reading() as session:
            assert [one.item.id for one in action_items.listing(session, Wanted(**asked))] == numbers


def test_an_item_comes_with_its_places_and_links(context: Context) -> None:
    with context.database.reading() as session:
        one = action_items.record(session, 1)
    ((origin, document),) = one.origins
    assert document.name == "a.md"
    assert "50 %" in FIRST.splitlines()[origin.line_start - 1]
    assert (one.links, one.refs, one.program, one.team) == ((LINK,), (), None, None)


def test_a_link_is_cited_once(context: Context) -> None:
    def cite(session: Session) -> list[str]:
        item = session.get_one(ActionItem, 1)
        return action_items.cite(session, item, [LINK, "https://wiki.example/x", "https://wiki.example/x"])

    assert context.database.transact(cite) == ["https://wiki.example/x"]
    assert context.database.transact(cite) == []


def test_an_item_that_is_not_there_is_named(context: Context) -> None:
    with context.database.reading() as session, pytest.raises(NotFound, match="no action item 7"):
        action_items.record(session, 7)
