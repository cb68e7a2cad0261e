"""An entity that is renamed or merged keeps its history."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlmodel import Session, col, select

from tracker.core.catalog import EntityAssertion, Ref, RelationAssertion, RelationType, SourceSnapshot
from tracker.core.exposures import ExposureVerdict
from tracker.storage import audit
from tracker.storage.catalog import entity_ids, load_snapshots
from tracker.storage.catalog_import import save_snapshot
from tracker.storage.tables import CatalogEntity, Exposure, Lesson

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OLD, NEW, NEWEST = (Ref(f"component:default/{name}") for name in ("basket", "cart", "trolley"))


@pytest.fixture
def says(database):
    """Lets a source say that there are these entities, each with these aliases."""
    days = count()

    def say(
        source: str, said: dict[Ref, tuple[Ref, ...]], relations: tuple[RelationAssertion, ...] = ()
    ) -> None:
        entities = tuple(EntityAssertion(ref, aliases=aliases) for ref, aliases in said.items())
        at = NOW + timedelta(days=next(days))
        snapshot = SourceSnapshot(source, "declared", at, entities, relations)
        database.transact(
            lambda session: save_snapshot(session, snapshot, content_hash=str(at), actor="ada", at=at)
        )

    return say


def numbers(database) -> dict[str, int]:
    with database.reading() as session:
        return dict(session.exec(select(CatalogEntity.ref, CatalogEntity.id)).all())


def now_called(database, *refs: Ref) -> list[Ref]:
    """The refs of the entities that these refs mean now."""
    with database.reading() as session:
        ids = entity_ids(session, refs)
        return [Ref(session.get_one(CatalogEntity, ids[ref]).ref) for ref in refs]


def expose(database, key: str, *refs: Ref) -> None:
    def add(session: Session) -> None:
        lesson = Lesson(key=key, title=key, statement=key, created_at=NOW, updated_at=NOW)
        session.add(lesson)
        session.flush()
        for ref in refs:
            session.add(
                Exposure(
                    lesson_id=lesson.id,
                    entity_id=entity_ids(session, [ref])[ref],
                    verdict=ExposureVerdict.EXPOSED,
                    snapshot_id=1,
                    fingerprint="0",
                    updated_at=NOW,
                )
            )

    database.transact(add)


def exposures(database) -> list[tuple[str, str, int]]:
    with database.reading() as session:
        return list(
            session.exec(
                select(Lesson.key, CatalogEntity.ref, Exposure.version)
                .join(Exposure, col(Exposure.lesson_id) == col(Lesson.id))
                .join(CatalogEntity, col(CatalogEntity.id) == col(Exposure.entity_id))
                .order_by(Lesson.key, CatalogEntity.ref)
            )
        )


def test_a_renamed_entity_is_found_under_both_names(database, says):
    says("declared", {OLD: ()})
    says("declared", {NEW: (OLD,)})
    assert now_called(database, OLD, NEW) == [NEW, NEW]


def test_an_alias_that_is_named_only_later_is_merged_too(database, says):
    says("declared", {NEW: (OLD,)})
    says("mesh", {}, (RelationAssertion(OLD, NEWEST, RelationType.CALLS),))
    assert now_called(database, OLD) == [NEW]


def test_what_other_sources_say_of_the_old_name_stays_their_own(database, says):
    says("mesh", {OLD: ()})
    says("declared", {NEW: (OLD,)})
    with database.reading() as session:
        declared, mesh = load_snapshots(session)
    assert [entity.ref for entity in mesh.entities] == [OLD]
    assert declared.entities[0].aliases == (OLD,)


def test_exposures_move_along_but_where_the_other_has_one_for_the_lesson(database, says):
    says("declared", {OLD: (), NEW: ()})
    expose(database, "both", OLD, NEW)
    expose(database, "old", OLD)
    says("declared", {NEW: (OLD,)})
    assert exposures(database) == [("both", OLD, 1), ("both", NEW, 1), ("old", NEW, 2)]


def test_renames_in_a_row_lead_to_the_last_name(database, says):
    says("declared", {OLD: ()})
    expose(database, "timeouts", OLD)
    says("declared", {NEW: (OLD,)})
    says("mesh", {NEWEST: (NEW,)})
    assert now_called(database, OLD, NEW, NEWEST) == [NEWEST, NEWEST, NEWEST]
    assert exposures(database) == [("timeouts", NEWEST, 3)]


def test_an_alias_that_moves_to_another_entity_moves_the_merge(database, says):
    says("declared", {OLD: (), NEW: (), NEWEST: ()})
    says("declared", {NEW: (OLD,), NEWEST: ()})
    says("declared", {NEW: (), NEWEST: (OLD,)})
    assert now_called(database, OLD) == [NEWEST]


def test_of_two_that_claim_each_other_the_first_claim_stands(database, says):
    says("declared", {NEW: (OLD,)})
    says("mesh", {OLD: (NEW,)})
    says("mesh", {OLD: (NEW,), NEWEST: ()})
    assert now_called(database, OLD, NEW) == [NEW, NEW]


def test_of_two_that_claim_the_same_the_first_claim_stands(database, says):
    says("declared", {NEW: (OLD,)})
    says("mesh", {OLD: ()})
    says("other", {NEWEST: (OLD,)})
    assert now_called(database, OLD) == [NEW]


def test_a_withdrawn_alias_parts_what_is_still_asserted(database, says):
    says("mesh", {OLD: ()})
    says("declared", {NEW: (OLD,)})
    says("declared", {NEW: ()})
    assert now_called(database, OLD, NEW) == [OLD, NEW]


def test_a_withdrawn_alias_of_what_nobody_asserts_stays_merged(database, says):
    says("declared", {OLD: ()})
    says("declared", {NEW: (OLD,)})
    says("declared", {NEW: ()})
    assert now_called(database, OLD) == [NEW]


def test_merges_are_written_down_once(database, says):
    says("declared", {OLD: ()})
    says("declared", {NEW: (OLD,)})
    says("declared", {NEW: (OLD,), NEWEST: ()})
    with database.reading() as session:
        history = audit.history(session, "catalog_entity", numbers(database)[OLD])
    assert [(entry.actor, entry.action, entry.detail) for entry in history] == [
        ("ada", "merge", {"into": NEW})
    ]
