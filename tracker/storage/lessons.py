"""Queries of lessons and of the learnings and patterns that hang on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.core.errors import NotFound
from tracker.storage.tables import Learning, Lesson, LessonLearning, LessonPattern, Pattern, Postmortem


@dataclass(frozen=True)
class LessonRecord:
    """A lesson with the learnings it was curated from and the names of its patterns."""

    lesson: Lesson
    learnings: tuple[tuple[Learning, Postmortem], ...]
    patterns: tuple[str, ...]


def get(session: Session, key: str) -> Lesson:
    """Return a lesson; raises `NotFound`."""
    found = session.exec(select(Lesson).where(Lesson.key == key)).one_or_none()
    if found is None:
        raise NotFound(f"there is no lesson {key!r}; see `elsewhere lessons list`")
    return found


def record(session: Session, key: str) -> LessonRecord:
    """Return a lesson with what hangs on it; raises `NotFound`."""
    lesson = get(session, key)
    learnings = session.exec(
        select(Learning, Postmortem)
        .join(LessonLearning, col(LessonLearning.learning_id) == col(Learning.id))
        .join(Postmortem, col(Postmortem.id) == col(Learning.postmortem_id))
        .where(LessonLearning.lesson_id == lesson.id)
        .order_by(col(Learning.id))
    ).all()
    return LessonRecord(
        lesson,
        tuple((learning, postmortem) for learning, postmortem in learnings),
        pattern_names(session, lesson),
    )


def pattern_names(session: Session, lesson: Lesson) -> tuple[str, ...]:
    """Return the names of a lesson's patterns, sorted."""
    return tuple(
        session.exec(
            select(Pattern.name)
            .join(LessonPattern, col(LessonPattern.pattern_id) == col(Pattern.id))
            .where(LessonPattern.lesson_id == lesson.id)
            .order_by(col(Pattern.name))
        ).all()
    )


def listing(session: Session) -> Sequence[tuple[Lesson, int, int]]:
    """Return all lessons by key, with their numbers of learnings and of patterns."""
    learnings = (
        select(LessonLearning.lesson_id, func.count().label("count"))
        .group_by(col(LessonLearning.lesson_id))
        .subquery()
    )
    patterns = (
        select(LessonPattern.lesson_id, func.count().label("count"))
        .group_by(col(LessonPattern.lesson_id))
        .subquery()
    )
    rows = session.exec(
        select(Lesson, func.coalesce(learnings.c.count, 0), func.coalesce(patterns.c.count, 0))
        .outerjoin(learnings, learnings.c.lesson_id == col(Lesson.id))
        .outerjoin(patterns, patterns.c.lesson_id == col(Lesson.id))
        .order_by(col(Lesson.key))
    ).all()
    return [
        (lesson, int(learning_count), int(pattern_count)) for lesson, learning_count, pattern_count in rows
    ]


def learning(session: Session, learning_id: int) -> Learning:
    """Return a learning; raises `NotFound`."""
    found = session.get(Learning, learning_id)
    if found is None:
        raise NotFound(f"there is no learning {learning_id}; `elsewhere postmortems show` lists them")
    return found


def attach_learning(session: Session, lesson: Lesson, learning_id: int) -> bool:
    """Attach a learning to a lesson; returns whether that is new."""
    if session.get(LessonLearning, (lesson.id, learning_id)) is not None:
        return False
    session.add(LessonLearning(lesson_id=lesson.id, learning_id=learning_id))
    return True


def attach_pattern(session: Session, lesson: Lesson, pattern: Pattern) -> bool:
    """Attach a pattern, flushed before, to a lesson; returns whether that is new."""
    if session.get(LessonPattern, (lesson.id, pattern.id)) is not None:
        return False
    session.add(LessonPattern(lesson_id=lesson.id, pattern_id=pattern.id))
    return True
