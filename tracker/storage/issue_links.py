"""Queries of the links between items and issues, and the values of issues' fields as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, bindparam
from sqlmodel import Session, col, or_, select

from tracker.core.issue_sync import OPEN, Agreed, Halves, Link, LinkState
from tracker.core.issues import Fields, FieldValue, IssueField, Phase
from tracker.storage.batches import batches
from tracker.storage.tables import ActionItem, IssueLink

_ITEMS: BindParameter[Sequence[int]] = bindparam("items", expanding=True)
_OF_ITEMS = select(IssueLink).where(col(IssueLink.action_item_id).in_(_ITEMS))


def of_items(session: Session, item_ids: Iterable[int]) -> dict[int, IssueLink]:
    """Return the links that these items have, by the number of the item."""
    return {
        link.action_item_id: link
        for chunk in batches(item_ids)
        for link in session.scalars(_OF_ITEMS, {"items": chunk})
    }


def of_item(session: Session, item_id: int) -> IssueLink | None:
    """Return the link that an item has."""
    return session.exec(select(IssueLink).where(IssueLink.action_item_id == item_id)).one_or_none()


def intended(session: Session, site: str) -> Sequence[IssueLink]:
    """Return the links to issues of a site that were asked for, and of which nothing is known since."""
    return session.exec(
        select(IssueLink)
        .where(IssueLink.site == site, IssueLink.state == LinkState.INTENDED)
        .order_by(col(IssueLink.action_item_id))
    ).all()


def newest_made(session: Session, site: str, limit: int) -> Sequence[str]:
    """Return the ids of the issues of a site that we made last, those included that are missing by now."""
    found = session.exec(
        select(IssueLink.issue_id)
        .where(
            IssueLink.site == site, col(IssueLink.issue_id).is_not(None), col(IssueLink.adopted).is_(False)
        )
        .order_by(col(IssueLink.created_at).desc(), col(IssueLink.id).desc())
        .limit(limit)
    )
    return [issue_id for issue_id in found if issue_id is not None]


def linkable(session: Session, item_ids: Iterable[int] | None = None) -> Sequence[ActionItem]:
    """Return the items (of these, if some are named) that have a link or are to have one, by their number."""
    query = (
        select(ActionItem)
        .outerjoin(IssueLink, col(IssueLink.action_item_id) == col(ActionItem.id))
        .where(or_(col(IssueLink.id).is_not(None), col(ActionItem.state).in_(OPEN)))
        .order_by(col(ActionItem.id))
    )
    if item_ids is None:
        return session.exec(query).all()
    return [
        item
        for chunk in batches(item_ids)
        for item in session.exec(query.where(col(ActionItem.id).in_(chunk))).all()
    ]


def holders(session: Session, site: str) -> dict[str, int]:
    """Return which items have the issues of a site, by the id of the issue."""
    return {
        issue_id: item_id
        for issue_id, item_id in session.exec(
            select(IssueLink.issue_id, IssueLink.action_item_id).where(
                IssueLink.site == site, col(IssueLink.issue_id).is_not(None)
            )
        ).all()
        if issue_id is not None
    }


def as_link(row: IssueLink) -> Link:
    """Return a link as the plan sees it."""
    return Link(
        row.state,
        row.issue_id,
        row.issue_key,
        row.adopted,
        {
            IssueField(name): Halves(_value(name, halves["ours"]), _value(name, halves["theirs"]))
            for name, halves in row.agreed.items()
        },
        {IssueField(name): _value(name, value) for name, value in row.sent.items()},
    )


def agreed_as_json(agreed: Agreed) -> dict[str, Any]:
    """Return what was agreed as it is kept."""
    return {
        str(name): {"ours": as_json(halves.ours), "theirs": as_json(halves.theirs)}
        for name, halves in agreed.items()
    }


def fields_as_json(fields: Fields) -> dict[str, Any]:
    """Return values of fields as they are kept."""
    return {str(name): as_json(value) for name, value in fields.items()}


def as_json(value: FieldValue) -> str | list[str] | None:
    """Return the value of a field as JSON has it."""
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else value


def _value(name: str, kept: Any) -> FieldValue:
    """Return a value as its field has it."""
    if kept is None:
        return None
    readers: Mapping[str, Any] = {
        IssueField.STATUS: Phase,
        IssueField.DUE: date.fromisoformat,
        IssueField.LABELS: frozenset,
    }
    return readers.get(name, str)(kept)  # type: ignore[no-any-return]
