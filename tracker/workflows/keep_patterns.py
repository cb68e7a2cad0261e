"""Keeps patterns: each change of one is a new version, and reports say which they asked."""

from sqlmodel import Session

from tracker.core.patterns import Pattern
from tracker.storage import audit, patterns
from tracker.storage.patterns import PatternRecord
from tracker.workflows.context import Context


def keep_pattern(context: Context, pattern: Pattern) -> tuple[PatternRecord, bool]:
    """Keep a pattern under its name; returns it, and whether this is a new version. The same text again changes nothing."""

    def work(session: Session) -> tuple[PatternRecord, bool]:
        stored, version, is_new = patterns.save(session, pattern, context.actor, context.now)
        if is_new:
            audit.record(
                session,
                at=context.now,
                actor=context.actor,
                action="pattern kept",
                subject=stored,
                detail={"version": version.number},
            )
        return patterns.record(session, pattern.name), is_new

    return context.database.transact(work)
