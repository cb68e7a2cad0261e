"""Catalogs for tests, in few words."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tracker.core.catalog import (
    CoverageStatement,
    EntityAssertion,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
    Value,
)
from tracker.core.dependency_graph import CatalogGraph
from tracker.core.patterns import Evaluator, Finding, parse_pattern

OBSERVED = datetime(2026, 3, 1, tzinfo=UTC)

A, B, C = (Ref(f"component:default/{letter}") for letter in "abc")
CACHE = Ref("resource:default/cache")
REDIS = Ref("pkg:pypi/redis")


def entity(
    ref: Ref, *, tags: Sequence[str] | None = None, aliases: Sequence[str] = (), **said: Any
) -> EntityAssertion:
    """An entity with ``facts`` as a mapping; the other words are its attributes."""
    facts = said.pop("facts", {})
    return EntityAssertion(ref, said, None if tags is None else tuple(tags), tuple(map(Ref, aliases)), facts)


def edge(near: Ref, relation: str, far: Ref, **facts: Value) -> RelationAssertion:
    return RelationAssertion(near, far, RelationType(relation), facts)


def source(
    name: str,
    *said: EntityAssertion | RelationAssertion,
    covers: Mapping[str, Sequence[str]] | None = None,
    at: datetime = OBSERVED,
) -> SourceSnapshot:
    return SourceSnapshot(
        name,
        "declared",
        at,
        tuple(one for one in said if isinstance(one, EntityAssertion)),
        tuple(one for one in said if isinstance(one, RelationAssertion)),
        tuple(CoverageStatement(glob, tuple(questions)) for glob, questions in (covers or {}).items()),
    )


def find(body: str, ref: Ref, *sources: SourceSnapshot) -> Finding:
    """The finding of a pattern's body for one entity."""
    return Evaluator(CatalogGraph(sources)).find(parse_pattern(f"pattern: p\n{body}").body, ref)
