"""What parts of requests are made of, where plain types would take too much."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints

from tracker.core.catalog import Ref, parse_ref
from tracker.core.errors import InvalidInput

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written(value: Any) -> Any:
    """Return what may be a day; a number, even in quotes, would be read as seconds since 1970."""
    if value is not None and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("expected a day such as 2026-11-30, in quotes")
    return value


Day = Annotated[date, BeforeValidator(_written)]
"""A day, as text."""

Words = Annotated[str, StringConstraints(max_length=10_000)]
"""Text that people write."""

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""Text of one line."""

Key = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""The key of a lesson or program, or the name of a pattern."""


def ref_at(text: str, pointer: str) -> Ref:
    """Return the entity that a part of a request names; raises `InvalidInput` naming the part."""
    try:
        return parse_ref(text)
    except InvalidInput as error:
        raise InvalidInput(error.problem, pointer) from None
