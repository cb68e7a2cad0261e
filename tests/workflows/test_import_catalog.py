"""A catalog is imported whole, or not at all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.factories import LOOKED_AT, InMemoryCatalog, Service, catalog_snapshot
from tests.workflows.reading import everything, rows
from tracker.core.errors import InvalidCatalog, InvalidInput
from tracker.storage.session import Database
from tracker.storage.tables import CatalogSnapshot
from tracker.workflows.context import Context
from tracker.workflows.import_catalog import import_catalog

SEEN = catalog_snapshot(Service("checkout"), Service("basket"))


def test_an_import_says_what_it_read_and_how_it_differs(context: Context, database: Database) -> None:
    source = InMemoryCatalog({"a": SEEN})
    snapshot, difference = import_catalog(context, source, "a")
    assert snapshot is SEEN
    assert (difference.snapshot, difference.entities.added.first) == (
        1,
        ("component:default/basket", "component:default/checkout"),
    )
    assert [row.actor for row in rows(database, CatalogSnapshot)] == ["grace"]


def test_the_same_again_changes_nothing(context: Context, database: Database) -> None:
    source = InMemoryCatalog({"a": SEEN})
    import_catalog(context, source, "a")
    before = everything(database)
    _, difference = import_catalog(context, source, "a")
    assert difference.unchanged
    assert everything(database) == before


def test_an_import_replaces_what_its_own_source_said_and_nothing_else(
    context: Context, database: Database
) -> None:
    other = catalog_snapshot(Service("search"), source="traces", kind="trace")
    less = replace(SEEN, entities=SEEN.entities[:1], observed_at=LOOKED_AT + timedelta(days=1))
    source = InMemoryCatalog({"a": SEEN, "b": other, "c": less})
    import_catalog(context, source, "a")
    import_catalog(context, source, "b")
    _, difference = import_catalog(context, source, "c")
    assert (difference.entities.gone.first, difference.entities.total) == (("component:default/basket",), 1)
    assert len(rows(database, CatalogSnapshot)) == 3


@pytest.mark.parametrize("location", ["missing", "older", "other kind", "twice"])
def test_what_is_refused_changes_nothing(context: Context, database: Database, location: str) -> None:
    source = InMemoryCatalog(
        {
            "a": SEEN,
            "older": replace(SEEN, observed_at=LOOKED_AT - timedelta(days=1)),
            "other kind": replace(SEEN, kind="trace", observed_at=LOOKED_AT + timedelta(days=1)),
            "twice": replace(SEEN, source="traces", entities=SEEN.entities * 2),
        }
    )
    import_catalog(context, source, "a")
    before = everything(database)
    with pytest.raises(InvalidInput) as refused:
        import_catalog(context, source, location)
    assert refused.value.place
    assert everything(database) == before


def test_a_catalog_that_is_not_there_is_named(context: Context) -> None:
    with pytest.raises(InvalidCatalog, match="nowhere"):
        import_catalog(context, InMemoryCatalog(), "nowhere")
