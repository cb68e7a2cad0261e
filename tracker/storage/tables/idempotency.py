"""Requests that may be repeated, and how they were answered."""

from datetime import datetime

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field

from tracker.storage.tables.base import Row, json


class IdempotencyKey(Row, table=True):
    """A request that was carried out under a key of its sender's; without ``status``, its answer is not known."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("actor", "key"),)

    actor: str
    key: str
    fingerprint: str
    """The scope of the sender, a colon, and a digest of all that the request said."""
    request: str
    """Tells this request from any other with the same key."""
    created_at: datetime = Field(index=True)
    status: int | None = None
    headers: dict[str, str] | None = Field(default=None, sa_type=json(null=False))
    body: bytes | None = Field(default=None, sa_type=LargeBinary)
