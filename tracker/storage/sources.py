"""Queries of sources."""

from datetime import datetime

from sqlmodel import Session, select

from tracker.core.errors import InvalidInput
from tracker.storage.tables import Source, SourcePurpose


def known_as(session: Session, purpose: SourcePurpose, name: str, kind: str, at: datetime) -> Source:
    """Return the source of this name, made now if there is none.

    Raises `InvalidInput` when it was of another kind before: two sources under one name would replace each other.
    """
    source = session.exec(select(Source).where(Source.purpose == purpose, Source.name == name)).one_or_none()
    if source is None:
        source = Source(purpose=purpose, name=name, kind=kind, created_at=at)
        session.add(source)
        session.flush()
    elif source.kind != kind:
        raise InvalidInput(
            f"this source is of kind {source.kind!r}, not {kind!r}; give the other source a name of its own",
            name,
        )
    return source
