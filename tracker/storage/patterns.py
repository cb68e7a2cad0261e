"""Queries of patterns and their versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select as SelectOfRows

from tracker.core.errors import NotFound
from tracker.core.patterns import Pattern as ParsedPattern
from tracker.core.patterns import parse_pattern
from tracker.core.where_else import VersionedPattern
from tracker.storage import pages
from tracker.storage.pages import Order, Page, Paging
from tracker.storage.tables import Lesson, LessonPattern, Pattern, PatternVersion

ORDER = Order(
    col(Pattern.id), {"pattern": col(Pattern.name), "created_at": col(Pattern.created_at)}, default="pattern"
)


@dataclass(frozen=True)
class PatternRecord:
    """A pattern in one of its versions, with all of them, the newest first, and the keys of the lessons that use it."""

    pattern: Pattern
    version: PatternVersion
    versions: Sequence[PatternVersion]
    lessons: tuple[str, ...]


def save(
    session: Session, parsed: ParsedPattern, actor: str, at: datetime
) -> tuple[Pattern, PatternVersion, bool]:
    """Keep a pattern under its name; returns it with its newest version, and whether that version is new.

    The same text as the newest version's is no new version.
    """
    pattern = session.exec(select(Pattern).where(Pattern.name == parsed.name)).one_or_none()
    if pattern is None:
        pattern = Pattern(name=parsed.name, about=parsed.about, created_at=at)
        session.add(pattern)
        session.flush()
    digest = sha256(parsed.text.encode()).hexdigest()
    latest = _latest(session, pattern.id)
    if latest is not None and latest.content_hash == digest:
        return pattern, latest, False
    pattern.about = parsed.about
    version = PatternVersion(
        pattern_id=pattern.id,
        number=latest.number + 1 if latest else 1,
        definition=dict(parsed.definition),
        source_text=parsed.text,
        content_hash=digest,
        created_at=at,
        actor=actor,
    )
    session.add(pattern)
    session.add(version)
    session.flush()
    return pattern, version, True


def current(session: Session, name: str) -> VersionedPattern:
    """Return a pattern as its newest version says it; raises `NotFound`."""
    pattern = session.exec(select(Pattern).where(Pattern.name == name)).one_or_none()
    version = _latest(session, pattern.id) if pattern else None
    if version is None:
        raise NotFound(f"there is no pattern {name!r}; see `elsewhere patterns list`")
    return VersionedPattern(parse_pattern(version.source_text, place=name), version.number)


def record(session: Session, name: str, number: int | None = None) -> PatternRecord:
    """Return a pattern in its newest version, or in the one of this number; raises `NotFound`."""
    pattern = session.exec(select(Pattern).where(Pattern.name == name)).one_or_none()
    if pattern is None:
        raise NotFound(f"there is no pattern {name!r}; see `elsewhere patterns list`")
    versions = session.exec(
        select(PatternVersion)
        .where(PatternVersion.pattern_id == pattern.id)
        .order_by(col(PatternVersion.number).desc())
    ).all()
    version = next((one for one in versions if number in (None, one.number)), None)
    if version is None:
        raise NotFound(f"pattern {name} has no version {number}; the newest is {versions[0].number}")
    lessons = session.exec(
        select(Lesson.key)
        .join(LessonPattern, col(LessonPattern.lesson_id) == col(Lesson.id))
        .where(LessonPattern.pattern_id == pattern.id)
        .order_by(col(Lesson.key))
    ).all()
    return PatternRecord(pattern, version, versions, tuple(lessons))


def listing(session: Session) -> Sequence[tuple[Pattern, int]]:
    """Return all patterns by name, each with the number of its newest version."""
    rows = session.exec(_with_newest().order_by(col(Pattern.name))).all()
    return [(pattern, int(number)) for pattern, number in rows]


def page(session: Session, paging: Paging, *, text: str | None = None) -> Page[tuple[Pattern, int]]:
    """Return a page of the patterns whose name or subject holds a text, each with the number of its newest version."""
    query = _with_newest()
    if text:
        query = query.where(
            or_(
                col(Pattern.name).icontains(text, autoescape=True),
                col(Pattern.about).icontains(text, autoescape=True),
            )
        )
    return pages.page(session, query, ORDER, paging)


def _with_newest() -> SelectOfRows[*tuple[Pattern, int]]:
    newest = (
        select(PatternVersion.pattern_id, func.max(PatternVersion.number).label("number"))
        .group_by(col(PatternVersion.pattern_id))
        .subquery()
    )
    return select(Pattern, newest.c.number).join(newest, newest.c.pattern_id == col(Pattern.id))


def _latest(session: Session, pattern_id: int) -> PatternVersion | None:
    return session.exec(
        select(PatternVersion)
        .where(PatternVersion.pattern_id == pattern_id)
        .order_by(col(PatternVersion.number).desc())
        .limit(1)
    ).one_or_none()
