"""What becomes of documents that are ingested, and ingested again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

import pytest
from sqlmodel import Session

from tests.conftest import SettableClock
from tests.factories import Action, InMemoryPostmortems, postmortem_template_text, postmortem_text
from tests.workflows.reading import (
    everything,
    history,
    items,
    last_change,
    postmortem,
    rows,
    titles,
)
from tracker.core.action_items import DocumentStatus, ItemState, ItemType, VerificationMethod
from tracker.core.errors import DatabaseNotReady, InvalidInput
from tracker.storage.session import Database
from tracker.storage.tables import Learning, Postmortem, PostmortemRevision
from tracker.workflows.context import Context
from tracker.workflows.ingest_postmortems import Ingested, Outcome, ingest
from tracker.workflows.triage_action_items import (
    Edit,
    accept_item,
    decline_item,
    edit_item,
    move_item,
    verify_item,
)

T = TypeVar("T")

TIMEOUT = Action("Set a command timeout on the session cache client")
ALERT = Action("Alert when commands wait longer than one second", owner="Noor Haddadin", type=ItemType.DETECT)
DRILL = Action("Freeze a cache node in staging every quarter", owner="Lorcan Whelehan", type=ItemType.PREVENT)


def take(context: Context, text: str | bytes | None, name: str = "review.md", **options: bool) -> Ingested:
    """Ingest one document; what it says replaces what it said before."""
    source = InMemoryPostmortems({name: text})
    (outcome,) = ingest(context, source, [name], **options)
    return outcome


def test_a_new_postmortem_is_kept_with_all_that_it_states(context: Context, database: Database) -> None:
    outcome = take(context, postmortem_text(TIMEOUT, ALERT))
    assert (outcome.outcome, outcome.postmortem_id, outcome.new, outcome.learnings) == (Outcome.NEW, 1, 2, 1)
    record = postmortem(database)
    kept = record.postmortem
    assert (kept.title, kept.severity, kept.severity_level, kept.incident_date) == (
        "Checkout stopped when the session cache froze",
        "SEV-1",
        1,
        date(2026, 2, 14),
    )
    assert [(item.title, item.owner, item.due, item.type, item.state) for item, _ in record.items] == [
        (TIMEOUT.title, "Mara Lind", date(2026, 4, 30), ItemType.REPAIR, ItemState.PROPOSED),
        (ALERT.title, "Noor Haddadin", date(2026, 4, 30), ItemType.DETECT, ItemState.PROPOSED),
    ]
    assert [learning.text for learning in record.learnings] == [
        "A client without a timeout turns a slow cache into an outage."
    ]


def test_an_item_knows_its_place_and_why_it_was_taken(context: Context, database: Database) -> None:
    text = postmortem_text(TIMEOUT)
    take(context, text)
    ((_, origin),) = postmortem(database).items
    assert origin.quote in text.splitlines()[origin.line_start - 1]
    assert TIMEOUT.title in origin.quote
    assert (origin.section, bool(origin.rule)) == ("Action items", True)


def test_a_document_without_items_is_a_postmortem_too(context: Context, database: Database) -> None:
    assert take(context, postmortem_text()).outcome is Outcome.NEW
    assert items(database) == []


def test_an_unchanged_document_changes_nothing(
    context: Context, database: Database, clock: SettableClock
) -> None:
    take(context, postmortem_text(TIMEOUT))
    before = everything(database)
    clock.advance(timedelta(days=1))
    outcome = take(context, postmortem_text(TIMEOUT))
    assert (outcome.outcome, outcome.postmortem_id) == (Outcome.UNCHANGED, 1)
    assert everything(database) == before


def test_a_changed_document_makes_a_new_revision(context: Context, database: Database) -> None:
    first, second = postmortem_text(TIMEOUT), postmortem_text(TIMEOUT, ALERT)
    take(context, first)
    outcome = take(context, second)
    assert (outcome.outcome, outcome.new, outcome.updated, outcome.withdrawn) == (Outcome.REVISED, 1, 0, 0)
    assert [(r.number, r.content.decode()) for r in rows(database, PostmortemRevision)] == [
        (1, first),
        (2, second),
    ]


def test_a_document_that_returns_to_its_first_words_makes_a_third_revision(
    context: Context, database: Database
) -> None:
    for text in (postmortem_text(TIMEOUT), postmortem_text(ALERT), postmortem_text(TIMEOUT)):
        take(context, text)
    assert [revision.number for revision in rows(database, PostmortemRevision)] == [1, 2, 3]
    assert titles(database) == [TIMEOUT.title, ALERT.title]


def test_a_template_and_minutes_leave_nothing_behind(context: Context, database: Database) -> None:
    before = everything(database)
    assert take(context, postmortem_template_text()).outcome is Outcome.TEMPLATE
    assert take(context, "# Minutes\n\nWe met on Monday.\n").outcome is Outcome.NOT_A_POSTMORTEM
    assert take(context, "").outcome is Outcome.NOT_A_POSTMORTEM
    assert everything(database) == before


@pytest.mark.parametrize(
    ("text", "problem"),
    [(None, "locked"), (b"# Caf\xe9 stopped\n", "UTF-8"), (b"# A\0B\n", "NUL")],
    ids=["the source cannot read it", "wrong encoding", "binary"],
)
def test_an_unreadable_document_is_named_and_the_others_go_on(
    context: Context, database: Database, text: bytes | None, problem: str
) -> None:
    source = InMemoryPostmortems(
        {"a.md": postmortem_text(TIMEOUT), "b.md": text, "c.md": postmortem_text(ALERT)}
    )
    outcomes = list(ingest(context, source, ["a.md", "b.md", "c.md"]))
    assert [one.outcome for one in outcomes] == [Outcome.NEW, Outcome.UNREADABLE, Outcome.NEW]
    assert "b.md" in (outcomes[1].problem or "")
    assert problem in (outcomes[1].problem or "")
    assert titles(database) == [TIMEOUT.title, ALERT.title]


def test_a_missing_location_is_refused_before_anything_is_saved(context: Context, database: Database) -> None:
    source = InMemoryPostmortems({"a.md": postmortem_text(TIMEOUT)})
    with pytest.raises(InvalidInput, match=r"b\.md"):
        list(ingest(context, source, ["a.md", "b.md"]))
    assert rows(database, Postmortem) == []


def test_a_fault_of_the_database_is_not_blamed_on_the_document(
    database_url: str, clock: SettableClock
) -> None:
    class FullDisk(Database):
        def transact(self, _work: Callable[[Session], T]) -> T:
            raise DatabaseNotReady("the disk is full; make room, then try again")

    with closing(FullDisk(database_url)) as database, pytest.raises(DatabaseNotReady, match="disk is full"):
        take(Context(database, clock, "grace"), postmortem_text(TIMEOUT))


@pytest.mark.parametrize("text", [postmortem_template_text(), "# Minutes\n", b"\xff\xfe\xfa"])
def test_a_known_postmortem_that_is_none_any_more_stays_as_it_was(
    context: Context, database: Database, text: str | bytes
) -> None:
    take(context, postmortem_text(TIMEOUT))
    before = everything(database)
    outcome = take(context, text)
    assert outcome.outcome in {Outcome.TEMPLATE, Outcome.NOT_A_POSTMORTEM, Outcome.UNREADABLE}
    assert outcome.postmortem_id == 1
    assert everything(database) == before


# Identity


def test_a_reworded_item_keeps_its_identity_its_state_and_what_people_gave_it(
    context: Context, database: Database
) -> None:
    take(context, postmortem_text(TIMEOUT, ALERT))
    edit_item(context, 1, Edit(priority="P0"))
    accept_item(context, 1)
    reworded = Action("Set a 250 ms command timeout on the session cache clients")
    outcome = take(context, postmortem_text(reworded, ALERT))
    assert (outcome.new, outcome.updated, outcome.withdrawn) == (0, 1, 0)
    item = items(database)[0].item
    assert (item.id, item.title, item.state, item.priority) == (1, reworded.title, ItemState.ACCEPTED, "P0")
    change = last_change(database, item)
    assert (change.action, change.actor) == ("item revised by document", "grace")
    assert change.detail["changes"] == {"title": {"from": TIMEOUT.title, "to": reworded.title}}


def test_a_ticket_identifies_an_item_first(context: Context, database: Database) -> None:
    ticket = "[BUY-4417](https://tickets.example/browse/BUY-4417)"
    take(context, postmortem_text(Action("Fix the cache client", ticket=ticket), ALERT))
    accept_item(context, 1)
    other = Action("Nobody waits for ever for a session", ticket=ticket)
    take(context, postmortem_text(ALERT, Action("Fix the cache client library"), other))
    assert {record.item.title: record.item.id for record in items(database)} == {
        "Nobody waits for ever for a session": 1,
        ALERT.title: 2,
        "Fix the cache client library": 3,
    }


def test_a_ticket_that_was_left_out_once_still_identifies_its_item(
    context: Context, database: Database
) -> None:
    link = "https://tickets.example/browse/BUY-4417"
    with_ticket = Action("Fix the cache client", ticket=f"[BUY-4417]({link})")
    for action in (
        with_ticket,
        Action("Fix the cache client"),
        Action("Never wait for ever", ticket=with_ticket.ticket),
    ):
        take(context, postmortem_text(action))
    assert [(record.item.title, record.links) for record in items(database)] == [
        ("Never wait for ever", (link,))
    ]


def test_a_ticket_that_a_document_adds_is_a_change_of_its_item(context: Context, database: Database) -> None:
    take(context, postmortem_text(TIMEOUT))
    link = "https://tickets.example/browse/BUY-4417"
    outcome = take(context, postmortem_text(Action(TIMEOUT.title, ticket=f"[BUY-4417]({link})")))
    assert outcome.updated == 1
    (record,) = items(database)
    assert record.links == (link,)
    assert last_change(database, record.item).detail["cited"] == [link]


def test_items_that_change_places_stay_themselves(context: Context, database: Database) -> None:
    take(context, postmortem_text(TIMEOUT, ALERT, DRILL))
    outcome = take(context, postmortem_text(DRILL, TIMEOUT, ALERT))
    assert (outcome.new, outcome.updated, outcome.withdrawn) == (0, 0, 0)
    assert [(item.id, item.title) for item, _ in postmortem(database).items] == [
        (3, DRILL.title),
        (1, TIMEOUT.title),
        (2, ALERT.title),
    ]


def test_an_item_gone_from_its_document_is_marked_withdrawn_and_never_deleted(
    context: Context, database: Database, clock: SettableClock
) -> None:
    take(context, postmortem_text(TIMEOUT, ALERT))
    accept_item(context, 2)
    clock.advance(timedelta(days=1))
    outcome = take(context, postmortem_text(TIMEOUT))
    assert outcome.withdrawn == 1
    item, origin = postmortem(database).items[1]
    assert (item.title, item.state, origin.withdrawn_at) == (ALERT.title, ItemState.ACCEPTED, clock())
    assert last_change(database, item).action == "item withdrawn in source"


def test_an_item_is_withdrawn_once(context: Context, database: Database) -> None:
    take(context, postmortem_text(TIMEOUT, ALERT))
    take(context, postmortem_text(TIMEOUT))
    assert take(context, postmortem_text(TIMEOUT, severity="SEV-2")).withdrawn == 0
    assert [entry.action for entry in history(database, items(database)[1].item)] == [
        "item proposed",
        "item withdrawn in source",
    ]


def test_an_item_that_comes_back_is_no_longer_withdrawn(context: Context, database: Database) -> None:
    take(context, postmortem_text(TIMEOUT, ALERT))
    accept_item(context, 2)
    take(context, postmortem_text(TIMEOUT))
    outcome = take(context, postmortem_text(TIMEOUT, ALERT))
    assert (outcome.new, outcome.updated) == (0, 1)
    item, origin = postmortem(database).items[1]
    assert (item.id, item.state, origin.withdrawn_at) == (2, ItemState.ACCEPTED, None)
    assert last_change(database, item).detail["returned"] is True


# The three-way merge


def test_the_document_changes_what_no_person_touched(context: Context, database: Database) -> None:
    take(context, postmortem_text(TIMEOUT))
    take(
        context,
        postmortem_text(Action(TIMEOUT.title, owner="Noor Haddadin", due=date(2026, 6, 1), status="Done")),
    )
    item = items(database)[0].item
    assert (item.owner, item.due, item.document_status) == (
        "Noor Haddadin",
        date(2026, 6, 1),
        DocumentStatus.DONE,
    )


def test_where_both_changed_a_field_the_person_wins_and_the_document_is_in_the_audit_trail(
    context: Context, database: Database
) -> None:
    take(context, postmortem_text(TIMEOUT))
    edit_item(context, 1, Edit(owner="Tomasz Wieliczko", due=date(2026, 5, 15)))
    outcome = take(
        context, postmortem_text(Action(TIMEOUT.title, owner="Noor Haddadin", due=date(2026, 6, 1)))
    )
    assert outcome.updated == 1
    item = items(database)[0].item
    assert (item.owner, item.due) == ("Tomasz Wieliczko", date(2026, 5, 15))
    change = last_change(database, item)
    assert change.detail["overruled"] == {"owner": "Noor Haddadin", "due": "2026-06-01"}
    assert change.detail["changes"] == {}


def test_an_overruled_word_is_logged_once(context: Context) -> None:
    take(context, postmortem_text(TIMEOUT))
    edit_item(context, 1, Edit(owner="Tomasz Wieliczko"))
    take(context, postmortem_text(Action(TIMEOUT.title, owner="Noor Haddadin")))
    outcome = take(context, postmortem_text(Action(TIMEOUT.title, owner="Noor Haddadin"), severity="SEV-2"))
    assert outcome.updated == 0


def test_what_a_document_stops_saying_is_kept(context: Context, database: Database) -> None:
    take(context, postmortem_text(TIMEOUT))
    silent = Action(TIMEOUT.title, owner="", due=None, priority="")
    assert take(context, postmortem_text(silent)).updated == 0
    item = items(database)[0].item
    assert (item.owner, item.due, item.priority) == ("Mara Lind", date(2026, 4, 30), "P1")


def test_a_document_that_speaks_again_after_its_silence_is_heard(
    context: Context, database: Database
) -> None:
    take(context, postmortem_text(TIMEOUT))
    take(context, postmortem_text(Action(TIMEOUT.title, owner="")))
    take(context, postmortem_text(Action(TIMEOUT.title, owner="Noor Haddadin")))
    assert items(database)[0].item.owner == "Noor Haddadin"


def test_what_a_person_gave_is_kept_through_silence_and_repetition(
    context: Context, database: Database
) -> None:
    take(context, postmortem_text(TIMEOUT))
    edit_item(context, 1, Edit(owner="Tomasz Wieliczko"))
    for owner in ("", "Mara Lind", "", "Mara Lind"):
        outcome = take(context, postmortem_text(Action(TIMEOUT.title, owner=owner)))
        assert outcome.updated == 0
    assert items(database)[0].item.owner == "Tomasz Wieliczko"


def test_a_declined_item_stays_declined_when_its_document_changes(
    context: Context, database: Database
) -> None:
    take(context, postmortem_text(TIMEOUT))
    decline_item(context, 1, "the service is switched off in May")
    take(context, postmortem_text(Action(TIMEOUT.title, owner="Noor Haddadin")))
    item = items(database)[0].item
    assert (item.state, item.owner) == (ItemState.DECLINED, "Noor Haddadin")


def test_a_document_cannot_make_the_verifier_the_owner(
    acting: Callable[[str], Context], database: Database
) -> None:
    context = acting("Noor Haddadin")
    take(context, postmortem_text(TIMEOUT))
    accept_item(context, 1)
    move_item(context, 1, ItemState.DONE)
    verify_item(context, 1, VerificationMethod.DRILL, "froze a node on 2026-03-01")
    take(context, postmortem_text(Action(TIMEOUT.title, owner="noor haddadin")))
    item = items(database)[0].item
    assert (item.owner, item.state) == ("Mara Lind", ItemState.VERIFIED)
    assert last_change(database, item).detail["overruled"] == {"owner": "noor haddadin"}


# The document itself, and its learnings


def test_what_a_revision_changes_of_the_document_is_in_the_audit_trail(
    context: Context, database: Database
) -> None:
    take(context, postmortem_text(severity="SEV-2"))
    take(context, postmortem_text(severity="SEV-1", title="Checkout stopped for 47 minutes"))
    change = last_change(database, postmortem(database).postmortem)
    assert (change.action, change.actor, change.detail) == (
        "postmortem revised",
        "grace",
        {
            "revision": 2,
            "changes": {
                "title": {
                    "from": "Checkout stopped when the session cache froze",
                    "to": "Checkout stopped for 47 minutes",
                },
                "severity": {"from": "SEV-2", "to": "SEV-1"},
                "severity_level": {"from": 2, "to": 1},
            },
        },
    )


def test_a_reworded_learning_keeps_its_identity_and_its_old_words_are_in_the_audit_trail(
    context: Context, database: Database
) -> None:
    old, new = "Slow is worse than down for the callers.", "Slow is worse than down for all of the callers."
    take(context, postmortem_text(learnings=[old, "Restarting hid the evidence."]))
    take(context, postmortem_text(learnings=[new, "Restarting hid the evidence."]))
    changed, same = rows(database, Learning)
    assert (changed.text, changed.withdrawn_at) == (new, None)
    assert last_change(database, changed).detail["changes"] == {"text": {"from": old, "to": new}}
    assert [entry.action for entry in history(database, same)] == ["learning found"]


def test_a_learning_that_vanishes_is_marked_and_comes_back(context: Context, database: Database) -> None:
    take(context, postmortem_text(learnings=["Slow is worse than down.", "Restarting hid the evidence."]))
    take(context, postmortem_text(learnings=["Slow is worse than down."]))
    assert rows(database, Learning)[1].withdrawn_at is not None
    take(context, postmortem_text(learnings=["Slow is worse than down.", "Restarting hid the evidence."]))
    learning = rows(database, Learning)[1]
    assert learning.withdrawn_at is None
    assert [entry.action for entry in history(database, learning)] == [
        "learning found",
        "learning withdrawn in source",
        "learning revised by document",
    ]


# Confidentiality


def test_a_confidential_postmortem_stays_confidential(context: Context, database: Database) -> None:
    take(context, postmortem_text(TIMEOUT), confidential=True)
    take(context, postmortem_text(TIMEOUT, ALERT))
    assert postmortem(database).postmortem.confidential


def test_a_postmortem_can_be_made_confidential_later(context: Context, database: Database) -> None:
    take(context, postmortem_text(TIMEOUT))
    outcome = take(context, postmortem_text(TIMEOUT), confidential=True)
    assert outcome.outcome is Outcome.UNCHANGED
    kept = postmortem(database).postmortem
    assert kept.confidential
    assert (last_change(database, kept).action, last_change(database, kept).actor) == (
        "postmortem made confidential",
        "grace",
    )


@pytest.mark.parametrize("text", ["# Minutes\n", b"\xff", postmortem_text(TIMEOUT, ALERT)])
def test_confidentiality_is_heeded_whatever_becomes_of_the_document(
    context: Context, database: Database, text: str | bytes
) -> None:
    take(context, postmortem_text(TIMEOUT))
    take(context, text, confidential=True)
    assert postmortem(database).postmortem.confidential


# Many at once


def test_two_that_ingest_the_same_folder_at_once_double_nothing(
    acting: Callable[[str], Context], database: Database
) -> None:
    names = [f"{number}.md" for number in range(6)]
    source = InMemoryPostmortems(
        {name: postmortem_text(TIMEOUT, ALERT, title=f"Outage {name}") for name in names}
    )
    with ThreadPoolExecutor(2) as pool:
        for run in [pool.submit(lambda who: list(ingest(acting(who), source, names)), who) for who in "ab"]:
            run.result()
    assert len(rows(database, Postmortem)) == len(rows(database, PostmortemRevision)) == 6
    assert len(items(database)) == 12


def test_an_edit_during_a_revision_is_not_lost(acting: Callable[[str], Context], database: Database) -> None:
    take(acting("grace"), postmortem_text(TIMEOUT))

    def revise() -> None:
        for name in ("Ada", "Bo", "Cleo", "Dana", "Eli", "Finn"):
            take(acting("robot"), postmortem_text(Action(TIMEOUT.title, owner=name)))

    def edit() -> None:
        for number in range(6):
            edit_item(acting("alan"), 1, Edit(priority=f"P{number}"))

    with ThreadPoolExecutor(2) as pool:
        for run in [pool.submit(revise), pool.submit(edit)]:
            run.result()
    item = items(database)[0].item
    assert (item.owner, item.priority) == ("Finn", "P5")
    assert [entry.actor for entry in history(database, item)].count("alan") == 6
    assert [entry.actor for entry in history(database, item)].count("robot") == 6


class Meanwhile(Database):
    """A database in which something else happens before the first change."""

    def __init__(self, url: str, happens: Callable[[], object]) -> None:
        super().__init__(url)
        self._happens: list[Callable[[], object]] = [happens]

    def transact(self, work: Callable[[Session], T]) -> T:
        while self._happens:
            self._happens.pop()()
        return super().transact(work)


def test_a_postmortem_that_somebody_makes_meanwhile_is_not_hidden(
    context: Context, database: Database, database_url: str
) -> None:
    with closing(Meanwhile(database_url, lambda: take(context, postmortem_text(TIMEOUT)))) as slower:
        writer = replace(context, database=slower, sees_confidential=False)
        outcome = take(writer, postmortem_text(ALERT), confidential=True)
    assert outcome.outcome is Outcome.NOT_PERMITTED
    assert not postmortem(database).postmortem.confidential
    assert titles(database) == [TIMEOUT.title]
