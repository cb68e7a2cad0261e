"""Imports what one source says of the estate, replacing what it said before, and nothing else."""

from datetime import timedelta
from hashlib import sha256

import structlog
from sqlmodel import Session

from tracker.core.catalog import SourceSnapshot
from tracker.core.catalog_difference import CatalogDifference
from tracker.core.errors import InvalidCatalog
from tracker.core.ports import CatalogSource
from tracker.storage import mentions
from tracker.storage.catalog_import import save_snapshot
from tracker.workflows.context import Context

_log = structlog.get_logger()

CLOCK_SKEW = timedelta(days=1)
"""How far ahead of ours another system's clock may be."""


def import_catalog(
    context: Context, source: CatalogSource, location: str
) -> tuple[SourceSnapshot, CatalogDifference]:
    """Import one location in one transaction; returns what was read, and how it differs from what was known.

    What postmortems propose to name is matched to the catalog anew.

    Raises `InvalidCatalog` naming the place of the first fault, before anything is changed.
    """
    snapshot = source.read(location)
    if snapshot.observed_at > context.now + CLOCK_SKEW:
        # It would make all other evidence look old, and refuse this source's right files for ever.
        raise InvalidCatalog(f"observed_at {snapshot.observed_at.isoformat()} is in the future", location)
    digest = sha256(repr(snapshot).encode()).hexdigest()

    def save(session: Session) -> CatalogDifference:
        difference = save_snapshot(
            session, snapshot, content_hash=digest, actor=context.actor, at=context.now
        )
        if not difference.unchanged:
            mentions.match_services(session, mentions.CatalogNames())
        return difference

    difference = context.database.transact(save)
    _log.info(
        "catalog imported",
        source=snapshot.source,
        snapshot=difference.snapshot,
        unchanged=difference.unchanged,
        entities=len(snapshot.entities),
        relations=len(snapshot.relations),
    )
    return snapshot, difference
