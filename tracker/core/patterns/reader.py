"""Reads a pattern from YAML (JSON is YAML) and refuses what it does not understand, naming the line."""

import re
from collections.abc import Callable
from enum import StrEnum
from math import isfinite, prod
from typing import Any, NoReturn, TypeVar

import regex
import yaml

from tracker.core.catalog import (
    ATTRIBUTES,
    DEPENDENCIES,
    EntityKind,
    Ref,
    RelationType,
    Value,
    kind_of,
    parse_ref,
)
from tracker.core.errors import InvalidInput, InvalidPattern
from tracker.core.patterns.language import (
    All,
    AtLeast,
    AttributeIs,
    Comparison,
    Contains,
    Direction,
    FactTest,
    HasTag,
    Not,
    Pattern,
    Predicate,
    Reaches,
    Related,
)
from tracker.core.patterns.versions import parse_range

MAX_LENGTH = 64 * 1024
"""Characters in one pattern file: hundreds of times what people write, and read within seconds."""

MAX_DEPTH = 40
"""Levels of nesting: far beyond what anyone can read, far below Python's recursion limit."""

MAX_REPEATS = 100_000
"""The product of a regular expression's counted repeats, which are written out in memory as it is compiled."""

DEFAULT_HOPS = 3
"""Reach without a stated bound. On real graphs more hops reach half of the estate, which is not an answer."""

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Names of patterns, and keys of lessons and programs: words in lower case, joined by hyphens."""

LONGEST_NAME = 100
"""Characters in one of those: they go into addresses and database indexes."""

_COMPARISONS = frozenset(Comparison)

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""YAML can spell these; no database keeps them."""

_Choice = TypeVar("_Choice", bound=StrEnum)


def parse_pattern(text: str, place: str = "pattern") -> Pattern:
    """Return the pattern that a YAML text states; ``place`` names the text in errors.

    Raises `InvalidPattern` with ``place:line`` and what was expected. Anchors and aliases are refused, and scalars
    are read by the YAML 1.2 core schema: ``no`` is a word and ``1:30`` is not ninety.
    """
    return _Reader(place).pattern(text)


class _Loader(yaml.SafeLoader):
    """YAML 1.2 scalars, no tags of others, and no aliases (a few lines of them can stand for gigabytes)."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - filled below, by PyYAML's own registry
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if event.anchor is not None:
            self.refuse("anchors and aliases are not supported", event)
        if self.depth == MAX_DEPTH:
            self.refuse(f"nested more than {MAX_DEPTH} levels deep", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        if isinstance(node, yaml.ScalarNode) and _UNSTORABLE.search(node.value):
            self.refuse("a text holds a NUL or half a surrogate pair", event)
        if node is not None and node.tag not in _TAGS:
            self.refuse(f"unsupported tag {node.tag!r}", event)
        return node

    def refuse(self, problem: str, event: Any) -> NoReturn:
        raise yaml.composer.ComposerError(None, None, problem, event.start_mark)


_YAML = "tag:yaml.org,2002:"

for _name, _expression, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(_YAML + _name, re.compile(f"({_expression})$"), list(_first))


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


# PyYAML's own would read 010 as eight.
_SCALARS: dict[str, Callable[[str], Value]] = {
    f"{_YAML}str": str,
    f"{_YAML}null": lambda _: None,
    f"{_YAML}bool": lambda text: {"true": True, "false": False}[text.lower()],
    f"{_YAML}int": int,
    f"{_YAML}float": _finite,
}
_TAGS = {*_SCALARS, f"{_YAML}seq", f"{_YAML}map"}


class _Reader:
    def __init__(self, place: str) -> None:
        self.place = place
        self.leaves: dict[str, Callable[[yaml.Node, str], Predicate]] = {
            "all": lambda node, at: All(at, self.parts(node, at)),
            "any": lambda node, at: AtLeast(at, 1, self.parts(node, at)),
            "not": lambda node, at: Not(at, self.predicate(node, at)),
            "at_least": self.at_least,
            "contains": self.contains,
            "relation": self.related,
            "reaches": self.reaches,
            "tag": lambda node, at: HasTag(at, self.words(node)),
            "kind": self.kind,
            **dict.fromkeys(ATTRIBUTES, self.attribute),
        }
        self.keys = {*self.leaves, "fact", *_COMPARISONS}

    def pattern(self, text: str) -> Pattern:
        if len(text) > MAX_LENGTH:
            raise InvalidPattern(
                f"a pattern has at most {MAX_LENGTH} characters, this one {len(text)}", self.place
            )
        try:
            root = yaml.compose(text, _Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f":{mark.line + 1}" if mark else ""
            problem = ", ".join(filter(None, (error.context, error.problem)))
            raise InvalidPattern(f"not YAML as patterns use it: {problem}", f"{self.place}{line}") from error
        except yaml.reader.ReaderError as error:
            at = f"{self.place}:{text.count(chr(10), 0, error.position) + 1}"
            raise InvalidPattern(f"not YAML: {str(error).splitlines()[0]}", at) from error
        if root is None:
            raise InvalidPattern("the pattern is empty", self.place)
        return self._pattern(root, text)

    def _pattern(self, root: yaml.Node, text: str) -> Pattern:
        if not isinstance(root, yaml.MappingNode):
            self.fail(root, "a pattern is a mapping that begins with 'pattern: its-name'")
        entries = self.mapping(root, {"pattern", "about", "applies_to", *self.keys})
        if "pattern" not in entries:
            self.fail(root, "the pattern has no name; begin with 'pattern: its-name'")
        name = self.word(entries["pattern"])
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            self.fail(
                entries["pattern"],
                f"{name[:LONGEST_NAME]!r} must be lower-case words joined by hyphens, at most {LONGEST_NAME} characters",
            )
        about = self.word(entries["about"]).strip() if "about" in entries else ""
        applies_to: Predicate = All("/applies_to", ())
        if "applies_to" in entries:
            applies_to = self.predicate(entries["applies_to"], "/applies_to")
        body = {k: v for k, v in entries.items() if k not in ("pattern", "about", "applies_to")}
        if not body:
            self.fail(
                root, "the pattern says nothing about what it matches; add 'all:' with a list of leaves"
            )
        return Pattern(name, about, applies_to, self.conjunction(body, ""), self.plain(root), text)

    def predicate(self, node: yaml.Node, pointer: str) -> Predicate:
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, f"expected a mapping with leaves such as {self.expected()}")
        entries = self.mapping(node, self.keys)
        if not entries:
            self.fail(node, f"expected at least one leaf: {self.expected()}")
        return self.conjunction(entries, pointer)

    def conjunction(self, entries: dict[str, yaml.Node], pointer: str) -> Predicate:
        comparisons = {k: v for k, v in entries.items() if k in _COMPARISONS}
        if comparisons and "fact" not in entries:
            key, node = next(iter(comparisons.items()))
            self.fail(node, f"'{key}' compares a fact: add 'fact: its.name' beside it")
        parts: list[Predicate] = []
        for key, value in entries.items():
            if key == "fact":
                parts.extend(self.facts(value, f"{pointer}/fact", comparisons))
            elif key in self.leaves:
                parts.append(self.leaves[key](value, f"{pointer}/{key}"))
        return parts[0] if len(parts) == 1 else All(pointer, tuple(parts))

    def expected(self) -> str:
        return ", ".join(sorted({*self.leaves, "fact"}))

    def parts(self, node: yaml.Node, pointer: str) -> tuple[Predicate, ...]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.fail(node, "expected a list of at least one predicate")
        return tuple(self.predicate(part, f"{pointer}/{i}") for i, part in enumerate(node.value))

    def at_least(self, node: yaml.Node, pointer: str) -> Predicate:
        entries = self.only(node, {"n", "of"}, required={"n", "of"})
        parts = self.parts(entries["of"], f"{pointer}/of")
        n = self.count(entries["n"], least=1)
        if n > len(parts):
            self.fail(entries["n"], f"at least {n} of {len(parts)} can never hold")
        return AtLeast(pointer, n, parts)

    def attribute(self, node: yaml.Node, pointer: str) -> Predicate:
        name = pointer.rpartition("/")[2]
        # All but the tier are text, so an application called 360 is found as it is written.
        return AttributeIs(pointer, name, self.values(node) if name == "tier" else self.words(node))

    def kind(self, node: yaml.Node, pointer: str) -> Predicate:
        values = self.values(node)
        for value in values:
            if value not in set(EntityKind):
                self.fail(node, f"unknown kind {value!r}; expected one of {', '.join(EntityKind)}")
        return AttributeIs(pointer, "kind", values)

    def facts(self, node: yaml.Node, pointer: str, comparisons: dict[str, yaml.Node]) -> list[Predicate]:
        name = self.word(node)
        if not comparisons:
            self.fail(node, f"say how the fact {name!r} compares: {', '.join(Comparison)}")
        return [
            FactTest(pointer, name, Comparison(key), self.operand(key, value))
            for key, value in comparisons.items()
        ]

    def operand(self, comparison: str, node: yaml.Node) -> Value | tuple[Value, ...]:
        if comparison == Comparison.IN:
            if not isinstance(node, yaml.SequenceNode) or not node.value:
                self.fail(node, "'in' takes a list of values")
            return tuple(self.scalar(item) for item in node.value)
        if comparison == Comparison.MATCHES:
            return self.expression(node)
        value = self.scalar(node)
        if comparison == Comparison.EXISTS and not isinstance(value, bool):
            self.fail(node, "'exists' is true or false")
        if comparison in (Comparison.LESS, Comparison.GREATER) and (
            isinstance(value, bool) or not isinstance(value, int | float)
        ):
            self.fail(node, f"'{comparison}' takes a number")
        return value

    def expression(self, node: yaml.Node) -> str:
        expression = self.word(node)
        repeats = re.findall(r"\{(\d*),?(\d*)\}", expression)
        try:
            if prod(max(1, *(int(n or 1) for n in bounds)) for bounds in repeats) > MAX_REPEATS:
                self.fail(
                    node, f"the regular expression repeats more than {MAX_REPEATS} times; make it simpler"
                )
            regex.compile(expression)
        except (regex.error, RecursionError, ValueError) as error:
            self.fail(node, f"not a regular expression: {error}")
        return expression

    def contains(self, node: yaml.Node, pointer: str) -> Predicate:
        if isinstance(node, yaml.ScalarNode):
            return Contains(pointer, self.package(node), None)
        entries = self.only(node, {"package", "versions"}, required={"package"})
        package = self.package(entries["package"])
        if "versions" not in entries:
            return Contains(pointer, package, None)
        try:
            return Contains(pointer, package, parse_range(self.word(entries["versions"]), package))
        except InvalidInput as error:
            self.fail(entries["versions"], error.problem)

    def package(self, node: yaml.Node) -> Ref:
        try:
            ref = parse_ref(self.word(node))
        except InvalidInput as error:
            self.fail(node, error.problem)
        if kind_of(ref) is not EntityKind.PACKAGE:
            self.fail(node, f"{ref!r} is not a package URL such as pkg:pypi/redis")
        return ref

    def related(self, node: yaml.Node, pointer: str) -> Predicate:
        entries = self.only(
            node, {"type", "direction", "to", "where", "at_least", "at_most"}, required={"type"}
        )
        at_most = self.count(entries["at_most"], least=0) if "at_most" in entries else None
        at_least = self.count(entries["at_least"], least=0) if "at_least" in entries else None
        if at_least is None and at_most is None:
            at_least = 1
        if at_least is not None and at_most is not None and at_least > at_most:
            self.fail(entries["at_least"], f"at least {at_least} and at most {at_most} can never both hold")
        where = self.predicate(entries["where"], f"{pointer}/where") if "where" in entries else None
        self.check_where(entries.get("where"), where)
        return Related(
            pointer,
            self.choice(entries["type"], RelationType),
            self.choice(entries["direction"], Direction) if "direction" in entries else Direction.OUT,
            self.predicate(entries["to"], f"{pointer}/to") if "to" in entries else None,
            where,
            at_least,
            at_most,
        )

    def check_where(self, node: yaml.Node | None, where: Predicate | None) -> None:
        waiting = [where] if where else []
        while waiting:
            part = waiting.pop()
            match part:
                case All() | AtLeast():
                    waiting.extend(part.parts)
                case Not():
                    waiting.append(part.part)
                case FactTest():
                    pass
                case _:
                    assert node is not None  # noqa: S101 - a predicate was read from it
                    self.fail(
                        node, "'where' asks for facts of the edge; what the other end is goes under 'to'"
                    )

    def reaches(self, node: yaml.Node, pointer: str) -> Predicate:
        entries = self.only(node, {"to", "hops", "via"}, required={"to"})
        hops: int | None = DEFAULT_HOPS
        if "hops" in entries:
            word = self.scalar(entries["hops"])
            hops = None if word == "any" else self.count(entries["hops"], least=1)
        via = DEPENDENCIES
        if "via" in entries:
            named = entries["via"]
            nodes = named.value if isinstance(named, yaml.SequenceNode) else [named]
            via = frozenset(self.choice(item, RelationType) for item in nodes)
            if not via:
                self.fail(named, "'via' names at least one relation")
            if RelationType.DEPENDS_ON in via:
                via |= DEPENDENCIES
        return Reaches(pointer, self.predicate(entries["to"], f"{pointer}/to"), hops, via)

    def only(self, node: yaml.Node, known: set[str], required: set[str]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, f"expected a mapping with {', '.join(sorted(known))}")
        entries = self.mapping(node, known)
        for key in sorted(required - set(entries)):
            self.fail(node, f"'{key}' is missing")
        return entries

    def mapping(self, node: yaml.MappingNode, known: set[str]) -> dict[str, yaml.Node]:
        entries: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            key = self.word(key_node)
            if key not in known:
                self.fail(key_node, f"unknown key {key!r}; expected one of {', '.join(sorted(known))}")
            if key in entries:
                self.fail(key_node, f"{key!r} is said twice")
            entries[key] = value_node
        return entries

    def values(self, node: yaml.Node) -> tuple[Value, ...]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        values = tuple(self.scalar(item) for item in nodes)
        if not values or None in values:
            self.fail(node, "expected a value or a list of values")
        return values

    def words(self, node: yaml.Node) -> tuple[str, ...]:
        self.values(node)
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple(self.word(item) for item in nodes)

    def scalar(self, node: yaml.Node) -> Value:
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, "expected one value")
        try:
            return _SCALARS[node.tag](node.value)
        except (ValueError, KeyError):
            self.fail(node, f"{node.value[:40]!r} is no {node.tag.removeprefix(_YAML)} that can be kept")

    def word(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.value == "":
            self.fail(node, "expected a word")
        return str(node.value)

    def count(self, node: yaml.Node, least: int) -> int:
        value = self.scalar(node)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 1_000_000:
            self.fail(node, f"expected a whole number, {least} or more")
        return value

    def choice(self, node: yaml.Node, kind: type[_Choice]) -> _Choice:
        word = self.word(node)
        if word not in set(kind):
            self.fail(node, f"{word!r} is not one of {', '.join(kind)}")
        return kind(word)

    def plain(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            return {self.word(key): self.plain(value) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(value) for value in node.value]
        return self.scalar(node)

    def fail(self, node: yaml.Node, problem: str) -> NoReturn:
        raise InvalidPattern(problem, f"{self.place}:{node.start_mark.line + 1}")
