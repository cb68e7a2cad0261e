"""What requests may ask in the query and the path, and lists in pages."""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote

from fastapi import Depends, Path, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, field_validator

from tracker.api.at_once import at_once
from tracker.core.errors import NotFound
from tracker.reports.shape import Shape
from tracker.storage import pages
from tracker.storage.pages import Paging

_DEEPEST = 64

LARGEST = 2**31 - 1
"""The largest number that a row has on every database."""

Item = TypeVar("Item")
Row = TypeVar("Row")

Number = Annotated[int, Path(ge=1, le=LARGEST, description="Its number.", examples=[7])]
Limit = Annotated[int, Query(ge=1, le=200, description="The most that one page holds.")]
Cursor = Annotated[
    str | None,
    Query(max_length=2000, description="The next_cursor of the page before; nothing for the first page."),
]


class Page(Shape, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None


class Input(BaseModel):
    """What a request's body says. Fields that nobody knows are refused, and so is what no database stores."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_unstorable(cls, value: Any) -> Any:
        level = [value]
        for _ in range(_DEEPEST):
            if any(isinstance(one, str) and "\0" in one for one in level):
                raise ValueError("the character NUL cannot be stored")
            level = [inner for one in level for inner in _inside(one)]
            if not level:
                return value
        raise ValueError(f"it is nested deeper than {_DEEPEST} levels")


def _inside(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return chain.from_iterable(value.items())
        case list():
            return value
    return ()


def known_queries_only(request: Request) -> None:
    """Refuse a query that holds what this route does not know: a misspelt filter must not answer everything."""
    if "\0" in request.url.path or any(
        "\0" in value for value in request.path_params.values() if isinstance(value, str)
    ):
        raise NotFound("there is no such thing: a name never holds the character NUL")
    known = _parameters(request.scope["route"].dependant)
    problems = []
    for name in dict.fromkeys(request.query_params):
        values = request.query_params.getlist(name)
        if name not in known:
            asked = f"expected {', '.join(sorted(known))}" if known else "this path takes no query"
            problems.append((name, f"there is no such parameter; {asked}"))
        elif any("\0" in value for value in values):
            problems.append((name, "the character NUL cannot be looked for"))
        elif len(values) > 1 and not known[name]:
            problems.append((name, "expected it once"))
    if problems:
        raise RequestValidationError(
            [{"type": "query", "loc": ("query", name), "msg": message} for name, message in problems]
        )


def _parameters(dependant: Dependant) -> dict[str, bool]:
    """Return the query parameters that a route and what it depends on declare, and whether each may be repeated."""
    found = {field.alias: "list[" in str(field.field_info.annotation) for field in dependant.query_params}
    for one in dependant.dependencies:
        found |= _parameters(one)
    return found


def _paging(
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Annotated[
        str | None,
        Query(
            max_length=40,
            pattern="^-?[a-z_]+$",
            description="The field to sort by; with - before it, backwards.",
            examples=["-id"],
        ),
    ] = None,
) -> Paging:
    return Paging(limit, cursor, sort)


Listing = Annotated[Paging, Depends(at_once(_paging))]
"""Which page of a list is wanted."""


def page_shape(page: pages.Page[Row], shape: Callable[[Row], Item]) -> Page[Item]:
    """Return a page of rows as machines read it."""
    return Page(items=[shape(row) for row in page.items], next_cursor=page.next_cursor)


def _created(request: Request, response: Response) -> Callable[[object], None]:
    def say(key: object) -> None:
        response.headers["Location"] = f"{request.url.path.rstrip('/')}/{quote(str(key), safe='')}"

    return say


Created = Annotated[Callable[[object], None], Depends(at_once(_created))]
"""Called with the key of what a POST made, says where it can be read."""
