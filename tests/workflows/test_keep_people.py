"""People and teams go by many names, and are recognised in the owners that documents print."""

from collections.abc import Callable

import pytest

from tests.factories import Action, InMemoryPostmortems, postmortem_text
from tests.workflows.reading import everything, history, items, last_change
from tracker.core.catalog import Ref
from tracker.core.errors import AlreadyExists, InvalidInput, NotFound
from tracker.core.people import IdentityKind, Name
from tracker.storage import people
from tracker.storage.pages import Paging
from tracker.storage.session import Database
from tracker.workflows.context import Context
from tracker.workflows.ingest_postmortems import ingest
from tracker.workflows.keep_people import create_person, name_person, name_team
from tracker.workflows.triage_action_items import edit_item

MAIL = Name(IdentityKind.EMAIL, "mara@example.org")


def owned_by(context: Context, *owners: str) -> None:
    """Ingest a postmortem whose items have these owners."""
    actions = (Action(f"Repair part {number}", owner=owner) for number, owner in enumerate(owners))
    list(ingest(context, InMemoryPostmortems({"one.md": postmortem_text(*actions)}), ["one.md"]))


def owners(database: Database) -> list[int | None]:
    return [one.item.owner_person_id for one in items(database)]


def unresolved(context: Context) -> list[tuple[str, int]]:
    with context.database.reading() as session:
        found = people.page_of_unresolved(session, Paging(), sees_confidential=context.sees_confidential)
    return [(one.owner, one.items) for one in found.items]


def test_a_person_goes_by_their_own_name_too(context: Context) -> None:
    record = create_person(context, " Mara  Lind ", [MAIL])
    assert record.person.name == "Mara Lind"
    assert [(one.kind, one.value) for one in record.identities] == [
        ("email", "mara@example.org"),
        ("name", "mara lind"),
    ]


def test_of_two_people_of_one_name_the_first_goes_by_it(context: Context) -> None:
    create_person(context, "Mara Lind")
    assert create_person(context, "Mara Lind", [MAIL]).identities[0].value == "mara@example.org"
    assert len(create_person(context, "mara lind").identities) == 0


def test_items_get_the_owner_whom_they_print_when_that_person_is_known(
    context: Context, database: Database
) -> None:
    owned_by(context, "Mara Lind", "mara lind, Jo", "Jo", "Mara Lindgren")
    assert owners(database) == [None] * 4
    create_person(context, "Mara Lind")
    assert owners(database) == [1, 1, None, None]
    assert last_change(database, items(database)[0].item).detail == {
        "changes": {"owner_person_id": {"from": None, "to": 1}}
    }


def test_a_name_that_is_added_later_is_recognised_as_well(context: Context, database: Database) -> None:
    owned_by(context, "Jo", "mara@example.org")
    edit_item(context, 1, {"owner": "@mara"})
    create_person(context, "Mara Lind")
    name_person(context, 1, MAIL)
    assert owners(database) == [None, 1]
    name_person(context, 1, Name(IdentityKind.CHAT, "mara"))
    assert owners(database) == [1, 1]


def test_a_team_is_recognised_by_a_name_that_it_gets(context: Context, database: Database) -> None:
    owned_by(context, "Payments crew")
    group = Ref("group:default/payments")
    database.transact(lambda session: people.team_of(session, group, context.now).id)
    record = name_team(context, 1, Name(IdentityKind.NAME, "payments crew"))
    assert [one.value for one in record.identities] == [group, "payments", "payments crew"]
    assert [one.team for one in items(database)] == ["payments"]


def test_a_name_that_was_given_before_changes_nothing(context: Context, database: Database) -> None:
    create_person(context, "Mara Lind", [MAIL])
    before = everything(database)
    name_person(context, 1, MAIL)
    assert everything(database) == before


def test_owners_who_are_nobody_are_listed_by_what_they_own(context: Context) -> None:
    owned_by(context, "Jo", "Mara Lind", "Jo")
    assert unresolved(context) == [("Jo", 2), ("Mara Lind", 1)]
    create_person(context, "Jo")
    assert unresolved(context) == [("Mara Lind", 1)]


def test_what_confidential_postmortems_print_is_not_listed_for_those_who_do_not_see_them(
    context: Context, database: Database
) -> None:
    text = postmortem_text(Action(owner="Jo"))
    list(ingest(context, InMemoryPostmortems({"one.md": text}), ["one.md"], confidential=True))
    assert unresolved(context) == [("Jo", 1)]
    assert unresolved(Context(database, context.clock, "visitor", sees_confidential=False)) == []


# Bad input


def test_a_name_that_another_goes_by_is_refused_and_nothing_is_kept(
    context: Context, database: Database
) -> None:
    create_person(context, "Mara Lind", [MAIL])
    before = everything(database)
    with pytest.raises(AlreadyExists, match=r"person 1 goes by the email 'mara@example.org' already"):
        create_person(context, "Jo", [MAIL])
    assert everything(database) == before


@pytest.mark.parametrize("name", ["", " \t", "x" * 301])
def test_a_person_has_a_name_of_bearable_length(context: Context, name: str) -> None:
    with pytest.raises(InvalidInput, match="--name: a person has a name"):
        create_person(context, name)


@pytest.mark.parametrize("add", [name_person, name_team])
def test_who_is_not_there_is_named(context: Context, add: Callable[..., object]) -> None:
    with pytest.raises(NotFound, match=r"no (person|team) 7"):
        add(context, 7, MAIL)


def test_the_trail_says_who_added_a_name(context: Context, database: Database) -> None:
    record = create_person(context, "Mara Lind")
    assert [(entry.action, entry.actor) for entry in history(database, record.person)] == [
        ("person created", "grace"),
        ("name added", "grace"),
    ]
