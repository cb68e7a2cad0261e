"""Statuses, transitions, resolutions and priorities: what an administrator of Jira would set up."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Category(Enum):
    """The three categories that every status of every Jira belongs to: id, key, name, colour."""

    TO_DO = (2, "new", "To Do", "blue-gray")
    IN_PROGRESS = (4, "indeterminate", "In Progress", "yellow")
    DONE = (3, "done", "Done", "green")


@dataclass(frozen=True, slots=True)
class Transition:
    """A move to a status. Without ``sources`` it is open from every status.

    ``resolution`` says whether the screen asks for one: not at all (``None``), if one likes, or in any case.
    """

    id: str
    name: str
    to: str
    sources: Collection[str] = ()
    resolution: bool | None = None
    """``None``: not on the screen; ``False``: optional; ``True``: required."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """The statuses of a project, in order (the first is where issues begin), and the moves between them."""

    statuses: Mapping[str, Category]
    transitions: Collection[Transition]
    resolutions: Collection[str] = ("Done", "Won't Do", "Duplicate", "Cannot Reproduce")
    resolves_with: str | None = "Done"
    """The resolution that a move into a done status sets when the screen brought none; ``None`` sets nothing."""

    @property
    def first(self) -> str:
        """The status of a new issue."""
        return next(iter(self.statuses))

    def id_of(self, status: str) -> str:
        """Return a status's id."""
        return str(10000 + list(self.statuses).index(status))

    def open_from(self, status: str) -> Iterator[Transition]:
        """Yield the moves that an issue in a status has."""
        for transition in self.transitions:
            if not transition.sources or status in transition.sources:
                yield transition

    def is_done(self, status: str) -> bool:
        """Tell whether a status counts as done."""
        return self.statuses[status] is Category.DONE


_STATUSES = {
    "Backlog": Category.TO_DO,
    "To Do": Category.TO_DO,
    "In Progress": Category.IN_PROGRESS,
    "In Review": Category.IN_PROGRESS,
    "Done": Category.DONE,
}


def every_move() -> Workflow:
    """Return the workflow of a simple project: from any status to any, a resolution if one likes.

    The transitions are not named as the statuses they lead to, for nothing makes them be.
    """
    return Workflow(
        _STATUSES,
        (
            Transition("11", "Put back", "Backlog"),
            Transition("21", "Plan", "To Do"),
            Transition("31", "Start work", "In Progress"),
            Transition("41", "Ask for review", "In Review"),
            Transition("51", "Close", "Done", resolution=False),
        ),
    )


def step_by_step() -> Workflow:
    """Return a strict workflow: one step at a time, a resolution required at the end, and a way back."""
    return Workflow(
        _STATUSES,
        (
            Transition("2", "Plan", "To Do", ("Backlog",)),
            Transition("3", "Start work", "In Progress", ("To Do",)),
            Transition("4", "Ask for review", "In Review", ("In Progress",)),
            Transition("5", "Close", "Done", ("In Review",), resolution=True),
            Transition("6", "Reopen", "To Do", ("Done",)),
        ),
        resolves_with=None,
    )


PRIORITIES = {"Highest": "1", "High": "2", "Medium": "3", "Low": "4", "Lowest": "5"}
DEFAULT_PRIORITY = "Medium"


@dataclass(frozen=True, slots=True)
class Project:
    """A project and its types of issue, by name."""

    id: int
    key: str
    name: str
    issue_types: Mapping[str, str] = field(
        default_factory=lambda: {"Task": "10101", "Bug": "10102", "Story": "10103", "Epic": "10104"}
    )
