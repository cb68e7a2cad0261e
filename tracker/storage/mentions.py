"""Queries of mentions: the services and programs that postmortems name, and what they are matched to."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sqlmodel import Session, col, select

from tracker.core.catalog import EntityKind, Ref
from tracker.core.errors import NotFound
from tracker.core.mentions import KnownName, ServiceNames
from tracker.core.postmortems import MentionState
from tracker.storage import programs
from tracker.storage.batches import batches
from tracker.storage.catalog import latest_snapshot
from tracker.storage.catalog_merges import after_merges, merges
from tracker.storage.tables import (
    CatalogAlias,
    CatalogEntity,
    CatalogEntityAssertion,
    Postmortem,
    PostmortemProgram,
    PostmortemService,
)

Mention = TypeVar("Mention", PostmortemService, PostmortemProgram)


class CatalogNames:
    """The names that services go by, loaded when they are first asked for and whenever the catalog has changed since."""

    def __init__(self) -> None:
        self._snapshot: int | None = None
        self._names = ServiceNames(())

    def now(self, session: Session) -> ServiceNames:
        """Return the names of the catalog as a session sees it."""
        latest = latest_snapshot(session)
        if latest is not None and latest.id != self._snapshot:
            self._names, self._snapshot = ServiceNames(_known_names(session)), latest.id
        return self._names


def name_services(
    session: Session, postmortem: Postmortem, printed: Sequence[str], names: CatalogNames
) -> None:
    """Make a postmortem name exactly these services, matched to the catalog as it is now.

    What people have confirmed or rejected stays, whatever the document says.
    """
    known = _of(session, PostmortemService, postmortem)
    for name, mention in known.items():
        if name not in printed and mention.state is MentionState.PROPOSED:
            session.delete(mention)
    new = [name for name in dict.fromkeys(printed) if name not in known]
    session.add_all(PostmortemService(postmortem_id=postmortem.id, printed=name) for name in new)
    if printed:
        match_services(session, names, postmortem)


def name_programs(session: Session, postmortem: Postmortem, printed: Sequence[str]) -> None:
    """Make a postmortem name exactly these programs, matched to those that there are now."""
    known = _of(session, PostmortemProgram, postmortem)
    for name, mention in known.items():
        if name not in printed:
            session.delete(mention)
    new = [name for name in dict.fromkeys(printed) if name not in known]
    session.add_all(PostmortemProgram(postmortem_id=postmortem.id, printed=name) for name in new)
    if printed:
        match_programs(session, postmortem)


def service(session: Session, postmortem: Postmortem, printed: str) -> PostmortemService:
    """Return a service that a postmortem names, as printed there; raises `NotFound`."""
    found = _of(session, PostmortemService, postmortem).get(printed)
    if found is None:
        raise NotFound(f"postmortem {postmortem.id} does not name a service {printed!r}")
    return found


def confirmed_services(session: Session, postmortem_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the services that people confirmed to be impacted, as printed, by the number of the postmortem."""
    named: dict[int, list[str]] = {}
    for chunk in batches(set(postmortem_ids)):
        for postmortem_id, printed in session.exec(
            select(PostmortemService.postmortem_id, PostmortemService.printed)
            .where(
                col(PostmortemService.postmortem_id).in_(chunk),
                PostmortemService.state == MentionState.CONFIRMED,
            )
            .order_by(col(PostmortemService.printed))
        ).all():
            named.setdefault(postmortem_id, []).append(printed)
    return named


def match_services(session: Session, names: CatalogNames, postmortem: Postmortem | None = None) -> None:
    """Match what one postmortem (or all) proposes to name to the catalog as it is now."""
    proposed = select(PostmortemService).where(PostmortemService.state == MentionState.PROPOSED)
    if postmortem is not None:
        proposed = proposed.where(PostmortemService.postmortem_id == postmortem.id)
    mentions = session.exec(proposed).all()
    known = names.now(session) if mentions else ServiceNames(())
    for mention in mentions:
        mention.entity_id = known.find(mention.printed)
        session.add(mention)


def match_programs(session: Session, postmortem: Postmortem | None = None) -> None:
    """Match the programs that one postmortem (or all) names to those that there are now."""
    named = select(PostmortemProgram)
    if postmortem is not None:
        named = named.where(PostmortemProgram.postmortem_id == postmortem.id)
    ids = programs.ids_by_name(session)
    for mention in session.exec(named).all():
        mention.program_id = ids.get(mention.printed.casefold())
        session.add(mention)


def _of(session: Session, table: type[Mention], postmortem: Postmortem) -> dict[str, Mention]:
    rows = session.exec(select(table).where(table.postmortem_id == postmortem.id)).all()
    return {mention.printed: mention for mention in rows}


def _known_names(session: Session) -> Iterator[KnownName]:
    """Yield the names that services can go by: refs of entities, then live aliases, the first claim first."""
    said = CatalogEntityAssertion
    listed = set(session.exec(select(said.entity_id).where(col(said.vanished_snapshot_id).is_(None))))
    merged = merges(session)
    entities = select(CatalogEntity.ref, CatalogEntity.id).where(CatalogEntity.kind != EntityKind.PACKAGE)
    aliases = (
        select(CatalogAlias.alias, CatalogAlias.entity_id)
        .where(col(CatalogAlias.vanished_snapshot_id).is_(None))
        .order_by(col(CatalogAlias.id))
    )
    for ref, entity_id in (*session.exec(entities), *session.exec(aliases)):
        entity = after_merges(entity_id, merged)
        yield KnownName(Ref(ref), entity, entity in listed)
