"""The catalog: what each source said last, and the entities behind the refs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from tracker.core.catalog import (
    CoverageStatement,
    EntityAssertion,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
    Value,
)
from tracker.core.errors import NotFound
from tracker.storage.batches import batches
from tracker.storage.catalog_merges import after_merges, merges
from tracker.storage.tables import (
    CatalogAlias,
    CatalogCoverage,
    CatalogEntity,
    CatalogEntityAssertion,
    CatalogFact,
    CatalogRelation,
    CatalogSnapshot,
    Source,
    SourcePurpose,
)
from tracker.storage.tables.catalog import Assertion


def latest_snapshot(session: Session) -> CatalogSnapshot | None:
    """Return the snapshot of whichever source was imported last."""
    return session.exec(select(CatalogSnapshot).order_by(col(CatalogSnapshot.id).desc()).limit(1)).first()


def newest_snapshot(session: Session, source: Source) -> CatalogSnapshot | None:
    """Return the newest snapshot of one source."""
    return session.exec(
        select(CatalogSnapshot)
        .where(CatalogSnapshot.source_id == source.id)
        .order_by(col(CatalogSnapshot.number).desc())
        .limit(1)
    ).first()


def entity_ids(session: Session, refs: Iterable[Ref]) -> dict[Ref, int]:
    """Return the entities that refs or live aliases name, as they are after all merges; the unknown are left out."""
    merged = merges(session)
    found: dict[Ref, int] = {}
    for batch in batches(dict.fromkeys(refs)):
        aliases = (
            select(CatalogAlias.alias, CatalogAlias.entity_id)
            .where(col(CatalogAlias.alias).in_(batch), col(CatalogAlias.vanished_snapshot_id).is_(None))
            .order_by(col(CatalogAlias.id).desc())  # the first claim is read last, and stays
        )
        entities = select(CatalogEntity.ref, CatalogEntity.id).where(col(CatalogEntity.ref).in_(batch))
        for ref, entity_id in (*session.exec(aliases), *session.exec(entities)):
            found[Ref(ref)] = after_merges(entity_id, merged)
    return found


def entity_id(session: Session, ref: Ref) -> int:
    """Return the entity that a ref or live alias names; raises `NotFound`."""
    found = entity_ids(session, [ref]).get(ref)
    if found is None:
        raise NotFound(f"{ref} is not in the catalog")
    return found


def load_snapshots(session: Session) -> tuple[SourceSnapshot, ...]:
    """Return what each source said last, by the names of the sources; equal to what was saved, but sorted."""
    refs = {
        number: Ref(ref) for number, ref in session.exec(select(CatalogEntity.id, CatalogEntity.ref)).all()
    }
    sources = session.exec(select(Source).where(Source.purpose == SourcePurpose.CATALOG)).all()
    return tuple(
        SourceSnapshot(
            source=source.name,
            kind=source.kind,
            observed_at=newest.observed_at,
            entities=_entities(session, source.id, refs),
            relations=_relations(session, source.id, refs),
            coverage=_coverage(session, source.id),
        )
        for source in sorted(sources, key=lambda source: source.name)
        if (newest := newest_snapshot(session, source)) is not None
    )


def live(session: Session, source_id: int, table: type[Assertion], *columns: Any) -> Iterator[Sequence[Any]]:
    """Yield these columns of all that a source asserts now."""
    statement = select(*columns).where(
        table.source_id == source_id, col(table.vanished_snapshot_id).is_(None)
    )
    yield from session.connection().execute(statement, execution_options={"yield_per": 10_000})


def _entities(session: Session, source_id: int, refs: Mapping[int, Ref]) -> tuple[EntityAssertion, ...]:
    facts: defaultdict[int, dict[str, Value]] = defaultdict(dict)
    for entity_id, name, value in live(
        session, source_id, CatalogFact, CatalogFact.entity_id, CatalogFact.name, CatalogFact.value
    ):
        facts[entity_id][name] = value
    aliases: defaultdict[int, list[Ref]] = defaultdict(list)
    for entity_id, alias in live(
        session, source_id, CatalogAlias, CatalogAlias.entity_id, CatalogAlias.alias
    ):
        aliases[entity_id].append(Ref(alias))
    said = CatalogEntityAssertion
    return tuple(
        sorted(
            (
                EntityAssertion(
                    ref=refs[entity_id],
                    attributes=attributes,
                    tags=None if tags is None else tuple(tags),
                    aliases=tuple(sorted(aliases.get(entity_id, ()))),
                    facts=facts.get(entity_id, {}),
                )
                for entity_id, attributes, tags in live(
                    session, source_id, said, said.entity_id, said.attributes, said.tags
                )
            ),
            key=lambda entity: entity.ref,
        )
    )


def _relations(session: Session, source_id: int, refs: Mapping[int, Ref]) -> tuple[RelationAssertion, ...]:
    said = CatalogRelation
    rows: list[tuple[Ref, Ref, RelationType, str, dict[str, Value]]] = sorted(
        (
            (refs[from_id], refs[to_id], relation, facts_hash, facts)
            for from_id, to_id, relation, facts_hash, facts in live(
                session, source_id, said, said.from_id, said.to_id, said.relation, said.facts_hash, said.facts
            )
        ),
        key=lambda row: row[:4],
    )
    return tuple(
        RelationAssertion(from_ref, to_ref, relation, facts) for from_ref, to_ref, relation, _, facts in rows
    )


def _coverage(session: Session, source_id: int) -> tuple[CoverageStatement, ...]:
    questions: defaultdict[str, list[str]] = defaultdict(list)
    for entities, question in live(
        session, source_id, CatalogCoverage, CatalogCoverage.entities, CatalogCoverage.question
    ):
        questions[entities].append(question)
    return tuple(CoverageStatement(glob, tuple(sorted(asked))) for glob, asked in sorted(questions.items()))
