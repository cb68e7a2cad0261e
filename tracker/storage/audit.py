"""The audit trail: every change has an actor, and can be read again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from tracker.storage import pages
from tracker.storage.pages import Order, Page, Paging
from tracker.storage.tables import AuditEntry, Row


def record(
    session: Session, *, at: datetime, actor: str, action: str, subject: Row, detail: Mapping[str, Any]
) -> None:
    """Write down who did what to which row. ``detail`` is JSON: what changed, from what, to what, and why."""
    session.flush()  # a new subject gets its number
    session.add(
        AuditEntry(
            at=at,
            actor=actor,
            action=action,
            subject_kind=str(subject.__tablename__),
            subject_id=subject.id,
            detail=dict(detail),
        )
    )


def history(session: Session, subject_kind: str, subject_id: int) -> Sequence[AuditEntry]:
    """Return all that was done to one row, oldest first; ``subject_kind`` is the name of its table."""
    return session.exec(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == subject_kind, AuditEntry.subject_id == subject_id)
        .order_by(col(AuditEntry.id))
    ).all()


ORDER = Order(col(AuditEntry.id), {})
"""The trail is told in the order in which it was written, or backwards."""


def page(session: Session, subject: Row, paging: Paging) -> Page[AuditEntry]:
    """Return a page of all that was done to one row."""
    query = select(AuditEntry).where(
        AuditEntry.subject_kind == str(subject.__tablename__), AuditEntry.subject_id == subject.id
    )
    return pages.page(session, query, ORDER, paging)
