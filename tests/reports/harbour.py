"""A harbour's small catalog: two exposed services, one that cannot be told, one ruled out, and room for strange names."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tracker.core.catalog import (
    CoverageStatement,
    EntityAssertion,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
)
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.patterns import parse_pattern
from tracker.core.where_else import VersionedPattern, where_else
from tracker.reports.where_else import WhereElseShape, where_else_shape

BERTHS, TUGS, CRANES, FERRIES = (
    Ref(f"component:default/{n}") for n in ("berths", "tugs", "cranes", "ferries")
)
TIDES, PILOTS, SPARE = Ref("resource:default/tides"), Ref("group:default/pilots"), Ref("resource:night/spare")

PATTERN = """
pattern: cache-without-deadline
about: Uses a cache and waits for it for ever.
applies_to: {kind: component, type: service}
all:
  - relation:
      type: uses
      to: {type: cache, fact: shared, equals: true}
      where: {fact: timeout_ms, exists: false}
  - {fact: mode, exists: true}
"""


@dataclass(frozen=True)
class Words:
    """Texts that anybody may have written into a catalog or a postmortem."""

    mode: str = "eager"
    platform: str = "quay"
    source: str = "terraform"
    title: str = "Every cache call has a deadline"


PLAIN = Words()

HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "an attribute": "\" onmouseover='alert(1)' x=\"",
    "markup of the terminal": "[red]danger[/red] [link=https://evil.example]x[/link]",
    "Markdown": "![x](https://evil.example/x.png) [y](javascript:z) `c` **b** <b>t</b> | cell",
    "backslashes": r"\| cell \[x](https://evil.example) \`c\`",
    "several lines": "one\r\n\n| two |\n# three\n",
    "commands of the terminal": "\x1b[31mred\x1b]0;title\x07\x9b2J\x00",
    "right to left": "safe\u202egnp.exe\u2066\u200f",
    "ten thousand characters": "x" * 10_000,
    "a template": "{{ 7 * 7 }}{% raw %}",
}


def sources(words: Words = PLAIN) -> tuple[SourceSnapshot, ...]:
    """Return what two sources say; the second looked two days before the first."""

    def service(ref: Ref, tier: int) -> EntityAssertion:
        attributes = {"type": "service", "platform": words.platform, "tier": tier, "environment": "prod"}
        return EntityAssertion(ref, attributes, facts={"mode": words.mode})

    def uses(ref: Ref, timeout: int | None, cache: Ref = TIDES) -> RelationAssertion:
        return RelationAssertion(ref, cache, RelationType.USES, {"timeout_ms": timeout})

    declared = SourceSnapshot(
        "register",
        "declared",
        datetime(2026, 3, 3, 6, tzinfo=UTC),
        (
            service(BERTHS, 1),
            service(TUGS, 2),
            service(CRANES, 1),
            service(FERRIES, 3),
            EntityAssertion(PILOTS),
        ),
        (RelationAssertion(BERTHS, PILOTS, RelationType.OWNED_BY),),
    )
    infrastructure = SourceSnapshot(
        words.source,
        "iac",
        datetime(2026, 3, 1, 6, tzinfo=UTC),
        (
            EntityAssertion(TIDES, {"type": "cache"}, facts={"shared": True}),
            EntityAssertion(SPARE, {"type": "cache"}, facts={"shared": True}),
        ),
        (uses(BERTHS, None), uses(TUGS, None), uses(TUGS, None, SPARE), uses(FERRIES, 200)),
        tuple(CoverageStatement(ref, ("uses:out", "depends_on:out")) for ref in (BERTHS, TUGS, FERRIES)),
    )
    return declared, infrastructure


def pattern(text: str = PATTERN) -> VersionedPattern:
    return VersionedPattern(parse_pattern(text), 3)


def shape_of(graph: CatalogGraph, words: Words = PLAIN, text: str = PATTERN) -> WhereElseShape:
    origin = FERRIES if FERRIES in graph.graph else None
    return where_else_shape(
        where_else(graph, [pattern(text)], lesson="deadlines", origin=origin),
        graph,
        snapshot_number=7,
        lesson_title=words.title,
        lesson_statement="A cache that hangs takes its callers along.",
        learned_from=["The night the tide tables stopped"],
    )


def harbour(words: Words = PLAIN) -> tuple[WhereElseShape, CatalogGraph]:
    """Return the report on the harbour, and the graph that it is about."""
    graph = CatalogGraph(sources(words))
    return shape_of(graph, words), graph
