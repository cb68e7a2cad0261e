"""Programs: long efforts that carry lessons to every team concerned."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, cast

from fastapi import Query, Response
from pydantic import Field

from tracker.api.authentication import Reader, Writer, WriterOnce
from tracker.api.inputs import Day, Key, Title, Words
from tracker.api.nouns import routes_of
from tracker.api.preconditions import IfMatch, tell_version
from tracker.api.problems import problems
from tracker.api.queries import Created, Input, Listing, Page, page_shape
from tracker.api.surroundings import Options
from tracker.api.turns import REPORTS
from tracker.core.errors import InvalidInput
from tracker.core.programs import ProgramState
from tracker.reports.programs import (
    CoverageShape,
    ProgramRowShape,
    ProgramShape,
    coverage_shape,
    program_row,
    program_shape,
)
from tracker.storage import programs
from tracker.workflows import run_programs
from tracker.workflows.run_programs import ProgramChanges, ProgramRecord

router = routes_of("programs")


class ProgramCreate(Input):
    """A new program."""

    key: Annotated[
        Key, Field(description="Lower-case words joined by hyphens.", examples=["bounded-waiting"])
    ]
    title: Annotated[Title, Field(examples=["Bounded Waiting"])]
    goal: Annotated[Words | None, Field(description="What is true when it is done.")] = None
    sponsor: Words | None = None
    lead: Words | None = None
    starts_on: Day | None = None
    target_on: Day | None = None


class ProgramChange(Input):
    """What of a program is to change: absent leaves a field, null clears it."""

    # These have no null; what stands for absent is never read, and is no default that the document could show.
    title: Annotated[Title, Field(default_factory=str)]
    state: Annotated[ProgramState, Field(default_factory=lambda: ProgramState.DRAFT)]
    goal: Words | None = None
    sponsor: Words | None = None
    lead: Words | None = None
    starts_on: Day | None = None
    target_on: Day | None = None


class LessonOfProgram(Input):
    """A lesson that a program is to carry."""

    lesson: Annotated[Key, Field(description="The lesson's key.", examples=["command-timeouts"])]


@router.get("")
def list_(
    context: Reader,
    paging: Listing,
    state: Annotated[list[ProgramState], Query(description="In any of these states.")] = [],  # noqa: B006 - FastAPI copies it
    text: Annotated[str | None, Query(max_length=200, description="Words in the title.")] = None,
) -> Page[ProgramRowShape]:
    """List the programs."""
    with context.database.reading() as session:
        return page_shape(programs.page(session, paging, states=state, text=text), program_row)


@router.post("", status_code=201, responses=problems(409, 413, 415))
def create(context: WriterOnce, draft: ProgramCreate, response: Response, created: Created) -> ProgramShape:
    """Create a program."""
    with _dates_at_their_place():
        record = run_programs.create_program(context, **draft.model_dump())
    created(draft.key)
    return _answer(response, record)


@router.get("/{key}", responses=problems(404))
def read(context: Reader, key: str, response: Response) -> ProgramShape:
    """Return a program: coverage by state, where it is stuck, its exposures and the work by team."""
    return _answer(response, run_programs.show(context, key))


@router.patch("/{key}", responses=problems(404, 409, 412, 413, 415, 428))
def update(
    context: Writer, key: str, change: ProgramChange, expected: IfMatch, response: Response
) -> ProgramShape:
    """Change a program. Its state goes from draft to active to done, and from there back or to standing_rule."""
    changes = cast("ProgramChanges", change.model_dump(exclude_unset=True))
    with _dates_at_their_place():
        record = run_programs.change_program(context, key, changes, expected_version=expected)
    return _answer(response, record)


@router.get("/{key}/coverage", responses=problems(404))
def read_coverage(context: Reader, key: str) -> CoverageShape:
    """Return how many of a program's exposures stand where, and who has those that are not settled."""
    return coverage_shape(run_programs.show(context, key))


@router.post("/{key}/lessons", responses=problems(404, 409, 413, 415))
def add_lesson(
    context: WriterOnce, options: Options, key: str, draft: LessonOfProgram, response: Response
) -> ProgramShape:
    """Make a program carry a lesson: each owning team gets one proposed item for its exposed services.

    Repeated after a catalog import, new services join their team's open item, or start a new one.
    """
    with REPORTS.one():
        record, _ = run_programs.add_lesson(context, key, draft.lesson, weights=options.rank)
    return _answer(response, record)


@contextmanager
def _dates_at_their_place() -> Iterator[None]:
    """Name a field here that the command line has as an option of another name."""
    try:
        yield
    except InvalidInput as error:
        if error.place != "--target":
            raise
        raise InvalidInput(error.problem, "/body/target_on") from None


def _answer(response: Response, record: ProgramRecord) -> ProgramShape:
    tell_version(response, record.program.version)
    return program_shape(record)
