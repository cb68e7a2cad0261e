"""One three-way merge for everything: what was last agreed, ours, theirs.

Used where a field has several writers: the document, a person here, an issue tracker. Only a changed side can win, a side
that says nothing never erases, and what loses is returned, so that the caller can log it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Policy(StrEnum):
    """Who wins a field that both sides changed, each in its own way."""

    OURS = "ours"
    THEIRS = "theirs"
    ASK = "ask"


class Winner(StrEnum):
    """Whose value a merge returned."""

    NOBODY = "nobody"
    """Neither side changed it."""
    BOTH = "both"
    """Both changed it to the same value."""
    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """What a side says of a field that can be empty: ``Said(None)`` is an empty field, ``None`` is silence.

    >>> merge(Said("Friday"), ours=Said(None), theirs=None, policy=Policy.THEIRS).value
    Said(value=None)
    """

    value: T


@dataclass(frozen=True, slots=True)
class Merged(Generic[T]):
    """A field after a merge. ``conflict`` says that both sides changed it; ``lost`` is then the other side's value."""

    value: T | None
    winner: Winner
    conflict: bool = False
    lost: T | None = None


def merge(base: T | None, ours: T | None, theirs: T | None, policy: Policy) -> Merged[T]:
    """Merge one field. ``None`` on a side means that it says nothing; under `Policy.ASK` ours stands until a person decides.

    >>> merge("Friday", ours="Friday", theirs="Monday", policy=Policy.OURS).value
    'Monday'
    >>> merge("Friday", ours="Tuesday", theirs="Monday", policy=Policy.OURS)
    Merged(value='Tuesday', winner=<Winner.OURS: 'ours'>, conflict=True, lost='Monday')
    """
    ours_changed = ours is not None and ours != base
    theirs_changed = theirs is not None and theirs != base
    if not ours_changed and not theirs_changed:
        return Merged(ours if ours is not None else theirs if theirs is not None else base, Winner.NOBODY)
    if ours == theirs:
        return Merged(ours, Winner.BOTH)
    if not theirs_changed:
        return Merged(ours, Winner.OURS)
    if not ours_changed:
        return Merged(theirs, Winner.THEIRS)
    if policy is Policy.THEIRS:
        return Merged(theirs, Winner.THEIRS, conflict=True, lost=ours)
    return Merged(ours, Winner.OURS, conflict=True, lost=theirs)
