"""Action items: the work, the places in documents that ask for it, and the links that these cite."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from tracker.core.action_items import DocumentStatus, ItemSize, ItemState, ItemType, VerificationMethod
from tracker.storage.tables.base import Row, Table, VersionedRow, json, lines, not_blank, words


class ActionItem(VersionedRow, table=True):
    """One piece of follow-up work; ``owner`` is the name as printed, who that is stands beside it."""

    __tablename__ = "action_item"
    __table_args__ = (
        not_blank("title"),
        CheckConstraint(
            "state <> 'declined' OR (trim(decline_reason) <> '' AND trim(declined_by) <> '') IS TRUE",
            name="declined_with_reason",
        ),
        CheckConstraint(
            "state = 'declined' OR "
            "(decline_reason IS NULL AND declined_by IS NULL AND declined_until IS NULL)",
            name="reason_only_if_declined",
        ),
        CheckConstraint(
            "state <> 'verified' OR (verified_by IS NOT NULL AND (owner IS NULL OR verified_by <> owner))",
            name="verified_by_another",
        ),
        # What lists of many items are sorted by.
        Index(None, "due", "id"),
        Index(None, "updated_at", "id"),
    )

    title: str
    description: str | None = None
    type: ItemType | None = Field(default=None, sa_type=words(ItemType, "type"))
    suggested_type: ItemType | None = Field(default=None, sa_type=words(ItemType, "suggested_type"))
    size: ItemSize = Field(default=ItemSize.ITEM, sa_type=words(ItemSize, "size"))
    state: ItemState = Field(default=ItemState.PROPOSED, sa_type=words(ItemState, "state"), index=True)
    priority: str | None = None
    owner: str | None = None
    owner_person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    owner_team_id: int | None = Field(default=None, foreign_key="team.id", index=True)
    due: date | None = None
    document_status: DocumentStatus | None = Field(
        default=None, sa_type=words(DocumentStatus, "document_status")
    )
    program_id: int | None = Field(default=None, foreign_key="program.id", index=True)
    verification_method: VerificationMethod | None = Field(
        default=None, sa_type=words(VerificationMethod, "verification_method")
    )
    verified_by: str | None = None
    verification_note: str | None = None
    decline_reason: str | None = None
    declined_by: str | None = None
    declined_until: date | None = None
    created_at: datetime
    updated_at: datetime


class ActionItemOrigin(Row, table=True):
    """A place in a document that asks for an item.

    ``document_values`` is what the document last said of the item: the base of the three-way merge.
    """

    __tablename__ = "action_item_origin"
    __table_args__ = (
        UniqueConstraint("action_item_id", "postmortem_id"),
        lines(),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
    )

    action_item_id: int = Field(foreign_key="action_item.id")
    postmortem_id: int = Field(foreign_key="postmortem.id", index=True)
    revision_id: int = Field(foreign_key="postmortem_revision.id", index=True)
    section: str | None = None
    line_start: int
    line_end: int
    quote: str
    rule: str
    confidence: float
    document_values: dict[str, Any] = Field(sa_type=json(null=False))
    withdrawn_at: datetime | None = None


class ActionItemLink(Row, table=True):
    """A link that the documents of an item cite."""

    __tablename__ = "action_item_link"
    __table_args__ = (UniqueConstraint("action_item_id", "url"),)

    action_item_id: int = Field(foreign_key="action_item.id")
    url: str


class ActionItemExposure(Table, table=True):
    """An exposure that an item is to end."""

    __tablename__ = "action_item_exposure"

    action_item_id: int = Field(foreign_key="action_item.id", primary_key=True)
    exposure_id: int = Field(foreign_key="exposure.id", primary_key=True, index=True)
