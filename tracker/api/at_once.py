"""Runs a small function in place, where a thread would take longer than the function does."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def at_once(decide: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Return a dependency that is called in the server's own thread: for what neither waits nor computes for long."""

    @wraps(decide)
    async def called(*arguments: P.args, **named: P.kwargs) -> T:
        return decide(*arguments, **named)

    return called
