"""Ports: what connectors fulfil, as protocols.

Each port has one entry point group; an entry point names a function ``connect(environment) -> port`` that is
handed the settings of its own connector only (``ELSEWHERE_<CONNECTOR>_*``, the prefix taken off). Raising
`TryAgainLater` or `GiveUp` says whether a caller may repeat.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tracker.core.catalog import SourceSnapshot
from tracker.core.errors import ElsewhereError

Clock = Callable[[], datetime]
"""Returns the present time, aware and in UTC."""


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One document of a postmortem source.

    ``uri`` names it for ever, ``name`` is for people and tells the format by its ending.
    """

    uri: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class UnreadableDocument:
    """A document that its source could not hand over; the others go on."""

    name: str
    problem: ElsewhereError


class PostmortemSource(Protocol):
    """A place where postmortems are kept."""

    name: str

    def documents(self, locations: Sequence[str]) -> Iterator[SourceDocument | UnreadableDocument]:
        """Yield each document at the given locations once, in a stable order.

        A location that does not exist at all raises `InvalidInput` before the first document is yielded.
        """
        ...


class CatalogSource(Protocol):
    """A format or system that says what there is in the estate, and what it has looked at."""

    name: str

    def read(self, location: str) -> SourceSnapshot:
        """Return all that is said at one location. Raises `InvalidCatalog` naming the place of the first fault."""
        ...
