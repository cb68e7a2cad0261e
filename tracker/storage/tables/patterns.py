"""Patterns: predicates over the catalog, each with all its versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from tracker.storage.tables.base import Row, VersionedRow, json, not_blank


class Pattern(VersionedRow, table=True):
    """A named pattern; what it says is in its versions."""

    __tablename__ = "pattern"
    __table_args__ = (not_blank("name"),)

    name: str = Field(unique=True)
    about: str
    created_at: datetime


class PatternVersion(Row, table=True):
    """What a pattern said from one time on: parsed, and as its author wrote it."""

    __tablename__ = "pattern_version"
    __table_args__ = (UniqueConstraint("pattern_id", "number"),)

    pattern_id: int = Field(foreign_key="pattern.id")
    number: int
    definition: dict[str, Any] = Field(sa_type=json(null=False))
    source_text: str
    content_hash: str
    created_at: datetime
    actor: str
