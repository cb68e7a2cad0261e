"""Compares a fact's value with what a pattern asks, and words both for people."""

from collections.abc import Iterable

import regex

from tracker.core.catalog import Value
from tracker.core.errors import InvalidPattern
from tracker.core.patterns.language import Comparison, FactTest
from tracker.core.patterns.truth import Truth, disjunction, truth

MATCH_SECONDS = 1.0
"""How long one regular expression may take on one value before the pattern is refused."""


def compare(test: FactTest, value: Value) -> Truth:
    """Return whether a known value compares as the test asks; an unset one only ever equals *unset*.

    A number compared with something that is no number is unknown, for equality too. Raises `InvalidPattern` when a regular expression
    takes longer than `MATCH_SECONDS`.
    """
    match test.comparison, test.operand:
        case Comparison.EXISTS, operand:
            return truth((value is not None) is operand)
        case Comparison.IN, tuple(operands):
            return among(value, operands)
        case Comparison.EQUALS, (str() | int() | float() | None) as operand:
            return among(value, (operand,))
        case _ if value is None:
            return Truth.FALSE
        case Comparison.MATCHES, expression:
            return _matches(test.pointer, str(expression), worded(value))
        case Comparison.LESS, (int() | float()) as operand if _is_number(value):
            return truth(value < operand)  # type: ignore[operator]
        case Comparison.GREATER, (int() | float()) as operand if _is_number(value):
            return truth(value > operand)  # type: ignore[operator]
    return Truth.UNKNOWN


def among(value: Value, wanted: Iterable[Value]) -> Truth:
    """Return whether a value is one of those wanted; whether ``"0"`` is meant by ``0`` is unknown."""
    return disjunction(_equal(value, one) for one in wanted)


def wish(test: FactTest) -> str:
    """Return what a test asks for, in words."""
    match test.comparison, test.operand:
        case Comparison.EXISTS, operand:
            return "set" if operand else "unset"
        case ((Comparison.LESS | Comparison.GREATER), operand):
            return f"{test.comparison} than {operand}"
        case Comparison.MATCHES, expression:
            return f"matching {expression}"
        case _, tuple(operands):
            return " or ".join(worded(value) for value in operands)
        case _, (str() | int() | float() | None) as operand:
            return worded(operand)
    raise AssertionError(test)


def worded(value: Value) -> str:
    """Return a value as people write it.

    >>> worded(None), worded(True), worded(0.5)
    ('unset', 'true', '0.5')
    """
    return "unset" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _equal(value: Value, wanted: Value) -> Truth:
    if value is None or wanted is None:
        return truth(value is wanted)
    if _sort(value) is not _sort(wanted):
        return Truth.UNKNOWN
    return truth(value == wanted)


def _sort(value: Value) -> type:
    """Return what a value is compared as; Python would call ``True`` a number."""
    return bool if isinstance(value, bool) else str if isinstance(value, str) else float


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _matches(pointer: str, expression: str, value: str) -> Truth:
    try:
        return truth(regex.fullmatch(expression, value, timeout=MATCH_SECONDS) is not None)
    except TimeoutError as error:
        raise InvalidPattern(
            f"the regular expression {expression!r} takes too long on {value[:80]!r}; make it simpler",
            pointer,
        ) from error
