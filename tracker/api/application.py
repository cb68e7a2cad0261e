"""The API, put together: the routes of all nouns, and what they share."""

from typing import cast

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from tracker import __version__
from tracker.api import (
    action_items,
    catalog,
    exposures,
    issue_sync,
    learnings,
    lessons,
    patterns,
    people,
    postmortem_template,
    postmortems,
    programs,
    server,
    teams,
    tokens,
    where_else,
)
from tracker.api.asgi import Authentication, Surroundings
from tracker.api.document import describe
from tracker.api.idempotency import Replay
from tracker.api.metrics import Metrics
from tracker.api.problems import answer_problems
from tracker.api.surroundings import ApiOptions
from tracker.core.ports import Connections
from tracker.workflows.context import Context

NOUNS = (
    postmortems,
    postmortem_template,
    action_items,
    learnings,
    lessons,
    patterns,
    catalog,
    where_else,
    exposures,
    programs,
    people,
    teams,
    issue_sync,
    tokens,
    server,
)
"""The modules whose ``router`` the API has, in the order in which its documentation shows them."""

_DOCUMENT = "/api/v1/openapi.json"


def create_api(context: Context, connections: Connections, options: ApiOptions | None = None) -> FastAPI:
    """Return the API as an ASGI application; it opens nothing and closes nothing."""
    options = options or ApiOptions()
    api = FastAPI(
        title="Elsewhere",
        version=__version__,
        openapi_url=_DOCUMENT,
        # Their pages load scripts from other people's servers.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.context, api.state.connections, api.state.options = context, connections, options
    api.state.metrics = metrics = Metrics(context)
    for noun in NOUNS:
        # Not included as routers: each would be asked in turn whether a request is for it, which takes longer than most answers.
        api.router.routes.extend(noun.router.routes)
    answer_problems(api)
    api.add_exception_handler(Replay, lambda _, replay: cast("Replay", replay).answer)
    # The last one added is the outermost.
    api.add_middleware(Authentication, open_to_all=(*server.OPEN_TO_ALL, _DOCUMENT))
    if options.cors_origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=options.cors_origins,
            allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "If-Match",
                "Idempotency-Key",
                "X-Request-ID",
            ],
            expose_headers=["ETag", "Location", "X-Request-ID", "Idempotency-Replayed"],
        )
    api.add_middleware(Surroundings, options=options, observe=metrics.observe)
    describe(api, NOUNS)
    return api
