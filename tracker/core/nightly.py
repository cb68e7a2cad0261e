"""The nightly run: its steps, what they read, how far one got, and what a later one takes up again."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tracker.core.errors import InvalidInput

RESUMABLE = timedelta(hours=20)
"""How long after its beginning a run that was cut short is taken up again: not by the run of the next night."""


class Step(StrEnum):
    """A part of the run, in the order in which they are done."""

    SOURCES = "sources"
    CATALOG = "catalog"
    EXPOSURES = "exposures"
    SYNC = "sync"


class RunState(StrEnum):
    """How a run, or a step of one, stands or ended."""

    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    """There was nothing to do, and why is said."""
    NEEDS_A_PERSON = "needs_a_person"
    """Done, but for some records."""
    FAILED = "failed"
    STOPPED = "stopped"
    """Ended in order before all was done: at the deadline, or because it was asked to."""
    INTERRUPTED = "interrupted"
    """Its process died."""


@dataclass(frozen=True, slots=True)
class PostmortemLocation:
    """Where postmortems are kept, and the connector that reads them there."""

    location: str
    source: str = "files"
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class CatalogLocation:
    """Where a source says what there is in the estate, and the connector that reads it."""

    location: str
    kind: str = "jsonl"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with one record or place; the rest went on."""

    subject: str
    says: str
    needs_a_person: bool
    """Whether somebody has to look at the record; the next run will do if not."""


@dataclass(slots=True)
class StepReport:
    """What a step did, in numbers, and what went wrong."""

    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    skipped: str | None = None
    stopped: str | None = None

    def count(self, **more: int) -> None:
        """Add to the counts."""
        for name, number in more.items():
            self.counts[name] = self.counts.get(name, 0) + number

    @property
    def state(self) -> RunState:
        """How the step ended."""
        if self.stopped:
            return RunState.STOPPED
        if self.skipped:
            return RunState.SKIPPED
        if any(not one.needs_a_person for one in self.problems):
            return RunState.FAILED
        return RunState.NEEDS_A_PERSON if self.problems else RunState.DONE


_UNFINISHED = frozenset({RunState.RUNNING, RunState.INTERRUPTED, RunState.STOPPED})

_WORST_FIRST = (RunState.STOPPED, RunState.FAILED, RunState.NEEDS_A_PERSON)


def left(wanted: Sequence[Step], ended: Mapping[Step, RunState]) -> tuple[Step, ...]:
    """Return the steps that a run still has to do, given how each step of it last ended.

    >>> left([Step.SOURCES, Step.SYNC], {Step.SOURCES: RunState.FAILED})
    (<Step.SYNC: 'sync'>,)
    """
    return tuple(step for step in wanted if ended.get(step, RunState.RUNNING) in _UNFINISHED)


def ends_as(states: Iterable[RunState]) -> RunState:
    """Return how a run ended whose steps ended so.

    >>> ends_as([RunState.DONE, RunState.SKIPPED])
    <RunState.DONE: 'done'>
    """
    seen = set(states)
    return next((state for state in _WORST_FIRST if state in seen), RunState.DONE)


def is_resumable(state: RunState, started_at: datetime, now: datetime) -> bool:
    """Return whether a run that nobody is at any more is to be completed, not begun anew."""
    return state in _UNFINISHED and now - started_at < RESUMABLE


_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_LONGEST = timedelta(days=7)


def parse_duration(text: str) -> timedelta:
    """Return a length of time; raises `InvalidInput`.

    >>> str(parse_duration("1h30m"))
    '1:30:00'
    """
    parts = re.fullmatch(r"(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,5})s)?", text.strip())
    numbers = parts.groups() if parts else ()
    length = sum(
        (int(number) * unit for number, unit in zip(numbers, _UNITS.values(), strict=False) if number),
        timedelta(),
    )
    if not timedelta(0) < length <= _LONGEST:
        raise InvalidInput("is not a length of time such as 2h, 90m or 1h30m, of at most 7 days")
    return length
