"""Answers every error in one shape: `application/problem+json` (RFC 9457)."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from starlette.exceptions import HTTPException

from tracker.core.errors import (
    AlreadyExists,
    ChangedMeanwhile,
    ConnectorError,
    DatabaseNotReady,
    ElsewhereError,
    HeldByAnother,
    InvalidInput,
    InvalidMove,
    NotFound,
    NotPermitted,
    TryAgainLater,
    VersionChanged,
)
from tracker.reports.shape import Shape

MEDIA_TYPE = "application/problem+json"


class InvalidPart(Shape):
    """One part of a request that was refused."""

    pointer: str = Field(
        description="A JSON pointer to the part, in {path, query, header, body}.", examples=["/body/due"]
    )
    detail: str = Field(description="What is wrong with it.")


class Problem(Shape):
    """What went wrong, and what to do about it."""

    type: str = Field(
        description="Names the kind of problem; programs decide by it.",
        examples=["urn:elsewhere:problem:not-found"],
    )
    title: str = Field(description="The kind of problem, for people.", examples=["Not found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(
        description="What is wrong this time, and what a person can do.", examples=["there is no item 7"]
    )
    instance: str = Field(description="The path that was asked for.", examples=["/api/v1/action-items/7"])
    errors: list[InvalidPart] | None = Field(default=None, description="The parts that were refused.")


# The first class that an error is an instance of decides: the narrow ones stand before the wide ones.
_STATUS: dict[type[ElsewhereError], tuple[HTTPStatus, str]] = {
    InvalidInput: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input"),
    NotFound: (HTTPStatus.NOT_FOUND, "not-found"),
    AlreadyExists: (HTTPStatus.CONFLICT, "already-exists"),
    InvalidMove: (HTTPStatus.CONFLICT, "invalid-move"),
    NotPermitted: (HTTPStatus.FORBIDDEN, "not-permitted"),
    VersionChanged: (HTTPStatus.PRECONDITION_FAILED, "version-changed"),
    ChangedMeanwhile: (HTTPStatus.CONFLICT, "changed-meanwhile"),
    HeldByAnother: (HTTPStatus.CONFLICT, "held-by-another"),
    DatabaseNotReady: (HTTPStatus.SERVICE_UNAVAILABLE, "database-not-ready"),
    TryAgainLater: (HTTPStatus.SERVICE_UNAVAILABLE, "try-again-later"),
    ConnectorError: (HTTPStatus.BAD_GATEWAY, "connector-failed"),
}

_MEANING = {
    400: "The request cannot be read.",
    401: "No valid token was shown.",
    403: "The token's scope does not allow it, or another site sent the request.",
    404: "There is no such thing, or not for the holder of this token.",
    409: "The state of things does not allow it.",
    412: "It is no longer the version that If-Match names.",
    413: "The body is too large.",
    415: "The body is not of a type that is read here.",
    421: "The Host header is not a name of this server.",
    422: "A part of the request was refused; nothing was changed.",
    428: "If-Match is missing.",
    500: "Something went wrong on the server.",
    502: "Another system did not do what was asked.",
    503: "The database or another system is not ready; try again later.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of a route that can end with these statuses, each a `Problem`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _MEANING[status], "content": content} for status in statuses}


def problem_answer(
    request: Request,
    status: int,
    detail: str,
    *,
    kind: str | None = None,
    errors: Sequence[InvalidPart] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return one problem as an answer."""
    title = HTTPStatus(status).phrase
    problem = Problem(
        type=f"urn:elsewhere:problem:{kind or title.lower().replace(' ', '-')}",
        title=(kind.replace("-", " ") if kind else title).capitalize(),
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=list(errors) if errors else None,
    )
    # Escaped JSON: what was asked for may hold characters that no encoding allows.
    return _EscapedJSON(
        problem.model_dump(exclude_none=True), status_code=status, headers=headers, media_type=MEDIA_TYPE
    )


class _EscapedJSON(JSONResponse):
    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode("ascii")


def answer_problems(api: FastAPI) -> None:
    """Make an API answer each error as a problem."""
    for kind in (ElsewhereError, HTTPException, RequestValidationError):
        api.add_exception_handler(kind, answer_to)


def answer_to(request: Request, error: Exception) -> Response:
    """Return the problem that an error is answered with; a fault of the program itself shows nothing of its inside."""
    match error:
        case ElsewhereError() if (known := _status_of(error)) is not None:
            return _of_error(request, error, *known)
        case HTTPException():
            return _of_http_exception(request, error)
        case RequestValidationError():
            return _of_invalid_request(request, error)
    return problem_answer(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "something went wrong on the server; its log says more under the request's id (X-Request-ID)",
    )


def _status_of(error: ElsewhereError) -> tuple[HTTPStatus, str] | None:
    return next((how for kind, how in _STATUS.items() if isinstance(error, kind)), None)


def _of_error(request: Request, error: ElsewhereError, status: HTTPStatus, kind: str) -> Response:
    headers, errors, detail = {}, None, str(error)
    match error:
        case InvalidInput() if (pointer := _pointer(request, error.place)) is not None:
            detail, errors = error.problem, [InvalidPart(pointer=pointer, detail=error.problem)]
        case TryAgainLater() if error.after is not None:
            headers["Retry-After"] = str(max(1, round(error.after)))
        case DatabaseNotReady():
            # Its words name files, hosts and users, which are not for everybody who can reach the server.
            structlog.get_logger().error("database not ready", problem=str(error))
            detail = "the database is not ready; the server's log says why"
        case ChangedMeanwhile() if not isinstance(error, VersionChanged):
            structlog.get_logger().warning("changed meanwhile", problem=str(error))
            detail = "others kept changing the same things; send it again in a moment"
    return problem_answer(request, status, detail, kind=kind, errors=errors, headers=headers)


def _of_http_exception(request: Request, error: HTTPException) -> Response:
    detail = {
        HTTPStatus.NOT_FOUND: "there is nothing at this path",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible here",
    }.get(HTTPStatus(error.status_code), str(error.detail))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and "route" in request.scope:
        # The router names the methods of the first route at this path only.
        methods = request.app.openapi()["paths"].get(request.scope["route"].path, {})
        headers["Allow"] = ", ".join(sorted(map(str.upper, methods))) or headers.get("Allow", "")
    return problem_answer(request, error.status_code, detail, headers=headers)


def _of_invalid_request(request: Request, error: RequestValidationError) -> Response:
    if isinstance(error.body, bytes) and not _is_json(request):
        return problem_answer(
            request,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "send the body as JSON, with Content-Type: application/json",
        )
    parts = [_invalid_part(one) for one in error.errors()]
    detail = "; ".join(f"{part.pointer}: {part.detail}" for part in parts[:3])
    return problem_answer(
        request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, kind="invalid-input", errors=parts
    )


def _is_json(request: Request) -> bool:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


def _invalid_part(error: dict[str, Any]) -> InvalidPart:
    where: tuple[Any, ...] = error["loc"]
    if error["type"] == "json_invalid":
        return InvalidPart(
            pointer="/body", detail=f"this is not JSON: {error['ctx']['error']} at character {where[-1]}"
        )
    # What was sent is not repeated: it may be a secret in the wrong place.
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in where)
    return InvalidPart(pointer="/" + "/".join(steps), detail=error["msg"].removeprefix("Value error, "))


def _pointer(request: Request, place: str | None) -> str | None:
    """Return the part that the place of an `InvalidInput` means: a pointer, a parameter, or an option of the command line."""
    if place and place.startswith("--"):
        return f"/body/{place[2:].replace('-', '_')}"
    if place in request.query_params:
        return f"/query/{place}"
    return place if place and place.startswith("/") else None
