"""What surrounds every request: its id, its log line, its limits. Asynchronous, as ASGI is."""

import re
from collections.abc import Callable, Collection, MutableMapping
from http import HTTPStatus
from time import perf_counter
from typing import Any
from uuid import uuid4

import structlog
from anyio.to_thread import current_default_thread_limiter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracker.api.authentication import authenticate, note_use
from tracker.api.bodies import Body
from tracker.api.hosts import SAFE_METHODS, is_allowed, is_forged
from tracker.api.idempotency import Attempt
from tracker.api.problems import answer_to
from tracker.api.surroundings import ApiOptions
from tracker.core.errors import ElsewhereError

Observe = Callable[[str, str, int, float], None]
"""Told of each request: its method, the template of its path, the status of its answer, and the seconds it took."""

_THREADS = 15  # as many as a database's pool has connections; further requests wait for their turn
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Surroundings:
    """Wraps the API. Refuses what must not reach it, and answers what goes wrong in it."""

    def __init__(self, app: ASGIApp, options: ApiOptions, observe: Observe) -> None:
        self.app = app
        self.options = options
        self.observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            current_default_thread_limiter().total_tokens = _THREADS
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        exchange = _Exchange(scope, receive, send, asked if _REQUEST_ID.fullmatch(asked) else uuid4().hex)
        body = Body(Headers(scope=scope).get("content-type", ""), self.options.max_body_bytes)
        scope.setdefault("state", {})["body"] = body

        async def receive_some() -> Message:
            message = await receive()
            body.take(message.get("body", b""))
            return message

        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            try:
                self._refuse(scope)
                await self.app(scope, receive_some, exchange.send)
            except HTTPException as error:
                await exchange.answer(error)
            except Exception as error:
                structlog.get_logger().exception("request failed", route=exchange.route)
                await exchange.answer(error)
                raise  # so that traces hold it too
            finally:
                self._note(exchange)

    def _refuse(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not is_allowed(hosts[0], self.options.allowed_hosts):
            raise HTTPException(
                HTTPStatus.MISDIRECTED_REQUEST,
                "this server does not answer to that Host; its administrator can add names to ELSEWHERE_API__ALLOWED_HOSTS",
            )
        if scope["method"] not in SAFE_METHODS and is_forged(headers, self.options.cors_origins):
            raise HTTPException(
                HTTPStatus.FORBIDDEN,
                "a page of another site sent this; send changes from a program, or from here",
            )
        scope["state"]["body"].expect(headers.get("content-length", "0"))

    def _note(self, exchange: "_Exchange") -> None:
        seconds = perf_counter() - exchange.began
        status = exchange.status or 499  # the client went away before it was answered
        method = exchange.scope["method"] if exchange.scope["method"] in _METHODS else "OTHER"
        self.observe(method, exchange.route, status, seconds)
        structlog.get_logger().info(
            "request answered",
            request_id=exchange.request_id,
            method=method,
            route=exchange.route,
            status=status,
            ms=round(seconds * 1000, 1),
            actor=exchange.scope["state"].get("actor"),
        )


class Authentication:
    """Lets nobody in who does not show who asks. A stranger's body is not read, and learns nothing of what else is wrong."""

    def __init__(self, app: ASGIApp, open_to_all: Collection[str]) -> None:
        self.app = app
        self.open_to_all = open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request, with who asks."""
        if scope["type"] != "http" or scope["path"] in self.open_to_all:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            principal = await run_in_threadpool(authenticate, request)
        except (HTTPException, ElsewhereError) as error:
            await answer_to(request, error)(scope, receive, send)
            return
        scope["state"] |= {"principal": principal, "actor": principal.name}
        await self.app(scope, receive, send)
        if principal.unnoted is not None:
            await run_in_threadpool(note_use, request.app.state.context, principal.unnoted)


class _Exchange:
    """One request and its answer, which gets its headers here, and is kept if it may be asked for again."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self.scope = scope
        self.request_id = request_id
        self.began = perf_counter()
        self.status: int | None = None
        self._receive = receive
        self._send = send
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    @property
    def route(self) -> str:
        """The template of the path that was asked for; never its values."""
        return getattr(self.scope.get("route"), "path", None) or "none"

    async def send(self, message: Message) -> None:
        attempt: Attempt | None = self.scope["state"].get("attempt")
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._add_headers(message)
            self._headers = dict(Headers(raw=message["headers"]))
        elif attempt is not None and self.status is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                # Before its last bytes leave: who has seen the whole answer gets the same one again.
                await run_in_threadpool(attempt.keep, self.status, self._headers, bytes(self._body))
        await self._send(message)

    async def answer(self, error: Exception) -> None:
        """Answer with a problem, unless an answer has begun."""
        if self.status is None:
            await answer_to(Request(self.scope), error)(self.scope, self._receive, self.send)

    def _add_headers(self, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(raw=message.setdefault("headers", []))
        headers["X-Request-ID"] = self.request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "no-referrer"
        headers.setdefault("Cache-Control", "no-store")
        if headers.get("content-type", "").startswith("text/html"):
            headers.setdefault("Content-Security-Policy", _HTML_POLICY)
