"""Queries of the catalog one entity at a time: what is there, and all that the sources say of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, exists, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from tracker.core.catalog import EntityKind, Ref, RelationType, Value
from tracker.core.errors import NotFound
from tracker.storage import pages
from tracker.storage.batches import batches
from tracker.storage.catalog import entity_id
from tracker.storage.catalog_merges import after_merges, merges
from tracker.storage.pages import Order, Page, Paging
from tracker.storage.tables import (
    CatalogAlias,
    CatalogEntity,
    CatalogEntityAssertion,
    CatalogFact,
    CatalogRelation,
    CatalogSnapshot,
    Source,
    SourcePurpose,
)
from tracker.storage.tables.catalog import Assertion

MOST_EDGES = 200
"""How many edges of one direction an entity is shown with; a busy one has tens of thousands."""

ORDER = Order(
    col(CatalogEntity.id),
    {
        "ref": col(CatalogEntity.ref),
        "kind": col(CatalogEntity.kind),
        "created_at": col(CatalogEntity.created_at),
    },
)
SOURCE_ORDER = Order(
    col(Source.id),
    {
        "name": col(Source.name),
        "kind": col(Source.kind),
        "observed_at": col(CatalogSnapshot.observed_at),
        "imported_at": col(CatalogSnapshot.imported_at),
    },
    default="name",
)


@dataclass(frozen=True)
class EntityRow:
    """An entity in a list: what the sources agree on, and the refs that they name as its owners."""

    entity: CatalogEntity
    sources: tuple[str, ...]
    attributes: dict[str, Value]
    owners: tuple[str, ...]


@dataclass(frozen=True)
class SaidOfEntity:
    """What one source says of an entity under one of its names; without ``tags`` it says nothing of tags."""

    source: str
    observed_at: datetime
    ref: str
    attributes: dict[str, Value]
    tags: list[str] | None
    facts: dict[str, Value]


@dataclass(frozen=True)
class EdgeRow:
    """One source's word for an edge; ``ref`` is its other end."""

    relation: RelationType
    ref: str
    source: str
    facts: dict[str, Value]


@dataclass(frozen=True)
class EntityRecord:
    """All that is known of an entity; of its edges the first, and how many there are."""

    entity: CatalogEntity
    said: tuple[SaidOfEntity, ...]
    aliases: tuple[tuple[str, str], ...]
    """Its other names, each with the source that says so."""
    edges_out: tuple[EdgeRow, ...]
    edges_out_total: int
    edges_in: tuple[EdgeRow, ...]
    edges_in_total: int


def page_of_sources(session: Session, paging: Paging) -> Page[tuple[Source, CatalogSnapshot]]:
    """Return a page of the catalog's sources, each with its newest snapshot."""
    newest = select(func.max(CatalogSnapshot.id)).group_by(col(CatalogSnapshot.source_id))
    query = (
        select(Source, CatalogSnapshot)
        .join(CatalogSnapshot, col(CatalogSnapshot.source_id) == col(Source.id))
        .where(Source.purpose == SourcePurpose.CATALOG, col(CatalogSnapshot.id).in_(newest))
    )
    return pages.page(session, query, SOURCE_ORDER, paging)


def page(
    session: Session,
    paging: Paging,
    *,
    kinds: Sequence[EntityKind] = (),
    text: str | None = None,
    source: str | None = None,
    owner: Ref | None = None,
) -> Page[EntityRow]:
    """Return a page of the entities that are there now and meet all the conditions.

    Raises `NotFound` for a source that there is not, or an owner that is not in the catalog.
    """
    said, edge = CatalogEntityAssertion, CatalogRelation
    query = select(CatalogEntity).where(
        col(CatalogEntity.merged_into_id).is_(None),
        or_(
            *(
                exists().where(end == col(CatalogEntity.id), _live(table))
                for table, end in (
                    (said, col(said.entity_id)),
                    (edge, col(edge.from_id)),
                    (edge, col(edge.to_id)),
                )
            )
        ),
    )
    if kinds:
        query = query.where(col(CatalogEntity.kind).in_(kinds))
    if text:
        query = query.where(col(CatalogEntity.ref).icontains(text, autoescape=True))
    if source is not None:
        by = select(said.entity_id).where(said.source_id == _source(session, source).id, _live(said))
        query = query.where(_is_or_was_merged_into(by))
    if owner is not None:
        owned = select(edge.from_id).where(
            edge.to_id == entity_id(session, owner), edge.relation == RelationType.OWNED_BY, _live(edge)
        )
        query = query.where(_is_or_was_merged_into(owned))
    found = pages.page(session, query, ORDER, paging)
    return Page(tuple(_rows(session, found.items)), found.next_cursor)


def record(session: Session, ref: Ref) -> EntityRecord:
    """Return all that is known of the entity that a ref or alias names; raises `NotFound`."""
    merged = merges(session)
    entity = session.get_one(CatalogEntity, entity_id(session, ref))
    ids = _names_of(entity.id, merged)
    edge = CatalogRelation
    edges_out, out_total = _edges(session, ids, merged, col(edge.from_id), col(edge.to_id))
    edges_in, in_total = _edges(session, ids, merged, col(edge.to_id), col(edge.from_id))
    aliases = session.exec(
        select(CatalogAlias.alias, Source.name)
        .join(Source, col(Source.id) == col(CatalogAlias.source_id))
        .where(col(CatalogAlias.entity_id).in_(ids), _live(CatalogAlias))
        .order_by(col(CatalogAlias.alias), col(Source.name))
    ).all()
    return EntityRecord(
        entity, tuple(_said(session, ids)), tuple(aliases), edges_out, out_total, edges_in, in_total
    )


def _rows(session: Session, entities: Sequence[CatalogEntity]) -> list[EntityRow]:
    """Return entities with what hangs on them, in the order given, in a fixed number of queries."""
    merged = merges(session)
    shown = {entity.id for entity in entities}
    ids = [*shown, *(one for one in merged if after_merges(one, merged) in shown)]
    said, edge = CatalogEntityAssertion, CatalogRelation
    sources: defaultdict[int, set[str]] = defaultdict(set)
    values: defaultdict[int, defaultdict[str, set[Value]]] = defaultdict(lambda: defaultdict(set))
    owners: defaultdict[int, set[str]] = defaultdict(set)
    for batch in batches(ids):
        for asserted, source in session.exec(
            select(said, Source.name)
            .join(Source, col(Source.id) == col(said.source_id))
            .where(col(said.entity_id).in_(batch), _live(said))
        ).all():
            entity = after_merges(asserted.entity_id, merged)
            sources[entity].add(source)
            for name, value in asserted.attributes.items():
                values[entity][name].add(value)
        for owned, ref in session.exec(
            select(edge.from_id, CatalogEntity.ref)
            .join(CatalogEntity, col(CatalogEntity.id) == col(edge.to_id))
            .where(col(edge.from_id).in_(batch), edge.relation == RelationType.OWNED_BY, _live(edge))
        ).all():
            owners[after_merges(owned, merged)].add(ref)
    return [
        EntityRow(
            entity,
            tuple(sorted(sources[entity.id])),
            {name: next(iter(given)) for name, given in values[entity.id].items() if len(given) == 1},
            tuple(sorted(owners[entity.id])),
        )
        for entity in entities
    ]


def _said(session: Session, ids: Sequence[int]) -> Iterable[SaidOfEntity]:
    said, fact = CatalogEntityAssertion, CatalogFact
    facts: defaultdict[tuple[int, int], dict[str, Value]] = defaultdict(dict)
    for one in session.exec(
        select(fact).where(col(fact.entity_id).in_(ids), _live(fact)).order_by(col(fact.name))
    ).all():
        facts[one.source_id, one.entity_id][one.name] = one.value
    newest = (
        select(CatalogSnapshot.source_id, func.max(CatalogSnapshot.observed_at).label("observed_at"))
        .group_by(col(CatalogSnapshot.source_id))
        .subquery()
    )
    for asserted, source, ref, observed_at in session.exec(
        select(said, Source.name, CatalogEntity.ref, newest.c.observed_at)
        .join(Source, col(Source.id) == col(said.source_id))
        .join(CatalogEntity, col(CatalogEntity.id) == col(said.entity_id))
        .join(newest, newest.c.source_id == col(said.source_id))
        .where(col(said.entity_id).in_(ids), _live(said))
        .order_by(col(Source.name), col(CatalogEntity.ref))
    ).all():
        yield SaidOfEntity(
            source,
            observed_at,
            ref,
            asserted.attributes,
            asserted.tags,
            facts[asserted.source_id, asserted.entity_id],
        )


def _edges(
    session: Session,
    ids: Sequence[int],
    merged: dict[int, int],
    near: Mapped[int],
    far: Mapped[int],
) -> tuple[tuple[EdgeRow, ...], int]:
    edge = CatalogRelation
    total = session.exec(select(func.count()).select_from(edge).where(near.in_(ids), _live(edge))).one()
    rows = session.exec(
        select(edge, far, CatalogEntity.ref, Source.name)
        .join(CatalogEntity, col(CatalogEntity.id) == far)
        .join(Source, col(Source.id) == col(edge.source_id))
        .where(near.in_(ids), _live(edge))
        .order_by(col(edge.relation), col(CatalogEntity.ref), col(Source.name), col(edge.facts_hash))
        .limit(MOST_EDGES)
    ).all()
    ends = {number: after_merges(number, merged) for _, number, _, _ in rows if number in merged}
    now = dict(
        session.exec(
            select(CatalogEntity.id, CatalogEntity.ref).where(col(CatalogEntity.id).in_(set(ends.values())))
        ).all()
    )
    return tuple(
        EdgeRow(one.relation, now[ends[number]] if number in ends else ref, source, one.facts)
        for one, number, ref, source in rows
    ), total


def _names_of(entity: int, merged: dict[int, int]) -> list[int]:
    """Return an entity with all that were merged into it, under whose names sources may still speak of it."""
    return [entity, *(one for one in merged if after_merges(one, merged) == entity)]


def _is_or_was_merged_into(ids: SelectOfScalar[int]) -> ColumnElement[bool]:
    was = select(CatalogEntity.merged_into_id).where(col(CatalogEntity.id).in_(ids))
    return or_(col(CatalogEntity.id).in_(ids), col(CatalogEntity.id).in_(was))


def _live(table: type[Assertion]) -> ColumnElement[bool]:
    return col(table.vanished_snapshot_id).is_(None)


def _source(session: Session, name: str) -> Source:
    found = session.exec(
        select(Source).where(Source.purpose == SourcePurpose.CATALOG, Source.name == name)
    ).one_or_none()
    if found is None:
        raise NotFound(f"the catalog has no source {name!r}; see `elsewhere catalog sources`")
    return found
