"""Fulfils the port for catalogs with files in the neutral format."""

from collections.abc import Mapping

from connectors.jsonl_catalog.lines import read_lines
from connectors.jsonl_catalog.mapping import snapshot
from tracker.core.catalog import SourceSnapshot
from tracker.core.ports import CatalogSource


def connect(_environment: Mapping[str, str]) -> CatalogSource:
    """Return the source. It has no settings."""
    return JsonlCatalog()


class JsonlCatalog:
    """Catalog files in JSON Lines, plain or compressed with gzip."""

    name = "jsonl"

    def read(self, location: str) -> SourceSnapshot:
        """Return all that one file says; reads line by line, so a file costs the memory of what it says."""
        return snapshot(read_lines(location), location)
