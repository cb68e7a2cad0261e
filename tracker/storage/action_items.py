"""Queries of action items and the places that ask for them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, false, func, not_, or_
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from tracker.core.action_items import ItemState, ItemType
from tracker.core.errors import NotFound
from tracker.core.people import parse_owners
from tracker.storage import issue_links, pages, people
from tracker.storage.batches import batches
from tracker.storage.confidentiality import open_item
from tracker.storage.pages import Order, Page, Paging
from tracker.storage.tables import (
    ActionItem,
    ActionItemExposure,
    ActionItemLink,
    ActionItemOrigin,
    CatalogEntity,
    Exposure,
    IssueLink,
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
    link: IssueLink | None = None
    """The link to its issue in the tracker."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items are asked for; what is left out does not matter."""

    states: Sequence[ItemState] = ()
    types: Sequence[ItemType] = ()
    postmortem_id: int | None = None
    program: str | None = None
    """The key of the program."""
    team: str | None = None
    """The name of the team that owns the item."""
    owner: str | None = None
    """Words in the owner as printed."""
    text: str | None = None
    """Words in the title."""
    due_from: date | None = None
    due_until: date | None = None
    overdue: bool | None = None
    """Whether it is still to be done after the day on which it was due."""
    has_issue: bool | None = None
    """Whether it has an issue in the tracker."""


ORDER = Order(
    col(ActionItem.id),
    {
        name: col(getattr(ActionItem, name))
        for name in ("due", "priority", "created_at", "updated_at", "title")
    },
)
"""What listings of items can be sorted by."""

_FINISHED = (ItemState.DONE, ItemState.VERIFIED, ItemState.DECLINED)


def get(session: Session, item_id: int, *, sees_confidential: bool = True) -> ActionItem:
    """Return an action item; raises `NotFound`, also for one that does not exist for this reader."""
    query = select(ActionItem).where(ActionItem.id == item_id)
    found = session.exec(query if sees_confidential else query.where(open_item())).one_or_none()
    if found is None:
        raise NotFound(f"there is no action item {item_id}; see `elsewhere items list`")
    return found


def record(
    session: Session, item_id: int, *, today: date | None = None, sees_confidential: bool = True
) -> ItemRecord:
    """Return an action item with what hangs on it, as it stands today; raises `NotFound`."""
    return records(session, [get(session, item_id, sees_confidential=sees_confidential)], today=today)[0]


def listing(session: Session, wanted: Wanted = Wanted(), *, today: date | None = None) -> list[ItemRecord]:
    """Return the items that are wanted, by their number, as they stand today."""
    query = _select(wanted, today).order_by(col(ActionItem.id))
    return records(session, session.exec(query).all(), today=today)


def page(
    session: Session, wanted: Wanted, paging: Paging, *, today: date, sees_confidential: bool
) -> Page[ItemRecord]:
    """Return a page of the items that are wanted and that exist for this reader, as they stand today."""
    query = _select(wanted, today)
    found = pages.page(session, query if sees_confidential else query.where(open_item()), ORDER, paging)
    return Page(tuple(records(session, found.items, today=today)), found.next_cursor)


def _select(wanted: Wanted, today: date | None) -> SelectOfScalar[ActionItem]:
    query = select(ActionItem)
    for field, condition in _CONDITIONS.items():
        value = getattr(wanted, field)
        if value not in (None, "", (), []):
            query = query.where(condition(value, today))
    return query


def _stands(states: Sequence[ItemState], today: date | None) -> ColumnElement[bool]:
    """Return the condition that an item stands in one of these states: one declined until today is proposed again."""
    written = col(ActionItem.state).in_(states)
    if today is None or (ItemState.PROPOSED in states) == (ItemState.DECLINED in states):
        return written
    expired = func.coalesce(col(ActionItem.declined_until) <= today, false())
    return or_(written, expired) if ItemState.PROPOSED in states else and_(written, not_(expired))


def _is_late(late: bool, today: date | None) -> ColumnElement[bool]:
    to_do = [state for state in ItemState if state not in _FINISHED]
    is_late = and_(func.coalesce(col(ActionItem.due) < today, false()), _stands(to_do, today))
    return is_late if late else not_(is_late)


def _has_issue() -> ColumnElement[bool]:
    linked = select(IssueLink.id).where(
        IssueLink.action_item_id == ActionItem.id, col(IssueLink.issue_id).is_not(None)
    )
    return linked.correlate(ActionItem).exists()


def _says(words: str, column: Any) -> ColumnElement[bool]:
    return col(column).icontains(words, autoescape=True)


_CONDITIONS: dict[str, Callable[[Any, date | None], ColumnElement[bool]]] = {
    "states": _stands,
    "types": lambda types, _: col(ActionItem.type).in_(types),
    "postmortem_id": lambda number, _: col(ActionItem.id).in_(
        select(ActionItemOrigin.action_item_id).where(ActionItemOrigin.postmortem_id == number)
    ),
    "program": lambda key, _: col(ActionItem.program_id).in_(select(Program.id).where(Program.key == key)),
    "team": lambda name, _: col(ActionItem.owner_team_id).in_(select(Team.id).where(Team.name == name)),
    "owner": lambda words, _: _says(words, ActionItem.owner),
    "text": lambda words, _: _says(words, ActionItem.title),
    "due_from": lambda day, _: col(ActionItem.due) >= day,
    "due_until": lambda day, _: col(ActionItem.due) <= day,
    "overdue": _is_late,
    "has_issue": lambda has, _: _has_issue() if has else not_(_has_issue()),
}


def as_it_stands(item: ActionItem, today: date | None) -> ActionItem:
    """Return an item as its readers are to see it; nothing of this is saved."""
    if today is not None and item.declined_until is not None and item.declined_until <= today:
        set_committed_value(item, "state", ItemState.PROPOSED)
        for field in ("decline_reason", "declined_by", "declined_until"):
            set_committed_value(item, field, None)
    return item


# Made once: to make them for each page takes longer than to run them.
_ITEMS: BindParameter[Sequence[int]] = bindparam("items", expanding=True)
_ORIGINS = (
    select(ActionItemOrigin, Postmortem)
    .join(Postmortem, col(Postmortem.id) == col(ActionItemOrigin.postmortem_id))
    .where(col(ActionItemOrigin.action_item_id).in_(_ITEMS))
    .order_by(col(ActionItemOrigin.id))
)
_LINKS = (
    select(ActionItemLink.action_item_id, ActionItemLink.url)
    .where(col(ActionItemLink.action_item_id).in_(_ITEMS))
    .order_by(col(ActionItemLink.id))
)
_REFS = (
    select(ActionItemExposure.action_item_id, CatalogEntity.ref)
    .join(Exposure, col(Exposure.id) == col(ActionItemExposure.exposure_id))
    .join(CatalogEntity, col(CatalogEntity.id) == col(Exposure.entity_id))
    .where(col(ActionItemExposure.action_item_id).in_(_ITEMS))
    .order_by(col(CatalogEntity.ref))
)


def records(session: Session, items: Sequence[ActionItem], *, today: date | None = None) -> list[ItemRecord]:
    """Return items with what hangs on them, in the order given, in a fixed number of queries.

    With ``today``, as they stand on that day: who reads does not wait for somebody to return what was declined until then.
    """
    ids = [item.id for item in items]
    origins: dict[int, list[tuple[ActionItemOrigin, Postmortem]]] = {}
    links: dict[int, list[str]] = {}
    refs: dict[int, list[str]] = {}
    for chunk in batches(ids):
        asked = {"items": chunk}
        for origin, postmortem in session.execute(_ORIGINS, asked):
            origins.setdefault(origin.action_item_id, []).append((origin, postmortem))
        for item_id, url in session.execute(_LINKS, asked):
            links.setdefault(item_id, []).append(url)
        for item_id, ref in session.execute(_REFS, asked):
            refs.setdefault(item_id, []).append(ref)
    issues = issue_links.of_items(session, ids)
    programs = _names(session, select(Program.id, Program.key), (item.program_id for item in items))
    teams = _names(session, select(Team.id, Team.name), (item.owner_team_id for item in items))
    return [
        ItemRecord(
            as_it_stands(item, today),
            tuple(origins.get(item.id, ())),
            tuple(links.get(item.id, ())),
            programs.get(item.program_id),
            teams.get(item.owner_team_id),
            tuple(refs.get(item.id, ())),
            issues.get(item.id),
        )
        for item in items
    ]


def _names(
    session: Session, query: Select[int, str], wanted: Iterable[int | None]
) -> Mapping[int | None, str]:
    names: dict[int | None, str] = {}
    for chunk in batches({one for one in wanted if one is not None}):
        names.update(session.exec(query.where(query.selected_columns[0].in_(chunk))).all())
    return names


def resolve_owner(session: Session, item: ActionItem) -> None:
    """Find out which person and which team the owner of an item, as printed, is."""
    names = parse_owners(item.owner) if item.owner else ()
    item.owner_person_id, item.owner_team_id = people.resolve(session, names)


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
