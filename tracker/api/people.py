"""People: who owns the work, under which names, and which owners are nobody whom we know."""

from typing import Annotated

from fastapi import Query
from pydantic import Field, StringConstraints

from tracker.api.authentication import Reader, WriterOnce
from tracker.api.nouns import routes_of
from tracker.api.problems import problems
from tracker.api.queries import Created, Input, Listing, Number, Page, page_shape
from tracker.core.errors import InvalidInput
from tracker.core.people import LONGEST, IdentityKind, Name, name_of
from tracker.reports.people import PersonShape, UnresolvedOwnerShape, person_shape, unresolved_shape
from tracker.storage import people
from tracker.workflows.keep_people import create_person, name_person

router = routes_of("people")

_Called = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]


class IdentityDraft(Input):
    """A name that somebody goes by."""

    kind: IdentityKind
    value: Annotated[_Called, Field(examples=["mara.lind@example.org"])]

    def name(self, pointer: str = "/body") -> Name:
        """Return the name in comparable form; raises `InvalidInput` if it is not of its kind."""
        try:
            return name_of(self.kind, self.value)
        except InvalidInput as error:
            raise InvalidInput(error.problem, f"{pointer}/value") from None


class PersonCreate(Input):
    """A new person, who goes by their name and by others."""

    name: Annotated[_Called, Field(examples=["Mara Lind"])]
    identities: Annotated[list[IdentityDraft], Field(max_length=50, default_factory=list)]


@router.get("")
def list_(
    context: Reader,
    paging: Listing,
    text: Annotated[str | None, Query(max_length=200, description="A part of any name.")] = None,
) -> Page[PersonShape]:
    """List the people, with the names that they go by."""
    with context.database.reading() as session:
        return page_shape(people.page_of_people(session, paging, text=text), person_shape)


@router.post("", status_code=201, responses=problems(409, 413, 415))
def create(context: WriterOnce, draft: PersonCreate, created: Created) -> PersonShape:
    """Create a person. Items whose printed owner is one of the names have that owner from now on."""
    names = [one.name(f"/body/identities/{index}") for index, one in enumerate(draft.identities)]
    record = create_person(context, draft.name, names)
    created(record.person.id)
    return person_shape(record)


@router.get("/unresolved")
def list_unresolved(context: Reader, paging: Listing) -> Page[UnresolvedOwnerShape]:
    """List the owners that documents print and that are nobody whom we know, those with most items first."""
    with context.database.reading() as session:
        return page_shape(
            people.page_of_unresolved(session, paging, sees_confidential=context.sees_confidential),
            unresolved_shape,
        )


@router.get("/{number}", responses=problems(404))
def read(context: Reader, number: Number) -> PersonShape:
    """Return a person."""
    with context.database.reading() as session:
        return person_shape(people.person(session, number))


@router.post("/{number}/identities", responses=problems(404, 409, 413, 415))
def add_identity(context: WriterOnce, number: Number, draft: IdentityDraft) -> PersonShape:
    """Let a person go by one more name; doing so twice changes nothing."""
    return person_shape(name_person(context, number, draft.name()))
