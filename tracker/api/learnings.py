"""Learnings: what postmortems say they taught, the raw material of lessons."""

from typing import Annotated

from fastapi import Query

from tracker.api.authentication import Reader
from tracker.api.nouns import routes_of
from tracker.api.problems import problems
from tracker.api.queries import LARGEST, Listing, Number, Page, page_shape
from tracker.reports.postmortems import LearningRecordShape, learning_shape
from tracker.storage import lessons

router = routes_of("learnings")


@router.get("")
def list_(
    context: Reader,
    paging: Listing,
    *,
    postmortem: Annotated[int | None, Query(ge=1, le=LARGEST, description="Of this postmortem.")] = None,
    has_lesson: Annotated[
        bool | None, Query(description="That led to a lesson, or that are still to be curated.")
    ] = None,
    text: Annotated[str | None, Query(max_length=200, description="Words in the text.")] = None,
) -> Page[LearningRecordShape]:
    """List the learnings that their documents still state. They can be sorted by id, text and created_at."""
    with context.database.reading() as session:
        found = lessons.learnings_page(
            session,
            paging,
            postmortem_id=postmortem,
            has_lesson=has_lesson,
            text=text,
            sees_confidential=context.sees_confidential,
        )
        return page_shape(found, learning_shape)


@router.get("/{number}", responses=problems(404))
def read(context: Reader, number: Number) -> LearningRecordShape:
    """Return a learning with its place, and the lessons that it led to."""
    with context.database.reading() as session:
        return learning_shape(
            lessons.learning_record(session, number, sees_confidential=context.sees_confidential)
        )
