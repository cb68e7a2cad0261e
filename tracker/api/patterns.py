"""Patterns: what a lesson looks like in the catalog, in all their versions."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import Field, model_validator
from starlette.exceptions import HTTPException

from tracker.api.authentication import Reader, WriterOnce
from tracker.api.nouns import ROOT, routes_of
from tracker.api.problems import problems
from tracker.api.queries import Input, Listing, Number, Page, page_shape
from tracker.core.errors import InvalidPattern
from tracker.core.patterns import Pattern, parse_pattern
from tracker.core.patterns.reader import MAX_LENGTH
from tracker.reports.patterns import (
    PatternRowShape,
    StoredPatternShape,
    checked_pattern,
    pattern_row,
    pattern_shape,
)
from tracker.storage import patterns
from tracker.workflows.keep_patterns import keep_pattern

router = routes_of("patterns")


class PatternText(Input):
    """A pattern as its author writes it."""

    text: Annotated[
        str,
        Field(
            max_length=MAX_LENGTH,
            description="The pattern in YAML or JSON.",
            examples=[
                "pattern: caches-without-deadline\nall:\n  - {fact: client.timeout_ms, exists: false}\n"
            ],
        ),
    ]

    @model_validator(mode="before")
    @classmethod
    def _as_sent(cls, body: Any) -> Any:
        return {"text": body.decode("utf-8-sig")} if isinstance(body, bytes) else body

    def parsed(self) -> Pattern:
        """Return the pattern; raises `InvalidPattern` naming the line."""
        try:
            return parse_pattern(self.text, place="text")
        except InvalidPattern as error:
            line = (error.place or "").partition(":")[2]
            raise InvalidPattern(
                f"line {line}: {error.problem}" if line else error.problem, "/body/text"
            ) from None


def _parsed(request: Request, draft: PatternText) -> Pattern:
    media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media not in _MEDIA:
        raise HTTPException(415, f"send the pattern as one of {', '.join(_MEDIA)}")
    return draft.parsed()


_MEDIA = ("application/json", "application/yaml", "application/x-yaml", "text/yaml")

PatternBody = Annotated[Pattern, Depends(_parsed)]
"""The pattern that a body states: its text in JSON, or its YAML as it is. Raises `InvalidPattern` naming the line."""

AS_YAML = {"requestBody": {"content": {"application/yaml": {"schema": {"type": "string"}}}}}
"""What a route with a `PatternBody` adds to its documentation."""


@router.get("")
def list_(
    context: Reader,
    paging: Listing,
    text: Annotated[
        str | None, Query(max_length=200, description="Words in the name or the subject.")
    ] = None,
) -> Page[PatternRowShape]:
    """List the patterns that are kept, with their newest version."""
    with context.database.reading() as session:
        return page_shape(patterns.page(session, paging, text=text), pattern_row)


@router.post(
    "",
    status_code=201,
    responses={
        200: {"model": StoredPatternShape, "description": "It said so before."},
        **problems(409, 413, 415),
    },
    openapi_extra=AS_YAML,
)
def keep(context: WriterOnce, pattern: PatternBody, response: Response) -> StoredPatternShape:
    """Keep a pattern, or a new version of it; the same text as the newest version's changes nothing."""
    record, is_new = keep_pattern(context, pattern)
    response.headers["Location"] = f"{ROOT}/patterns/{record.pattern.name}/versions/{record.version.number}"
    if not is_new:
        response.status_code = 200
    return pattern_shape(record)


@router.post("/check", responses=problems(413, 415), openapi_extra=AS_YAML)
def check(_: Reader, pattern: PatternBody) -> PatternRowShape:
    """Check a pattern, and keep nothing."""
    return checked_pattern(pattern)


@router.get("/{name}", responses=problems(404))
def read(context: Reader, name: str) -> StoredPatternShape:
    """Return a pattern in its newest version."""
    with context.database.reading() as session:
        return pattern_shape(patterns.record(session, name))


@router.get("/{name}/versions/{number}", responses=problems(404))
def read_version(context: Reader, name: str, number: Number) -> StoredPatternShape:
    """Return a pattern in one of its versions."""
    with context.database.reading() as session:
        return pattern_shape(patterns.record(session, name, number))
