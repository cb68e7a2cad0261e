"""Postmortems in lists: the latest incident first, counted without what was withdrawn."""

from datetime import date

import pytest

from tests.conftest import SettableClock
from tests.factories import Action, InMemoryPostmortems, postmortem_text
from tracker.core.errors import NotFound
from tracker.storage import postmortems
from tracker.storage.session import Database
from tracker.workflows.context import Context
from tracker.workflows.ingest_postmortems import ingest

ONE, TWO = Action("Set a timeout on the session cache client"), Action("Write a runbook for fail-over")


def take(database: Database, clock: SettableClock, name: str, text: str) -> None:
    list(ingest(Context(database, clock, "grace"), InMemoryPostmortems({name: text}), [name]))


def test_the_latest_incident_is_first_and_those_without_a_date_are_last(
    database: Database, clock: SettableClock
) -> None:
    undated = postmortem_text(title="Undated").replace("| **Date** | 2026-02-14 |", "")
    take(database, clock, "undated.md", undated)
    days = (date(2026, 2, 1), date(2026, 3, 1), date(1999, 12, 31), date(2026, 3, 1))
    for number, day in enumerate(days):
        take(database, clock, f"{number}.md", postmortem_text(ONE, title=f"Outage {number}", day=day))
    with database.reading() as session:
        listed = postmortems.listing(session)
    assert [one.incident_date for one, _, _ in listed] == [
        date(2026, 3, 1),
        date(2026, 3, 1),
        date(2026, 2, 1),
        date(1999, 12, 31),
        None,
    ]
    assert [one.id for one, _, _ in listed[:2]] == [5, 3]


def test_what_was_withdrawn_is_not_counted(database: Database, clock: SettableClock) -> None:
    both = ("Slow is worse than down.", "Restarting hid the evidence.")
    take(database, clock, "a.md", postmortem_text(ONE, TWO, learnings=both))
    take(database, clock, "a.md", postmortem_text(ONE, learnings=both[:1]))
    take(database, clock, "b.md", postmortem_text(learnings=()))
    with database.reading() as session:
        counts = {one.name: (items, learnings) for one, items, learnings in postmortems.listing(session)}
        assert postmortems.record(session, 1).revisions == 2
    assert counts == {"a.md": (1, 1), "b.md": (0, 0)}


def test_a_postmortem_that_is_not_there_is_named(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotFound, match="no postmortem 7"):
        postmortems.record(session, 7)
