"""Queries of action items and the places that ask for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from tracker.core.action_items import ItemState
from tracker.core.errors import NotFound
from tracker.storage.batches import batches
from tracker.storage.tables import (
    ActionItem,
    ActionItemExposure,
    ActionItemLink,
    ActionItemOrigin,
    CatalogEntity,
    Exposure,
    Postmortem,
    Program,
    Team,
)


@dataclass(frozen=True)
class ItemRecord:
    """An action item with what hangs on it."""

    item: ActionItem
    origins: tuple[tuple[ActionItemOrigin, Postmortem], ...]
    links: tuple[str, ...]
    program: str | None
    """The key of the program that it belongs to."""
    team: str | None
    """The name of the team that owns it."""
    refs: tuple[str, ...]
    """The entities whose exposure it is to end."""


def get(session: Session, item_id: int) -> ActionItem:
    """Return an action item; raises `NotFound`."""
    found = session.get(ActionItem, item_id)
    if found is None:
        raise NotFound(f"there is no action item {item_id}; see `elsewhere items list`")
    return found


def record(session: Session, item_id: int) -> ItemRecord:
    """Return an action item with what hangs on it; raises `NotFound`."""
    return records(session, [get(session, item_id)])[0]


def listing(
    session: Session,
    *,
    states: Sequence[ItemState] = (),
    postmortem_id: int | None = None,
    program_id: int | None = None,
    text: str | None = None,
) -> list[ItemRecord]:
    """Return the items that meet all the conditions, by their number."""
    query = select(ActionItem).order_by(col(ActionItem.id))
    if states:
        query = query.where(col(ActionItem.state).in_(states))
    if postmortem_id is not None:
        query = query.where(
            col(ActionItem.id).in_(
                select(ActionItemOrigin.action_item_id).where(ActionItemOrigin.postmortem_id == postmortem_id)
            )
        )
    if program_id is not None:
        query = query.where(ActionItem.program_id == program_id)
    if text:
        query = query.where(col(ActionItem.title).icontains(text, autoescape=True))
    return records(session, session.exec(query).all())


def records(session: Session, items: Sequence[ActionItem]) -> list[ItemRecord]:
    """Return items with what hangs on them, in the order given, in a fixed number of queries."""
    ids = [item.id for item in items]
    origins: dict[int, list[tuple[ActionItemOrigin, Postmortem]]] = {}
    links: dict[int, list[str]] = {}
    refs: dict[int, list[str]] = {}
    for chunk in batches(ids):
        for origin, postmortem in session.exec(
            select(ActionItemOrigin, Postmortem)
            .join(Postmortem, col(Postmortem.id) == col(ActionItemOrigin.postmortem_id))
            .where(col(ActionItemOrigin.action_item_id).in_(chunk))
            .order_by(col(ActionItemOrigin.id))
        ).all():
            origins.setdefault(origin.action_item_id, []).append((origin, postmortem))
        for link in session.exec(
            select(ActionItemLink)
            .where(col(ActionItemLink.action_item_id).in_(chunk))
            .order_by(col(ActionItemLink.id))
        ).all():
            links.setdefault(link.action_item_id, []).append(link.url)
        for item_id, ref in session.exec(
            select(ActionItemExposure.action_item_id, CatalogEntity.ref)
            .join(Exposure, col(Exposure.id) == col(ActionItemExposure.exposure_id))
            .join(CatalogEntity, col(CatalogEntity.id) == col(Exposure.entity_id))
            .where(col(ActionItemExposure.action_item_id).in_(chunk))
            .order_by(col(CatalogEntity.ref))
        ).all():
            refs.setdefault(item_id, []).append(ref)
    programs = dict(session.exec(select(Program.id, Program.key)).all())
    teams = dict(session.exec(select(Team.id, Team.name)).all())
    return [
        ItemRecord(
            item,
            tuple(origins.get(item.id, ())),
            tuple(links.get(item.id, ())),
            programs.get(item.program_id) if item.program_id else None,
            teams.get(item.owner_team_id) if item.owner_team_id else None,
            tuple(refs.get(item.id, ())),
        )
        for item in items
    ]


def declined_until(session: Session, day: date) -> Sequence[ActionItem]:
    """Return the items that were declined until this day or one before it."""
    return session.exec(
        select(ActionItem).where(col(ActionItem.declined_until) <= day).order_by(col(ActionItem.id))
    ).all()


def origins_in(session: Session, postmortem_id: int) -> Sequence[tuple[ActionItem, ActionItemOrigin]]:
    """Return the items that a postmortem asks for, or once asked for, in the document's order."""
    return [
        (item, origin)
        for item, origin in session.exec(
            select(ActionItem, ActionItemOrigin)
            .join(ActionItemOrigin, col(ActionItemOrigin.action_item_id) == col(ActionItem.id))
            .where(ActionItemOrigin.postmortem_id == postmortem_id)
            .order_by(col(ActionItemOrigin.line_start), col(ActionItemOrigin.id))
        ).all()
    ]


def cite(session: Session, item: ActionItem, urls: Iterable[str]) -> list[str]:
    """Add the links that an item, flushed before, does not have yet; returns them."""
    known = set(
        session.exec(select(ActionItemLink.url).where(ActionItemLink.action_item_id == item.id)).all()
    )
    new = [url for url in dict.fromkeys(urls) if url not in known]
    session.add_all(ActionItemLink(action_item_id=item.id, url=url) for url in new)
    return new
