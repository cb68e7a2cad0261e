"""Who asks: the holder of a token, or somebody at this machine, and what that lets them do."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from ipaddress import ip_address
from typing import Annotated, cast

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from tracker.api.at_once import at_once
from tracker.api.hosts import is_loopback_name, name_in
from tracker.api.idempotency import Once, once
from tracker.api.surroundings import ApiOptions
from tracker.core.errors import ChangedMeanwhile, DatabaseNotReady, NotPermitted
from tracker.core.tokens import Scope, matching
from tracker.workflows import tokens
from tracker.workflows.context import Context

bearer = HTTPBearer(
    scheme_name="token",
    description="A token of `elsewhere tokens create`, or one that the server's settings name.",
    auto_error=False,
)
"""Documents that tokens are taken; who asks is decided by `authenticate`, which refuses what is malformed."""

_FORWARDED = ("forwarded", "x-forwarded-", "x-real-ip", "via")
"""How the names of headers begin that only a proxy sends."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and what they may do."""

    name: str
    scope: Scope
    unnoted: int | None = None
    """The token whose use is to be written down, after the answer."""


def authenticate(request: Request) -> Principal:
    """Return who asks; raises 401 unless that is told by a token, or by being at this machine."""
    context = cast("Context", request.app.state.context)
    options = cast("ApiOptions", request.app.state.options)
    headers = request.headers.getlist("Authorization")
    if not headers:
        if options.anonymous and is_from_this_machine(request):
            return Principal(context.actor, Scope.WRITE)
        raise _unauthorized("show a token: Authorization: Bearer els_…; `elsewhere tokens create` makes one")
    scheme, _, secret = headers[0].partition(" ")
    # What is wrong with a token is not told apart: that would tell a stranger which ones exist.
    if len(headers) > 1 or scheme.lower() != "bearer" or not (secret := secret.strip()).isascii():
        raise _unauthorized("expected one header Authorization: Bearer TOKEN")
    if (configured := matching(options.tokens, secret)) is not None:
        return Principal(configured.name, configured.scope)
    token = tokens.recognise(context, secret)
    if token is None:
        raise _unauthorized(
            "this token is unknown, expired or revoked; `elsewhere tokens list` shows the living ones"
        )
    return Principal(
        token.name, token.scope, token.id if tokens.should_note_use(token, context.now) else None
    )


def note_use(context: Context, token_id: int) -> None:
    """Write down that a token is used; that this fails is no reason to fail its holder."""
    try:
        tokens.note_use(context, token_id)
    except (ChangedMeanwhile, DatabaseNotReady) as error:
        structlog.get_logger().warning("use of a credential not noted", problem=type(error).__name__)


def _unauthorized(detail: str) -> HTTPException:
    return HTTPException(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})


def is_from_this_machine(request: Request) -> bool:
    """Return whether a request came over loopback, and not through a proxy that says that it is one."""
    if any(name.startswith(_FORWARDED) for name in request.headers):
        return False
    if not is_loopback_name(name_in(request.headers.get("Host", ""))):
        return False
    try:
        return request.client is None or ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _principal(request: Request) -> Principal:
    return cast("Principal", request.state.principal)


Asking = Annotated[Principal, Depends(at_once(_principal))]
"""Who asks, as was found out before anything of the body was read."""


def _context_with(needed: Scope) -> Callable[[Request, Principal], Context]:
    def context(request: Request, principal: Asking) -> Context:
        if not principal.scope.includes(needed):
            raise NotPermitted(
                f"this needs the scope {needed}; the token {principal.name!r} has {principal.scope}"
            )
        return replace(
            cast("Context", request.app.state.context),
            actor=principal.name,
            sees_confidential=principal.scope is Scope.ADMIN,
        )

    return context


_reader, _writer, _admin = (_context_with(scope) for scope in Scope)

Reader = Annotated[Context, Depends(at_once(_reader))]
"""The context of somebody who may read."""
Writer = Annotated[Context, Depends(at_once(_writer))]
"""The context of somebody who may make changes."""
Admin = Annotated[Context, Depends(at_once(_admin))]
"""The context of an administrator, for whom confidential postmortems exist."""


def _writer_once(
    request: Request, context: Writer, principal: Asking, idempotency_key: Once = None
) -> Context:
    return once(request, context, idempotency_key, principal.scope)


def _admin_once(request: Request, context: Admin, principal: Asking, idempotency_key: Once = None) -> Context:
    return once(request, context, idempotency_key, principal.scope)


WriterOnce = Annotated[Context, Depends(_writer_once)]
"""As `Writer`, for POST: repeated with the same Idempotency-Key, the change is made once."""
AdminOnce = Annotated[Context, Depends(_admin_once)]
"""As `Admin`, for POST: repeated with the same Idempotency-Key, the change is made once."""
