"""Queries of postmortems, their revisions, and what they name."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from tracker.core.catalog import Ref
from tracker.core.errors import NotFound
from tracker.core.postmortems import MentionState
from tracker.storage import pages
from tracker.storage.action_items import as_it_stands
from tracker.storage.batches import batches
from tracker.storage.catalog_merges import after_merges, merges
from tracker.storage.confidentiality import open_item, open_postmortem
from tracker.storage.pages import Order, Page, Paging
from tracker.storage.tables import (
    ActionItem,
    ActionItemOrigin,
    CatalogEntity,
    Learning,
    Postmortem,
    PostmortemProgram,
    PostmortemRevision,
    PostmortemService,
    Program,
    Source,
    SourcePurpose,
)


@dataclass(frozen=True)
class PostmortemRecord:
    """A postmortem with what was taken from it."""

    postmortem: Postmortem
    revisions: int
    items: tuple[tuple[ActionItem, ActionItemOrigin], ...]
    learnings: tuple[Learning, ...]
    services: tuple[tuple[PostmortemService, str | None], ...]
    """Each service as printed, with the ref that it was matched to."""
    programs: tuple[tuple[PostmortemProgram, str | None], ...]
    """Each program as printed, with the key that it was matched to."""


def at_uri(session: Session, uri: str) -> Postmortem | None:
    """Return the postmortem that stands at a URI."""
    return session.exec(select(Postmortem).where(Postmortem.uri == uri)).one_or_none()


def by_content(session: Session, source: str, *, sees_confidential: bool = True) -> dict[str, str]:
    """Return the URI of each document of a source by the digest of its latest content, the first of equal ones."""
    asked = (
        select(Postmortem.content_hash, Postmortem.uri)
        .join(Source, col(Source.id) == col(Postmortem.source_id))
        .where(Source.name == source, Source.purpose == SourcePurpose.POSTMORTEMS)
        .order_by(col(Postmortem.id).desc())
    )
    return dict(session.exec(asked if sees_confidential else asked.where(open_postmortem())).all())


def get(session: Session, postmortem_id: int, *, sees_confidential: bool = True) -> Postmortem:
    """Return a postmortem; raises `NotFound`, also for one that does not exist for this reader."""
    found = session.get(Postmortem, postmortem_id)
    if found is None or (found.confidential and not sees_confidential):
        raise NotFound(f"there is no postmortem {postmortem_id}; see `elsewhere postmortems list`")
    return found


def record(
    session: Session, postmortem_id: int, *, today: date | None = None, sees_confidential: bool = True
) -> PostmortemRecord:
    """Return a postmortem with all that was taken from it, in the document's order; raises `NotFound`."""
    postmortem = get(session, postmortem_id, sees_confidential=sees_confidential)
    asked = (
        select(ActionItem, ActionItemOrigin)
        .join(ActionItemOrigin, col(ActionItemOrigin.action_item_id) == col(ActionItem.id))
        .where(ActionItemOrigin.postmortem_id == postmortem_id)
        .order_by(col(ActionItemOrigin.line_start), col(ActionItem.id))
    )
    items = session.exec(asked if sees_confidential else asked.where(open_item())).all()
    services = session.exec(
        select(PostmortemService, CatalogEntity.ref)
        .outerjoin(CatalogEntity, col(CatalogEntity.id) == col(PostmortemService.entity_id))
        .where(PostmortemService.postmortem_id == postmortem_id)
        .order_by(col(PostmortemService.id))
    ).all()
    programs = session.exec(
        select(PostmortemProgram, Program.key)
        .outerjoin(Program, col(Program.id) == col(PostmortemProgram.program_id))
        .where(PostmortemProgram.postmortem_id == postmortem_id)
        .order_by(col(PostmortemProgram.id))
    ).all()
    return PostmortemRecord(
        postmortem,
        latest_revision(session, postmortem_id).number,
        tuple((as_it_stands(item, today), origin) for item, origin in items),
        learnings_of(session, postmortem_id),
        tuple((mention, ref) for mention, ref in services),
        tuple((mention, key) for mention, key in programs),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which postmortems are asked for; what is left out does not matter."""

    text: str | None = None
    """Words in the title or the name."""
    severity_level: int | None = None
    incident_from: date | None = None
    incident_until: date | None = None
    confidential: bool | None = None


ORDER = Order(
    col(Postmortem.id),
    {
        "incident_date": col(Postmortem.incident_date),
        "title": col(Postmortem.title),
        "severity_level": col(Postmortem.severity_level),
        "created_at": col(Postmortem.created_at),
        "updated_at": col(Postmortem.updated_at),
    },
    default="-incident_date",
)
"""What listings of postmortems can be sorted by."""

Counted = tuple[Postmortem, int, int]
"""A postmortem with its numbers of items and of learnings, those withdrawn not counted."""


def listing(session: Session) -> Sequence[Counted]:
    """Return all postmortems, the latest incident first."""
    incident, number = col(Postmortem.incident_date), col(Postmortem.id)
    rows = session.exec(select(Postmortem).order_by(incident.desc().nulls_last(), number.desc())).all()
    return _counted(session, rows, sees_confidential=True)


def page(session: Session, wanted: Wanted, paging: Paging, *, sees_confidential: bool) -> Page[Counted]:
    """Return a page of the postmortems that are wanted and that exist for this reader."""
    query = select(Postmortem) if sees_confidential else select(Postmortem).where(open_postmortem())
    if wanted.text:
        title, name = (
            col(column).icontains(wanted.text, autoescape=True)
            for column in (Postmortem.title, Postmortem.name)
        )
        query = query.where(or_(title, name))
    if wanted.severity_level is not None:
        query = query.where(Postmortem.severity_level == wanted.severity_level)
    if wanted.incident_from is not None:
        query = query.where(col(Postmortem.incident_date) >= wanted.incident_from)
    if wanted.incident_until is not None:
        query = query.where(col(Postmortem.incident_date) <= wanted.incident_until)
    if wanted.confidential is not None:
        query = query.where(col(Postmortem.confidential).is_(wanted.confidential))
    found = pages.page(session, query, ORDER, paging)
    counted = _counted(session, found.items, sees_confidential=sees_confidential)
    return Page(tuple(counted), found.next_cursor)


def _counted(session: Session, rows: Sequence[Postmortem], *, sees_confidential: bool) -> list[Counted]:
    items: Counter[int] = Counter()
    learnings: Counter[int] = Counter()
    for batch in batches(one.id for one in rows):
        origin, learning = col(ActionItemOrigin.postmortem_id), col(Learning.postmortem_id)
        asked = (
            select(origin, func.count())
            .join(ActionItem, col(ActionItem.id) == col(ActionItemOrigin.action_item_id))
            .where(col(ActionItemOrigin.withdrawn_at).is_(None), origin.in_(batch))
            .group_by(origin)
        )
        items.update(dict(session.exec(asked if sees_confidential else asked.where(open_item())).all()))
        learnings.update(
            dict(
                session.exec(
                    select(learning, func.count())
                    .where(col(Learning.withdrawn_at).is_(None), learning.in_(batch))
                    .group_by(learning)
                ).all()
            )
        )
    return [(one, items[one.id], learnings[one.id]) for one in rows]


REVISIONS = Order(col(PostmortemRevision.id), {}, default="-id")
"""Revisions are listed by when they were ingested."""


def revisions(
    session: Session, postmortem: Postmortem, paging: Paging
) -> Page[tuple[PostmortemRevision, int]]:
    """Return a page of a postmortem's revisions, the newest first, each with its size in place of its bytes."""
    query = (
        select(PostmortemRevision, func.length(PostmortemRevision.content))
        .where(PostmortemRevision.postmortem_id == postmortem.id)
        .options(defer(PostmortemRevision.content))  # type: ignore[arg-type]  # SQLModel calls it bytes
    )
    found = pages.page(session, query, REVISIONS, paging)
    return Page(tuple((one, int(size)) for one, size in found.items), found.next_cursor)


def revision(session: Session, postmortem: Postmortem, number: int) -> PostmortemRevision:
    """Return one revision of a postmortem; raises `NotFound`."""
    found = session.exec(
        select(PostmortemRevision).where(
            PostmortemRevision.postmortem_id == postmortem.id, PostmortemRevision.number == number
        )
    ).one_or_none()
    if found is None:
        raise NotFound(f"postmortem {postmortem.id} has no revision {number}")
    return found


def latest_revision(session: Session, postmortem_id: int) -> PostmortemRevision:
    """Return a postmortem's newest revision; every postmortem has one."""
    return session.exec(
        select(PostmortemRevision)
        .where(PostmortemRevision.postmortem_id == postmortem_id)
        .order_by(col(PostmortemRevision.number).desc())
        .limit(1)
    ).one()


def add_revision(
    session: Session, postmortem: Postmortem, content: bytes, *, actor: str, at: datetime
) -> PostmortemRevision:
    """Add the next revision of a postmortem that was flushed; its ``content_hash`` is already the new one."""
    last = session.exec(
        select(func.max(PostmortemRevision.number)).where(PostmortemRevision.postmortem_id == postmortem.id)
    ).one()
    revision = PostmortemRevision(
        postmortem_id=postmortem.id,
        number=(last or 0) + 1,
        content_hash=postmortem.content_hash,
        content=content,
        ingested_at=at,
        actor=actor,
    )
    session.add(revision)
    session.flush()
    return revision


def learnings_of(session: Session, postmortem_id: int) -> tuple[Learning, ...]:
    """Return all learnings of a postmortem, withdrawn ones included, in the document's order."""
    return tuple(
        session.exec(
            select(Learning)
            .where(Learning.postmortem_id == postmortem_id)
            .order_by(col(Learning.line_start), col(Learning.id))
        ).all()
    )


def incidents_by_entity(session: Session) -> dict[Ref, int]:
    """Return how many postmortems name each entity, by its present ref.

    Rejected mentions do not count, and neither do confidential postmortems: the counts appear in reports.
    """
    rows = session.exec(
        select(PostmortemService.entity_id, PostmortemService.postmortem_id)
        .join(Postmortem, col(Postmortem.id) == col(PostmortemService.postmortem_id))
        .where(
            col(PostmortemService.entity_id).is_not(None),
            PostmortemService.state != MentionState.REJECTED,
            col(Postmortem.confidential).is_(False),
        )
    ).all()
    merged = merges(session)
    named = {(after_merges(entity_id, merged), postmortem) for entity_id, postmortem in rows if entity_id}
    counts = Counter(entity_id for entity_id, _ in named)
    refs: dict[int, str] = {}
    for batch in batches(counts):
        refs.update(
            session.exec(
                select(CatalogEntity.id, CatalogEntity.ref).where(col(CatalogEntity.id).in_(batch))
            ).all()
        )
    return {Ref(refs[entity_id]): count for entity_id, count in counts.items()}
