"""Bounds how many slow things are done at once: together they leave some of the server's threads to quick requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from tracker.core.errors import TryAgainLater

_PATIENCE = 1.0  # seconds; who waits holds one of the server's threads
_COME_BACK = 5.0  # seconds


class Turns:
    """So many of one kind are done at once by one process; more would only make all of them slower."""

    def __init__(self, at_once: int, kind: str) -> None:
        self.at_once = at_once
        self._kind = kind
        self._free = BoundedSemaphore(at_once)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a turn. Raises `TryAgainLater` when all are taken."""
        if not self._free.acquire(timeout=_PATIENCE):
            raise TryAgainLater(
                f"the server is at as many {self._kind} as it can; ask again in a moment", _COME_BACK
            )
        try:
            yield
        finally:
            self._free.release()


REPORTS = Turns(2, "reports")
"""Each holds the whole catalog in memory and a processor for seconds."""

SYNCS = Turns(2, "syncs")
"""Each waits for the issue tracker, for minutes if that is slow."""

UPLOADS = Turns(3, "uploads")
"""Each holds a processor while it is read, and the database while it is saved."""
