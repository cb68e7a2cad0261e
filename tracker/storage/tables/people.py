"""People and teams, and the many names that they go by."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tracker.core.people import IdentityKind
from tracker.storage.tables.base import Row, VersionedRow, not_blank, words


class Person(VersionedRow, table=True):
    """A human being."""

    __tablename__ = "person"
    __table_args__ = (not_blank("name"),)

    name: str
    created_at: datetime


class Team(VersionedRow, table=True):
    """A group of people that owns things; ``entity_id`` is its group in the catalog."""

    __tablename__ = "team"
    __table_args__ = (not_blank("name"),)

    name: str = Field(unique=True)
    entity_id: int | None = Field(default=None, foreign_key="catalog_entity.id", index=True)
    created_at: datetime


class Identity(Row, table=True):
    """A name that one person or one team goes by."""

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("kind", "value"),
        CheckConstraint("(person_id IS NULL) <> (team_id IS NULL)", name="person_or_team"),
    )

    kind: IdentityKind = Field(sa_type=words(IdentityKind, "kind"))
    value: str
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    team_id: int | None = Field(default=None, foreign_key="team.id", index=True)
