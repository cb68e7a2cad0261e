"""Lessons: what several learnings have in common, worded so that others can use it."""

from typing import Annotated, cast

from fastapi import Query, Response
from pydantic import Field, StringConstraints

from tracker.api.authentication import Reader, Writer, WriterOnce
from tracker.api.inputs import Key, Title, Words
from tracker.api.nouns import routes_of
from tracker.api.patterns import AS_YAML, PatternBody
from tracker.api.preconditions import IfMatch, tell_version
from tracker.api.problems import problems
from tracker.api.queries import LARGEST, Created, Input, Listing, Page, page_shape
from tracker.api.surroundings import Options
from tracker.api.turns import REPORTS
from tracker.reports.lessons import LessonRowShape, LessonShape, lesson_row, lesson_shape
from tracker.reports.where_else import WhereElseShape, answer_shape
from tracker.storage import lessons
from tracker.storage.lessons import LessonRecord
from tracker.workflows import curate_lessons, find_where_else
from tracker.workflows.curate_lessons import LessonEdit

router = routes_of("lessons")

LearningNumber = Annotated[int, Field(strict=True, ge=1, le=LARGEST, examples=[4])]


class LessonCreate(Input):
    """A new lesson."""

    key: Annotated[
        Key, Field(description="Lower-case words joined by hyphens.", examples=["command-timeouts"])
    ]
    title: Annotated[
        Title,
        Field(description="What is to be done about it.", examples=["Give every cache call a deadline"]),
    ]
    statement: Annotated[
        Words, Field(description="What is true, for whoever has the same pattern; the title if absent.")
    ] = ""
    learnings: Annotated[list[LearningNumber], Field(max_length=1000)] = Field(default_factory=list)


class LessonChange(Input):
    """What of a lesson is to change; absent leaves it."""

    # These have no null; what stands for absent is never read, and is no default that the document could show.
    title: Annotated[Title, Field(default_factory=str)]
    statement: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000),
        Field(default_factory=str),
    ]


class LearningOfLesson(Input):
    """A learning that a lesson comes from."""

    learning: LearningNumber


@router.get("")
def list_(
    context: Reader,
    paging: Listing,
    text: Annotated[str | None, Query(max_length=200, description="Words in the title or statement.")] = None,
) -> Page[LessonRowShape]:
    """List the lessons by key. They can be sorted by id, key, title, created_at and updated_at."""
    with context.database.reading() as session:
        found = lessons.page(session, paging, text=text, sees_confidential=context.sees_confidential)
        return page_shape(found, lambda row: lesson_row(*row))


@router.post("", status_code=201, responses=problems(404, 409, 413, 415))
def create(context: WriterOnce, draft: LessonCreate, response: Response, created: Created) -> LessonShape:
    """Create a lesson, curated from learnings."""
    record = curate_lessons.create_lesson(
        context, draft.key, draft.title, draft.statement, tuple(draft.learnings)
    )
    created(draft.key)
    return _answer(response, record)


@router.get("/{key}", responses=problems(404))
def read(context: Reader, key: str, response: Response) -> LessonShape:
    """Return a lesson with the learnings it comes from and its patterns."""
    with context.database.reading() as session:
        return _answer(response, lessons.record(session, key, sees_confidential=context.sees_confidential))


@router.patch("/{key}", responses=problems(404, 409, 412, 413, 415, 428))
def update(
    context: Writer, key: str, change: LessonChange, expected: IfMatch, response: Response
) -> LessonShape:
    """Give a lesson other words."""
    edit = cast("LessonEdit", change.model_dump(exclude_unset=True))
    return _answer(response, curate_lessons.edit_lesson(context, key, edit, expected_version=expected))


@router.post("/{key}/learnings", responses=problems(404, 409, 413, 415))
def add_learning(context: WriterOnce, key: str, draft: LearningOfLesson, response: Response) -> LessonShape:
    """Attach a learning to a lesson; doing so twice changes nothing."""
    return _answer(response, curate_lessons.add_learning(context, key, draft.learning))


@router.post("/{key}/patterns", responses=problems(404, 409, 413, 415), openapi_extra=AS_YAML)
def add_pattern(context: WriterOnce, key: str, pattern: PatternBody, response: Response) -> LessonShape:
    """Keep a pattern and attach it to a lesson. A changed text makes a new version; an unchanged one changes nothing."""
    record, _, _ = curate_lessons.add_pattern(context, key, pattern)
    return _answer(response, record)


@router.post("/{key}/evaluations", responses=problems(404, 409, 413))
def evaluate(context: WriterOnce, options: Options, key: str) -> WhereElseShape:
    """Find where else a lesson applies, and keep what changed as exposures."""
    with REPORTS.one():
        return answer_shape(find_where_else.by_lesson(context, key, weights=options.rank))


def _answer(response: Response, record: LessonRecord) -> LessonShape:
    tell_version(response, record.lesson.version)
    return lesson_shape(record)
