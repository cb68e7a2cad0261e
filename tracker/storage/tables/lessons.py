"""Learnings and the lessons that people curate from them."""

from datetime import datetime

from sqlmodel import Field

from tracker.storage.tables.base import Table, VersionedRow, lines, not_blank


class Learning(VersionedRow, table=True):
    """A remark that a postmortem makes about what it taught, with its place in one revision."""

    __tablename__ = "learning"
    __table_args__ = (lines(), not_blank("text"))

    postmortem_id: int = Field(foreign_key="postmortem.id", index=True)
    revision_id: int = Field(foreign_key="postmortem_revision.id", index=True)
    text: str
    section: str | None = None
    rule: str
    line_start: int
    line_end: int
    withdrawn_at: datetime | None = None
    created_at: datetime


class Lesson(VersionedRow, table=True):
    """A curated statement that may be true elsewhere."""

    __tablename__ = "lesson"
    __table_args__ = (not_blank("key"), not_blank("title"))

    key: str = Field(unique=True)
    title: str
    statement: str
    created_at: datetime
    updated_at: datetime


class LessonLearning(Table, table=True):
    """A learning that a lesson was curated from."""

    __tablename__ = "lesson_learning"

    lesson_id: int = Field(foreign_key="lesson.id", primary_key=True)
    learning_id: int = Field(foreign_key="learning.id", primary_key=True, index=True)


class LessonPattern(Table, table=True):
    """A pattern that tells where a lesson applies."""

    __tablename__ = "lesson_pattern"

    lesson_id: int = Field(foreign_key="lesson.id", primary_key=True)
    pattern_id: int = Field(foreign_key="pattern.id", primary_key=True, index=True)
