"""Queries of lessons and of the learnings and patterns that hang on them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, not_, or_
from sqlmodel import Session, col, select

from tracker.core.errors import NotFound
from tracker.storage import pages
from tracker.storage.batches import batches
from tracker.storage.confidentiality import open_learning, open_postmortem
from tracker.storage.pages import Order, Page, Paging
from tracker.storage.tables import Learning, Lesson, LessonLearning, LessonPattern, Pattern, Postmortem


@dataclass(frozen=True)
class LessonRecord:
    """A lesson with the learnings it was curated from and the names of its patterns."""

    lesson: Lesson
    learnings: tuple[tuple[Learning, Postmortem], ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class LearningRecord:
    """A learning with its postmortem and the keys of the lessons that it led to."""

    learning: Learning
    postmortem: Postmortem
    lessons: tuple[str, ...]


Counted = tuple[Lesson, int, int]
"""A lesson with its numbers of learnings and of patterns."""

ORDER = Order(
    col(Lesson.id),
    {
        "key": col(Lesson.key),
        "title": col(Lesson.title),
        "created_at": col(Lesson.created_at),
        "updated_at": col(Lesson.updated_at),
    },
    default="key",
)
"""What listings of lessons can be sorted by."""

LEARNINGS = Order(col(Learning.id), {"created_at": col(Learning.created_at), "text": col(Learning.text)})
"""What listings of learnings can be sorted by."""


def get(session: Session, key: str) -> Lesson:
    """Return a lesson; raises `NotFound`."""
    found = session.exec(select(Lesson).where(Lesson.key == key)).one_or_none()
    if found is None:
        raise NotFound(f"there is no lesson {key!r}; see `elsewhere lessons list`")
    return found


def record(session: Session, key: str, *, sees_confidential: bool = True) -> LessonRecord:
    """Return a lesson with what hangs on it and exists for this reader; raises `NotFound`."""
    lesson = get(session, key)
    asked = (
        select(Learning, Postmortem)
        .join(LessonLearning, col(LessonLearning.learning_id) == col(Learning.id))
        .join(Postmortem, col(Postmortem.id) == col(Learning.postmortem_id))
        .where(LessonLearning.lesson_id == lesson.id)
        .order_by(col(Learning.id))
    )
    learnings = session.exec(asked if sees_confidential else asked.where(open_postmortem())).all()
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


def listing(session: Session) -> list[Counted]:
    """Return all lessons by key."""
    lessons = session.exec(select(Lesson).order_by(col(Lesson.key))).all()
    return _counted(session, lessons, sees_confidential=True)


def page(
    session: Session, paging: Paging, *, text: str | None = None, sees_confidential: bool
) -> Page[Counted]:
    """Return a page of the lessons, those with certain words in their title or statement."""
    query = select(Lesson)
    if text:
        title, statement = (
            col(column).icontains(text, autoescape=True) for column in (Lesson.title, Lesson.statement)
        )
        query = query.where(or_(title, statement))
    found = pages.page(session, query, ORDER, paging)
    counted = _counted(session, found.items, sees_confidential=sees_confidential)
    return Page(tuple(counted), found.next_cursor)


def _counted(session: Session, lessons: Sequence[Lesson], *, sees_confidential: bool) -> list[Counted]:
    learnings: Counter[int] = Counter()
    patterns: Counter[int] = Counter()
    for batch in batches(one.id for one in lessons):
        of_learning, of_pattern = col(LessonLearning.lesson_id), col(LessonPattern.lesson_id)
        asked = select(of_learning, func.count()).where(of_learning.in_(batch)).group_by(of_learning)
        if not sees_confidential:
            asked = asked.join(Learning, col(Learning.id) == col(LessonLearning.learning_id)).where(
                open_learning()
            )
        learnings.update(dict(session.exec(asked).all()))
        attached = select(of_pattern, func.count()).where(of_pattern.in_(batch)).group_by(of_pattern)
        patterns.update(dict(session.exec(attached).all()))
    return [(one, learnings[one.id], patterns[one.id]) for one in lessons]


def learning(session: Session, learning_id: int, *, sees_confidential: bool = True) -> Learning:
    """Return a learning; raises `NotFound`, also for one that does not exist for this reader."""
    query = select(Learning).where(Learning.id == learning_id)
    found = session.exec(query if sees_confidential else query.where(open_learning())).one_or_none()
    if found is None:
        raise NotFound(f"there is no learning {learning_id}; `elsewhere postmortems show` lists them")
    return found


def learning_record(session: Session, learning_id: int, *, sees_confidential: bool) -> LearningRecord:
    """Return a learning with what hangs on it; raises `NotFound`."""
    return _learning_records(session, [learning(session, learning_id, sees_confidential=sees_confidential)])[
        0
    ]


def learnings_page(
    session: Session,
    paging: Paging,
    *,
    postmortem_id: int | None = None,
    has_lesson: bool | None = None,
    text: str | None = None,
    sees_confidential: bool,
) -> Page[LearningRecord]:
    """Return a page of the learnings that are asked for, that exist for this reader, and that still stand."""
    query = select(Learning).where(col(Learning.withdrawn_at).is_(None))
    if not sees_confidential:
        query = query.where(open_learning())
    if postmortem_id is not None:
        query = query.where(Learning.postmortem_id == postmortem_id)
    if has_lesson is not None:
        attached = col(Learning.id).in_(select(LessonLearning.learning_id))
        query = query.where(attached if has_lesson else not_(attached))
    if text:
        query = query.where(col(Learning.text).icontains(text, autoescape=True))
    found = pages.page(session, query, LEARNINGS, paging)
    return Page(tuple(_learning_records(session, found.items)), found.next_cursor)


def _learning_records(session: Session, learnings: Sequence[Learning]) -> list[LearningRecord]:
    keys: dict[int, list[str]] = {}
    postmortems: dict[int, Postmortem] = {}
    for batch in batches(learnings):
        attached = (
            select(LessonLearning.learning_id, Lesson.key)
            .join(Lesson, col(Lesson.id) == col(LessonLearning.lesson_id))
            .where(col(LessonLearning.learning_id).in_([one.id for one in batch]))
            .order_by(col(Lesson.key))
        )
        for learning_id, key in session.exec(attached).all():
            keys.setdefault(learning_id, []).append(key)
        told = select(Postmortem).where(col(Postmortem.id).in_({one.postmortem_id for one in batch}))
        postmortems |= {one.id: one for one in session.exec(told).all()}
    return [
        LearningRecord(one, postmortems[one.postmortem_id], tuple(keys.get(one.id, ()))) for one in learnings
    ]


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
