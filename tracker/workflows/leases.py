"""Holds a lease while something is done that only one process may do at a time."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import structlog
from sqlmodel import Session

from tracker.core.errors import ChangedMeanwhile, DatabaseNotReady, ElsewhereError, HeldByAnother
from tracker.storage import leases
from tracker.storage.leases import Holder
from tracker.workflows.context import Context

_log = structlog.get_logger()

_BEATS = 3  # renewals in the time of one lease: two of them may fail
_PROC = Path("/proc")


@dataclass(frozen=True)
class Held:
    """A lease in this process's hands."""

    name: str
    token: str

    def check(self, session: Session) -> None:
        """Raise `HeldByAnother` if it was lost; called in each transaction that only the holder may commit."""
        leases.check(session, self.name, self.token)


@contextmanager
def holding(context: Context, name: str, ttl: timedelta) -> Iterator[Held]:
    """Hold a lease for as long as the block runs; a thread renews it meanwhile.

    Raises `HeldByAnother`, which says who has it, before anything is done. When this process dies, the lease is
    free as soon as its death is known, or when the time that it was last renewed for has passed.
    """
    holder = this_process(context.actor)
    token = context.database.transact(
        lambda session: leases.acquire(session, name, holder, context.now, ttl, has_died=has_died)
    )
    over = Event()
    heart = Thread(target=_beat, args=(context, name, token, ttl, over), name=f"lease {name}", daemon=True)
    heart.start()
    try:
        yield Held(name, token)
    finally:
        over.set()
        heart.join()
        try:
            context.database.transact(lambda session: leases.release(session, name, token))
        except ElsewhereError as error:  # it runs out by itself
            _log.warning("lease not released", lease=name, problem=str(error))


def _beat(context: Context, name: str, token: str, ttl: timedelta, over: Event) -> None:
    while not over.wait(ttl.total_seconds() / _BEATS):
        try:
            context.database.transact(lambda session: leases.renew(session, name, token, context.now, ttl))
        except HeldByAnother as error:
            _log.error("lease lost", lease=name, problem=str(error))
            return
        except (ChangedMeanwhile, DatabaseNotReady) as error:  # busy or away: the next beat may reach it
            _log.warning("lease not renewed", lease=name, problem=str(error))


def this_process(actor: str) -> Holder:
    """Return this process as the holder of a lease."""
    pid = os.getpid()
    return Holder(actor, socket.gethostname(), pid, _identity(pid))


def has_died(holder: Holder) -> bool:
    """Return whether a holder is known to have died: a process that this one would see if it still ran."""
    mine = _identity(os.getpid())
    if holder.process is None or mine is None or _place(holder.process) != _place(mine):
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # somebody else's, but running
    now = _identity(holder.pid)
    return now is not None and now != holder.process


def _identity(pid: int) -> str | None:
    """Return the kernel's boot, the space of process numbers, and when the process began; ``None`` where unknown."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = (_PROC / "self/ns/pid").readlink()
        # The name of the program, in parentheses, may hold anything.
        state, *fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    began = "ended" if state in "ZX" else fields[18]
    return f"{boot} {space} {began}"


def _place(identity: str) -> str:
    return identity.rpartition(" ")[0]
