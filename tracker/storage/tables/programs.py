"""Programs: long-running efforts that carry lessons everywhere."""

from datetime import date, datetime

from sqlmodel import Field

from tracker.core.programs import ProgramState
from tracker.storage.tables.base import Table, VersionedRow, not_blank, words


class Program(VersionedRow, table=True):
    """A long-running effort that applies lessons across platforms."""

    __tablename__ = "program"
    __table_args__ = (not_blank("key"), not_blank("title"))

    key: str = Field(unique=True)
    title: str
    goal: str | None = None
    sponsor: str | None = None
    lead: str | None = None
    state: ProgramState = Field(default=ProgramState.DRAFT, sa_type=words(ProgramState, "state"))
    starts_on: date | None = None
    target_on: date | None = None
    created_at: datetime
    updated_at: datetime


class ProgramLesson(Table, table=True):
    """A lesson that a program carries everywhere."""

    __tablename__ = "program_lesson"

    program_id: int = Field(foreign_key="program.id", primary_key=True)
    lesson_id: int = Field(foreign_key="lesson.id", primary_key=True, index=True)
