"""Queries of patterns and their versions."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func
from sqlmodel import Session, col, select

from tracker.core.errors import NotFound
from tracker.core.patterns import Pattern as ParsedPattern
from tracker.core.patterns import parse_pattern
from tracker.core.where_else import VersionedPattern
from tracker.storage.tables import Pattern, PatternVersion


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


def listing(session: Session) -> Sequence[tuple[Pattern, int]]:
    """Return all patterns by name, each with the number of its newest version."""
    rows = session.exec(
        select(Pattern, func.max(PatternVersion.number))
        .join(PatternVersion, col(PatternVersion.pattern_id) == col(Pattern.id))
        .group_by(col(Pattern.id))
        .order_by(col(Pattern.name))
    ).all()
    return [(pattern, int(number)) for pattern, number in rows]


def _latest(session: Session, pattern_id: int) -> PatternVersion | None:
    return session.exec(
        select(PatternVersion)
        .where(PatternVersion.pattern_id == pattern_id)
        .order_by(col(PatternVersion.number).desc())
        .limit(1)
    ).one_or_none()
