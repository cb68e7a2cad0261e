"""What is confidential, and what came out of it, does not exist for those who do not see it."""

import pytest
from sqlmodel import Session

from tests.conftest import SettableClock
from tests.factories import Action, InMemoryPostmortems, postmortem_text
from tracker.core.errors import NotFound
from tracker.storage import action_items, lessons, postmortems
from tracker.storage.action_items import Wanted
from tracker.storage.pages import Paging
from tracker.storage.session import Database
from tracker.storage.tables import ActionItemOrigin
from tracker.workflows.context import Context
from tracker.workflows.ingest_postmortems import ingest


@pytest.fixture
def context(database: Database, clock: SettableClock) -> Context:
    """An open postmortem asks for items 1 and 2; a confidential one for item 3, and for item 1 as well."""
    context = Context(database, clock, "grace")
    texts = {
        "open.md": postmortem_text(Action("Set a timeout"), Action("Write a runbook")),
        "secret.md": postmortem_text(Action("Change the locks")),
    }
    source = InMemoryPostmortems(dict(texts))
    list(ingest(context, source, ["open.md"]))
    list(ingest(context, source, ["secret.md"], confidential=True))

    def share(session: Session) -> None:
        origin = session.get_one(ActionItemOrigin, 3)
        copy = origin.model_dump(exclude={"id", "action_item_id"})
        session.add(ActionItemOrigin(action_item_id=1, **copy))

    database.transact(share)
    return context


def seen(session: Session, context: Context, *, sees: bool) -> list[int]:
    found = action_items.page(session, Wanted(), Paging(), today=context.now.date(), sees_confidential=sees)
    return [one.item.id for one in found.items]


def test_an_item_that_a_confidential_postmortem_asks_for_too_is_hidden(context: Context) -> None:
    with context.database.reading() as session:
        assert seen(session, context, sees=True) == [1, 2, 3]
        assert seen(session, context, sees=False) == [2]
        for hidden in (1, 3):
            with pytest.raises(NotFound, match=f"no action item {hidden}"):
                action_items.get(session, hidden, sees_confidential=False)


def test_a_hidden_item_is_left_out_of_its_open_postmortem_and_of_its_numbers(context: Context) -> None:
    with context.database.reading() as session:
        record = postmortems.record(session, 1, sees_confidential=False)
        ((_, items, learnings),) = postmortems.page(
            session, postmortems.Wanted(), Paging(), sees_confidential=False
        ).items
    assert [item.id for item, _ in record.items] == [2]
    assert (items, learnings) == (1, 1)


def test_a_learning_is_as_open_as_its_postmortem(context: Context) -> None:
    with context.database.reading() as session:
        open_ones = lessons.learnings_page(session, Paging(), sees_confidential=False).items
        assert [one.postmortem.id for one in open_ones] == [1]
        with pytest.raises(NotFound, match="no learning 2"):
            lessons.learning(session, 2, sees_confidential=False)
