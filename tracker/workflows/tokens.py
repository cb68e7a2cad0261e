"""Gives tokens to programs that use the API, takes them back, and recognises them."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from tracker.core.errors import AlreadyExists, InvalidInput
from tracker.core.tokens import PREFIX, Scope, check_name, hash_of
from tracker.storage import audit, tokens
from tracker.storage.tables import Token
from tracker.workflows.context import Context

LONGEST_LIFE = 366  # days

_NOTED_EVERY = timedelta(hours=1)  # a write for each request would make readers wait for writers


@dataclass(frozen=True)
class NewToken:
    """A token, and its secret, which is shown this once and kept nowhere."""

    token: Token
    secret: str

    def __repr__(self) -> str:
        return f"NewToken({self.token.name!r})"


def create(context: Context, name: str, scope: Scope = Scope.READ, *, days: int = 90) -> NewToken:
    """Make a token that is good for so many days. Raises `AlreadyExists` for the name of a living one."""
    check_name(name, "NAME")
    if not 1 <= days <= LONGEST_LIFE:
        raise InvalidInput(f"a token is good for 1 to {LONGEST_LIFE} days", "--days")
    secret = PREFIX + secrets.token_urlsafe(32)

    def work(session: Session) -> Token:
        now = context.now
        before = tokens.unrevoked(session, name)
        if before is not None and before.expires_at > now:
            raise AlreadyExists(
                f"there is a token {name!r} already; run `elsewhere tokens revoke {name}`, or choose another name"
            )
        if before is not None:  # its name is free again
            before.revoked_at = before.expires_at
            session.add(before)
            session.flush()
        token = Token(
            name=name,
            scope=scope,
            secret_hash=hash_of(secret),
            created_at=now,
            created_by=context.actor,
            expires_at=now + timedelta(days=days),
        )
        session.add(token)
        detail = {"name": name, "scope": scope, "expires_at": token.expires_at.isoformat()}
        audit.record(
            session, at=now, actor=context.actor, action="token created", subject=token, detail=detail
        )
        return token

    return NewToken(context.database.transact(work), secret)


def revoke(context: Context, name: str) -> Token:
    """Take a token back: its next request is refused. Raises `NotFound`."""

    def work(session: Session) -> Token:
        token = tokens.get(session, name)
        token.revoked_at = context.now
        session.add(token)
        audit.record(
            session,
            at=context.now,
            actor=context.actor,
            action="token revoked",
            subject=token,
            detail={"name": name},
        )
        return token

    return context.database.transact(work)


def recognise(context: Context, secret: str) -> Token | None:
    """Return the living token that has this secret."""
    with context.database.reading() as session:
        token = tokens.by_hash(session, hash_of(secret))
    return token if token is not None and is_living(token, context.now) else None


def is_living(token: Token, now: datetime) -> bool:
    """Return whether a token is neither revoked nor expired."""
    return token.revoked_at is None and now < token.expires_at


def should_note_use(token: Token, now: datetime) -> bool:
    """Return whether its last use is worth writing down again: it is told to the hour."""
    return token.last_used_at is None or now - token.last_used_at >= _NOTED_EVERY


def note_use(context: Context, token_id: int) -> None:
    """Write down that a token is in use."""

    def work(session: Session) -> None:
        token = session.get_one(Token, token_id)
        if should_note_use(token, context.now):
            token.last_used_at = context.now
            session.add(token)

    context.database.transact(work)
