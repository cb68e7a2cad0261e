"""The routes of one noun, with what all nouns share."""

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from tracker.api.at_once import at_once
from tracker.api.authentication import bearer
from tracker.api.problems import problems
from tracker.api.queries import known_queries_only

ROOT = "/api/v1"


def operation_id(route: APIRoute) -> str:
    """Return the name that an operation has for ever, such as ``action_items_accept``: its noun and its function."""
    return f"{route.tags[0]}_{route.name.strip('_')}".replace("-", "_")


def routes_of(noun: str) -> APIRouter:
    """Return a router for the paths of a noun, such as ``action-items``, which is also their tag."""
    return APIRouter(
        prefix=f"{ROOT}/{noun}",
        tags=[noun],
        generate_unique_id_function=operation_id,
        dependencies=[Depends(bearer), Depends(at_once(known_queries_only))],
        responses=problems(401, 403, 421, 422, 500, 503),
    )
