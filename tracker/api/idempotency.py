"""Requests with an `Idempotency-Key`: repeated as often as need be, and carried out once."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Annotated
from uuid import uuid4

import structlog
from fastapi import Header, Request, Response
from sqlmodel import Session

from tracker.core.errors import ElsewhereError, HeldByAnother, InvalidInput
from tracker.core.tokens import Scope
from tracker.storage import idempotency
from tracker.storage.tables import IdempotencyKey
from tracker.workflows.context import Context

_KEPT_HEADERS = ("content-type", "location", "etag")

Once = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text that no other request of yours has: when this one is repeated with it, "
        "the change is made once, and each time the same is answered.",
    ),
]


class Replay(Exception):
    """The request was carried out before; ``answer`` is how it was answered then."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


@dataclass
class Attempt:
    """One request under a key, from the change that it makes to the answer that is kept."""

    context: Context
    request: str = field(default_factory=lambda: uuid4().hex)
    claimed: bool = False

    def keep(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Keep the answer, or forget the request if it failed. What goes wrong here changes no answer."""
        if not self.claimed:
            return

        def work(session: Session) -> None:
            if status < 400:
                kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
                idempotency.keep_answer(session, self.request, status, kept, body)
            else:
                idempotency.release(session, self.request)

        try:
            self.context.database.transact(work)
        except ElsewhereError as error:
            structlog.get_logger().warning("answer not kept for a repetition", problem=type(error).__name__)


def once(request: Request, context: Context, key: str | None, scope: Scope) -> Context:
    """Return the context in which a request makes its change once.

    Raises `Replay` when it was made before, `HeldByAnother` when its answer is not there (yet), and `InvalidInput`
    for a key that another request has.
    """
    if key is None:
        return context
    fingerprint = _fingerprint(request, scope)
    with context.database.reading() as session:
        known = idempotency.find(session, context.actor, key, context.now)
    if known is not None:
        raise _repetition(known, fingerprint)
    attempt = Attempt(context)
    request.state.attempt = attempt

    def claim(session: Session) -> None:
        attempt.claimed = True
        idempotency.claim(
            session,
            IdempotencyKey(
                actor=context.actor,
                key=key,
                fingerprint=fingerprint,
                request=attempt.request,
                created_at=context.now,
            ),
        )

    return replace(context, database=context.database.also(claim))


def _fingerprint(request: Request, scope: Scope) -> str:
    # With the scope, because what is answered to one scope is not for all.
    said = f"{request.method} {request.url.path}?{request.url.query}\n"
    return f"{scope}:{hashlib.sha256(said.encode() + request.state.body.digest()).hexdigest()}"


def _repetition(known: IdempotencyKey, fingerprint: str) -> Exception:
    if known.fingerprint != fingerprint:
        return InvalidInput(
            "another request was sent with this key; give each request a key of its own",
            "/header/Idempotency-Key",
        )
    if known.status is None:
        return HeldByAnother(
            "this request was carried out, but its answer is not known: it is still under way, or the server stopped "
            "before it could answer; look at what it was to change before you send it under another key"
        )
    headers = {**(known.headers or {}), "Idempotency-Replayed": "true"}
    return Replay(Response(known.body, known.status, headers))
