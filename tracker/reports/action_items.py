"""Action items as machines read them, and as a terminal shows them."""

from collections.abc import Iterable
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.core.action_items import ItemState, allowed_moves
from tracker.reports.shape import Shape
from tracker.reports.terminal import fields, line, table
from tracker.storage.action_items import ItemRecord
from tracker.storage.tables import AuditEntry, IssueLink


class PlaceShape(Shape):
    """A place in a document that asks for an item; ``document`` is what the document last said of it."""

    postmortem_id: int
    postmortem: str
    confidential: bool
    """Nothing of this place may leave through other systems."""
    section: str | None
    line_start: int
    line_end: int
    quote: str
    rule: str
    confidence: float
    withdrawn_at: datetime | None
    document: dict[str, Any]


class IssueShape(Shape):
    """The issue that an item has, or is to have, in the tracker; ``message`` is what a person can do if that is needed."""

    key: str | None
    url: str | None
    status: str | None
    """As printed there."""
    assignee: str | None
    state: str
    """intended, not_made, linked or missing."""
    message: str | None


class ItemShape(Shape):
    """An action item; ``refs`` are the entities whose exposure it is to end."""

    id: int
    title: str
    description: str | None
    state: str
    owner: str | None
    team: str | None
    due: date | None
    priority: str | None
    type: str | None
    suggested_type: str | None
    size: str
    document_status: str | None
    links: list[str]
    program: str | None
    refs: list[str]
    issue: IssueShape | None
    places: list[PlaceShape]
    decline_reason: str | None
    declined_by: str | None
    declined_until: date | None
    verification_method: str | None
    verified_by: str | None
    verification_note: str | None
    created_at: datetime
    updated_at: datetime
    version: int


class ChangeShape(Shape):
    """One entry of the audit trail."""

    at: datetime
    actor: str
    action: str
    detail: dict[str, Any]


_OWN = tuple(
    name
    for name in ItemShape.model_fields
    if name not in ("team", "links", "program", "refs", "issue", "places")
)
_own = itemgetter(*_OWN)


def item_shape(record: ItemRecord) -> ItemShape:
    """Return an action item in its public shape."""
    return ItemShape(
        **dict(zip(_OWN, _own(vars(record.item)), strict=True)),
        team=record.team,
        links=list(record.links),
        program=record.program,
        refs=list(record.refs),
        issue=issue_shape(record.link),
        places=[
            PlaceShape(
                postmortem_id=postmortem.id,
                postmortem=postmortem.title or postmortem.name,
                confidential=postmortem.confidential,
                document=origin.document_values,
                **{
                    name: getattr(origin, name)
                    for name in PlaceShape.model_fields
                    if name not in ("postmortem_id", "postmortem", "confidential", "document")
                },
            )
            for origin, postmortem in record.origins
        ],
    )


def issue_shape(link: IssueLink | None) -> IssueShape | None:
    """Return the link to an item's issue in its public shape."""
    if link is None:
        return None
    return IssueShape(
        key=link.issue_key,
        url=link.url,
        status=link.status,
        assignee=link.assignee,
        state=link.state,
        message=link.message,
    )


def change_shapes(entries: Iterable[AuditEntry]) -> list[ChangeShape]:
    """Return a part of the audit trail in its public shape."""
    return [change_shape(entry) for entry in entries]


def change_shape(entry: AuditEntry) -> ChangeShape:
    """Return one entry of the audit trail in its public shape."""
    return ChangeShape(at=entry.at, actor=entry.actor, action=entry.action, detail=entry.detail)


def items_table(shapes: Iterable[ItemShape]) -> RenderableType:
    """Return items for a terminal, one a line; empty lists say what to do next."""
    rows = [
        (
            one.id,
            one.state,
            one.priority,
            one.title,
            _owner(one),
            one.due,
            (one.issue and one.issue.key) or "-",
            _from(one),
        )
        for one in shapes
    ]
    if not rows:
        return Text("No action items. `elsewhere ingest PATH` takes them from postmortems.")
    columns = ("Item", "State", "Prio", "Title", "Owner", "Due", "Issue", "From")
    return table(columns, rows, numbers=("Item",), widest={"Owner": 14, "From": 8}, gap=1)


def item_page(shape: ItemShape, changes: Iterable[ChangeShape] = ()) -> RenderableType:
    """Return all that is known of one item for a terminal, with what can be done next."""
    parts: list[RenderableType] = [
        Text(f"Item {shape.id}: ", style="bold").append(line(shape.title)),
        fields(
            [
                ("state", shape.state),
                ("owner", _owner(shape)),
                ("due", shape.due),
                ("priority", shape.priority),
                (
                    "type",
                    shape.type or (f"{shape.suggested_type} (suggested)" if shape.suggested_type else None),
                ),
                ("size", shape.size if shape.size != "item" else None),
                ("program", shape.program),
                ("document says", shape.document_status),
                ("declined", _declined(shape)),
                (
                    "verified",
                    f"by {shape.verified_by}: {shape.verification_note}" if shape.verified_by else None,
                ),
                ("issue", _issue(shape.issue)),
                ("links", " ".join(shape.links)),
            ]
        ),
    ]
    if shape.description:
        parts.append(Text("\n").join([Text(""), *(line(one) for one in shape.description.splitlines())]))
    for place in shape.places:
        gone = ", withdrawn in source" if place.withdrawn_at else ""
        mark = " [confidential]" if place.confidential else ""
        where = (
            f"{place.postmortem}{mark} (postmortem {place.postmortem_id}), {place.section or 'no section'}"
        )
        parts.append(line(f"from {where}, {_lines(place)}{gone}"))
        parts.append(Text(f"  by rule {place.rule}, confidence {place.confidence:.2f}", style="dim"))
        parts.extend(Text("  | ", style="dim").append(line(one)) for one in place.quote.splitlines()[:8])
    parts.extend(
        Text(f"{change.at:%Y-%m-%d %H:%M} ", style="dim").append(line(f"{change.actor}: {change.action}"))
        for change in changes
    )
    moves = ", ".join(sorted(allowed_moves(ItemState(shape.state))))
    parts.append(Text(f"can become: {moves}", style="dim"))
    return Group(*parts)


def _owner(shape: ItemShape) -> str | None:
    if shape.team and shape.owner and shape.team.casefold() != shape.owner.casefold():
        return f"{shape.owner} ({shape.team})"
    return shape.owner or shape.team


def _issue(issue: IssueShape | None) -> str | None:
    if issue is None:
        return None
    named = [
        issue.key,
        issue.status,
        issue.url,
        None if issue.state == "linked" else issue.state.replace("_", " "),
    ]
    told = ", ".join(one for one in named if one)
    return f"{told}: {issue.message}" if issue.message else told


def _from(shape: ItemShape) -> str | None:
    if shape.program:
        return shape.program
    if not shape.places:
        return None
    return f"PM {shape.places[0].postmortem_id}{' [confidential]' if shape.places[0].confidential else ''}"


def _lines(place: PlaceShape) -> str:
    if place.line_start == place.line_end:
        return f"line {place.line_start}"
    return f"lines {place.line_start}-{place.line_end}"


def _declined(shape: ItemShape) -> str | None:
    if shape.declined_by is None:
        return None
    until = f" until {shape.declined_until}" if shape.declined_until else ""
    return f"by {shape.declined_by}{until}: {shape.decline_reason}"
