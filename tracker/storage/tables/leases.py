"""Leases: what only one process may do at a time, and which does it."""

from datetime import datetime

from sqlmodel import Field

from tracker.storage.tables.base import Table, not_blank


class Lease(Table, table=True):
    """What a process holds until it releases it, dies, or is replaced after ``expires_at``."""

    __tablename__ = "lease"
    __table_args__ = (not_blank("actor"),)

    name: str = Field(primary_key=True)
    token: str
    actor: str
    host: str
    pid: int
    process: str | None = None
    """Tells the process from any other that ever had its number on any machine, where the system can say."""
    acquired_at: datetime
    expires_at: datetime
