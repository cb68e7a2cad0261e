"""Nightly runs, and how each of their steps went."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from tracker.core.nightly import RunState, Step
from tracker.storage.tables.base import Row, json, not_blank, words


class NightlyRun(Row, table=True):
    """One run of the nightly job, taken up again if its process died."""

    __tablename__ = "nightly_run"
    __table_args__ = (not_blank("actor"),)

    actor: str
    steps: list[str] = Field(sa_type=json(null=False))
    state: RunState = Field(default=RunState.RUNNING, sa_type=words(RunState, "state"))
    started_at: datetime
    ended_at: datetime | None = None


class NightlyStep(Row, table=True):
    """One attempt at a step of a run; a step that was cut short has several."""

    __tablename__ = "nightly_step"

    run_id: int = Field(foreign_key="nightly_run.id", index=True)
    step: Step = Field(sa_type=words(Step, "step"))
    state: RunState = Field(default=RunState.RUNNING, sa_type=words(RunState, "state"))
    started_at: datetime
    ended_at: datetime | None = None
    counts: dict[str, int] = Field(default_factory=dict, sa_type=json(null=False))
    problems: list[dict[str, Any]] = Field(default_factory=list, sa_type=json(null=False))
    remark: str | None = None
    """Why it was skipped or stopped."""
