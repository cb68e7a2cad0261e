"""Teams: groups that own things, under which names."""

from typing import Annotated

from fastapi import Query

from tracker.api.authentication import Reader, WriterOnce
from tracker.api.nouns import routes_of
from tracker.api.people import IdentityDraft
from tracker.api.problems import problems
from tracker.api.queries import Listing, Number, Page, page_shape
from tracker.reports.people import TeamShape, team_shape
from tracker.storage import people
from tracker.workflows.keep_people import name_team

router = routes_of("teams")


@router.get("")
def list_(
    context: Reader,
    paging: Listing,
    text: Annotated[str | None, Query(max_length=200, description="A part of any name.")] = None,
) -> Page[TeamShape]:
    """List the teams, with the names that they go by."""
    with context.database.reading() as session:
        return page_shape(people.page_of_teams(session, paging, text=text), team_shape)


@router.get("/{number}", responses=problems(404))
def read(context: Reader, number: Number) -> TeamShape:
    """Return a team."""
    with context.database.reading() as session:
        return team_shape(people.team(session, number))


@router.post("/{number}/identities", responses=problems(404, 409, 413, 415))
def add_identity(context: WriterOnce, number: Number, draft: IdentityDraft) -> TeamShape:
    """Let a team go by one more name; doing so twice changes nothing."""
    return team_shape(name_team(context, number, draft.name()))
