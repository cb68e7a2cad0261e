"""What people may do with action items, what is refused, and what the audit trail says of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from tests.conftest import SettableClock
from tests.workflows.reading import everything, history, items, last_change
from tracker.core.action_items import DocumentStatus, ItemSize, ItemState, ItemType, VerificationMethod
from tracker.core.errors import InvalidInput, InvalidMove, NotFound, VersionChanged
from tracker.core.people import IdentityKind
from tracker.storage.session import Database
from tracker.storage.tables import ActionItem, Identity, Person, Team
from tracker.workflows import triage_action_items
from tracker.workflows.context import Context
from tracker.workflows.triage_action_items import (
    Edit,
    accept_item,
    decline_item,
    edit_item,
    move_item,
    return_expired,
    verify_item,
)

DRILL = VerificationMethod.DRILL
NOTE = "froze a node on 2026-03-01, see wiki/drills/41"


def add_item(context: Context, *reached: ItemState, **columns: Any) -> int:
    """Add a proposed item and move it through these states; returns its number."""

    def work(session: Session) -> int:
        values: dict[str, Any] = {
            "title": "Set a timeout",
            "owner": "Mara Lind",
            "created_at": context.now,
            "updated_at": context.now,
        }
        item = ActionItem(**(values | columns))
        session.add(item)
        session.flush()
        return item.id

    number = context.database.transact(work)
    for state in reached:
        if state is ItemState.VERIFIED:
            verify_item(context, number, DRILL, NOTE)
        elif state is ItemState.DECLINED:
            decline_item(context, number, "the service is switched off")
        else:
            move_item(context, number, state)
    return number


def only(database: Database) -> ActionItem:
    (record,) = items(database)
    return record.item


ACCEPTED, IN_PROGRESS, BLOCKED, DONE = (
    ItemState.ACCEPTED,
    ItemState.IN_PROGRESS,
    ItemState.BLOCKED,
    ItemState.DONE,
)


def test_accepting_is_recorded_with_its_actor(context: Context, database: Database) -> None:
    record = accept_item(context, add_item(context))
    assert record.item.state is ItemState.ACCEPTED
    change = last_change(database, record.item)
    assert (change.actor, change.action, change.at) == ("grace", "item accepted", context.now)
    assert change.detail == {"changes": {"state": {"from": "proposed", "to": "accepted"}}}


@pytest.mark.parametrize(
    "accepting", [accept_item, lambda context, item: move_item(context, item, ItemState.ACCEPTED)]
)
def test_an_item_that_its_document_calls_done_is_done_when_it_is_accepted(
    context: Context, accepting: Callable[[Context, int], object]
) -> None:
    accepting(context, add_item(context, document_status=DocumentStatus.DONE))
    assert only(context.database).state is ItemState.DONE


def test_an_item_is_accepted_once(context: Context) -> None:
    number = add_item(context, ACCEPTED)
    with pytest.raises(InvalidMove, match="item that is accepted cannot become accepted"):
        accept_item(context, number)


def test_work_goes_its_way_and_back(context: Context, database: Database) -> None:
    add_item(context, ACCEPTED, IN_PROGRESS, BLOCKED, IN_PROGRESS, DONE, IN_PROGRESS, DONE)
    assert only(database).state is ItemState.DONE
    assert [entry.action for entry in history(database, only(database))] == [
        "item accepted",
        "item in_progress",
        "item blocked",
        "item in_progress",
        "item done",
        "item in_progress",
        "item done",
    ]


def test_a_move_that_is_not_allowed_names_those_that_are_and_changes_nothing(
    context: Context, database: Database
) -> None:
    number = add_item(context)
    before = everything(database)
    with pytest.raises(InvalidMove, match="only accepted, declined"):
        move_item(context, number, DONE)
    assert everything(database) == before


@pytest.mark.parametrize("to", [ItemState.DECLINED, ItemState.VERIFIED])
def test_what_needs_a_reason_or_a_proof_is_no_plain_move(context: Context, to: ItemState) -> None:
    with pytest.raises(InvalidMove, match="which asks what it needs"):
        move_item(context, add_item(context, ACCEPTED, DONE), to)


def test_an_item_that_is_not_there_is_named(context: Context) -> None:
    changes: list[Callable[[], object]] = [
        lambda: accept_item(context, 7),
        lambda: decline_item(context, 7, "why"),
        lambda: move_item(context, 7, DONE),
        lambda: verify_item(context, 7, DRILL, NOTE),
        lambda: edit_item(context, 7, Edit(title="x")),
    ]
    for change in changes:
        with pytest.raises(NotFound, match="no action item 7"):
            change()


# Declining


def test_declining_keeps_the_reason_the_person_and_the_day(context: Context, database: Database) -> None:
    decline_item(context, add_item(context), "  switched off in May ", date(2026, 6, 1))
    item = only(database)
    assert (item.state, item.decline_reason, item.declined_by, item.declined_until) == (
        ItemState.DECLINED,
        "switched off in May",
        "grace",
        date(2026, 6, 1),
    )


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_declining_needs_a_reason(context: Context, reason: str) -> None:
    with pytest.raises(InvalidInput, match="--reason: say why"):
        decline_item(context, add_item(context), reason)


@pytest.mark.parametrize("until", [date(2026, 3, 2), date(2020, 1, 1)], ids=["today", "long ago"])
def test_declining_until_a_day_that_has_come_is_refused(context: Context, until: date) -> None:
    with pytest.raises(InvalidInput, match="is not in the future"):
        decline_item(context, add_item(context), "later", until)


def test_any_item_can_be_declined_and_proposed_again(context: Context, database: Database) -> None:
    for reached in ((), (ACCEPTED,), (ACCEPTED, IN_PROGRESS), (ACCEPTED, BLOCKED), (ACCEPTED, DONE)):
        number = add_item(context, *reached)
        decline_item(context, number, "why")
        move_item(context, number, ItemState.PROPOSED)
    assert {(r.item.state, r.item.decline_reason, r.item.declined_by) for r in items(database)} == {
        (ItemState.PROPOSED, None, None)
    }


def test_an_expired_decline_returns_to_the_proposed(
    context: Context, database: Database, clock: SettableClock
) -> None:
    expiring, lasting = add_item(context), add_item(context)
    decline_item(context, expiring, "not before the freeze ends", date(2026, 3, 4))
    decline_item(context, lasting, "never")
    clock.advance(timedelta(days=1))
    assert return_expired(context) == ()
    clock.advance(timedelta(days=1))
    assert return_expired(context) == (expiring,)
    assert return_expired(context) == ()
    returned, stays = (record.item for record in items(database))
    assert (returned.state, returned.decline_reason, stays.state) == (
        ItemState.PROPOSED,
        None,
        ItemState.DECLINED,
    )
    change = last_change(database, returned)
    assert (change.action, change.detail) == (
        "item proposed again",
        {"reason": "not before the freeze ends", "until": "2026-03-04"},
    )


def test_an_item_whose_decline_has_expired_can_be_accepted(
    context: Context, database: Database, clock: SettableClock
) -> None:
    number = add_item(context)
    decline_item(context, number, "not before the freeze ends", date(2026, 3, 4))
    with pytest.raises(InvalidMove, match="declined"):
        accept_item(context, number)
    clock.advance(timedelta(days=2))
    accept_item(context, number)
    assert only(database).state is ItemState.ACCEPTED


# Verifying


def test_verifying_keeps_how_by_whom_and_what_shows_it(context: Context, database: Database) -> None:
    verify_item(context, add_item(context, ACCEPTED, DONE), DRILL, f" {NOTE} ")
    item = only(database)
    assert (item.state, item.verification_method, item.verified_by, item.verification_note) == (
        ItemState.VERIFIED,
        DRILL,
        "grace",
        NOTE,
    )


def test_only_done_work_can_be_verified(context: Context) -> None:
    with pytest.raises(InvalidMove, match="cannot become verified"):
        verify_item(context, add_item(context, ACCEPTED), DRILL, NOTE)


def test_verifying_needs_something_that_shows_it(context: Context) -> None:
    with pytest.raises(InvalidInput, match="--note"):
        verify_item(context, add_item(context, ACCEPTED, DONE), DRILL, " ")


@pytest.mark.parametrize(
    ("actor", "owner"),
    [
        ("Mara Lind", "Mara Lind"),
        ("mara lind", " Mara  LIND, payments team"),
        ("mlind", "Mara Lind"),
        ("group:default/payments", "payments"),
    ],
)
def test_the_verifier_is_not_the_owner_by_whatever_name(
    acting: Callable[[str], Context], database: Database, actor: str, owner: str
) -> None:
    context = acting(actor)

    def introduce(session: Session) -> None:
        mara = Person(name="Mara Lind", created_at=context.now)
        payments = Team(name="payments", created_at=context.now)
        session.add_all([mara, payments])
        session.flush()
        session.add_all(
            Identity(kind=IdentityKind.NAME, value=v, person_id=mara.id) for v in ("mara lind", "mlind")
        )
        session.add(Identity(kind=IdentityKind.NAME, value="payments", team_id=payments.id))
        session.add(Identity(kind=IdentityKind.CATALOG, value="group:default/payments", team_id=payments.id))

    database.transact(introduce)
    number = add_item(context, ACCEPTED, DONE, owner=owner)
    with pytest.raises(InvalidMove, match="somebody else"):
        verify_item(context, number, DRILL, NOTE)
    assert only(database).state is ItemState.DONE


def test_nobody_owns_work_without_an_owner(context: Context, database: Database) -> None:
    verify_item(context, add_item(context, ACCEPTED, DONE, owner=None), DRILL, NOTE)
    assert only(database).state is ItemState.VERIFIED


@pytest.mark.parametrize("owner", ["grace", "Grace"])
def test_the_verifier_cannot_become_the_owner(context: Context, database: Database, owner: str) -> None:
    number = add_item(context, ACCEPTED, DONE, ItemState.VERIFIED)
    with pytest.raises(InvalidMove, match="somebody else"):
        edit_item(context, number, Edit(owner=owner))
    assert only(database).owner == "Mara Lind"


def test_work_that_is_taken_up_again_is_no_longer_verified(context: Context, database: Database) -> None:
    add_item(context, ACCEPTED, DONE, ItemState.VERIFIED, IN_PROGRESS)
    item = only(database)
    assert (item.state, item.verified_by, item.verification_note) == (ItemState.IN_PROGRESS, None, None)


# Editing


def test_an_edit_is_recorded_field_by_field(context: Context, database: Database) -> None:
    edit = Edit(
        title=" Set a 250 ms timeout ",
        description="In all clients.",
        owner="Noor Haddadin",
        due=date(2026, 5, 1),
        priority="P0",
        type=ItemType.PREVENT,
        size=ItemSize.PROGRAM,
    )
    edit_item(context, add_item(context), edit)
    item = only(database)
    assert (item.title, item.owner, item.due, item.type, item.size) == (
        "Set a 250 ms timeout",
        "Noor Haddadin",
        date(2026, 5, 1),
        ItemType.PREVENT,
        ItemSize.PROGRAM,
    )
    assert last_change(database, item).detail["changes"] == {
        "title": {"from": "Set a timeout", "to": "Set a 250 ms timeout"},
        "description": {"from": None, "to": "In all clients."},
        "owner": {"from": "Mara Lind", "to": "Noor Haddadin"},
        "due": {"from": None, "to": "2026-05-01"},
        "priority": {"from": None, "to": "P0"},
        "type": {"from": None, "to": "prevent"},
        "size": {"from": "item", "to": "program"},
    }


def test_an_edit_that_changes_nothing_leaves_no_trace(context: Context, database: Database) -> None:
    number = add_item(context)
    before = everything(database)
    edit_item(context, number, Edit(title="Set a timeout"))
    edit_item(context, number, Edit())
    assert everything(database) == before


def test_a_field_is_not_emptied_by_mistake(
    context: Context, database: Database, subtests: pytest.Subtests
) -> None:
    number = add_item(context)
    before = everything(database)
    for option, edit in {
        "--title": Edit(title="  ", owner="Noor"),
        "--description": Edit(description=""),
        "--owner": Edit(owner="\n"),
        "--priority": Edit(due=date(2026, 5, 1), priority=" "),
    }.items():
        with subtests.test(option), pytest.raises(InvalidInput, match=f"{option}: has no words"):
            edit_item(context, number, edit)
    assert everything(database) == before


def test_a_new_owner_is_found_among_the_people_and_teams(context: Context, database: Database) -> None:
    def introduce(session: Session) -> None:
        team = Team(name="payments", created_at=context.now)
        session.add(team)
        session.flush()
        session.add(Identity(kind=IdentityKind.CATALOG, value="group:default/payments", team_id=team.id))

    database.transact(introduce)
    record = edit_item(context, add_item(context), Edit(owner="group:default/payments"))
    assert record.team == "payments"
    assert edit_item(context, 1, Edit(owner="nobody we know")).team is None


def test_what_two_change_at_once_is_not_lost(acting: Callable[[str], Context], database: Database) -> None:
    number = add_item(acting("grace"), ACCEPTED)

    def edit(actor: str) -> None:
        for day in range(1, 7):
            new = Edit(priority=f"P{day}") if actor == "alan" else Edit(due=date(2026, 5, day))
            edit_item(acting(actor), number, new)

    with ThreadPoolExecutor(2) as pool:
        for run in [pool.submit(edit, actor) for actor in ("alan", "ada")]:
            run.result()
    item = only(database)
    assert (item.priority, item.due) == ("P6", date(2026, 5, 6))
    actors = [entry.actor for entry in history(database, item)]
    assert (actors.count("alan"), actors.count("ada")) == (6, 6)


def test_an_item_is_accepted_by_one_of_two(acting: Callable[[str], Context], database: Database) -> None:
    number = add_item(acting("grace"))

    def accept(actor: str) -> bool:
        try:
            accept_item(acting(actor), number)
        except InvalidMove:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(accept, ["alan", "ada"])) == [False, True]
    assert len(history(database, only(database))) == 1


# Emptying, adding, and versions


def test_a_field_is_emptied_and_the_trail_says_so(context: Context, database: Database) -> None:
    number = add_item(context, due=date(2026, 6, 1), priority="P1")
    edit_item(context, number, Edit(due=None, owner=None))
    item = only(database)
    assert (item.due, item.owner, item.priority) == (None, None, "P1")
    changes = last_change(database, item).detail["changes"]
    assert changes["due"] == {"from": "2026-06-01", "to": None}


@pytest.mark.parametrize("field", ["title", "size"])
def test_what_every_item_has_is_not_emptied(context: Context, field: str) -> None:
    edit = {field: None}
    with pytest.raises(InvalidInput, match="cannot be empty") as refusal:
        edit_item(context, add_item(context), edit)  # type: ignore[arg-type]
    assert refusal.value.place == f"--{field}"


def test_an_item_is_proposed_by_hand(context: Context, database: Database) -> None:
    record = triage_action_items.add_item(
        context, " Write a runbook ", Edit(owner="payments", type=ItemType.PROCESS)
    )
    assert (record.item.title, record.item.state, record.origins) == (
        "Write a runbook",
        ItemState.PROPOSED,
        (),
    )
    entry = last_change(database, only(database))
    assert (entry.actor, entry.action) == ("grace", "item proposed")


def test_an_item_without_a_title_is_not_proposed(context: Context, database: Database) -> None:
    with pytest.raises(InvalidInput, match="--title"):
        triage_action_items.add_item(context, "  ")
    assert items(database) == []


def test_a_change_for_a_version_that_is_no_more_is_refused(context: Context, database: Database) -> None:
    number = add_item(context)
    edit_item(context, number, Edit(priority="P0"), expected_version=1)
    changes: list[Callable[[], object]] = [
        lambda: edit_item(context, number, Edit(priority="P3"), expected_version=1),
        lambda: accept_item(context, number, expected_version=1),
        lambda: decline_item(context, number, "why", expected_version=1),
        lambda: move_item(context, number, ItemState.ACCEPTED, expected_version=1),
        lambda: verify_item(context, number, DRILL, NOTE, expected_version=1),
    ]
    for change in changes:
        with pytest.raises(VersionChanged, match="version 2, not 1"):
            change()
    assert only(database).priority == "P0"


def test_of_two_who_read_the_same_version_one_changes_it(context: Context, database: Database) -> None:
    number = add_item(context)

    def edit(priority: str) -> bool:
        try:
            edit_item(context, number, Edit(priority=priority), expected_version=1)
        except VersionChanged:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(edit, ["P0", "P1", "P2", "P3"])) == [False, False, False, True]
    assert only(database).version == 2
