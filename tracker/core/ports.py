"""Ports: what connectors fulfil, as protocols.

Each port has one entry point group; an entry point names a function ``connect(environment) -> port`` that is
handed the settings of its own connector only (``ELSEWHERE_<CONNECTOR>_*``, the prefix taken off). Raising
`TryAgainLater` or `GiveUp` says whether a caller may repeat, `OutcomeUnknown` that it must look first.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tracker.core.catalog import SourceSnapshot
from tracker.core.errors import ElsewhereError
from tracker.core.issues import Created, Draft, Fields, Finding, Issue, Phase, Refused

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


class IssueTracker(Protocol):
    """Where teams keep their work. Every method may raise `TryAgainLater` (nothing was done) or `GiveUp`."""

    name: str
    site: str
    """The address of the installation, without a path at the end; ids and keys are unique within it."""
    creates_at_once: int
    """The most drafts that one call of `create` takes."""
    label: str
    """The label that all issues which we make carry, beside those that people give them."""
    index_lag: float
    """Seconds after which `find_marked` knows of an issue for certain."""

    def identify(self) -> str:
        """Return the account that we act as. Raises `GiveUp` when there is any doubt that we are signed in."""
        ...

    def cited_key(self, url: str) -> str | None:
        """Return the key of the issue that a link names, if it is one of this site. Asks nobody."""
        ...

    def read(self, names: Collection[str]) -> Mapping[str, Issue]:
        """Return issues by the id or key that they were asked for; those deleted, or not ours to see, are absent."""
        ...

    def create(self, drafts: Sequence[Draft]) -> Sequence[Created | Refused]:
        """Make issues, and say of each draft, in order, what became of it.

        Raises `OutcomeUnknown` when an answer was lost: some, all or none of them may have been made.
        """
        ...

    def find_marked(self, markers: Collection[str], since: datetime) -> Mapping[str, Issue]:
        """Return the issues that carry these markers and were made since, as far as the tracker's index knows them yet."""
        ...

    def update(self, issue_id: str, fields: Fields) -> Refused | None:
        """Set fields of an issue, the status excepted; labels join those that it has. Raises `OutcomeUnknown`."""
        ...

    def move(self, issue_id: str, to: Phase) -> Refused | None:
        """Bring an issue into a phase by the transitions that it has now; `Refused` if none leads there."""
        ...

    def diagnose(self) -> Iterator[Finding]:
        """Yield what is right and wrong with the settings and permissions, in the order in which to repair it."""
        ...

    def close(self) -> None:
        """Close the connections. Never raises."""
        ...


class Connections(Protocol):
    """Finds the connectors that are installed, by name; raises `NotFound` for a stranger."""

    def postmortem_source(self, name: str) -> PostmortemSource:
        """Return a postmortem source."""
        ...

    def catalog_source(self, name: str) -> CatalogSource:
        """Return a catalog source."""
        ...

    def issue_tracker(self, name: str = "jira") -> IssueTracker:
        """Return an issue tracker."""
        ...
