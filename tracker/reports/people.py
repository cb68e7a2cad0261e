"""People and teams as machines read them."""

from datetime import datetime

from tracker.reports.shape import Shape
from tracker.storage.people import PersonRecord, TeamRecord, UnresolvedOwner
from tracker.storage.tables import Identity


class IdentityShape(Shape):
    """A name that a person or a team goes by, in the form by which names are compared."""

    kind: str
    value: str


class PersonShape(Shape):
    """A person, and the names that they go by."""

    id: int
    name: str
    identities: list[IdentityShape]
    created_at: datetime
    version: int


class TeamShape(PersonShape):
    """A team, the names that it goes by, and the ref of its group in the catalog."""

    ref: str | None


class UnresolvedOwnerShape(Shape):
    """A printed owner that is nobody whom we know, and how many items have it."""

    owner: str
    items: int


def person_shape(record: PersonRecord) -> PersonShape:
    """Return a person in its public shape."""
    one = record.person
    return PersonShape(
        id=one.id,
        name=one.name,
        identities=_identities(record.identities),
        created_at=one.created_at,
        version=one.version,
    )


def team_shape(record: TeamRecord) -> TeamShape:
    """Return a team in its public shape."""
    one = record.team
    return TeamShape(
        id=one.id,
        name=one.name,
        identities=_identities(record.identities),
        created_at=one.created_at,
        version=one.version,
        ref=record.ref,
    )


def unresolved_shape(owner: UnresolvedOwner) -> UnresolvedOwnerShape:
    """Return an owner whom nobody knows in its public shape."""
    return UnresolvedOwnerShape(owner=owner.owner, items=owner.items)


def _identities(identities: tuple[Identity, ...]) -> list[IdentityShape]:
    return [IdentityShape(kind=one.kind, value=one.value) for one in identities]
