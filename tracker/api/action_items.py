"""Action items: follow-up work, from proposed to verified."""

from typing import Annotated, cast

from fastapi import Query, Response
from pydantic import Field, StringConstraints

from tracker.api.authentication import Reader, Writer, WriterOnce
from tracker.api.inputs import Day, Title
from tracker.api.nouns import routes_of
from tracker.api.preconditions import IfMatch, IfMatchOptional, tell_version
from tracker.api.problems import problems
from tracker.api.queries import LARGEST, Created, Input, Listing, Number, Page, page_shape
from tracker.core.action_items import ItemSize, ItemState, ItemType, VerificationMethod
from tracker.reports.action_items import ChangeShape, ItemShape, change_shape, item_shape
from tracker.storage import action_items, audit
from tracker.storage.action_items import ItemRecord, Wanted
from tracker.workflows import triage_action_items
from tracker.workflows.triage_action_items import Edit

router = routes_of("action-items")

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Owner = Annotated[
    Name | None, Field(description="A person or a team, by any of their names.", examples=["payments"])
]
Asked = Annotated[str | None, Query(max_length=200)]


class ItemCreate(Input):
    """A piece of work that no document asks for."""

    title: Annotated[Title, Field(examples=["Write a runbook for the session cache"])]
    description: Said | None = None
    owner: Owner = None
    due: Day | None = None
    priority: Name | None = None
    type: ItemType | None = None
    size: ItemSize = ItemSize.ITEM


class ItemChange(Input):
    """What of an item is to change: absent leaves a field, null clears it."""

    # These have no null; what stands for absent is never read, and is no default that the document could show.
    title: Annotated[Title, Field(default_factory=str)]
    size: Annotated[ItemSize, Field(default_factory=lambda: ItemSize.ITEM)]
    description: Said | None = None
    owner: Owner = None
    due: Day | None = None
    priority: Name | None = None
    type: ItemType | None = None


class ItemDecline(Input):
    """Why an item is not going to be done."""

    reason: Annotated[Said, Field(examples=["the service is switched off in March"])]
    until: Annotated[Day | None, Field(description="On this day it is proposed again.")] = None


class ItemMove(Input):
    """Where an item is to go; declining and verifying have paths of their own."""

    to: ItemState


class ItemVerify(Input):
    """What shows that an item did what it was for."""

    note: Annotated[Said, Field(examples=["fail-over drill of 2026-11-20, see wiki/drills/41"])]
    method: VerificationMethod = VerificationMethod.EVIDENCE


@router.get("")
def list_(
    context: Reader,
    paging: Listing,
    *,
    state: Annotated[list[ItemState], Query(description="In any of these states.")] = [],  # noqa: B006 - FastAPI copies it
    type: Annotated[list[ItemType], Query(description="Of any of these types.")] = [],  # noqa: A002, B006
    owner: Annotated[Asked, Query(description="Words in the owner.")] = None,
    team: Annotated[Asked, Query(description="The name of the team that owns it.")] = None,
    postmortem: Annotated[
        int | None, Query(ge=1, le=LARGEST, description="Asked for by this postmortem.")
    ] = None,
    program: Annotated[Asked, Query(description="The key of its program.")] = None,
    due_from: Annotated[Day | None, Query(description="Due on this day or later.")] = None,
    due_until: Annotated[Day | None, Query(description="Due on this day or earlier.")] = None,
    overdue: Annotated[bool | None, Query(description="Late and still to be done, or not so.")] = None,
    has_issue: Annotated[bool | None, Query(description="With an issue in the tracker, or without.")] = None,
    text: Annotated[Asked, Query(description="Words in the title.")] = None,
) -> Page[ItemShape]:
    """List the items. They can be sorted by id, due, priority, title, created_at and updated_at."""
    wanted = Wanted(
        states=state,
        types=type,
        owner=owner,
        team=team,
        postmortem_id=postmortem,
        program=program,
        due_from=due_from,
        due_until=due_until,
        overdue=overdue,
        has_issue=has_issue,
        text=text,
    )
    with context.database.reading() as session:
        found = action_items.page(
            session,
            wanted,
            paging,
            today=context.now.date(),
            sees_confidential=context.sees_confidential,
        )
        return page_shape(found, item_shape)


@router.post("", status_code=201, responses=problems(409, 413, 415))
def create(context: WriterOnce, draft: ItemCreate, response: Response, created: Created) -> ItemShape:
    """Propose an item that no document asks for."""
    record = triage_action_items.add_item(context, draft.title, cast("Edit", draft.model_dump()))
    created(record.item.id)
    return _answer(response, record)


@router.get("/{number}", responses=problems(404))
def read(context: Reader, number: Number, response: Response) -> ItemShape:
    """Return an item with the places that ask for it."""
    with context.database.reading() as session:
        return _answer(
            response,
            action_items.record(
                session, number, today=context.now.date(), sees_confidential=context.sees_confidential
            ),
        )


@router.get("/{number}/history", responses=problems(404))
def read_history(context: Reader, number: Number, paging: Listing) -> Page[ChangeShape]:
    """Return all that was done to an item, by whom and when, oldest first."""
    with context.database.reading() as session:
        item = action_items.get(session, number, sees_confidential=context.sees_confidential)
        return page_shape(audit.page(session, item, paging), change_shape)


@router.patch("/{number}", responses=problems(404, 409, 412, 413, 415, 428))
def update(
    context: Writer, number: Number, change: ItemChange, expected: IfMatch, response: Response
) -> ItemShape:
    """Give an item new values; a later revision of its document does not undo them."""
    edit = cast("Edit", change.model_dump(exclude_unset=True))
    return _answer(response, triage_action_items.edit_item(context, number, edit, expected_version=expected))


@router.post("/{number}/accept", responses=problems(404, 409, 412))
def accept(context: WriterOnce, number: Number, expected: IfMatchOptional, response: Response) -> ItemShape:
    """Accept a proposed item. One that its document calls done is done at once."""
    return _answer(response, triage_action_items.accept_item(context, number, expected_version=expected))


@router.post("/{number}/decline", responses=problems(404, 409, 412, 413, 415))
def decline(
    context: WriterOnce, number: Number, why: ItemDecline, expected: IfMatchOptional, response: Response
) -> ItemShape:
    """Decline an item, for a reason, for ever or until a day."""
    return _answer(
        response,
        triage_action_items.decline_item(context, number, why.reason, why.until, expected_version=expected),
    )


@router.post("/{number}/move", responses=problems(404, 409, 412, 413, 415))
def move(
    context: WriterOnce, number: Number, where: ItemMove, expected: IfMatchOptional, response: Response
) -> ItemShape:
    """Move an item along: in_progress, blocked, done, or back."""
    return _answer(
        response, triage_action_items.move_item(context, number, where.to, expected_version=expected)
    )


@router.post("/{number}/verify", responses=problems(404, 409, 412, 413, 415))
def verify(
    context: WriterOnce, number: Number, shown: ItemVerify, expected: IfMatchOptional, response: Response
) -> ItemShape:
    """Record that a done item did what it was for. The verifier is not the owner."""
    return _answer(
        response,
        triage_action_items.verify_item(context, number, shown.method, shown.note, expected_version=expected),
    )


def _answer(response: Response, record: ItemRecord) -> ItemShape:
    tell_version(response, record.item.version)
    return item_shape(record)
