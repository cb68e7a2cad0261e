"""Batches: as many values as one statement takes on every database."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

_SIZE = 5_000  # SQLite takes 32,766 parameters, PostgreSQL 65,535


def batches(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield the values in lists, in their order."""
    remaining = iter(values)
    while batch := list(islice(remaining, _SIZE)):
        yield batch
