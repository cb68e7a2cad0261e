"""The audit trail: who changed what, and when."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from tracker.storage.tables.base import Row, json, not_blank


class AuditEntry(Row, table=True):
    """One change by one actor (append-only)."""

    __tablename__ = "audit_entry"
    __table_args__ = (not_blank("actor"), Index(None, "subject_kind", "subject_id"))

    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: int
    detail: dict[str, Any] = Field(sa_type=json(null=False))
