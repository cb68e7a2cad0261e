"""Maps the lines of a catalog file to what its source says."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from connectors.jsonl_catalog.line import LONGEST_REF, Line, shown
from tracker.core.catalog import (
    ATTRIBUTES,
    LEAVES_FROM,
    CoverageStatement,
    EntityAssertion,
    EntityKind,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
    Value,
    kind_of,
    parse_question,
)
from tracker.core.errors import InvalidCatalog, InvalidInput

VERSION = 1
"""The version of the format that is read here."""

TIERS = range(1, 10)
"""Tiers that an entity may have, 1 the most important."""

OWNERS = frozenset({EntityKind.GROUP, EntityKind.USER})
"""Kinds of entities that can own."""

_OWNER_QUESTION = f"{RelationType.OWNED_BY}:out"
_HEADER = '{"elsewhere": 1, "source": …, "kind": …, "observed_at": …}'
_CLOSED_BRACKETS = re.compile(r"(?:[^\[\]]|\[!?[^\[\]]+\])+")


def snapshot(lines: Iterable[Line], location: str) -> SourceSnapshot:
    """Return what the lines of one file say. Raises `InvalidCatalog` at the first line that is wrong."""
    lines = iter(lines)
    header = next(lines, None)
    if header is None:
        raise InvalidCatalog(f"is empty; the first line must be the header {_HEADER}", location)
    if "elsewhere" not in header.members:
        header.fail(f"the first line must be the header {_HEADER}")
    source, kind, observed_at = _header(header)
    reading = _Reading()
    for line in lines:
        reading.take(line)
    return SourceSnapshot(
        source,
        kind,
        observed_at,
        tuple(reading.entities.values()),
        tuple(reading.relations.values()),
        tuple(reading.coverage),
    )


def _header(line: Line) -> tuple[str, str, datetime]:
    version = line.members["elsewhere"]
    if type(version) is not int or version < 1:
        line.fail("must be the version of the format, 1", "elsewhere")
    if version > VERSION:
        line.fail(
            f"version {version} of the format is newer than this program, which reads {VERSION}; upgrade it",
            "elsewhere",
        )
    line.expect(("elsewhere", "source", "kind", "observed_at"))
    source = line.name(line.members["source"], "source")
    kind = line.name(line.members["kind"], "kind")
    return source, kind, _time(line)


def _time(line: Line) -> datetime:
    text = line.name(line.members["observed_at"], "observed_at")
    try:
        time = datetime.fromisoformat(text)
        in_utc = time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        in_utc = None
    if in_utc is None:
        problem = "must be an ISO 8601 time with its offset, such as 2026-11-02T04:15:00Z"
        line.fail(f"{shown(text)} {problem}", "observed_at")
    return in_utc


class _Reading:
    """What has been read so far of one file, in its order."""

    def __init__(self) -> None:
        self.entities: dict[Ref, EntityAssertion] = {}
        self.relations: dict[tuple[object, ...], RelationAssertion] = {}
        self.coverage: dict[CoverageStatement, None] = {}
        self._places: dict[Ref, str] = {}
        """Where each entity or alias was listed."""
        self._refs: dict[str, Ref] = {}
        """Refs as written; the same few are written over and over."""

    def take(self, line: Line) -> None:
        """Add what one line after the header says."""
        members = line.members
        if "elsewhere" in members:
            line.fail("a second header; a file holds what one source says at one time")
        elif "entity" in members:
            self._entity(line)
        elif "covers" in members:
            self._coverage(line)
        elif members.keys() & {"relation", "from", "to"}:
            line.expect(("from", "to", "relation"), ("facts",))
            self._relate(line, self._ref(line, "from"), self._ref(line, "to"), _relation(line), line.facts())
        else:
            line.fail('a line must have "entity", or "from", "to" and "relation", or "covers" and "for"')

    def _entity(self, line: Line) -> None:
        members = line.members
        line.expect(("entity",), (*ATTRIBUTES, "owner", "tags", "aliases", "facts"))
        ref = self._ref(line, "entity")
        self._claim(line, ref, "entity")
        aliases = []
        for index, alias in enumerate(line.listed(members.get("aliases", []), "aliases")):
            aliases.append(line.ref(alias, "aliases", index))
            self._claim(line, aliases[-1], "aliases", index)
        attributes = {name: _attribute(line, name) for name in ATTRIBUTES if name in members}
        tags = _tags(line) if "tags" in members else None
        self.entities[ref] = EntityAssertion(ref, attributes, tags, tuple(aliases), line.facts())
        if "owner" in members:
            self._own(line, ref)

    def _own(self, line: Line, ref: Ref) -> None:
        """Spell the shorthand out: an owner is a relation, none at all is an answer to who owns the entity."""
        if line.members["owner"] is None:
            self.coverage[CoverageStatement(ref, (_OWNER_QUESTION,))] = None
        else:
            self._relate(line, ref, self._ref(line, "owner"), RelationType.OWNED_BY, {})

    def _relate(
        self, line: Line, from_ref: Ref, to_ref: Ref, relation: RelationType, facts: dict[str, Value]
    ) -> None:
        far_end = "to" if "to" in line.members else "owner"
        if kind_of(from_ref) not in LEAVES_FROM[relation]:
            kinds = ", ".join(sorted(LEAVES_FROM[relation]))
            line.fail(f"{relation} cannot leave from {from_ref}, only from these kinds: {kinds}", "from")
        if relation is RelationType.OWNED_BY and kind_of(to_ref) not in OWNERS:
            line.fail(f"{to_ref} cannot own; an owner is a group or a user", far_end)
        if from_ref == to_ref:
            line.fail(f"{from_ref} is related to itself", far_end)
        if relation is RelationType.CONTAINS and not isinstance(facts.get("version"), str | None):
            line.fail(
                'a version must be a text: as numbers, "4.10" and "4.1" are the same', "facts", "version"
            )
        # By their words, for 1, 1.0 and true are equal and yet different facts.
        words = tuple(sorted((name, repr(value)) for name, value in facts.items()))
        self.relations.setdefault(
            (from_ref, to_ref, relation, words), RelationAssertion(from_ref, to_ref, relation, facts)
        )

    def _coverage(self, line: Line) -> None:
        line.expect(("covers", "for"))
        questions: list[str] = []
        for index, question in enumerate(line.listed(line.members["for"], "for")):
            questions.extend(_questions(line, question, index))
        if not questions:
            line.fail('must name what was looked at, such as ["contains", "calls:out"]', "for")
        self.coverage[CoverageStatement(_glob(line), tuple(questions))] = None

    def _claim(self, line: Line, ref: Ref, *pointer: str | int) -> None:
        """Take a name for this line's entity; a name means one entity in a file."""
        if ref in self._places:
            line.fail(f"{ref} already names an entity, in {self._places[ref]}", *pointer)
        self._places[ref] = line.place

    def _ref(self, line: Line, member: str) -> Ref:
        text = line.members[member]
        if not isinstance(text, str) or text not in self._refs:
            self._refs[text] = line.ref(text, member)
        return self._refs[text]


def _relation(line: Line) -> RelationType:
    text = line.name(line.members["relation"], "relation")
    if text not in set(RelationType):
        line.fail(f"{shown(text)} is not a relation, one of {', '.join(RelationType)}", "relation")
    return RelationType(text)


def _attribute(line: Line, name: str) -> Value:
    value = line.members[name]
    if value is None:
        return None
    if name != "tier":
        return line.name(value, name)
    if type(value) is not int or value not in TIERS:
        line.fail(f"must be an integer from {TIERS[0]} to {TIERS[-1]}, or null", name)
    return value


def _tags(line: Line) -> tuple[str, ...]:
    tags = line.listed(line.members["tags"], "tags")
    return tuple(dict.fromkeys(line.name(tag, "tags", index) for index, tag in enumerate(tags)))


def _questions(line: Line, value: object, index: int) -> tuple[str, ...]:
    """Return one question with the shorthand spelled out: an owner is a relation."""
    text = line.name(value, "for", index)
    try:
        question = parse_question(text)
    except InvalidInput as error:
        line.fail(error.problem, "for", index)
    return {"attribute:owner": (_OWNER_QUESTION,), "attribute:*": (question, _OWNER_QUESTION)}.get(
        question, (question,)
    )


def _glob(line: Line) -> str:
    """Return a glob over canonical refs; one that could never match any is refused."""
    text = line.name(line.members["covers"], "covers", longest=LONGEST_REF)
    if not set(text) & set("*?["):
        return line.ref(text, "covers")
    kind, _, rest = text.partition(":")
    glob = f"pkg:{rest.replace('@', '%40')}" if kind == "pkg" else text.lower()
    if " " in glob or not _CLOSED_BRACKETS.fullmatch(glob):
        line.fail(f"{shown(text)} is not a glob such as component:default/* or pkg:pypi/*", "covers")
    if set(kind) & set("*?[") or kind == "pkg":
        return glob
    if kind.lower() not in set(EntityKind) - {EntityKind.PACKAGE}:
        line.fail(f"{shown(text)} has no known kind before its first colon", "covers")
    if not rest.startswith("*") and "/" not in rest:
        line.fail(f"{shown(text)} names no namespace, as component:default/* does", "covers")
    return glob
