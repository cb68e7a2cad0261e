"""Bounds how many reports are made at once: each holds the whole catalog in memory and a processor for seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from tracker.core.errors import TryAgainLater

AT_ONCE = 2
"""How many reports one process makes at once; more would only make all of them slower."""

_PATIENCE = 1.0  # seconds; who waits holds one of the server's threads
_COME_BACK = 5.0  # seconds

_turns = BoundedSemaphore(AT_ONCE)


@contextmanager
def a_turn() -> Iterator[None]:
    """Hold one of the turns to make a report. Raises `TryAgainLater` when all are taken."""
    if not _turns.acquire(timeout=_PATIENCE):
        raise TryAgainLater(
            "the server is making as many reports as it can; ask again in a moment", _COME_BACK
        )
    try:
        yield
    finally:
        _turns.release()
