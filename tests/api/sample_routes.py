"""A noun that exists in tests only, so that what all nouns share is tested apart from any of them."""

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Query, Response
from pydantic import StringConstraints
from sqlmodel import Session, select

from tracker.api.authentication import Admin, Reader, Writer, WriterOnce
from tracker.api.nouns import routes_of
from tracker.api.preconditions import IfMatch, IfMatchOptional, tell_version
from tracker.api.problems import problems
from tracker.api.queries import Created, Input, Listing, Number, Page
from tracker.core.errors import NotFound
from tracker.reports.shape import Shape
from tracker.storage.tables import Person
from tracker.storage.versions import expect
from tracker.workflows.context import Context

router = routes_of("people-in-tests")


class PersonInput(Input):
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    about: dict[str, object] | None = None


class PersonShape(Shape):
    id: int
    name: str
    version: int


def shape(person: Person) -> PersonShape:
    return PersonShape(id=person.id, name=person.name, version=person.version)


def _get(session: Session, number: int) -> Person:
    person = session.get(Person, number)
    if person is None:
        raise NotFound(f"there is no person {number}")
    return person


def add(context: Context, name: str) -> Person:
    def work(session: Session) -> Person:
        person = Person(name=name, created_at=context.now)
        session.add(person)
        session.flush()
        return person

    return context.database.transact(work)


@router.get("")
def list_(
    context: Reader,
    paging: Listing,  # noqa: ARG001
    tag: Annotated[list[str] | None, Query()] = None,  # noqa: ARG001
) -> Page[PersonShape]:
    """List the people."""
    with context.database.reading() as session:
        return Page(items=[shape(one) for one in session.exec(select(Person))], next_cursor=None)


@router.post("", status_code=201)
def create(context: WriterOnce, person: PersonInput, response: Response, created: Created) -> PersonShape:
    """Add somebody."""
    made = add(context, person.name)
    tell_version(response, made.version)
    created(made.id)
    return shape(made)


@router.get("/secrets")
def secrets(context: Admin) -> list[str]:
    """Read what only administrators read."""
    return [context.actor, str(context.sees_confidential)]


@router.get("/page")
def page() -> Response:
    """Read a page for people."""
    return Response("<p>hello", media_type="text/html")


@router.get("/{number}", responses=problems(404))
def read(context: Reader, number: Number, response: Response) -> PersonShape:
    """Read about somebody."""
    with context.database.reading() as session:
        person = _get(session, number)
    tell_version(response, person.version)
    return shape(person)


@router.patch("/{number}", responses=problems(404, 428))
def update(
    context: Writer, number: Number, change: PersonInput, expected: IfMatch, response: Response
) -> PersonShape:
    """Change somebody's name."""

    def work(session: Session) -> Person:
        person = _get(session, number)
        expect(person, expected)
        person.name = change.name
        session.flush()
        return person

    person = context.database.transact(work)
    tell_version(response, person.version)
    return shape(person)


@router.post("/{number}/greet", responses=problems(404))
def greet(context: WriterOnce, number: Number, expected: IfMatchOptional) -> PersonShape:
    """Greet somebody."""
    with context.database.reading() as session:
        person = _get(session, number)
    expect(person, expected)
    return shape(person)


def with_route(api: FastAPI, route: Callable[..., object], method: str = "GET") -> None:
    """Add the route /api/v1/ends-in-tests/end, which ends as a test wants."""
    one = routes_of("ends-in-tests")
    one.add_api_route("/end", route, methods=[method])
    api.include_router(one)
