"""Lessons as machines read them, and as a terminal shows them."""

from collections.abc import Iterable
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.reports.shape import Shape
from tracker.reports.terminal import fields, line, table
from tracker.storage.lessons import LessonRecord
from tracker.storage.tables import Lesson


class LessonRowShape(Shape):
    """One lesson in a list."""

    key: str
    title: str
    learnings: int
    patterns: int


class LessonLearningShape(Shape):
    """A learning that a lesson was curated from."""

    id: int
    text: str
    postmortem_id: int
    postmortem: str
    confidential: bool
    line_start: int


class LessonShape(Shape):
    """A lesson with the learnings it was curated from and its patterns."""

    key: str
    title: str
    statement: str
    learnings: list[LessonLearningShape]
    patterns: list[str]
    created_at: datetime
    updated_at: datetime
    version: int


def lesson_row(lesson: Lesson, learnings: int, patterns: int) -> LessonRowShape:
    """Return one lesson of a list in its public shape."""
    return LessonRowShape(key=lesson.key, title=lesson.title, learnings=learnings, patterns=patterns)


def lesson_shape(record: LessonRecord) -> LessonShape:
    """Return a lesson in its public shape."""
    lesson = record.lesson
    return LessonShape(
        key=lesson.key,
        title=lesson.title,
        statement=lesson.statement,
        learnings=[
            LessonLearningShape(
                id=learning.id,
                text=learning.text,
                postmortem_id=postmortem.id,
                postmortem=postmortem.title or postmortem.name,
                confidential=postmortem.confidential,
                line_start=learning.line_start,
            )
            for learning, postmortem in record.learnings
        ],
        patterns=list(record.patterns),
        created_at=lesson.created_at,
        updated_at=lesson.updated_at,
        version=lesson.version,
    )


def lessons_table(shapes: Iterable[LessonRowShape]) -> RenderableType:
    """Return lessons for a terminal, one a line; an empty list says what to do next."""
    rows = [(one.key, one.title, one.learnings, one.patterns) for one in shapes]
    if not rows:
        return Text("No lessons yet. `elsewhere lessons create KEY --title TITLE --learning ID` makes one.")
    return table(("Key", "Title", "Learnings", "Patterns"), rows, numbers=("Learnings", "Patterns"))


def lesson_page(shape: LessonShape) -> RenderableType:
    """Return one lesson for a terminal, with what to do next."""
    parts: list[RenderableType] = [
        Text(f"Lesson {shape.key}: ", style="bold").append(line(shape.title)),
        line(shape.statement),
        fields([("patterns", ", ".join(shape.patterns))]),
    ]
    rows = [
        (
            one.id,
            one.text,
            f"{one.postmortem}, line {one.line_start}{' [confidential]' if one.confidential else ''}",
        )
        for one in shape.learnings
    ]
    if rows:
        parts.append(table(("Learning", "Text", "From"), rows, numbers=("Learning",)))
    asks = f"elsewhere where-else --lesson {shape.key}"
    adds = f"elsewhere lessons add-pattern {shape.key} FILE"
    parts.append(Text(f"next: {asks if shape.patterns else adds}", style="dim"))
    return Group(*parts)
