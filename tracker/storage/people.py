"""Queries of people and teams by the names they go by."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from tracker.core.catalog import Ref, short_name
from tracker.core.people import IdentityKind, Name, parse_owners
from tracker.storage.tables import CatalogEntity, Identity, Team


def resolve(session: Session, names: Iterable[Name]) -> tuple[int | None, int | None]:
    """Return the person and the team that the first known of these names belong to."""
    person = team = None
    for name in names:
        identity = session.exec(
            select(Identity).where(Identity.kind == name.kind, Identity.value == name.value)
        ).one_or_none()
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
    if (
        session.exec(
            select(Identity).where(Identity.kind == IdentityKind.NAME, Identity.value == name.casefold())
        ).one_or_none()
        is None
    ):
        session.add(Identity(kind=IdentityKind.NAME, value=name.casefold(), team_id=team.id))
    session.flush()
    return team
