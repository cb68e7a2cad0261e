"""Postmortems: their revisions, and the services and programs that they name."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tracker.core.postmortems import MentionState
from tracker.storage.tables.base import Row, VersionedRow, json, words


class Postmortem(VersionedRow, table=True):
    """An incident document at one URI; ``content_hash`` is that of its latest revision.

    ``document_values`` is what the document last said of the fields that people have changed: the base of their merge.
    """

    __tablename__ = "postmortem"
    __table_args__ = (CheckConstraint("severity_level BETWEEN 1 AND 9", name="severity_level"),)

    source_id: int = Field(foreign_key="source.id", index=True)
    uri: str = Field(unique=True)
    name: str
    title: str | None = None
    incident_date: date | None = None
    severity: str | None = None
    severity_level: int | None = None
    confidential: bool = False
    content_hash: str
    document_values: dict[str, Any] | None = Field(default=None, sa_type=json(null=False), nullable=True)
    created_at: datetime
    updated_at: datetime


class PostmortemRevision(Row, table=True):
    """The bytes of a postmortem as they were once ingested (append-only)."""

    __tablename__ = "postmortem_revision"
    __table_args__ = (UniqueConstraint("postmortem_id", "number"),)

    postmortem_id: int = Field(foreign_key="postmortem.id")
    number: int
    content_hash: str
    content: bytes
    ingested_at: datetime
    actor: str


class PostmortemService(Row, table=True):
    """A service that a postmortem names, as printed, and the catalog entity that it was matched to."""

    __tablename__ = "postmortem_service"
    __table_args__ = (UniqueConstraint("postmortem_id", "printed"),)

    postmortem_id: int = Field(foreign_key="postmortem.id")
    printed: str
    entity_id: int | None = Field(default=None, foreign_key="catalog_entity.id", index=True)
    state: MentionState = Field(default=MentionState.PROPOSED, sa_type=words(MentionState, "state"))


class PostmortemProgram(Row, table=True):
    """A program that a postmortem names, as printed, and the one that it was matched to."""

    __tablename__ = "postmortem_program"
    __table_args__ = (UniqueConstraint("postmortem_id", "printed"),)

    postmortem_id: int = Field(foreign_key="postmortem.id")
    printed: str
    program_id: int | None = Field(default=None, foreign_key="program.id", index=True)
