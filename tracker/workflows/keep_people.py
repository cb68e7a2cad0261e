"""Keeps people and teams, and recognises them in the owners that documents print."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlmodel import Session

from tracker.core.errors import InvalidInput
from tracker.core.people import LONGEST, IdentityKind, Name, name_of, parse_owners
from tracker.storage import audit, people
from tracker.storage.people import PersonRecord, TeamRecord
from tracker.storage.tables import Person, Row, Team
from tracker.workflows.context import Context


def create_person(context: Context, name: str, names: Sequence[Name] = ()) -> PersonRecord:
    """Create a person who goes by these names, and by their own unless somebody else does already.

    Items that print one of the names as their owner have that owner from now on. Raises `AlreadyExists` for a name that is taken.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST:
        raise InvalidInput(f"a person has a name of 1 to {LONGEST} characters", "--name")

    def work(session: Session) -> PersonRecord:
        person = Person(name=name, created_at=context.now)
        session.add(person)
        _audit(session, context, "person created", person, {"name": name})
        own = name_of(IdentityKind.NAME, name)
        called = [own, *names] if people.is_free(session, own) else names
        for one in dict.fromkeys(called):
            _go_by(session, context, person, one)
        return people.person(session, person.id)

    return context.database.transact(work)


def name_person(context: Context, person_id: int, name: Name) -> PersonRecord:
    """Let a person go by one more name; doing so twice changes nothing. Raises `NotFound` and `AlreadyExists`."""

    def work(session: Session) -> PersonRecord:
        _go_by(session, context, people.person(session, person_id).person, name)
        return people.person(session, person_id)

    return context.database.transact(work)


def name_team(context: Context, team_id: int, name: Name) -> TeamRecord:
    """Let a team go by one more name; doing so twice changes nothing. Raises `NotFound` and `AlreadyExists`."""

    def work(session: Session) -> TeamRecord:
        _go_by(session, context, people.team(session, team_id).team, name)
        return people.team(session, team_id)

    return context.database.transact(work)


def _go_by(session: Session, context: Context, who: Person | Team, name: Name) -> None:
    if not people.add_identity(session, name, who):
        return
    _audit(session, context, "name added", who, {"kind": name.kind, "value": name.value})

    @cache
    def known(owner: str) -> tuple[int | None, int | None]:
        return people.resolve(session, parse_owners(owner))

    for item in people.items_owned_by(session, name):
        before = item.owner_person_id, item.owner_team_id
        if item.owner is None or (after := known(item.owner)) == before:
            continue
        item.owner_person_id, item.owner_team_id = after
        item.updated_at = context.now
        session.add(item)
        fields = ("owner_person_id", "owner_team_id")
        _audit(
            session,
            context,
            "owner recognised",
            item,
            {
                "changes": {
                    field: {"from": old, "to": new}
                    for field, old, new in zip(fields, before, after, strict=True)
                    if old != new
                }
            },
        )
    session.flush()


def _audit(session: Session, context: Context, action: str, subject: Row, detail: dict[str, Any]) -> None:
    audit.record(session, at=context.now, actor=context.actor, action=action, subject=subject, detail=detail)
