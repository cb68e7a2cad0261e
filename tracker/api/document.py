"""The OpenAPI document: what the routes say of themselves, with one schema for all problems."""

from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tracker.api.problems import Problem, problems

_ABOUT = """Postmortems, what they teach, where else it is true, and the work that follows from it.

Show a token as `Authorization: Bearer els_…`. Lists come in pages: repeat the request with the `next_cursor` of the last one.
`PATCH` takes the `ETag` that was read in `If-Match`. `POST` can be repeated safely with an `Idempotency-Key`. Every error is
an `application/problem+json`."""


def describe(api: FastAPI, nouns: Sequence[ModuleType]) -> None:
    """Let an API publish its document."""

    @cache
    def document() -> dict[str, Any]:
        made = get_openapi(
            title=api.title,
            version=api.version,
            description=_ABOUT,
            routes=api.routes,
            tags=[
                {"name": noun.router.tags[0], "description": (noun.__doc__ or "").partition("\n")[0]}
                for noun in nouns
            ],
        )
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= {**problem.pop("$defs"), "Problem": problem}
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for methods in made["paths"].values():
            for operation in methods.values():
                _complete(operation)
        return made

    api.openapi = document  # type: ignore[method-assign]


def _complete(operation: dict[str, Any]) -> None:
    """Document the problems that follow from what an operation takes."""
    statuses = set()
    if "requestBody" in operation:
        statuses |= {400, 413}
        if "application/json" in operation["requestBody"]["content"]:
            statuses |= {415}
    headers = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "header"}
    if "If-Match" in headers:
        statuses |= {412}
        # Not required where routes declare it, so that its absence is answered with 428.
        headers["If-Match"]["required"] = "428" in operation["responses"]
    if "Idempotency-Key" in headers:
        statuses |= {409}
    for status, answer in problems(*sorted(statuses)).items():
        operation["responses"].setdefault(str(status), answer)
    operation["responses"] = dict(sorted(operation["responses"].items()))
