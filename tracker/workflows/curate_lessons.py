"""Curates lessons: from learnings to a statement that others can use, with the patterns that find where it applies."""

from collections.abc import Mapping
from typing import Any, TypedDict

from sqlmodel import Session, select

from tracker.core.errors import AlreadyExists, InvalidInput
from tracker.core.patterns import Pattern
from tracker.core.patterns.reader import NAME
from tracker.storage import audit, lessons, patterns
from tracker.storage.lessons import LessonRecord
from tracker.storage.tables import Lesson
from tracker.storage.versions import expect, touch
from tracker.workflows.context import Context


class LessonEdit(TypedDict, total=False):
    """New words of a lesson; absent leaves them as they are."""

    title: str
    statement: str


def create_lesson(
    context: Context, key: str, title: str, statement: str, learnings: tuple[int, ...] = ()
) -> LessonRecord:
    """Create a lesson, curated from these learnings. Raises `AlreadyExists` for a key that is taken."""
    check_key(key, "lesson")
    if not title.strip():
        raise InvalidInput("a lesson has a title", "--title")

    def work(session: Session) -> LessonRecord:
        if session.exec(select(Lesson).where(Lesson.key == key)).one_or_none() is not None:
            raise AlreadyExists(f"there is a lesson {key!r} already; see `elsewhere lessons show {key}`")
        now = context.now
        lesson = Lesson(
            key=key,
            title=title.strip(),
            statement=statement.strip() or title.strip(),
            created_at=now,
            updated_at=now,
        )
        session.add(lesson)
        audit.record(
            session, at=now, actor=context.actor, action="lesson created", subject=lesson, detail={"key": key}
        )
        for learning_id in learnings:
            _attach(session, context, lesson, learning_id)
        return _record(session, context, key)

    return context.database.transact(work)


def edit_lesson(
    context: Context, key: str, edit: LessonEdit, *, expected_version: int | None = None
) -> LessonRecord:
    """Give a lesson other words."""
    for field, value in edit.items():
        if not str(value).strip():
            raise InvalidInput("has no words; leave it out to keep what is there", f"--{field}")

    def work(session: Session) -> LessonRecord:
        lesson = lessons.get(session, key)
        expect(lesson, expected_version)
        changes = {}
        for field, value in edit.items():
            before, after = getattr(lesson, field), str(value).strip()
            if after != before:
                changes[field] = {"from": before, "to": after}
                setattr(lesson, field, after)
        if changes:
            _change(session, context, lesson, "lesson edited", {"changes": changes})
        return _record(session, context, key)

    return context.database.transact(work)


def add_learning(context: Context, key: str, learning_id: int) -> LessonRecord:
    """Attach a learning to a lesson; doing so twice changes nothing."""

    def work(session: Session) -> LessonRecord:
        _attach(session, context, lessons.get(session, key), learning_id)
        return _record(session, context, key)

    return context.database.transact(work)


def add_pattern(context: Context, key: str, pattern: Pattern) -> tuple[LessonRecord, int, bool]:
    """Keep a pattern and attach it to a lesson; returns the lesson, the pattern's version, and whether that is new."""

    def work(session: Session) -> tuple[LessonRecord, int, bool]:
        lesson = lessons.get(session, key)
        stored, version, is_new = patterns.save(session, pattern, context.actor, context.now)
        attached = lessons.attach_pattern(session, lesson, stored)
        if is_new or attached:
            detail = {"pattern": pattern.name, "version": version.number}
            _change(session, context, lesson, "pattern added to lesson", detail)
        return _record(session, context, key), version.number, is_new

    return context.database.transact(work)


def check_key(key: str, what: str) -> None:
    """Raise `InvalidInput` unless a key is lower-case words joined by hyphens."""
    if not NAME.fullmatch(key) or len(key) > 100:
        raise InvalidInput(
            f"{key!r} must be lower-case words joined by hyphens, at most 100 characters", f"{what} key"
        )


def _attach(session: Session, context: Context, lesson: Lesson, learning_id: int) -> None:
    learning = lessons.learning(session, learning_id, sees_confidential=context.sees_confidential)
    if lessons.attach_learning(session, lesson, learning.id):
        _change(session, context, lesson, "learning added to lesson", {"learning": learning.id})


def _change(
    session: Session, context: Context, lesson: Lesson, action: str, detail: Mapping[str, Any]
) -> None:
    touch(lesson, context.now)
    audit.record(session, at=context.now, actor=context.actor, action=action, subject=lesson, detail=detail)


def _record(session: Session, context: Context, key: str) -> LessonRecord:
    session.flush()
    return lessons.record(session, key, sees_confidential=context.sees_confidential)
