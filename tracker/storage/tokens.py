"""Tokens: found by the hash of their secret, or by name."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from tracker.core.errors import NotFound
from tracker.storage.tables import Token


def by_hash(session: Session, secret_hash: str) -> Token | None:
    """Return the token whose secret has this hash, living or not."""
    return session.exec(select(Token).where(Token.secret_hash == secret_hash)).one_or_none()


def unrevoked(session: Session, name: str) -> Token | None:
    """Return the token of this name that nobody has revoked; it may have expired."""
    return session.exec(
        select(Token).where(Token.name == name, col(Token.revoked_at).is_(None))
    ).one_or_none()


def get(session: Session, name: str) -> Token:
    """Return the token of this name that nobody has revoked; raises `NotFound`."""
    token = unrevoked(session, name)
    if token is None:
        raise NotFound(f"there is no token {name!r}; see `elsewhere tokens list`")
    return token


def listing(session: Session) -> Sequence[Token]:
    """Return all tokens, the living and the others, oldest first."""
    return session.exec(select(Token).order_by(col(Token.id))).all()


def any_living(session: Session, now: datetime) -> bool:
    """Return whether somebody holds a token that is neither revoked nor expired."""
    living = select(Token.id).where(col(Token.revoked_at).is_(None), Token.expires_at > now).limit(1)
    return session.exec(living).first() is not None
