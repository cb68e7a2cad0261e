"""Merges: an entity that another has as its alias is the same thing, under an older or a second name."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from tracker.storage import audit
from tracker.storage.tables import CatalogAlias, CatalogEntity, CatalogEntityAssertion, Exposure


def merges(session: Session) -> dict[int, int]:
    """Return what each merged entity was merged into, step by step."""
    merged = session.exec(
        select(CatalogEntity.id, CatalogEntity.merged_into_id).where(
            col(CatalogEntity.merged_into_id).is_not(None)
        )
    )
    return {entity: into for entity, into in merged if into is not None}


def after_merges(entity_id: int, merged: Mapping[int, int]) -> int:
    """Return what became of an entity."""
    while entity_id in merged:
        entity_id = merged[entity_id]
    return entity_id


def follow_aliases(session: Session, *, actor: str, at: datetime) -> None:
    """Merge entities that are an alias of another now, and part those that no longer are and are still asserted.

    A merged entity's exposures move along, but where the other one has an exposure to the same lesson.
    """
    merged = merges(session)
    claims = _claims(session)
    for entity_id in merged.keys() - claims.keys() & _merged_but_asserted(session):
        entity = session.get_one(CatalogEntity, entity_id)
        entity.merged_into_id = None
        del merged[entity_id]
        audit.record(session, at=at, actor=actor, action="part", subject=entity, detail={})
    for entity_id, claimants in claims.items():
        before = merged.get(entity_id)
        if before in claimants:
            continue
        merged.pop(entity_id, None)
        # Where each claims to be the other, the first claim stands.
        into = next((one for one in claimants if after_merges(one, merged) != entity_id), None)
        if into is None:
            if before is not None:
                merged[entity_id] = before
            continue
        merged[entity_id] = into
        entity = session.get_one(CatalogEntity, entity_id)
        entity.merged_into_id = into
        other = session.get_one(CatalogEntity, into)
        audit.record(session, at=at, actor=actor, action="merge", subject=entity, detail={"into": other.ref})
        _move_exposures(session, entity_id, after_merges(into, merged), at)


def _claims(session: Session) -> dict[int, list[int]]:
    """Return the entities that are live aliases, each with those that claim it; the first claims come first."""
    claims: defaultdict[int, list[int]] = defaultdict(list)
    for entity_id, claimant in session.exec(
        select(CatalogEntity.id, CatalogAlias.entity_id)
        .join(CatalogAlias, col(CatalogAlias.alias) == col(CatalogEntity.ref))
        .where(col(CatalogAlias.vanished_snapshot_id).is_(None))
        .order_by(col(CatalogAlias.id))
    ):
        claims[entity_id].append(claimant)
    return claims


def _merged_but_asserted(session: Session) -> set[int]:
    said = CatalogEntityAssertion
    return set(
        session.exec(
            select(CatalogEntity.id)
            .join(said, col(said.entity_id) == col(CatalogEntity.id))
            .where(col(CatalogEntity.merged_into_id).is_not(None), col(said.vanished_snapshot_id).is_(None))
        )
    )


def _move_exposures(session: Session, entity_id: int, into: int, at: datetime) -> None:
    kept = set(session.exec(select(Exposure.lesson_id).where(Exposure.entity_id == into)))
    for exposure in session.exec(select(Exposure).where(Exposure.entity_id == entity_id)).all():
        if exposure.lesson_id not in kept:
            exposure.entity_id = into
            exposure.updated_at = at
    session.flush()
