"""The catalog: names of things in the dependency graph, and what sources say of them.

A source (a Terraform state, a trace collector, a hand-written file) says three things at one time:
which entities and relations there are, with their facts; and what it has looked at. The last is what makes
an absence mean something.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NewType

from packageurl import PackageURL

from tracker.core.errors import InvalidInput

Ref = NewType("Ref", str)
"""The canonical name of a catalog entity: an entity ref in full and lower case, or a package URL without version."""

Value = str | int | float | bool | None
"""A fact's value; ``None`` means that a source looked and found it unset."""


class EntityKind(StrEnum):
    """Kinds of entities: those of the Backstage software catalog, and packages."""

    COMPONENT = "component"
    API = "api"
    RESOURCE = "resource"
    SYSTEM = "system"
    DOMAIN = "domain"
    GROUP = "group"
    USER = "user"
    PACKAGE = "package"


class RelationType(StrEnum):
    """Types of relations, from the dependent to what it depends on."""

    DEPENDS_ON = "depends_on"
    CALLS = "calls"
    CONSUMES_API = "consumes_api"
    PROVIDES_API = "provides_api"
    USES = "uses"
    CONTAINS = "contains"
    RUNS_ON = "runs_on"
    PART_OF = "part_of"
    OWNED_BY = "owned_by"


DEPENDENCIES = frozenset(
    {
        RelationType.DEPENDS_ON,
        RelationType.CALLS,
        RelationType.CONSUMES_API,
        RelationType.USES,
        RelationType.CONTAINS,
        RelationType.RUNS_ON,
    }
)
"""Relations by which the failure of the far end can reach the near end."""

_ANY_KIND = frozenset(EntityKind)
_STRUCTURAL = frozenset({EntityKind.COMPONENT, EntityKind.API, EntityKind.RESOURCE, EntityKind.SYSTEM})
_CALLERS = frozenset({EntityKind.COMPONENT})

LEAVES_FROM: dict[RelationType, frozenset[EntityKind]] = {
    RelationType.DEPENDS_ON: _STRUCTURAL | {EntityKind.PACKAGE},
    RelationType.CALLS: _CALLERS,
    RelationType.CONSUMES_API: _CALLERS,
    RelationType.PROVIDES_API: _CALLERS,
    RelationType.USES: _CALLERS | {EntityKind.RESOURCE},
    RelationType.CONTAINS: _CALLERS | {EntityKind.RESOURCE, EntityKind.PACKAGE},
    RelationType.RUNS_ON: _CALLERS | {EntityKind.RESOURCE},
    RelationType.PART_OF: _STRUCTURAL | {EntityKind.DOMAIN},
    RelationType.OWNED_BY: _ANY_KIND,
}
"""The kinds that a relation can leave from. Other kinds are refused at import, so that nobody has to look there."""

ATTRIBUTES = ("type", "lifecycle", "environment", "application", "platform", "tier")
"""Attributes of an entity that hold one value (``tags`` is the one that holds many)."""

# https://backstage.io/docs/features/software-catalog/references: [kind:][namespace/]name, compared without case.
_REF = re.compile(r"(?P<kind>[a-z]+):(?:(?P<namespace>[^:/\s]+)/)?(?P<name>[^:/\s]+)")
# https://backstage.io/docs/features/software-catalog/descriptor-format: characters of names; 63 is their limit.
_NAME = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,126}[a-z0-9])?")


def parse_ref(text: str) -> Ref:
    """Return the canonical form of an entity ref or of a package URL without version.

    Raises `InvalidInput` with what was expected.

    >>> parse_ref("Component:Checkout")
    'component:default/checkout'
    >>> parse_ref("pkg:PyPI/Django_Filter")
    'pkg:pypi/django-filter'
    """
    text = text.strip()
    if text.startswith("pkg:"):
        return _parse_package(text)
    match = _REF.fullmatch(text.lower())
    if match is None:
        raise InvalidInput(
            f"{text!r} is not an entity ref such as component:default/checkout or pkg:pypi/redis"
        )
    kind, namespace, name = match["kind"], match["namespace"] or "default", match["name"]
    if kind not in set(EntityKind) - {EntityKind.PACKAGE}:
        kinds = ", ".join(k for k in EntityKind if k != EntityKind.PACKAGE)
        raise InvalidInput(
            f"{text!r} has the unknown kind {kind!r} (one of {kinds}; packages as pkg:type/name)"
        )
    for part in (namespace, name):
        if not _NAME.fullmatch(part):
            raise InvalidInput(
                f"{text!r}: {part!r} must be at most 128 letters, digits and -_. and begin and end with a letter or digit"
            )
    return Ref(f"{kind}:{namespace}/{name}")


def _parse_package(text: str) -> Ref:
    try:
        package = PackageURL.from_string(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a package URL such as pkg:pypi/redis") from error
    if package.version or package.qualifiers or package.subpath:
        bare = PackageURL(package.type, package.namespace, package.name).to_string()
        raise InvalidInput(
            f"{text!r}: name the package alone ({bare}); its version is a fact of the contains relation"
        )
    return Ref(package.to_string())


def kind_of(ref: Ref) -> EntityKind:
    """Return the kind that a canonical ref states."""
    return EntityKind.PACKAGE if ref.startswith("pkg:") else EntityKind(ref.partition(":")[0])


def short_name(ref: Ref) -> str:
    """Return the part of a ref that people say aloud.

    >>> short_name(Ref("component:default/checkout"))
    'checkout'
    """
    return ref.rpartition("/")[2] if not ref.startswith("pkg:") else ref.removeprefix("pkg:")


@dataclass(frozen=True, slots=True)
class EntityAssertion:
    """What one source says of one entity.

    An attribute or fact that is not in its mapping was not said; one whose value is ``None`` was looked for and is unset.
    ``tags`` is ``None`` when the source says nothing about tags.
    """

    ref: Ref
    attributes: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] | None = None
    aliases: tuple[Ref, ...] = ()
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RelationAssertion:
    """What one source says of one edge. Edges with the same ends and type but other facts are parallel edges."""

    from_ref: Ref
    to_ref: Ref
    relation: RelationType
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CoverageStatement:
    """What one source has looked at: for all entities that match a glob, the answers to these questions.

    Questions: ``entities``, ``attribute:NAME``, ``fact:GLOB``, ``contains``, ``RELATION:out``, ``RELATION:in``,
    ``RELATION:fact:GLOB``.
    """

    entities: str
    questions: tuple[str, ...]

    def answers(self, question: str, ref: Ref) -> bool:
        """Return whether this source has looked for the answer to one question about one entity."""
        return fnmatchcase(ref, self.entities) and any(covers(stated, question) for stated in self.questions)


def covers(stated: str, question: str) -> bool:
    """Return whether a stated question includes one that is asked (``contains`` is ``contains:out``).

    >>> covers("fact:redis.*", "fact:redis.pool.max"), covers("calls:out", "calls:in")
    (True, False)
    """
    stated, question = _spelled_out(stated), _spelled_out(question)
    return stated == question or fnmatchcase(question, stated)  # a fact's own name may have brackets


def _spelled_out(question: str) -> str:
    return "contains:out" if question == "contains" else question


def parse_question(text: str) -> str:
    """Return a coverage question if it follows the grammar; raises `InvalidInput` with the grammar otherwise."""
    head, _, rest = text.partition(":")
    if text in ("entities", "contains"):
        return text
    if head == "attribute" and rest in {*ATTRIBUTES, "tags", "owner", "*"}:
        return text
    if head == "fact" and rest:
        return text
    if head in set(RelationType) and (
        rest in ("out", "in") or (rest.startswith("fact:") and rest != "fact:")
    ):
        return text
    raise InvalidInput(
        f"{text!r} is not a coverage question: entities, attribute:NAME, fact:GLOB, contains, "
        "RELATION:out, RELATION:in or RELATION:fact:GLOB"
    )


@dataclass(frozen=True, slots=True)
class SourceSnapshot:
    """All that one source says at one time: the unit of import, and the unit that a new import replaces."""

    source: str
    kind: str
    observed_at: datetime
    entities: tuple[EntityAssertion, ...] = ()
    relations: tuple[RelationAssertion, ...] = ()
    coverage: tuple[CoverageStatement, ...] = ()
