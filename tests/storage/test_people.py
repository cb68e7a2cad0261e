"""People and teams are found by the names that they go by."""

import pytest
from sqlmodel import Session, col, select

from tests.conftest import SettableClock
from tracker.core.catalog import Ref
from tracker.core.people import IdentityKind, parse_owners
from tracker.storage import people
from tracker.storage.session import Database
from tracker.storage.tables import Identity, Person, Team

PAYMENTS = Ref("group:default/payments")


@pytest.fixture
def known(database: Database, clock: SettableClock) -> Database:
    """A database that knows Mara, by three names, and the team payments, by two."""

    def introduce(session: Session) -> None:
        mara = Person(name="Mara Lind", created_at=clock())
        session.add(mara)
        session.flush()
        for kind, value in (
            (IdentityKind.NAME, "mara lind"),
            (IdentityKind.NAME, "jp"),
            (IdentityKind.EMAIL, "mara@example.org"),
        ):
            session.add(Identity(kind=kind, value=value, person_id=mara.id))
        people.team_of(session, PAYMENTS, clock())

    database.transact(introduce)
    return database


def test_an_owner_is_found_by_any_name(known: Database, subtests: pytest.Subtests) -> None:
    owners: dict[str, tuple[int | None, int | None]] = {
        "Mara Lind": (1, None),
        "JP": (1, None),
        "M. Lind <mara@example.org>": (1, None),
        "Payments": (None, 1),
        "group:payments": (None, 1),
        "nobody, JP and payments": (1, 1),
        "@jp": (None, None),
        "": (None, None),
    }
    for printed, found in owners.items():
        with subtests.test(printed), known.reading() as session:
            assert people.resolve(session, parse_owners(printed)) == found


def test_two_names_are_the_same_if_they_have_somebody_in_common(
    known: Database, subtests: pytest.Subtests
) -> None:
    pairs: dict[tuple[str | None, str | None], bool] = {
        ("JP", "Mara Lind, payments"): True,
        ("group:default/payments", "payments"): True,
        ("Noor", "noor"): True,
        ("Noor", "Mara Lind"): False,
        ("JP", "payments"): False,
        (None, "JP"): False,
        ("JP", None): False,
        ("", ""): False,
    }
    for (one, other), same in pairs.items():
        with subtests.test(f"{one} {other}"), known.reading() as session:
            assert people.are_same(session, one, other) is same


def test_a_group_of_the_catalog_is_one_team_for_ever(known: Database, clock: SettableClock) -> None:
    first = known.transact(lambda session: people.team_of(session, PAYMENTS, clock()).id)
    assert first == 1
    with known.reading() as session:
        assert [team.name for team in session.exec(select(Team)).all()] == ["payments"]


def test_a_team_whose_short_name_is_taken_goes_by_its_ref(known: Database, clock: SettableClock) -> None:
    other = Ref("group:other/payments")
    known.transact(lambda session: people.team_of(session, other, clock()).id)
    with known.reading() as session:
        assert [team.name for team in session.exec(select(Team).order_by(col(Team.id))).all()] == [
            "payments",
            other,
        ]
        assert people.resolve(session, parse_owners("payments")) == (None, 1)
        assert people.resolve(session, parse_owners(other)) == (None, 2)


def test_a_person_who_has_the_name_of_a_team_keeps_it(database: Database, clock: SettableClock) -> None:
    def introduce(session: Session) -> None:
        person = Person(name="Payments", created_at=clock())
        session.add(person)
        session.flush()
        session.add(Identity(kind=IdentityKind.NAME, value="payments", person_id=person.id))
        people.team_of(session, PAYMENTS, clock())

    database.transact(introduce)
    with database.reading() as session:
        assert people.resolve(session, parse_owners("payments")) == (1, None)
