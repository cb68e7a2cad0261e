"""Sources: where postmortems and catalogs come from."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from tracker.storage.tables.base import Row, not_blank, words


class SourcePurpose(StrEnum):
    """What a source is asked for."""

    POSTMORTEMS = "postmortems"
    CATALOG = "catalog"


class Source(Row, table=True):
    """One place that postmortems or catalog assertions come from."""

    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("purpose", "name"), not_blank("name"))

    purpose: SourcePurpose = Field(sa_type=words(SourcePurpose, "purpose"))
    name: str
    kind: str
    created_at: datetime
