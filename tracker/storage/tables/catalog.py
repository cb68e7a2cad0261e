"""The catalog: entities, and what sources assert of them.

An assertion carries the snapshot in which it appeared and, once gone, the one in which it vanished; what is
true now has not vanished. Nothing is rewritten by an import that repeats it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from tracker.core.catalog import EntityKind, RelationType, Value
from tracker.storage.tables.base import Row, index_where, json, unique_where, words

_LIVE = "vanished_snapshot_id IS NULL"


class CatalogSnapshot(Row, table=True):
    """One import of one source; ``counts`` is what it changed."""

    __tablename__ = "catalog_snapshot"
    __table_args__ = (UniqueConstraint("source_id", "number"),)

    source_id: int = Field(foreign_key="source.id")
    number: int
    observed_at: datetime
    imported_at: datetime
    content_hash: str
    actor: str
    counts: dict[str, Any] = Field(sa_type=json(null=False))


class CatalogEntity(Row, table=True):
    """The stable identity behind a ref; ``merged_into_id`` leads to the entity that has it as an alias."""

    __tablename__ = "catalog_entity"

    ref: str = Field(unique=True)
    kind: EntityKind = Field(sa_type=words(EntityKind, "kind"))
    created_at: datetime
    merged_into_id: int | None = Field(default=None, foreign_key="catalog_entity.id", index=True)


class Assertion(Row):
    """What one source says, from its first snapshot until the one in which it vanished."""

    source_id: int = Field(foreign_key="source.id")
    first_snapshot_id: int = Field(foreign_key="catalog_snapshot.id")
    vanished_snapshot_id: int | None = Field(default=None, foreign_key="catalog_snapshot.id")


class CatalogAlias(Assertion, table=True):
    """Another name of an entity."""

    __tablename__ = "catalog_alias"
    __table_args__ = (unique_where("uq_catalog_alias_live", _LIVE, "source_id", "alias"),)

    alias: str = Field(index=True)
    entity_id: int = Field(foreign_key="catalog_entity.id", index=True)


class CatalogEntityAssertion(Assertion, table=True):
    """An entity is there, with these attributes; ``tags`` is ``None`` when nothing was said of tags."""

    __tablename__ = "catalog_entity_assertion"
    __table_args__ = (unique_where("uq_catalog_entity_assertion_live", _LIVE, "source_id", "entity_id"),)

    entity_id: int = Field(foreign_key="catalog_entity.id", index=True)
    attributes: dict[str, Value] = Field(sa_type=json(null=False))
    tags: list[str] | None = Field(default=None, sa_type=json(null=False))


class CatalogFact(Assertion, table=True):
    """A fact of an entity; a ``value`` of JSON ``null`` was looked for and is unset."""

    __tablename__ = "catalog_fact"
    __table_args__ = (unique_where("uq_catalog_fact_live", _LIVE, "source_id", "entity_id", "name"),)

    entity_id: int = Field(foreign_key="catalog_entity.id", index=True)
    name: str
    value: Value = Field(sa_type=json(null=True), nullable=False)


class CatalogRelation(Assertion, table=True):
    """An edge; those with the same ends and type but other facts are parallel edges."""

    __tablename__ = "catalog_relation"
    __table_args__ = (
        unique_where(
            "uq_catalog_relation_live", _LIVE, "source_id", "from_id", "to_id", "relation", "facts_hash"
        ),
        index_where("ix_catalog_relation_live_from_id", _LIVE, "from_id"),
        index_where("ix_catalog_relation_live_to_id", _LIVE, "to_id"),
    )

    from_id: int = Field(foreign_key="catalog_entity.id")
    to_id: int = Field(foreign_key="catalog_entity.id")
    relation: RelationType = Field(sa_type=words(RelationType, "relation"))
    facts: dict[str, Value] = Field(sa_type=json(null=False))
    facts_hash: str


class CatalogCoverage(Assertion, table=True):
    """A source has looked for the answer to one question about all entities that match a glob."""

    __tablename__ = "catalog_coverage"
    __table_args__ = (unique_where("uq_catalog_coverage_live", _LIVE, "source_id", "entities", "question"),)

    entities: str
    question: str
