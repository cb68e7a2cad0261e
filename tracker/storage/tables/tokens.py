"""Tokens that programs show to the API."""

from datetime import datetime

from sqlmodel import Field

from tracker.core.tokens import Scope
from tracker.storage.tables.base import Row, not_blank, unique_where, words


class Token(Row, table=True):
    """What is kept of a token: never its secret. Of those that are not revoked, each has a name of its own."""

    __tablename__ = "token"
    __table_args__ = (not_blank("name"), unique_where("uq_token_live", "revoked_at IS NULL", "name"))

    name: str
    scope: Scope = Field(sa_type=words(Scope, "scope"))
    secret_hash: str = Field(unique=True)
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
