"""One line of a catalog: strict JSON, and its members taken with a check each."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from math import isfinite
from typing import Any, NoReturn

from tracker.core.catalog import Ref, Value, parse_ref
from tracker.core.errors import InvalidCatalog, InvalidInput

LONGEST_NAME = 200
"""Characters of the longest name: of a source, attribute value, tag, fact or coverage glob. Longer ones are mistakes."""

LONGEST_REF = 500
"""Characters of the longest ref: a database index takes a few thousand bytes, and a letter may need twelve (%F0%9F…)."""

LONGEST_VALUE = 10_000
"""Characters of a fact's longest text: policies and command lines fit; files belong elsewhere."""

_SHOWN = 80
"""Characters of somebody's words that a message repeats."""


@dataclass(frozen=True, slots=True)
class Line:
    """The members of one line's object. Every refusal names the file, the line and a JSON pointer into it."""

    place: str
    members: dict[str, Any]

    @classmethod
    def parse(cls, content: bytes, place: str) -> "Line":
        """Read a line that must be one JSON object, without NaN, repeated members or numbers beyond 64 bits."""
        try:
            members = _DECODER.decode(content.decode())
        except UnicodeDecodeError as error:
            problem = f"byte {error.start + 1} of the line is not UTF-8; save the file as UTF-8"
        except json.JSONDecodeError as error:
            nul = "; the line holds a NUL byte" if b"\0" in content else ""
            problem = f"not JSON: {error.msg} (column {error.colno}){nul}"
        except RecursionError:
            problem = "not a catalog line: its JSON is nested too deeply"
        except ValueError as error:
            problem = str(error)
        else:
            if isinstance(members, dict):
                return cls(place, members)
            problem = f"a line must be a JSON object {{…}}, not {_kind(members)}"
        raise InvalidCatalog(problem, place)

    def fail(self, problem: str, *pointer: str | int) -> NoReturn:
        """Refuse the line for what the pointer leads to."""
        steps = "".join(f"/{_escape(str(step))}" for step in pointer)
        raise InvalidCatalog(problem, f"{self.place}#{steps}" if pointer else self.place)

    def expect(self, required: Collection[str], optional: Collection[str] = ()) -> None:
        """Refuse missing and unknown members, so that no slip of the pen is lost silently."""
        known = {*required, *optional}
        if unknown := [name for name in self.members if name not in known]:
            words = ", ".join(shown(name) for name in unknown[:5])
            self.fail(f"unknown member {words}; known here: {', '.join([*required, *optional])}")
        if missing := [name for name in required if name not in self.members]:
            self.fail(f"{' and '.join(missing)} must be given")

    def name(self, value: Any, *pointer: str | int, longest: int = LONGEST_NAME) -> str:
        """Return a text of visible characters."""
        if not isinstance(value, str):
            self.fail(f"must be a text, not {_kind(value)}", *pointer)
        if not 0 < len(value) <= longest or not value.isprintable() or value.strip() != value:
            self.fail(
                f"{shown(value)} must be 1 to {longest} visible characters without space around them",
                *pointer,
            )
        return value

    def ref(self, value: Any, *pointer: str | int) -> Ref:
        """Return the canonical form of an entity ref or package URL."""
        text = self.name(value, *pointer, longest=LONGEST_REF)
        try:
            return parse_ref(text)
        except InvalidInput as error:
            self.fail(error.problem, *pointer)

    def listed(self, value: Any, *pointer: str | int) -> list[Any]:
        """Return a list."""
        if not isinstance(value, list):
            self.fail(f"must be a list, not {_kind(value)}", *pointer)
        return value

    def facts(self) -> dict[str, Value]:
        """Return the facts: none if there is no such member."""
        facts = self.members.get("facts", {})
        if not isinstance(facts, dict):
            self.fail(f"must be an object of names and values, not {_kind(facts)}", "facts")
        return {
            self.name(name, "facts", name): self._value(value, "facts", name) for name, value in facts.items()
        }

    def _value(self, value: Any, *pointer: str) -> Value:
        if isinstance(value, list | dict):
            self.fail(f"must be a text, number, true, false or null, not {_kind(value)}", *pointer)
        if isinstance(value, str):
            if len(value) > LONGEST_VALUE:
                self.fail(f"a text has at most {LONGEST_VALUE:,} characters, this {len(value):,}", *pointer)
            # Databases take neither; JSON can spell both (\u0000, \ud800).
            if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
                self.fail(f"{shown(value)} holds a NUL or half a surrogate pair", *pointer)
        scalar: Value = value
        return scalar


def shown(value: str) -> str:
    """Return somebody's words for a message: quoted, on one line and not too many."""
    return repr(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!r}…"


def _escape(part: str) -> str:
    """Return one step of a JSON pointer (RFC 6901), printable."""
    printable = part[:_SHOWN].encode("unicode_escape").decode() if not part.isprintable() else part[:_SHOWN]
    return printable.replace("~", "~0").replace("/", "~1")


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: str(value).lower(), type(None): "null"}
    return kinds.get(type(value), f"the number {value}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the member {shown(twice)} is given twice in one object")
    return members


def _integer(digits: str) -> int:
    # 64 bits hold 19 digits. Longer ones are not even converted: that takes time quadratic in their number.
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise ValueError(f"the number {digits[:_SHOWN]} does not fit into 64 bits; write it as a text")
    return int(digits)


def _float(digits: str) -> float:
    if not isfinite(number := float(digits)):
        raise ValueError(f"the number {digits[:_SHOWN]} is beyond what a 64-bit number can say")
    return number


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON; write null where a value is unset")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
