"""What a source said is loaded as it was saved, and an import touches nothing but what its source changed."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, func, select

from tracker.core.catalog import (
    CoverageStatement,
    EntityAssertion,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
)
from tracker.core.catalog_difference import Changes, Difference
from tracker.core.errors import InvalidCatalog, InvalidInput
from tracker.storage.catalog import entity_ids, latest_snapshot, load_snapshots
from tracker.storage.catalog_import import save_snapshot
from tracker.storage.session import Database
from tracker.storage.tables import CatalogEntity, CatalogFact, CatalogRelation, CatalogSnapshot

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CHECKOUT, CART, REDIS = (Ref(f"component:default/{name}") for name in ("checkout", "cart", "redis"))

MESH = SourceSnapshot(
    source="mesh",
    kind="trace",
    observed_at=NOW,
    entities=(
        EntityAssertion(CART, {"type": "service"}, aliases=(Ref("component:default/basket"),)),
        EntityAssertion(
            CHECKOUT, {"tier": 1, "platform": None}, tags=("pci", "web"), facts={"pool.max": None}
        ),
    ),
    relations=(
        RelationAssertion(CHECKOUT, CART, RelationType.CALLS, {"retries": 0, "timeout_ms": None}),
        RelationAssertion(CHECKOUT, REDIS, RelationType.USES),
    ),
    coverage=(CoverageStatement("component:default/*", ("calls:out", "entities")),),
)


def save(database: Database, snapshot: SourceSnapshot, content_hash: str | None = None):
    def work(session: Session):
        return save_snapshot(
            session, snapshot, content_hash=content_hash or str(hash(repr(snapshot))), actor="ada", at=NOW
        )

    return database.transact(work)


def load(database: Database) -> tuple[SourceSnapshot, ...]:
    with database.reading() as session:
        return load_snapshots(session)


def later(snapshot: SourceSnapshot, **changes: object) -> SourceSnapshot:
    return replace(snapshot, observed_at=snapshot.observed_at + timedelta(days=1), **changes)


def as_sets(snapshot: SourceSnapshot) -> tuple[object, ...]:
    def facts(mapping):
        return frozenset((name, isinstance(value, bool), value) for name, value in mapping.items())

    return (
        (snapshot.source, snapshot.kind, snapshot.observed_at),
        {
            (
                entity.ref,
                facts(entity.attributes),
                entity.tags,
                frozenset(entity.aliases),
                facts(entity.facts),
            )
            for entity in snapshot.entities
        },
        {(edge.from_ref, edge.to_ref, edge.relation, facts(edge.facts)) for edge in snapshot.relations},
        {
            (statement.entities, question)
            for statement in snapshot.coverage
            for question in statement.questions
        },
    )


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
facts = st.dictionaries(texts, values, max_size=3)
refs = st.sampled_from(
    [Ref(f"component:default/{letter}") for letter in "abcdefgh"] + [Ref("pkg:pypi/redis")]
)
aliases = st.lists(
    st.sampled_from([Ref(f"component:default/old-{number}") for number in range(6)]), unique=True
)


@st.composite
def snapshots(draw, source: str = "") -> SourceSnapshot:
    claimed = draw(aliases)
    entities = [
        EntityAssertion(
            ref,
            draw(facts),
            draw(st.none() | st.lists(texts, max_size=3).map(tuple)),
            (claimed.pop(),) if claimed and draw(st.booleans()) else (),
            draw(facts),
        )
        for ref in draw(st.lists(refs, unique=True, max_size=5))
    ]
    relation = st.builds(RelationAssertion, refs, refs, st.sampled_from(RelationType), facts)
    statement = st.builds(CoverageStatement, texts, st.lists(texts, min_size=1, max_size=3).map(tuple))
    return SourceSnapshot(
        source,
        "declared",
        NOW,
        tuple(entities),
        tuple(draw(st.lists(relation, max_size=6))),
        tuple(draw(st.lists(statement, max_size=3))),
    )


source_names = (f"source-{number}" for number in count())


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=snapshots(), second=snapshots())
def test_what_was_saved_last_is_what_is_loaded(database, first, second):
    name = next(source_names)
    for number, snapshot in enumerate((first, second, second)):
        said = replace(snapshot, source=name, observed_at=NOW + timedelta(days=number))
        difference = save(database, said)
        loaded = {one.source: one for one in load(database)}[name]
        assert as_sets(loaded) == as_sets(said)
    ways = [
        getattr(sort, way).count
        for sort in difference.by_sort().values()
        for way in ("added", "gone", "changed")
    ]
    assert not any(ways), "to say the same again changes nothing"


def test_numbers_that_databases_would_round_come_back_exactly(database):
    numbers = {"big": 2**70 + 1, "huge": 1e300, "tiny": 5e-324, "ratio": 0.1, "text": "1e5", "flag": True}
    snapshot = replace(MESH, entities=(EntityAssertion(CART, facts=numbers),))
    save(database, snapshot)
    [loaded] = load(database)
    assert as_sets(loaded) == as_sets(snapshot)


def test_sources_are_loaded_in_the_order_of_their_names_each_with_what_it_said(database):
    declared = replace(MESH, source="declared", kind="declared", relations=(), coverage=())
    save(database, MESH)
    save(database, declared)
    assert load(database) == (declared, MESH)


def test_an_import_tells_what_it_changed(database):
    save(database, MESH)
    checkout = MESH.entities[1]
    difference = save(
        database,
        later(
            MESH,
            entities=(
                replace(checkout, attributes={"tier": 2}, facts={"pool.max": 8, "pool.min": 1}),
                EntityAssertion(REDIS),
            ),
            relations=(
                RelationAssertion(CHECKOUT, CART, RelationType.CALLS, {"retries": 3}),
                RelationAssertion(CHECKOUT, CART, RelationType.USES),
            ),
            coverage=(CoverageStatement("component:default/*", ("entities", "fact:*")),),
        ),
    )
    assert (difference.source, difference.snapshot, difference.unchanged) == ("mesh", 2, False)
    assert difference.entities == Difference(
        2, added=Changes(1, (REDIS,)), gone=Changes(1, (CART,)), changed=Changes(1, (CHECKOUT,))
    )
    assert difference.aliases == Difference(0, gone=Changes(1, ("component:default/basket",)))
    assert difference.facts == Difference(
        2, added=Changes(1, (f"{CHECKOUT} pool.min",)), changed=Changes(1, (f"{CHECKOUT} pool.max",))
    )
    assert difference.relations == Difference(
        2,
        added=Changes(1, (f"{CHECKOUT} uses {CART}",)),
        gone=Changes(1, (f"{CHECKOUT} uses {REDIS}",)),
        changed=Changes(1, (f"{CHECKOUT} calls {CART}",)),
    )
    assert difference.coverage == Difference(
        2,
        added=Changes(1, ("fact:* of component:default/*",)),
        gone=Changes(1, ("calls:out of component:default/*",)),
    )
    with database.reading() as session:
        newest = latest_snapshot(session)
    assert newest.counts["relations"] == {"total": 2, "added": 1, "gone": 1, "changed": 1}


def test_what_is_said_again_keeps_its_row_and_what_is_gone_is_kept_with_its_end(database):
    save(database, MESH)
    save(database, later(MESH, relations=MESH.relations[:1]))
    with database.reading() as session:
        rows = session.exec(select(CatalogRelation).order_by(col(CatalogRelation.id))).all()
        spans = [(row.relation, row.first_snapshot_id, row.vanished_snapshot_id) for row in rows]
    assert spans == [(RelationType.CALLS, 1, None), (RelationType.USES, 1, 2)]


def test_an_import_leaves_other_sources_alone(database):
    other = replace(MESH, source="declared")
    save(database, other)
    save(database, MESH)
    save(database, later(MESH, entities=(), relations=(), coverage=()))
    assert load(database)[0] == other


def test_the_same_content_observed_at_the_same_time_makes_no_snapshot(database):
    save(database, MESH, "hash")
    assert save(database, MESH, "hash").unchanged
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(CatalogSnapshot)).one() == 1


def test_the_same_content_observed_later_is_a_newer_look(database):
    save(database, MESH, "hash")
    difference = save(database, later(MESH), "hash")
    assert (difference.snapshot, difference.unchanged) == (2, False)
    assert load(database) == (later(MESH),)


def test_what_was_observed_earlier_is_refused(database):
    save(database, later(MESH))
    with pytest.raises(InvalidInput, match=r"^mesh: this was observed at 2026-03-02T09:30:00\+00:00, before"):
        save(database, MESH)
    assert load(database) == (later(MESH),)


def test_a_source_of_another_kind_is_refused(database):
    save(database, MESH)
    with pytest.raises(InvalidInput, match="mesh: "):
        save(database, later(MESH, kind="sbom"))


@pytest.mark.parametrize(
    ("entities", "problem"),
    [
        ((EntityAssertion(CART), EntityAssertion(CART)), "cart is described twice"),
        (
            (EntityAssertion(CART, aliases=(REDIS,)), EntityAssertion(CHECKOUT, aliases=(REDIS,))),
            "alias of both",
        ),
        ((EntityAssertion(CART, aliases=(REDIS,)), EntityAssertion(REDIS)), "an entity of its own"),
        ((EntityAssertion(CART, facts={"ratio": math.nan}),), "cart: nan is not a number that can be kept"),
        ((EntityAssertion(CART, {"type": math.inf}),), "cart: inf is not a number"),
        ((EntityAssertion(CART, facts={"name": "a\0b"}),), "NUL"),
        ((EntityAssertion(CART, facts={"\ud800": 1}),), "half a character"),
        ((EntityAssertion(CART, tags=("\ud800",)),), "half a character"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_changed(database, entities, problem):
    save(database, MESH)
    with pytest.raises(InvalidCatalog, match=problem):
        save(database, later(MESH, entities=entities))
    assert load(database) == (MESH,)


def test_an_import_that_breaks_off_leaves_everything_as_it_was(database):
    save(database, MESH)

    def save_and_break_off(session: Session) -> None:
        save_snapshot(session, later(MESH, entities=()), content_hash="new", actor="ada", at=NOW)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        database.transact(save_and_break_off)
    assert load(database) == (MESH,)
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(CatalogSnapshot)).one() == 1


def test_sources_that_name_the_same_entities_can_be_imported_at_once(database):
    sources = [replace(MESH, source=f"mesh-{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for imported in [pool.submit(save, database, source) for source in sources]:
            imported.result()
    assert load(database) == tuple(sources)
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(CatalogEntity)).one() == 3


def test_imports_of_one_source_at_once_take_turns(database):
    versions = [later(MESH, entities=(EntityAssertion(CART, {"tier": number}),)) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for imported in [pool.submit(save, database, version) for version in versions]:
            imported.result()
    with database.reading() as session:
        numbers = session.exec(select(CatalogSnapshot.number).order_by(col(CatalogSnapshot.number))).all()
    assert numbers == [1, 2, 3, 4]
    assert load(database)[0] in versions


def test_more_rows_than_a_statement_takes_are_imported(database):
    many = tuple(
        EntityAssertion(Ref(f"component:default/{number:05}"), facts={"a": number}) for number in range(6_000)
    )
    save(database, replace(MESH, entities=many))
    save(database, later(MESH))
    assert load(database) == (later(MESH),)
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(CatalogFact)).one() == 6_001
        assert len(entity_ids(session, [entity.ref for entity in many])) == 6_000


def test_refs_that_nobody_named_have_no_number(database):
    save(database, MESH)
    with database.reading() as session:
        ids = entity_ids(session, [CART, Ref("component:default/basket"), Ref("component:default/nowhere")])
    assert ids == {CART: ids[CART], Ref("component:default/basket"): ids[CART]}


def test_an_empty_catalog_is_no_snapshot(database):
    assert load(database) == ()
    with database.reading() as session:
        assert latest_snapshot(session) is None
