"""Edits postmortems: what people know better than the document, and which services they agree were impacted."""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict

from sqlmodel import Session

from tracker.core.catalog import Ref
from tracker.core.errors import InvalidInput, NotPermitted
from tracker.core.postmortems import MentionState
from tracker.storage import audit, catalog, idempotency, mentions, postmortems
from tracker.storage.postmortems import PostmortemRecord
from tracker.storage.tables import Postmortem
from tracker.storage.versions import expect, touch
from tracker.workflows.context import Context


class PostmortemEdit(TypedDict, total=False):
    """New values of a postmortem's fields: absent leaves a field as it is, ``None`` empties it."""

    title: str | None
    incident_date: date | None
    severity_level: int | None
    confidential: bool


def edit_postmortem(
    context: Context, postmortem_id: int, edit: PostmortemEdit, *, expected_version: int | None = None
) -> PostmortemRecord:
    """Give a postmortem's fields new values; a later revision of its document does not undo that.

    Only who sees what is confidential may say what is: raises `NotPermitted`.
    """
    values: dict[str, Any] = {**edit}
    if values.get("title") is not None:
        values["title"] = values["title"].strip()
        if not values["title"]:
            raise InvalidInput("has no words; leave it out to keep what is there", "--title")
    if "confidential" in values and not context.sees_confidential:
        raise NotPermitted("only an administrator says what is confidential and what no longer is")

    def work(session: Session) -> PostmortemRecord:
        postmortem = postmortems.get(session, postmortem_id, sees_confidential=context.sees_confidential)
        expect(postmortem, expected_version)
        before = postmortem.model_dump(mode="json")
        changed = {field: value for field, value in values.items() if value != getattr(postmortem, field)}
        for field, value in changed.items():
            setattr(postmortem, field, value)
        if changed:
            known = postmortem.document_values or {}
            first = {field: before[field] for field in changed if field not in {*known, "confidential"}}
            postmortem.document_values = known | first or None
            after = postmortem.model_dump(mode="json")
            changes = {field: {"from": before[field], "to": after[field]} for field in changed}
            if changed.get("confidential"):
                idempotency.forget_answers(session)
            _change(session, context, postmortem, "postmortem edited", {"changes": changes})
        return _record(session, context, postmortem_id)

    return context.database.transact(work)


def confirm_service(
    context: Context, postmortem_id: int, printed: str, ref: Ref | None = None
) -> PostmortemRecord:
    """Agree that a service that a postmortem names was impacted; ``ref`` says which it is, where that is wrong or open."""
    return _judge(context, postmortem_id, printed, MentionState.CONFIRMED, ref)


def reject_service(context: Context, postmortem_id: int, printed: str) -> PostmortemRecord:
    """Say that a service that a postmortem names was not impacted."""
    return _judge(context, postmortem_id, printed, MentionState.REJECTED, None)


def _judge(
    context: Context, postmortem_id: int, printed: str, to: MentionState, ref: Ref | None
) -> PostmortemRecord:
    def work(session: Session) -> PostmortemRecord:
        postmortem = postmortems.get(session, postmortem_id, sees_confidential=context.sees_confidential)
        mention = mentions.service(session, postmortem, printed)
        before = mention.state, mention.entity_id
        if ref is not None:
            mention.entity_id = catalog.entity_id(session, ref)
        if to is MentionState.CONFIRMED and mention.entity_id is None:
            raise InvalidInput(f"nothing in the catalog goes by {printed!r}; say which entity it is", "--ref")
        mention.state = to
        session.add(mention)
        if before != (mention.state, mention.entity_id):
            detail = {"printed": printed, "from": before[0], "ref": ref}
            _change(session, context, postmortem, f"service {to}", detail)
        return _record(session, context, postmortem_id)

    return context.database.transact(work)


def _change(
    session: Session, context: Context, postmortem: Postmortem, action: str, detail: Mapping[str, Any]
) -> None:
    touch(postmortem, context.now)
    audit.record(
        session, at=context.now, actor=context.actor, action=action, subject=postmortem, detail=detail
    )


def _record(session: Session, context: Context, postmortem_id: int) -> PostmortemRecord:
    session.flush()
    return postmortems.record(
        session, postmortem_id, today=context.now.date(), sees_confidential=context.sees_confidential
    )
