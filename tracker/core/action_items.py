"""Action items: what one is, the states it can be in, and the moves that are allowed."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.core.errors import InvalidMove


class ItemState(StrEnum):
    """Where a piece of work stands here (a document's own word for it is a `DocumentStatus`)."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    DONE = "done"
    VERIFIED = "verified"
    DECLINED = "declined"


class ItemType(StrEnum):
    """What kind of work an item is."""

    INVESTIGATE = "investigate"
    MITIGATE = "mitigate"
    REPAIR = "repair"
    DETECT = "detect"
    PREVENT = "prevent"
    PROCESS = "process"


class ItemSize(StrEnum):
    """Whether one team can finish it as one piece of work, or it needs a program."""

    ITEM = "item"
    PROGRAM = "program"


class DocumentStatus(StrEnum):
    """What a document says of an item's progress."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DECLINED = "declined"


class VerificationMethod(StrEnum):
    """How it is shown that an item did what it was for."""

    CATALOG = "catalog"
    """A pattern no longer matches."""
    EVIDENCE = "evidence"
    """A link and a note."""
    DRILL = "drill"


_MOVES: dict[ItemState, frozenset[ItemState]] = {
    ItemState.PROPOSED: frozenset({ItemState.ACCEPTED, ItemState.DECLINED}),
    ItemState.ACCEPTED: frozenset(
        {ItemState.IN_PROGRESS, ItemState.BLOCKED, ItemState.DONE, ItemState.DECLINED}
    ),
    ItemState.IN_PROGRESS: frozenset({ItemState.BLOCKED, ItemState.DONE, ItemState.DECLINED}),
    ItemState.BLOCKED: frozenset({ItemState.IN_PROGRESS, ItemState.DONE, ItemState.DECLINED}),
    ItemState.DONE: frozenset({ItemState.VERIFIED, ItemState.IN_PROGRESS, ItemState.DECLINED}),
    ItemState.VERIFIED: frozenset({ItemState.IN_PROGRESS, ItemState.DECLINED}),
    ItemState.DECLINED: frozenset({ItemState.PROPOSED}),
}


def allowed_moves(state: ItemState) -> frozenset[ItemState]:
    """Return the states that an item may go to from ``state``."""
    return _MOVES[state]


def move(state: ItemState, to: ItemState) -> ItemState:
    """Return ``to``, if an item in ``state`` may go there.

    Raises `InvalidMove`, naming the moves that are allowed, otherwise.

    >>> move(ItemState.BLOCKED, ItemState.DONE).value
    'done'
    >>> move(ItemState.PROPOSED, ItemState.VERIFIED)
    Traceback (most recent call last):
    tracker.core.errors.InvalidMove: an item that is proposed cannot become verified (only accepted, declined)
    """
    if to not in _MOVES[state]:
        choices = ", ".join(sorted(_MOVES[state]))
        raise InvalidMove(f"an item that is {state} cannot become {to} (only {choices})")
    return to


def accept(state: ItemState, document_status: DocumentStatus | None) -> ItemState:
    """Return the state of an item that a person accepts.

    Work that its document already calls done is done: no ticket is made for it.
    """
    move(state, ItemState.ACCEPTED)
    return ItemState.DONE if document_status is DocumentStatus.DONE else ItemState.ACCEPTED


@dataclass(frozen=True, slots=True)
class ActionItemCandidate:
    """A piece of follow-up work as a document states it, with the place and the reason it was taken.

    ``status``, ``type``, ``priority``, ``owner`` and ``due`` are the document's own words, or ``None``;
    ``suggested_type`` is our guess. Lines are 1-based and inclusive; ``confidence`` is from 0 to 1.
    """

    title: str
    line_start: int
    line_end: int
    rule: str
    confidence: float
    quote: str = ""
    description: str | None = None
    owner: str | None = None
    due: date | None = None
    status: DocumentStatus | None = None
    priority: str | None = None
    type: ItemType | None = None
    suggested_type: ItemType | None = None
    links: tuple[str, ...] = ()
    section: str | None = None
