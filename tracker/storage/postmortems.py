"""Queries of postmortems, their revisions, and what they name."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.core.catalog import Ref
from tracker.core.errors import NotFound
from tracker.core.postmortems import MentionState
from tracker.storage.batches import batches
from tracker.storage.catalog_merges import after_merges, merges
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


def by_content(session: Session, source: str) -> dict[str, str]:
    """Return the URI of each document of a source by the digest of its latest content, the first of equal ones."""
    rows = session.exec(
        select(Postmortem.content_hash, Postmortem.uri)
        .join(Source, col(Source.id) == col(Postmortem.source_id))
        .where(Source.name == source, Source.purpose == SourcePurpose.POSTMORTEMS)
        .order_by(col(Postmortem.id).desc())
    ).all()
    return dict(rows)


def get(session: Session, postmortem_id: int) -> Postmortem:
    """Return a postmortem; raises `NotFound`."""
    found = session.get(Postmortem, postmortem_id)
    if found is None:
        raise NotFound(f"there is no postmortem {postmortem_id}; see `elsewhere postmortems list`")
    return found


def record(session: Session, postmortem_id: int) -> PostmortemRecord:
    """Return a postmortem with all that was taken from it, in the document's order; raises `NotFound`."""
    postmortem = get(session, postmortem_id)
    items = session.exec(
        select(ActionItem, ActionItemOrigin)
        .join(ActionItemOrigin, col(ActionItemOrigin.action_item_id) == col(ActionItem.id))
        .where(ActionItemOrigin.postmortem_id == postmortem_id)
        .order_by(col(ActionItemOrigin.line_start), col(ActionItem.id))
    ).all()
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
        tuple((item, origin) for item, origin in items),
        learnings_of(session, postmortem_id),
        tuple((mention, ref) for mention, ref in services),
        tuple((mention, key) for mention, key in programs),
    )


def listing(session: Session) -> Sequence[tuple[Postmortem, int, int]]:
    """Return all postmortems with their numbers of items and of learnings, the latest incident first."""
    items = (
        select(ActionItemOrigin.postmortem_id, func.count().label("count"))
        .where(col(ActionItemOrigin.withdrawn_at).is_(None))
        .group_by(col(ActionItemOrigin.postmortem_id))
        .subquery()
    )
    learnings = (
        select(Learning.postmortem_id, func.count().label("count"))
        .where(col(Learning.withdrawn_at).is_(None))
        .group_by(col(Learning.postmortem_id))
        .subquery()
    )
    rows = session.exec(
        select(Postmortem, func.coalesce(items.c.count, 0), func.coalesce(learnings.c.count, 0))
        .outerjoin(items, items.c.postmortem_id == col(Postmortem.id))
        .outerjoin(learnings, learnings.c.postmortem_id == col(Postmortem.id))
        .order_by(
            func.coalesce(col(Postmortem.incident_date), func.date("0001-01-01")).desc(),
            col(Postmortem.id).desc(),
        )
    ).all()
    return [
        (postmortem, int(item_count), int(learning_count)) for postmortem, item_count, learning_count in rows
    ]


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
