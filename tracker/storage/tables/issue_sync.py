"""The sync with an issue tracker: links of items to issues, the runs, and what they decided."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from tracker.core.issue_sync import DecisionKind, LinkState
from tracker.core.issues import IssueField
from tracker.storage.tables.base import Row, VersionedRow, json, not_blank, words


class IssueLink(VersionedRow, table=True):
    """The one issue that an item has, or is to have, on one site.

    ``agreed`` is what both sides said when they last agreed, ``sent`` what was on its way there and not yet read back.
    """

    __tablename__ = "issue_link"
    __table_args__ = (
        UniqueConstraint("site", "issue_id"),
        not_blank("site"),
        not_blank("marker"),
        CheckConstraint(
            "state NOT IN ('linked', 'missing') OR (issue_id IS NOT NULL AND issue_key IS NOT NULL)",
            name="linked_to_an_issue",
        ),
    )

    action_item_id: int = Field(foreign_key="action_item.id", unique=True)
    site: str
    marker: str = Field(unique=True)
    """What is written into an issue that we make, so that it is known again after an answer was lost."""
    state: LinkState = Field(sa_type=words(LinkState, "state"), index=True)
    adopted: bool = False
    issue_id: str | None = None
    issue_key: str | None = None
    url: str | None = None
    status: str | None = None
    """As printed there."""
    assignee: str | None = None
    message: str | None = None
    """What a person can do about it, if that is needed."""
    agreed: dict[str, Any] = Field(sa_type=json(null=False))
    sent: dict[str, Any] = Field(sa_type=json(null=False))
    attempted_at: datetime | None = None
    """When the tracker was last asked to make or change the issue."""
    created_at: datetime
    updated_at: datetime


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    """It could not go on, and says why; what it did stays done, and the next run goes on from there."""
    INTERRUPTED = "interrupted"
    """Its process died."""


class SyncRun(Row, table=True):
    """One run of the sync; ``waiting`` are the decisions that need a person at its end, whichever run made them."""

    __tablename__ = "sync_run"
    __table_args__ = (
        not_blank("actor"),
        CheckConstraint("(state = 'running') = (finished_at IS NULL)", name="finished"),
        CheckConstraint("state <> 'stopped' OR problem IS NOT NULL", name="stopped_with_problem"),
    )

    state: RunState = Field(default=RunState.RUNNING, sa_type=words(RunState, "state"), index=True)
    site: str
    actor: str
    account: str | None = None
    """The account that we acted as there."""
    counts: dict[str, int] = Field(sa_type=json(null=False))
    waiting: list[int] = Field(sa_type=json(null=False))
    started_at: datetime
    finished_at: datetime | None = None
    problem: str | None = None


class SyncDecision(Row, table=True):
    """What a run decided of an item or one of its fields, and why (append-only)."""

    __tablename__ = "sync_decision"
    __table_args__ = (not_blank("reason"),)

    run_id: int = Field(foreign_key="sync_run.id", index=True)
    action_item_id: int = Field(foreign_key="action_item.id", index=True)
    kind: DecisionKind = Field(sa_type=words(DecisionKind, "kind"))
    field: IssueField | None = Field(default=None, sa_type=words(IssueField, "field"))
    ours: Any = Field(default=None, sa_type=json(null=False), nullable=True)
    theirs: Any = Field(default=None, sa_type=json(null=False), nullable=True)
    agreed: Any = Field(default=None, sa_type=json(null=False), nullable=True)
    reason: str
    needs_a_person: bool
    at: datetime
