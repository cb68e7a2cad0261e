"""The catalog read one entity at a time: what is there, and all that the sources say of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from tracker.core.catalog import (
    EntityAssertion,
    EntityKind,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
)
from tracker.core.errors import NotFound
from tracker.storage import catalog_entities
from tracker.storage.catalog_entities import MOST_EDGES, EntityRecord, EntityRow
from tracker.storage.catalog_import import save_snapshot
from tracker.storage.pages import Paging, every
from tracker.storage.session import Database

AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
CHECKOUT, TILL, BASKET = (Ref(f"component:default/{name}") for name in ("checkout", "till", "basket"))
CACHE, BUYING, FINDING = (
    Ref("resource:default/cache"),
    Ref("group:default/buying"),
    Ref("group:default/finding"),
)


def say(
    database: Database,
    *said: EntityAssertion | RelationAssertion,
    source: str = "terraform",
    at: datetime = AT,
) -> None:
    """Import what a source says."""
    snapshot = SourceSnapshot(
        source,
        "iac",
        at,
        tuple(one for one in said if isinstance(one, EntityAssertion)),
        tuple(one for one in said if isinstance(one, RelationAssertion)),
    )
    database.transact(
        lambda session: save_snapshot(session, snapshot, content_hash=f"{source} {at}", actor="ada", at=at)
    )


def listed(database: Database, **conditions: object) -> dict[str, EntityRow]:
    with database.reading() as session:
        rows = every(lambda paging: catalog_entities.page(session, paging, **conditions))  # type: ignore[arg-type]
        return {row.entity.ref: row for row in rows}


def record(database: Database, ref: Ref) -> EntityRecord:
    with database.reading() as session:
        return catalog_entities.record(session, ref)


def owned(ref: Ref, by: Ref) -> RelationAssertion:
    return RelationAssertion(ref, by, RelationType.OWNED_BY)


# Lists


def test_what_sources_list_and_what_only_edges_name_is_there(database: Database) -> None:
    say(database, EntityAssertion(CHECKOUT), owned(CHECKOUT, BUYING))
    rows = listed(database)
    assert {ref: row.sources for ref, row in rows.items()} == {CHECKOUT: ("terraform",), BUYING: ()}
    assert rows[CHECKOUT].owners == (BUYING,)


def test_what_has_vanished_is_not_listed(database: Database) -> None:
    say(database, EntityAssertion(CHECKOUT), owned(CHECKOUT, BUYING), EntityAssertion(BASKET))
    say(database, EntityAssertion(BASKET), at=AT + timedelta(days=1))
    assert list(listed(database)) == [BASKET]


def test_what_the_sources_agree_on_is_shown(database: Database) -> None:
    say(database, EntityAssertion(CHECKOUT, {"tier": 1, "type": "service", "platform": None}))
    say(database, EntityAssertion(CHECKOUT, {"tier": 2, "type": "service"}), source="by-hand")
    row = listed(database)[CHECKOUT]
    assert (row.sources, row.attributes) == (("by-hand", "terraform"), {"type": "service", "platform": None})


def test_lists_are_narrowed(database: Database) -> None:
    say(database, EntityAssertion(CHECKOUT), EntityAssertion(CACHE), owned(CHECKOUT, BUYING))
    say(database, EntityAssertion(BASKET), owned(BASKET, FINDING), source="by-hand")
    assert set(listed(database, kinds=[EntityKind.GROUP, EntityKind.RESOURCE])) == {BUYING, FINDING, CACHE}
    assert set(listed(database, text="ASK")) == {BASKET}
    assert set(listed(database, text="%")) == set()
    assert set(listed(database, source="by-hand")) == {BASKET}
    assert set(listed(database, owner=BUYING)) == {CHECKOUT}


def test_a_condition_on_what_is_not_there_is_an_error(database: Database) -> None:
    say(database, EntityAssertion(CHECKOUT))
    with pytest.raises(NotFound, match="no source 'terrafrom'"):
        listed(database, source="terrafrom")
    with pytest.raises(NotFound, match="group:default/nobody is not in the catalog"):
        listed(database, owner=Ref("group:default/nobody"))


def test_an_entity_that_became_another_is_listed_once_with_what_is_said_of_both(database: Database) -> None:
    say(database, EntityAssertion(TILL, {"tier": 1}), owned(TILL, BUYING))
    say(database, EntityAssertion(CHECKOUT, aliases=(TILL,)), source="by-hand")
    row = listed(database)[CHECKOUT]
    assert (row.sources, row.attributes, row.owners) == (("by-hand", "terraform"), {"tier": 1}, (BUYING,))
    assert (
        set(listed(database, owner=BUYING))
        == set(listed(database, source="terraform")) - {BUYING}
        == {CHECKOUT}
    )


def test_a_page_takes_the_same_number_of_queries_however_long_it_is(database: Database) -> None:
    say(database, *(EntityAssertion(Ref(f"component:default/c{number}")) for number in range(50)))
    asked: list[str] = []
    event.listen(database.reader, "before_cursor_execute", lambda *at: asked.append(at[2]))
    counts = []
    for limit in (1, 50):
        asked.clear()
        with database.reading() as session:
            assert len(catalog_entities.page(session, Paging(limit)).items) == limit
        counts.append(len(asked))
    assert counts[0] == counts[1] < 10


# One entity


def test_all_that_is_known_of_an_entity(database: Database) -> None:
    say(
        database,
        EntityAssertion(CHECKOUT, {"tier": 1}, tags=("paid",), facts={"timeout": None}),
        RelationAssertion(CHECKOUT, CACHE, RelationType.USES, {"pool": 5}),
        RelationAssertion(BASKET, CHECKOUT, RelationType.CALLS),
    )
    say(database, EntityAssertion(CHECKOUT, aliases=(TILL,)), source="by-hand", at=AT + timedelta(days=1))
    found = record(database, TILL)
    assert found.entity.ref == CHECKOUT
    assert found.aliases == ((TILL, "by-hand"),)
    by_hand, terraform = found.said
    assert (by_hand.source, by_hand.observed_at, by_hand.tags) == ("by-hand", AT + timedelta(days=1), None)
    assert (terraform.attributes, terraform.tags, terraform.facts) == (
        {"tier": 1},
        ["paid"],
        {"timeout": None},
    )
    assert [(one.relation, one.ref, one.source, one.facts) for one in found.edges_out] == [
        ("uses", CACHE, "terraform", {"pool": 5})
    ]
    assert [(one.relation, one.ref) for one in found.edges_in] == [("calls", BASKET)]


def test_edges_lead_to_what_their_other_ends_became(database: Database) -> None:
    say(database, EntityAssertion(TILL), RelationAssertion(BASKET, TILL, RelationType.CALLS))
    say(database, EntityAssertion(CHECKOUT, aliases=(TILL,)), source="by-hand")
    assert [one.ref for one in record(database, BASKET).edges_out] == [CHECKOUT]
    assert [one.ref for one in record(database, CHECKOUT).edges_in] == [BASKET]


def test_of_very_many_edges_the_first_are_shown_and_all_are_counted(database: Database) -> None:
    callers = [Ref(f"component:default/c{number:04}") for number in range(MOST_EDGES + 5)]
    say(database, *(RelationAssertion(one, CHECKOUT, RelationType.CALLS) for one in callers))
    found = record(database, CHECKOUT)
    assert ([one.ref for one in found.edges_in], found.edges_in_total) == (callers[:MOST_EDGES], len(callers))
    assert (found.edges_out, found.edges_out_total) == ((), 0)


def test_what_is_not_in_the_catalog_is_named(database: Database) -> None:
    with pytest.raises(NotFound, match=f"{CHECKOUT} is not in the catalog"):
        record(database, CHECKOUT)


# Sources


def test_a_source_is_shown_as_it_spoke_last(database: Database) -> None:
    say(database, EntityAssertion(CHECKOUT), source="b")
    say(database, EntityAssertion(CHECKOUT), EntityAssertion(BASKET), source="b", at=AT + timedelta(days=1))
    say(database, EntityAssertion(CHECKOUT), source="a")
    with database.reading() as session:
        found = catalog_entities.page_of_sources(session, Paging()).items
    assert [
        (source.name, snapshot.number, snapshot.counts["entities"]["total"]) for source, snapshot in found
    ] == [
        ("a", 1, 1),
        ("b", 2, 2),
    ]
