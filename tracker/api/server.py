"""The server itself: whether it lives, whether it is ready, and what monitoring asks of it."""

from typing import Literal, cast

from fastapi import APIRouter, Depends, Request, Response

from tracker.api.at_once import at_once
from tracker.api.authentication import Reader, bearer
from tracker.api.metrics import MEDIA_TYPE, Metrics
from tracker.api.nouns import operation_id
from tracker.api.problems import problems
from tracker.api.queries import known_queries_only
from tracker.reports.shape import Shape
from tracker.storage import migrations
from tracker.workflows.context import Context

router = APIRouter(
    tags=["server"],
    generate_unique_id_function=operation_id,
    dependencies=[Depends(at_once(known_queries_only))],
    responses=problems(421, 422, 500),
)


OPEN_TO_ALL = ("/healthz", "/readyz")
"""The paths that need no token."""


class Health(Shape):
    """All is well."""

    status: Literal["ok"] = "ok"


@router.get("/healthz")
@at_once
def alive() -> Health:
    """Answer that the process lives; asks nothing else, and waits for no thread."""
    return Health()


@router.get("/readyz", responses=problems(503))
def ready(request: Request) -> Health:
    """Answer whether the database can be reached and has the tables that this version needs."""
    migrations.check(cast("Context", request.app.state.context).database)
    return Health()


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "description": "The text format of Prometheus.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **problems(401, 403, 503),
    },
    dependencies=[Depends(bearer)],
)
def metrics(request: Request, _context: Reader) -> Response:
    """Return the numbers that monitoring keeps."""
    return Response(cast("Metrics", request.app.state.metrics).text(), media_type=MEDIA_TYPE)
