"""How reports word numbers, times and other people's text.

Names and values come from catalogs and documents that anybody may have written. Whatever prints them must not let them
act: move the cursor, reverse the line, or look like another name by characters that nobody sees.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime

LONGEST = 200
"""How many characters of one foreign text a page shows. JSON has it whole."""

LONGEST_STATEMENT = 2_000
"""The same for a lesson's statement, which is there to be read."""

_JOINERS = "\u200c\u200d"
"""Invisible, but Persian, Hindi and emoji are spelled with them."""

_DEFAULT_NAMESPACE = re.compile(r"\b(component|api|resource|system|domain|group|user):default/")


def visible(text: str) -> str:
    r"""Return a text on one line, with the characters that would act or hide spelled out.

    >>> visible("a\nb\u202ec\x1b[31m")
    'a b\\u202ec\\x1b[31m'
    """
    return "".join(map(_spelled, " ".join(text.split()) if not text.isprintable() else text))


def brief(text: str, longest: int = LONGEST) -> str:
    """Return the visible text, cut to a length that a page can bear."""
    text = visible(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def familiar(text: str) -> str:
    """Return a text whose refs leave out the default namespace, as `tracker.core.catalog.parse_ref` allows.

    >>> familiar("uses resource:default/cart-cache")
    'uses resource:cart-cache'
    """
    return _DEFAULT_NAMESPACE.sub(r"\1:", text)


def counted(count: int, one: str, many: str) -> str:
    """Return a number with the noun that fits it."""
    return f"{count:,} {one if count == 1 else many}"


def entities(count: int) -> str:
    """Return a number of entities in words."""
    return counted(count, "entity", "entities")


def age(observed_at: datetime, now: datetime) -> str:
    """Return how old an observation was at a time, in whole days."""
    return f"{counted(max((now - observed_at).days, 0), 'day', 'days')} old"


def minute(at: datetime) -> str:
    """Return a time for people, in UTC.

    >>> minute(datetime.fromisoformat("2026-11-02T06:00:00+02:00"))
    '2026-11-02 04:00 UTC'
    """
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def score_sum(score: float, parts: Mapping[str, float]) -> str:
    """Return a score as the sum that it is, without the parts that add nothing.

    >>> score_sum(3.5, {"tier": 3.0, "likeness": 0.0, "environment": 1.0, "age": -0.5})
    'tier 3.0 + environment 1.0 - age 0.5 = 3.5'
    """
    terms = [("+" if value > 0 else "-", f"{name} {abs(value)}") for name, value in parts.items() if value]
    if not terms:
        return f"nothing counts = {score}"
    words = " ".join(f"{sign} {term}" for sign, term in terms)
    return f"{words.removeprefix('+ ')} = {score}"


def _spelled(character: str) -> str:
    if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} or character in _JOINERS:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode()
