"""The pattern language as a tree: what `tracker.core.patterns.reader` reads, and `evaluation` answers.

Every node carries ``pointer``, its JSON pointer (RFC 6901) in the pattern's own text, by which evidence names it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tracker.core.catalog import DEPENDENCIES, Ref, RelationType, Value
from tracker.core.patterns.versions import VersionRange


class Direction(StrEnum):
    """Which way a relation is followed, seen from the entity in question."""

    OUT = "out"
    IN = "in"


class Comparison(StrEnum):
    """How a fact is compared."""

    EXISTS = "exists"
    EQUALS = "equals"
    IN = "in"
    LESS = "less"
    GREATER = "greater"
    MATCHES = "matches"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; with no parts, true."""

    pointer: str
    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """``n`` of the parts hold; ``any`` is one of them."""

    pointer: str
    n: int
    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    pointer: str
    part: "Predicate"


@dataclass(frozen=True, slots=True)
class AttributeIs:
    """An attribute (or the kind) has one of these values."""

    pointer: str
    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class HasTag:
    """The entity has one of these tags."""

    pointer: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactTest:
    """A fact compares so. ``EXISTS`` asks for a value that is set."""

    pointer: str
    name: str
    comparison: Comparison
    operand: Value | tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    """The entity contains a package, in one of these versions if any are named."""

    pointer: str
    package: Ref
    versions: VersionRange | None


@dataclass(frozen=True, slots=True)
class Related:
    """The number of other ends related so lies within the bounds.

    ``to`` is asked of the other end, ``where`` of the edge's facts.
    """

    pointer: str
    type: RelationType
    direction: Direction = Direction.OUT
    to: "Predicate | None" = None
    where: "Predicate | None" = None
    at_least: int | None = 1
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Reaches:
    """An entity that satisfies ``to`` is reached over at most ``hops`` edges of the types in ``via`` (``None``: any number)."""

    pointer: str
    to: "Predicate"
    hops: int | None
    via: frozenset[RelationType] = DEPENDENCIES


Predicate = All | AtLeast | Not | AttributeIs | HasTag | FactTest | Contains | Related | Reaches


@dataclass(frozen=True, slots=True)
class Pattern:
    """A named predicate over catalog entities.

    ``definition`` is the pattern's plain data as written, for storage and for comparing versions.
    """

    name: str
    about: str
    applies_to: Predicate
    body: Predicate
    definition: Mapping[str, object] = field(hash=False)
    text: str = ""
