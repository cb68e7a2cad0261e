"""What an import changed in the catalog: how much, and the first names of it."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

NAMED = 10
"""How many of the things that changed are named."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How many things were changed in one way, and the first of their names in alphabetical order."""

    count: int = 0
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one sort of assertions; ``total`` is how many of them the source makes now."""

    total: int = 0
    added: Changes = field(default_factory=Changes)
    gone: Changes = field(default_factory=Changes)
    changed: Changes = field(default_factory=Changes)


@dataclass(frozen=True, slots=True)
class CatalogDifference:
    """What the import of one source changed; ``unchanged`` says that the same was imported before."""

    source: str
    snapshot: int
    unchanged: bool = False
    entities: Difference = field(default_factory=Difference)
    aliases: Difference = field(default_factory=Difference)
    facts: Difference = field(default_factory=Difference)
    relations: Difference = field(default_factory=Difference)
    coverage: Difference = field(default_factory=Difference)

    def by_sort(self) -> dict[str, Difference]:
        """Return the differences of all sorts of assertions, by their names."""
        sorts = ("entities", "aliases", "facts", "relations", "coverage")
        return {sort: getattr(self, sort) for sort in sorts}


def difference(total: int, gone: Collection[K], new: Collection[K], name: Callable[[K], str]) -> Difference:
    """Return the difference that these make; one that is gone and one that is new of the same key are a change.

    >>> difference(3, gone=["a", "b"], new=["b", "c", "c"], name=str.upper).changed
    Changes(count=1, first=('B',))
    """
    before, after = Counter(gone), Counter(new)
    changed = before & after
    return Difference(
        total,
        added=_changes((after - changed).elements(), name),
        gone=_changes((before - changed).elements(), name),
        changed=_changes(changed.elements(), name),
    )


def _changes(keys: Iterable[K], name: Callable[[K], str]) -> Changes:
    counted = list(keys)
    return Changes(len(counted), tuple(nsmallest(NAMED, map(name, counted))))
