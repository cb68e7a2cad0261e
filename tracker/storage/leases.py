"""Leases: two processes never hold one at a time, and a dead holder's runs out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlmodel import Session

from tracker.core.errors import HeldByAnother
from tracker.storage.tables import Lease


@dataclass(frozen=True)
class Holder:
    """Who holds a lease: an actor, in a process of a host.

    ``process`` tells it from any other process that ever had its number on any machine, where the system can say.
    """

    actor: str
    host: str
    pid: int
    process: str | None = None


def acquire(
    session: Session,
    name: str,
    holder: Holder,
    now: datetime,
    ttl: timedelta,
    *,
    has_died: Callable[[Holder], bool] = lambda _: False,
) -> str:
    """Take a lease and return the token of whoever holds it. Raises `HeldByAnother`, which says who that is.

    A lease that ran out is free, and so is one whose holder is known to have died.
    """
    before = session.get(Lease, name)
    if before is not None:
        holding = _holder(before, now)
        if holding is not None and not has_died(holding):
            raise HeldByAnother(_who(before))
        session.delete(before)
        session.flush()
    token = uuid4().hex
    session.add(
        Lease(
            name=name,
            token=token,
            actor=holder.actor,
            host=holder.host,
            pid=holder.pid,
            process=holder.process,
            acquired_at=now,
            expires_at=now + ttl,
        )
    )
    return token


def held_by(session: Session, name: str, now: datetime) -> Holder | None:
    """Return who holds a lease, if it has not run out."""
    lease = session.get(Lease, name)
    return _holder(lease, now) if lease else None


def renew(session: Session, name: str, token: str, now: datetime, ttl: timedelta) -> None:
    """Hold a lease for longer, also one that ran out and that nobody took. Raises `HeldByAnother` when it is lost."""
    lease = check(session, name, token)
    lease.expires_at = now + ttl
    session.add(lease)


def release(session: Session, name: str, token: str) -> None:
    """Give a lease back, if it is not another's by now."""
    lease = session.get(Lease, name)
    if lease is not None and lease.token == token:
        session.delete(lease)


def check(session: Session, name: str, token: str) -> Lease:
    """Return the lease if it still is this holder's. Raises `HeldByAnother` when it is lost.

    In the transaction of a change, this keeps the change of a process that slept through its lease from being committed
    after another took over.
    """
    lease = session.get(Lease, name)
    if lease is None:
        raise HeldByAnother(
            f"{name}: this process was silent for too long and another took over, and is done by now"
        )
    if lease.token != token:
        raise HeldByAnother(f"{_who(lease)}; it took over, for this process was silent for too long")
    return lease


def _holder(lease: Lease, now: datetime) -> Holder | None:
    return Holder(lease.actor, lease.host, lease.pid, lease.process) if lease.expires_at > now else None


def _who(lease: Lease) -> str:
    def when(at: datetime) -> str:
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

    return (
        f"another {lease.name} run is at work: {lease.actor} holds it in process {lease.pid} on {lease.host} "
        f"since {when(lease.acquired_at)}, until {when(lease.expires_at)} if nothing more is heard of it"
    )
