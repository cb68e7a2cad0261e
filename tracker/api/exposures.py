"""Exposures: where a lesson applies, what shows it, and what people decided."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from tracker.api.authentication import Reader, WriterOnce
from tracker.api.inputs import Day, Words, ref_at
from tracker.api.nouns import routes_of
from tracker.api.preconditions import IfMatchOptional, tell_version
from tracker.api.problems import problems
from tracker.api.queries import Input, Listing, Number, Page, page_shape
from tracker.core.exposures import Decision, ExposureState, ExposureVerdict
from tracker.reports.exposures import ExposureRowShape, ExposureShape, exposure_row, exposure_shape
from tracker.storage import exposures
from tracker.storage.exposures import ExposureHistory
from tracker.workflows.decide_exposures import decide_exposure

router = routes_of("exposures")


class DecisionDraft(Input):
    """What is decided about an exposure."""

    decision: Decision
    justification: Annotated[
        Words | None,
        Field(
            description="Why so; not_affected is refused without it.",
            examples=["It has been read-only since May."],
        ),
    ] = None
    until: Annotated[
        Day | None, Field(description="When an accepted risk is looked at again.", examples=["2027-03-31"])
    ] = None


@router.get("", responses=problems(404))
def list_(
    context: Reader,
    paging: Listing,
    *,
    lesson: Annotated[str | None, Query(max_length=100, description="The key of a lesson.")] = None,
    ref: Annotated[
        str | None, Query(max_length=500, description="An entity, by its ref or an alias.")
    ] = None,
    state: Annotated[list[ExposureState], Query(description="In any of these states.")] = [],  # noqa: B006 - FastAPI copies it
    verdict: Annotated[list[ExposureVerdict], Query(description="With any of these verdicts.")] = [],  # noqa: B006 - the same
    program: Annotated[
        str | None,
        Query(max_length=100, description="The key of a program: those of the lessons that it carries."),
    ] = None,
) -> Page[ExposureRowShape]:
    """List the exposures."""
    with context.database.reading() as session:
        return page_shape(
            exposures.page(
                session,
                paging,
                lesson=lesson,
                ref=ref_at(ref, "/query/ref") if ref is not None else None,
                states=state,
                verdicts=verdict,
                program=program,
                sees_confidential=context.sees_confidential,
            ),
            exposure_row,
        )


@router.get("/{number}", responses=problems(404))
def read(context: Reader, number: Number, response: Response) -> ExposureShape:
    """Return an exposure with the evidence of every evaluation that changed it, and all decisions."""
    with context.database.reading() as session:
        found = exposures.history(session, number, sees_confidential=context.sees_confidential)
        return _answer(response, found)


@router.post("/{number}/decisions", status_code=201, responses=problems(404, 409, 412, 413, 415))
def decide(
    context: WriterOnce,
    number: Number,
    draft: DecisionDraft,
    expected: IfMatchOptional,
    response: Response,
) -> ExposureShape:
    """Record what is decided about an exposure. Nothing that was decided before is lost."""
    decided = decide_exposure(
        context,
        number,
        draft.decision,
        justification=draft.justification,
        until=draft.until,
        expected_version=expected,
    )
    return _answer(response, decided)


def _answer(response: Response, history: ExposureHistory) -> ExposureShape:
    tell_version(response, history.record.exposure.version)
    return exposure_shape(history)
