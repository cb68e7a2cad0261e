"""Where else: which entities a lesson or a pattern is true of, of which nobody can tell, and why."""

from typing import Annotated

from fastapi import Query, Request, Response

from tracker.api.authentication import Reader
from tracker.api.inputs import ref_at
from tracker.api.nouns import routes_of
from tracker.api.problems import problems
from tracker.api.surroundings import Options
from tracker.api.turns import REPORTS
from tracker.core.errors import InvalidInput
from tracker.reports.where_else import WhereElseShape, answer_shape
from tracker.reports.where_else_html import where_else_html
from tracker.reports.where_else_markdown import where_else_markdown
from tracker.reports.why import WhyShape, why_shape
from tracker.workflows import find_where_else

router = routes_of("where-else")

JSON, HTML, MARKDOWN = "application/json", "text/html", "text/markdown"

_Lesson = Annotated[
    str | None,
    Query(max_length=100, description="All patterns of this lesson.", examples=["command-timeouts"]),
]
_Patterns = Annotated[
    list[Annotated[str, Query(max_length=100)]],
    Query(max_length=20, description="Kept patterns, instead of a lesson; may be repeated."),
]
_REPORT = {
    200: {
        "description": "The report, in the form that Accept prefers.",
        "content": {HTML: {"schema": {"type": "string"}}, MARKDOWN: {"schema": {"type": "string"}}},
    },
    **problems(404),
}


@router.get("", responses=_REPORT, response_model=WhereElseShape)
def report(
    request: Request,
    response: Response,
    context: Reader,
    options: Options,
    *,
    lesson: _Lesson = None,
    pattern: _Patterns = [],  # noqa: B006 - FastAPI copies it
    origin: Annotated[
        str | None,
        Query(
            max_length=500,
            description="Where it was learned: what is like it ranks higher.",
            examples=["component:default/checkout"],
        ),
    ] = None,
) -> WhereElseShape | Response:
    """Report where else a lesson or patterns apply, with evidence. Nothing is kept; POST /lessons/{key}/evaluations keeps."""
    _check_one_of(lesson, pattern)
    about = ref_at(origin, "/query/origin") if origin is not None else None
    with REPORTS.one():
        answer = (
            find_where_else.by_lesson(context, lesson, origin=about, weights=options.rank, keep=False)
            if lesson is not None
            else find_where_else.by_patterns(context, pattern, origin=about, weights=options.rank)
        )
        shape = answer_shape(answer)
        text = {
            HTML: lambda: where_else_html(shape, answer.graph),
            MARKDOWN: lambda: where_else_markdown(shape),
        }
        preferred = _preferred(request.headers.get("accept", ""))
        if preferred in text:
            return Response(
                text[preferred](), media_type=f"{preferred}; charset=utf-8", headers={"Vary": "Accept"}
            )
    response.headers["Vary"] = "Accept"
    return shape


@router.get("/why", responses=problems(404))
def why(
    context: Reader,
    ref: Annotated[
        str, Query(max_length=500, description="The entity.", examples=["component:default/checkout"])
    ],
    lesson: _Lesson = None,
    pattern: _Patterns = [],  # noqa: B006 - FastAPI copies it
) -> WhyShape:
    """Explain what a lesson or patterns say of one entity: every finding, with its source, age and what would settle it."""
    _check_one_of(lesson, pattern)
    entity = ref_at(ref, "/query/ref")
    with REPORTS.one():
        return why_shape(*find_where_else.why(context, pattern, lesson, entity))


def _check_one_of(lesson: str | None, patterns: list[str]) -> None:
    if (lesson is not None) == bool(patterns):
        raise InvalidInput("name either a lesson or patterns", "/query/lesson")


def _preferred(accept: str) -> str:
    """Return the media type of ours that an Accept header prefers; JSON where it does not care.

    >>> _preferred("text/html,application/xhtml+xml,*/*;q=0.8"), _preferred("*/*"), _preferred("text/*;q=0.5, */*;q=0.1")
    ('text/html', 'application/json', 'text/html')
    """
    asked: dict[str, float] = {}
    for part in accept.lower().split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((one.removeprefix("q=") for one in parameters if one.startswith("q=")), "1")
        try:
            asked[media] = min(max(float(quality), 0.0), 1.0)
        except ValueError:
            asked[media] = 0.0

    def wish(media: str) -> float:
        ranges = (media, f"{media.partition('/')[0]}/*", "*/*")
        return next((asked[one] for one in ranges if one in asked), 0.0)

    return max((JSON, HTML, MARKDOWN), key=wish)
