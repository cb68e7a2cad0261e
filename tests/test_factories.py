"""The sources in memory keep the promises of the ports, so that a test with them says something of the real ones."""

import pytest

from tests.factories import InMemoryCatalog, InMemoryPostmortems, Service, catalog_snapshot, postmortem_text
from tracker.core.ports import CatalogSource, PostmortemSource
from tracker.testing.catalog_source import CatalogSourceContract
from tracker.testing.postmortem_source import PostmortemSourceContract


class EveryDocument(InMemoryPostmortems):
    """Documents in memory that are one location together, as those of a folder are."""

    def documents(self, locations):  # type: ignore[no-untyped-def]
        inside = [name for place in locations for name in ([*self.texts] if place == "all" else [place])]
        return super().documents(inside)


class TestPostmortems(PostmortemSourceContract):
    @pytest.fixture
    def source(self) -> PostmortemSource:
        return EveryDocument({"a.md": postmortem_text(), "b.md": postmortem_text()})

    @pytest.fixture
    def location(self) -> str:
        return "all"

    @pytest.fixture
    def partly_unreadable_location(self, source: EveryDocument) -> str:
        source.texts["c.md"] = None
        return "all"

    @pytest.fixture
    def missing_location(self) -> str:
        return "missing.md"


class TestCatalog(CatalogSourceContract):
    @pytest.fixture
    def source(self) -> CatalogSource:
        snapshot = catalog_snapshot(
            Service("checkout", aliases=("component:default/till",)), Service("basket", 250)
        )
        return InMemoryCatalog({"catalog": snapshot, "faulty": None})

    @pytest.fixture
    def location(self) -> str:
        return "catalog"

    @pytest.fixture
    def faulty_location(self) -> str:
        return "faulty"

    @pytest.fixture
    def missing_location(self) -> str:
        return "missing"
