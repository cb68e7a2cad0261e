"""Queries of people and teams by the names they go by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tracker.core.catalog import Ref, short_name
from tracker.core.errors import AlreadyExists, NotFound
from tracker.core.people import IdentityKind, Name, parse_owners
from tracker.storage import pages
from tracker.storage.batches import batches
from tracker.storage.confidentiality import open_item
from tracker.storage.pages import Order, Page, Paging
from tracker.storage.tables import ActionItem, CatalogEntity, Identity, Person, Team

PEOPLE_ORDER = Order(
    col(Person.id), {"name": col(Person.name), "created_at": col(Person.created_at)}, default="name"
)
TEAMS_ORDER = Order(
    col(Team.id), {"name": col(Team.name), "created_at": col(Team.created_at)}, default="name"
)


@dataclass(frozen=True)
class PersonRecord:
    """A person, and the names that they go by."""

    person: Person
    identities: tuple[Identity, ...]


@dataclass(frozen=True)
class TeamRecord:
    """A team, the names that it goes by, and the ref of its group in the catalog."""

    team: Team
    identities: tuple[Identity, ...]
    ref: str | None


@dataclass(frozen=True)
class UnresolvedOwner:
    """A printed owner of items that is nobody whom we know, and how many items have it."""

    owner: str
    items: int


def person(session: Session, person_id: int) -> PersonRecord:
    """Return a person; raises `NotFound`."""
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound(f"there is no person {person_id}")
    return _people(session, [found])[0]


def team(session: Session, team_id: int) -> TeamRecord:
    """Return a team; raises `NotFound`."""
    found = session.get(Team, team_id)
    if found is None:
        raise NotFound(f"there is no team {team_id}")
    return _teams(session, [found])[0]


def page_of_people(session: Session, paging: Paging, *, text: str | None = None) -> Page[PersonRecord]:
    """Return a page of the people whose name, or another name that they go by, holds a text."""
    query = select(Person)
    if text:
        called = select(Identity.person_id).where(col(Identity.value).icontains(text, autoescape=True))
        query = query.where(col(Person.name).icontains(text, autoescape=True) | col(Person.id).in_(called))
    found = pages.page(session, query, PEOPLE_ORDER, paging)
    return Page(tuple(_people(session, found.items)), found.next_cursor)


def page_of_teams(session: Session, paging: Paging, *, text: str | None = None) -> Page[TeamRecord]:
    """Return a page of the teams whose name, or another name that they go by, holds a text."""
    query = select(Team)
    if text:
        called = select(Identity.team_id).where(col(Identity.value).icontains(text, autoescape=True))
        query = query.where(col(Team.name).icontains(text, autoescape=True) | col(Team.id).in_(called))
    found = pages.page(session, query, TEAMS_ORDER, paging)
    return Page(tuple(_teams(session, found.items)), found.next_cursor)


def page_of_unresolved(session: Session, paging: Paging, *, sees_confidential: bool) -> Page[UnresolvedOwner]:
    """Return a page of the printed owners that are neither a person nor a team that we know, by what they own."""
    strangers = (
        select(ActionItem.owner, func.count().label("owned"), func.min(ActionItem.id).label("id"))
        .where(
            col(ActionItem.owner).is_not(None),
            col(ActionItem.owner_person_id).is_(None),
            col(ActionItem.owner_team_id).is_(None),
        )
        .group_by(col(ActionItem.owner))
    )
    by_name = (strangers if sees_confidential else strangers.where(open_item())).subquery()
    order = Order(by_name.c.id, {"owner": by_name.c.owner, "items": by_name.c.owned}, default="-items")
    found = pages.page(session, select(by_name.c.owner, by_name.c.owned), order, paging)
    return Page(tuple(UnresolvedOwner(owner, items) for owner, items in found.items), found.next_cursor)


def add_identity(session: Session, name: Name, of: Person | Team) -> bool:
    """Let a person or a team, flushed before, go by a name; returns whether that is new.

    Raises `AlreadyExists` when somebody else goes by it: who is meant would be anybody's guess.
    """
    known = _holder(session, name)
    if known is None:
        mine = {"person_id": of.id} if isinstance(of, Person) else {"team_id": of.id}
        session.add(Identity(kind=name.kind, value=name.value, **mine))
        session.flush()
        return True
    if of.id == (known.person_id if isinstance(of, Person) else known.team_id):
        return False
    holder = f"person {known.person_id}" if known.person_id else f"team {known.team_id}"
    raise AlreadyExists(f"{holder} goes by the {name.kind} {name.value!r} already")


def is_free(session: Session, name: Name) -> bool:
    """Return whether nobody goes by a name."""
    return _holder(session, name) is None


def items_owned_by(session: Session, name: Name) -> Sequence[ActionItem]:
    """Return the items in whose printed owner a name stands, by number."""
    printed = session.exec(select(ActionItem.owner).where(col(ActionItem.owner).is_not(None)).distinct())
    owners = [owner for owner in printed if owner and name in parse_owners(owner)]
    return [
        item
        for batch in batches(owners)
        for item in session.exec(
            select(ActionItem).where(col(ActionItem.owner).in_(batch)).order_by(col(ActionItem.id))
        )
    ]


def _people(session: Session, people: Sequence[Person]) -> list[PersonRecord]:
    ids = [one.id for one in people]
    names: dict[int | None, list[Identity]] = {}
    for one in session.exec(_identities().where(col(Identity.person_id).in_(ids))):
        names.setdefault(one.person_id, []).append(one)
    return [PersonRecord(one, tuple(names.get(one.id, ()))) for one in people]


def _teams(session: Session, teams: Sequence[Team]) -> list[TeamRecord]:
    ids = [one.id for one in teams]
    names: dict[int | None, list[Identity]] = {}
    for one in session.exec(_identities().where(col(Identity.team_id).in_(ids))):
        names.setdefault(one.team_id, []).append(one)
    groups = select(CatalogEntity.id, CatalogEntity.ref).where(
        col(CatalogEntity.id).in_([one.entity_id for one in teams])
    )
    refs: dict[int | None, str] = dict(session.exec(groups).all())
    return [TeamRecord(one, tuple(names.get(one.id, ())), refs.get(one.entity_id)) for one in teams]


def _identities() -> SelectOfScalar[Identity]:
    return select(Identity).order_by(col(Identity.kind), col(Identity.value))


def _holder(session: Session, name: Name) -> Identity | None:
    return session.exec(
        select(Identity).where(Identity.kind == name.kind, Identity.value == name.value)
    ).one_or_none()


def resolve(session: Session, names: Iterable[Name]) -> tuple[int | None, int | None]:
    """Return the person and the team that the first known of these names belong to."""
    person = team = None
    for name in names:
        identity = _holder(session, name)
        if identity is not None:
            person = person or identity.person_id
            team = team or identity.team_id
    return person, team


def are_same(session: Session, one: str | None, other: str | None) -> bool:
    """Return whether two printed names have a person or a team in common, by the names that these go by."""
    if not one or not other:
        return False
    mine, theirs = parse_owners(one), parse_owners(other)
    known = zip(resolve(session, mine), resolve(session, theirs), strict=True)
    return not set(mine).isdisjoint(theirs) or any(a is not None and a == b for a, b in known)


def team_of(session: Session, group: Ref, at: datetime) -> Team:
    """Return the team that a catalog group is, made now if it is not known; it goes by the ref and by its short name."""
    known = session.exec(
        select(Team)
        .join(Identity, col(Identity.team_id) == col(Team.id))
        .where(Identity.kind == IdentityKind.CATALOG, Identity.value == group)
    ).one_or_none()
    if known is not None:
        return known
    name = short_name(group)
    taken = session.exec(select(Team).where(Team.name == name)).one_or_none()
    entity_id = session.exec(select(CatalogEntity.id).where(CatalogEntity.ref == group)).one_or_none()
    team = Team(name=group if taken else name, entity_id=entity_id, created_at=at)
    session.add(team)
    session.flush()
    session.add(Identity(kind=IdentityKind.CATALOG, value=group, team_id=team.id))
    called = Name(IdentityKind.NAME, name.casefold())
    if is_free(session, called):
        add_identity(session, called, team)
    return team
