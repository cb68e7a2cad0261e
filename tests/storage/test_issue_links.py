"""Links between items and issues: one item, one issue, and values that come back as they went in."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from tracker.core.action_items import ItemState
from tracker.core.issue_sync import Decision, DecisionKind, Halves, LinkState
from tracker.core.issues import IssueField, Phase
from tracker.storage import issue_links, sync_runs
from tracker.storage.session import Database
from tracker.storage.tables import ActionItem, IssueLink, RunState, SyncRun, Table

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SITE = "https://jira.example"
VALUES = {
    IssueField.SUMMARY: "Beschränke Wiederholungen ✓",
    IssueField.DESCRIPTION: None,
    IssueField.STATUS: Phase.IN_PROGRESS,
    IssueField.DUE: date(2026, 4, 30),
    IssueField.LABELS: frozenset({"elsewhere", "sev1"}),
}


def link(item_id: int = 1, **columns: Any) -> IssueLink:
    columns = {
        "state": LinkState.LINKED,
        "issue_id": "10",
        "issue_key": "OPS-1",
        "agreed": {},
        "sent": {},
    } | columns
    known = {
        "action_item_id": item_id,
        "site": SITE,
        "marker": str(item_id),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return IssueLink(**known | columns)


def run(**columns: Any) -> SyncRun:
    return SyncRun(**{"site": SITE, "actor": "ada", "counts": {}, "waiting": [], "started_at": NOW} | columns)


@pytest.fixture
def database(database: Database) -> Database:
    """A database with three items, the last of them proposed."""

    def add(session: Session) -> None:
        for state in (ItemState.ACCEPTED, ItemState.DONE, ItemState.PROPOSED):
            session.add(ActionItem(title="Set a timeout", state=state, created_at=NOW, updated_at=NOW))
            session.flush()

    database.transact(add)
    return database


def save(database: Database, *rows: Table) -> None:
    database.transact(lambda session: session.add_all(rows))


def test_values_of_fields_come_back_as_they_went_in(database: Database) -> None:
    agreed = {name: Halves(value, None) for name, value in VALUES.items()}
    save(
        database,
        link(agreed=issue_links.agreed_as_json(agreed), sent=issue_links.fields_as_json(VALUES)),
    )
    with database.reading() as session:
        kept = issue_links.as_link(issue_links.of_items(session, [1])[1])
    assert (kept.agreed, kept.sent) == (agreed, VALUES)


@pytest.mark.parametrize(
    "refused",
    [
        {"item_id": 1, "marker": "another", "issue_id": "11"},
        {"item_id": 2, "marker": "1", "issue_id": "11"},
        {"item_id": 2},
        {"item_id": 2, "issue_id": None},
        {"item_id": 2, "issue_id": "11", "issue_key": None, "state": LinkState.MISSING},
        {"item_id": 2, "issue_id": "11", "site": " "},
        {"item_id": 9, "issue_id": "11"},
    ],
    ids=["second link", "same marker", "same issue", "no issue", "no key", "no site", "no item"],
)
def test_one_item_has_one_issue_and_one_issue_one_item(database: Database, refused: dict[str, Any]) -> None:
    save(database, link())
    with pytest.raises(IntegrityError):
        save(database, link(**refused))


def test_issues_of_two_sites_may_have_the_same_id(database: Database) -> None:
    save(database, link(), link(2, site="https://other.example"))
    with database.reading() as session:
        assert issue_links.holders(session, SITE) == {"10": 1}


def test_an_item_is_looked_at_if_it_has_an_issue_or_is_to_have_one(database: Database) -> None:
    save(database, link(2))
    with database.reading() as session:
        assert [one.id for one in issue_links.linkable(session)] == [1, 2]
        assert [one.id for one in issue_links.linkable(session, [2, 3])] == [2]


@pytest.mark.parametrize(
    "refused",
    [
        {"actor": " "},
        {"state": RunState.FINISHED},
        {"finished_at": NOW},
        {"state": RunState.STOPPED, "finished_at": NOW},
    ],
)
def test_a_run_that_contradicts_itself_is_refused(database: Database, refused: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        save(database, run(**refused))


def test_a_run_that_never_ended_was_interrupted(database: Database) -> None:
    save(database, run(), run(state=RunState.FINISHED, finished_at=NOW))
    database.transact(lambda session: sync_runs.interrupt(session, NOW))
    with database.reading() as session:
        states = [sync_runs.get(session, number).state for number in (1, 2)]
    assert states == [RunState.INTERRUPTED, RunState.FINISHED]


def test_the_latest_decision_of_each_field_is_found(database: Database) -> None:
    save(database, run())

    def decide(session: Session) -> None:
        for day, name in ((1, IssueField.DUE), (2, IssueField.DUE), (3, None)):
            conflict = Decision(
                1, DecisionKind.CONFLICT, "both", name, ours=date(2026, 5, day), needs_a_person=True
            )
            session.add(sync_runs.row_of(conflict, 1, NOW))

    database.transact(decide)
    with database.reading() as session:
        latest = sync_runs.latest(session, [1, 2])
    assert {key: one.ours for key, one in latest.items()} == {
        (1, IssueField.DUE): "2026-05-02",
        (1, None): "2026-05-03",
    }
