"""Triage of action items: accept, decline, edit, and move them along."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypedDict

from sqlmodel import Session

from tracker.core.action_items import (
    ItemSize,
    ItemState,
    ItemType,
    VerificationMethod,
    accept,
    move,
)
from tracker.core.errors import InvalidInput, InvalidMove
from tracker.storage import action_items, audit, people
from tracker.storage.action_items import ItemRecord
from tracker.storage.tables import ActionItem
from tracker.storage.versions import expect
from tracker.workflows.context import Context

NOBODY = "elsewhere"
"""The actor of what time itself brings about."""


class Edit(TypedDict, total=False):
    """New values of an item's fields: absent leaves a field as it is, ``None`` empties it."""

    title: str
    description: str | None
    owner: str | None
    due: date | None
    priority: str | None
    type: ItemType | None
    size: ItemSize


def add_item(context: Context, title: str, edit: Edit | None = None) -> ItemRecord:
    """Propose an item that no document asks for."""
    values = _checked({**(edit or {}), "title": title})

    def work(session: Session) -> ItemRecord:
        item = ActionItem(**values, created_at=context.now, updated_at=context.now)
        action_items.resolve_owner(session, item)
        session.add(item)
        _audit(session, context, "item proposed", item, {})
        session.flush()
        return action_items.record(session, item.id)

    return context.database.transact(work)


def accept_item(context: Context, item_id: int, *, expected_version: int | None = None) -> ItemRecord:
    """Accept a proposed item; it is done at once if its document says so."""

    def change(item: ActionItem) -> None:
        item.state = accept(item.state, item.document_status)

    return _change(context, item_id, "item accepted", change, expected_version)


def decline_item(
    context: Context,
    item_id: int,
    reason: str,
    until: date | None = None,
    *,
    expected_version: int | None = None,
) -> ItemRecord:
    """Decline an item, for a reason, for ever or until a date."""
    if not reason.strip():
        raise InvalidInput("say why, so that the next reader need not ask", "--reason")
    if until is not None and until <= context.now.date():
        raise InvalidInput(f"{until} is not in the future", "--until")

    def change(item: ActionItem) -> None:
        item.state = move(item.state, ItemState.DECLINED)
        item.decline_reason, item.declined_by, item.declined_until = reason.strip(), context.actor, until

    return _change(context, item_id, "item declined", change, expected_version)


def move_item(
    context: Context, item_id: int, to: ItemState, *, expected_version: int | None = None
) -> ItemRecord:
    """Move an item to another state, where that needs neither a reason nor a proof."""
    if to in (ItemState.DECLINED, ItemState.VERIFIED):
        verb = "decline" if to is ItemState.DECLINED else "verify"
        raise InvalidMove(
            f"an item becomes {to} by `elsewhere items {verb} {item_id}`, which asks what it needs"
        )

    def change(item: ActionItem) -> None:
        if to is ItemState.ACCEPTED:
            item.state = accept(item.state, item.document_status)
            return
        item.state = move(item.state, to)
        item.decline_reason = item.declined_by = item.declined_until = None
        item.verified_by = item.verification_note = None

    return _change(context, item_id, f"item {to}", change, expected_version)


def verify_item(
    context: Context,
    item_id: int,
    method: VerificationMethod,
    note: str,
    *,
    expected_version: int | None = None,
) -> ItemRecord:
    """Record that a done item did what it was for; the verifier is the actor, who must not be its owner."""
    if not note.strip():
        raise InvalidInput("say what shows it: a link, what was looked at, who ran the drill", "--note")

    def change(item: ActionItem) -> None:
        item.state = move(item.state, ItemState.VERIFIED)
        item.verification_method, item.verification_note = method, note.strip()
        item.verified_by = context.actor

    return _change(context, item_id, "item verified", change, expected_version)


def edit_item(
    context: Context, item_id: int, edit: Edit, *, expected_version: int | None = None
) -> ItemRecord:
    """Give an item's fields new values, or empty them; a later revision of its document does not undo that."""
    values = _checked(edit)

    def change(item: ActionItem) -> None:
        for field, value in values.items():
            setattr(item, field, value)

    return _change(context, item_id, "item edited", change, expected_version)


def _checked(edit: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values to set, without white space around them. Raises `InvalidInput` for what no item can have."""
    values = {field: value.strip() if type(value) is str else value for field, value in edit.items()}
    for field, value in values.items():
        if value == "":
            raise InvalidInput("has no words; leave it out to keep what is there", f"--{field}")
        if value is None and field in ("title", "size"):
            raise InvalidInput("cannot be empty", f"--{field}")
    return values


def return_expired(context: Context) -> tuple[int, ...]:
    """Return to the proposed items those that were declined until a day that has come; tells their numbers."""

    def work(session: Session) -> tuple[int, ...]:
        expired = action_items.declined_until(session, context.now.date())
        for item in expired:
            _propose_again(session, context, item)
        return tuple(item.id for item in expired)

    return context.database.transact(work)


def _propose_again(session: Session, context: Context, item: ActionItem) -> None:
    detail = {"reason": item.decline_reason, "until": str(item.declined_until)}
    item.state = move(item.state, ItemState.PROPOSED)
    item.decline_reason = item.declined_by = item.declined_until = None
    item.updated_at = context.now
    session.add(item)
    _audit(session, replace(context, actor=NOBODY), "item proposed again", item, detail)


def _change(
    context: Context,
    item_id: int,
    action: str,
    change: Callable[[ActionItem], None],
    expected_version: int | None,
) -> ItemRecord:
    """Change one item in one transaction, with an entry in the audit trail that says what differs."""

    def work(session: Session) -> ItemRecord:
        item = action_items.get(session, item_id, sees_confidential=context.sees_confidential)
        expect(item, expected_version)
        if item.declined_until is not None and item.declined_until <= context.now.date():
            _propose_again(session, context, item)
        before = item.model_dump(mode="json")
        with session.no_autoflush:
            change(item)
            if item.owner != before["owner"]:
                action_items.resolve_owner(session, item)
            _refuse_verification_by_owner(session, item)
        changes = _differences(before, item.model_dump(mode="json"))
        if changes:
            item.updated_at = context.now
            session.add(item)
            _audit(session, context, action, item, {"changes": changes})
        session.flush()
        return action_items.record(session, item_id)

    return context.database.transact(work)


def _refuse_verification_by_owner(session: Session, item: ActionItem) -> None:
    if item.state is ItemState.VERIFIED and people.are_same(session, item.verified_by, item.owner):
        raise InvalidMove(
            f"{item.owner} owns item {item.id} and cannot be who verified it; that takes somebody else"
        )


def _audit(
    session: Session, context: Context, action: str, item: ActionItem, detail: Mapping[str, Any]
) -> None:
    audit.record(session, at=context.now, actor=context.actor, action=action, subject=item, detail=detail)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        field: {"from": before[field], "to": value}
        for field, value in after.items()
        if value != before[field]
    }
