"""Queries of postmortems, their revisions, and what they name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.core.catalog import Ref
from tracker.core.errors import NotFound
from tracker.core.postmortems import MentionState
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


def name_services(
    session: Session, postmortem: Postmortem, matches: Iterable[tuple[str, int | None]]
) -> None:
    """Make a postmortem name exactly these services, as printed, each with the entity it was matched to.

    What people have confirmed or rejected stays; a proposed match follows the catalog.
    """
    known = {
        mention.printed: mention
        for mention in session.exec(
            select(PostmortemService).where(PostmortemService.postmortem_id == postmortem.id)
        ).all()
    }
    wanted = dict(matches)
    for printed, mention in known.items():
        if mention.state is not MentionState.PROPOSED:
            continue
        if printed in wanted:
            mention.entity_id = wanted[printed]
            session.add(mention)
        else:
            session.delete(mention)
    for printed, entity_id in wanted.items():
        if printed not in known:
            session.add(PostmortemService(postmortem_id=postmortem.id, printed=printed, entity_id=entity_id))


def name_programs(
    session: Session, postmortem: Postmortem, matches: Iterable[tuple[str, int | None]]
) -> None:
    """Make a postmortem name exactly these programs, as printed, each with the program it was matched to."""
    known = {
        mention.printed: mention
        for mention in session.exec(
            select(PostmortemProgram).where(PostmortemProgram.postmortem_id == postmortem.id)
        ).all()
    }
    wanted = dict(matches)
    for printed in known.keys() - wanted.keys():
        session.delete(known[printed])
    for printed, program_id in wanted.items():
        mention = known.get(printed) or PostmortemProgram(postmortem_id=postmortem.id, printed=printed)
        mention.program_id = program_id
        session.add(mention)


def incidents_by_entity(session: Session) -> dict[Ref, int]:
    """Return how many postmortems name each catalog entity, rejected mentions left out."""
    rows = session.exec(
        select(CatalogEntity.ref, func.count(col(PostmortemService.postmortem_id).distinct()))
        .join(PostmortemService, col(PostmortemService.entity_id) == col(CatalogEntity.id))
        .where(PostmortemService.state != MentionState.REJECTED)
        .group_by(col(CatalogEntity.ref))
    ).all()
    return {Ref(ref): count for ref, count in rows}
