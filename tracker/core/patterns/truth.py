"""Three truth values and their connectives, by strong Kleene logic.

Source: S. C. Kleene, *Introduction to Metamathematics*, 1952, section 64. An unknown part leaves the whole unknown only
where it could still decide it.
"""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """An answer in three values."""

    TRUE = "T"
    FALSE = "F"
    UNKNOWN = "U"

    def __invert__(self) -> "Truth":
        return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(self, self)


def truth(answer: bool) -> Truth:
    """Return a known answer as a truth value."""
    return Truth.TRUE if answer else Truth.FALSE


def conjunction(truths: Iterable[Truth]) -> Truth:
    """Return Kleene's *and*; true of nothing."""
    seen = set(truths)
    return Truth.FALSE if Truth.FALSE in seen else Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.TRUE


def disjunction(truths: Iterable[Truth]) -> Truth:
    """Return Kleene's *or*; false of nothing."""
    return ~conjunction(~one for one in truths)


def at_least(n: int, held: int, possible: int | None) -> Truth:
    """Return whether ``n`` hold, when ``held`` surely do and ``possible`` might (``None``: any number might).

    >>> at_least(2, held=1, possible=3), at_least(2, held=1, possible=1)
    (<Truth.UNKNOWN: 'U'>, <Truth.FALSE: 'F'>)
    """
    if held >= n:
        return Truth.TRUE
    return Truth.FALSE if possible is not None and possible < n else Truth.UNKNOWN
