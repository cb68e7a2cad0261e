"""Requests that may be repeated: the key is claimed in the transaction of the change, the answer is kept after it."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select, update

from tracker.core.errors import HeldByAnother
from tracker.core.tokens import Scope
from tracker.storage.tables import IdempotencyKey

KEPT_FOR = timedelta(hours=24)


def find(session: Session, actor: str, key: str, now: datetime) -> IdempotencyKey | None:
    """Return the request that was carried out under a key, unless that was too long ago."""
    return session.exec(
        select(IdempotencyKey).where(
            IdempotencyKey.actor == actor,
            IdempotencyKey.key == key,
            IdempotencyKey.created_at > now - KEPT_FOR,
        )
    ).one_or_none()


def claim(session: Session, claimed: IdempotencyKey) -> None:
    """Write down that a request is carried out in this transaction.

    Who comes second with the same key gets `HeldByAnother`, and the transaction is undone.
    """
    # Looked for first: of two who insert at once, PostgreSQL then makes one repeat its transaction.
    known = find(session, claimed.actor, claimed.key, claimed.created_at)
    if known is not None and known.request == claimed.request:
        return  # by an earlier transaction of the same request
    if known is not None:
        raise HeldByAnother(
            "a request with this Idempotency-Key is being carried out; repeat it in a moment to get its answer"
        )
    same_key = col(IdempotencyKey.actor) == claimed.actor, col(IdempotencyKey.key) == claimed.key
    session.exec(delete(IdempotencyKey).where(*same_key))
    session.add(claimed)
    session.flush()


def keep_answer(session: Session, request: str, status: int, headers: dict[str, str], body: bytes) -> None:
    """Keep how a request was answered, and forget those of long ago."""
    row = _carried_out(session, request)
    if row is None:
        return
    row.status, row.headers, row.body = status, headers, body
    session.add(row)
    session.exec(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) <= row.created_at - KEPT_FOR))


def release(session: Session, request: str) -> None:
    """Forget a request that failed, so that it can be repeated."""
    row = _carried_out(session, request)
    if row is not None:
        session.delete(row)


def forget_answers(session: Session) -> None:
    """Forget what others than administrators were answered, because something of it may have become confidential.

    That their requests were carried out stays known.
    """
    of_admins = col(IdempotencyKey.fingerprint).startswith(f"{Scope.ADMIN}:")
    session.exec(
        update(IdempotencyKey)
        .where(~of_admins, col(IdempotencyKey.body).is_not(None))
        .values(status=None, headers=None, body=None)
    )


def _carried_out(session: Session, request: str) -> IdempotencyKey | None:
    return session.exec(select(IdempotencyKey).where(IdempotencyKey.request == request)).one_or_none()
