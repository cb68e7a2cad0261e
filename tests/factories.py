"""One function for each noun, with complete valid defaults, and sources in memory that fulfil the ports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import EllipsisType

from tracker.core.action_items import ItemType
from tracker.core.catalog import (
    CoverageStatement,
    EntityAssertion,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
    Value,
)
from tracker.core.errors import InvalidCatalog, InvalidDocument, InvalidInput
from tracker.core.patterns import Pattern, parse_pattern
from tracker.core.ports import SourceDocument, UnreadableDocument

LOOKED_AT = datetime(2026, 3, 1, 6, tzinfo=UTC)

TIMEOUT = "client.timeout_ms"
UNSET: Value = None
"""The source looked for the timeout and found none: exposed to `pattern_text`."""


@dataclass(frozen=True)
class Action:
    """An action item as a postmortem's table states it."""

    title: str = "Set a command timeout on the session cache client"
    owner: str = "Mara Lind"
    due: date | None = date(2026, 4, 30)
    status: str = "Open"
    priority: str = "P1"
    type: ItemType = ItemType.REPAIR
    ticket: str = ""


def postmortem_text(
    *actions: Action,
    title: str = "Checkout stopped when the session cache froze",
    severity: str = "SEV-1",
    day: date = date(2026, 2, 14),
    services: Sequence[str] = (),
    learnings: Sequence[str] = ("A client without a timeout turns a slow cache into an outage.",),
    programs: Sequence[str] = (),
) -> str:
    """Return a postmortem as people write one, in Markdown."""
    rows = [
        f"| {a.title} | {a.type.title()} | {a.owner} | {a.due or ''} | {a.priority} | {a.ticket} | {a.status} |"
        for a in actions
    ]
    lines = [
        f"# {title}\n",
        f"| | |\n|---|---|\n| **Severity** | {severity} |\n| **Date** | {day} |\n",
        "## Summary\n\nThe session cache froze, and every caller waited for it until it was restarted.\n",
        "## Timeline\n\n| Time | What happened |\n|---|---|\n| 09:12 | The cache stops answering. |\n",
        *_section("Services impacted", services),
        *_section("Lessons learned", learnings),
        "## Action items\n",
        "| Action | Type | Owner | Due | Priority | Ticket | Status |\n|---|---|---|---|---|---|---|",
        *rows,
        "",
        *_section("Related SRE programs", programs),
    ]
    return "\n".join(lines)


def _section(heading: str, bullets: Sequence[str]) -> Iterator[str]:
    if bullets:
        yield f"## {heading}\n"
        yield from (f"- {one}" for one in bullets)
        yield ""


def postmortem_template_text() -> str:
    """Return a postmortem that nobody has filled in yet."""
    action = Action(
        "<what has to be done …>", owner="<name …>", due=None, status="<open …>", priority="<P1 …>"
    )
    return postmortem_text(action, title="<Title …>", severity="<SEV-1 …>", learnings=("<Lesson …>",))


@dataclass
class InMemoryPostmortems:
    """A postmortem source whose documents are set from outside; a document of ``None`` cannot be handed over."""

    texts: dict[str, str | bytes | None] = field(default_factory=dict)
    name: str = "memory"

    def documents(self, locations: Sequence[str]) -> Iterator[SourceDocument | UnreadableDocument]:
        missing = [location for location in locations if location not in self.texts]
        if missing:
            raise InvalidInput("there is no such document", missing[0])
        for location in dict.fromkeys(locations):
            text = self.texts[location]
            if text is None:
                yield UnreadableDocument(location, InvalidDocument("it is locked", location))
            else:
                content = text.encode() if isinstance(text, str) else text
                yield SourceDocument(f"memory:///{location}", location, content)


@dataclass(frozen=True)
class Service:
    """A service, its timeout as a source found it, and its owner; a timeout of ``...`` was not looked for."""

    name: str
    timeout_ms: Value | EllipsisType = UNSET
    owner: str | None = "group:default/payments"
    aliases: tuple[str, ...] = ()
    tier: int = 2

    @property
    def ref(self) -> Ref:
        return Ref(self.name if ":" in self.name else f"component:default/{self.name}")


def catalog_snapshot(
    *services: Service, source: str = "terraform", kind: str = "iac", observed_at: datetime = LOOKED_AT
) -> SourceSnapshot:
    """Return what a source says that found these services and their owners, and looked for their timeouts."""
    return SourceSnapshot(
        source,
        kind,
        observed_at,
        tuple(
            EntityAssertion(
                one.ref,
                {"type": "service", "lifecycle": "production", "environment": "prod", "tier": one.tier},
                aliases=tuple(Ref(alias) for alias in one.aliases),
                facts={} if isinstance(one.timeout_ms, EllipsisType) else {TIMEOUT: one.timeout_ms},
            )
            for one in services
        ),
        tuple(
            RelationAssertion(one.ref, Ref(one.owner), RelationType.OWNED_BY) for one in services if one.owner
        ),
        (CoverageStatement("component:*", ("entities", "owned_by:out")),),
    )


@dataclass
class InMemoryCatalog:
    """A catalog source whose locations are set from outside; a location of ``None`` is at fault."""

    snapshots: dict[str, SourceSnapshot | None] = field(default_factory=dict)
    name: str = "memory"

    def read(self, location: str) -> SourceSnapshot:
        if location not in self.snapshots:
            raise InvalidCatalog("there is no such catalog", location)
        snapshot = self.snapshots[location]
        if snapshot is None:
            raise InvalidCatalog("this is no catalog", f"{location}:1")
        return snapshot


def pattern_text(
    name: str = "waits-for-ever", *, fact: str = TIMEOUT, about: str = "Calls without a timeout."
) -> str:
    """Return a pattern that matches services of which a source says that a fact is unset."""
    return (
        f"pattern: {name}\nabout: {about}\n"
        f"applies_to: {{kind: component, type: service}}\nall:\n  - {{fact: {fact}, exists: false}}\n"
    )


def pattern(
    name: str = "waits-for-ever", *, fact: str = TIMEOUT, about: str = "Calls without a timeout."
) -> Pattern:
    """Return the same, parsed."""
    return parse_pattern(pattern_text(name, fact=fact, about=about), place=f"{name}.yaml")
