"""Pages: any listing in parts, each found by where the part before it ended, however long the listing is.

Nothing is counted and nothing is skipped over. What is added or deleted between two pages neither repeats nor hides a row
that was there all along; one whose sorted value changes meanwhile moves, and may be met twice or not at all.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar, overload

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    collate,
    func,
    or_,
    tuple_,
    type_coerce,
)
from sqlmodel import Session
from sqlmodel.sql.expression import Select as SelectOfRows
from sqlmodel.sql.expression import SelectOfScalar

from tracker.core.errors import InvalidInput

T = TypeVar("T")

MOST = 200
"""Rows of the longest page."""

_COMPARED = 200  # characters: a title may be of any length, but a cursor has to fit into an address
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is wanted; ``-field`` sorts backwards, and without ``sort`` it is the listing's own order."""

    limit: int = 50
    cursor: str | None = None
    sort: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The columns that a listing can be sorted by, and the row number, which ``id`` sorts by and which breaks ties.

    What is unset comes last in both directions. Text goes by its first 200 characters, ASCII without case and all else
    by code point, so that every database sorts it alike, whatever language it was set up for.
    """

    id: SQLColumnExpression[int]
    columns: Mapping[str, SQLColumnExpression[Any]]
    default: str = "id"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a listing; ``next_cursor`` asks for the next one, and the last has none."""

    items: tuple[T, ...]
    next_cursor: str | None


@overload
def page(session: Session, query: SelectOfScalar[T], order: Order, paging: Paging) -> Page[T]: ...
@overload
def page(
    session: Session, query: SelectOfRows[*tuple[Any, ...]], order: Order, paging: Paging
) -> Page[tuple[Any, ...]]: ...
def page(session: Session, query: Select[*tuple[Any, ...]], order: Order, paging: Paging) -> Page[Any]:
    """Return one page of what a query selects, in one statement; counts belong into subqueries of it.

    Raises `InvalidInput` at ``limit``; at ``sort``, for what the listing cannot be sorted by; and at ``cursor``, for
    one that this listing has not given for this order.
    """
    if not 1 <= paging.limit <= MOST:
        raise InvalidInput(f"must be from 1 to {MOST}", "limit")
    by = _Sorting(session, order, paging.sort or order.default)
    if paging.cursor is not None:
        query = query.where(by.after(paging.cursor))
    found = session.execute(
        query.add_columns(by.value, by.id).order_by(None).order_by(*by.terms()).limit(paging.limit + 1)
    ).all()
    rows = found[: paging.limit]
    alone = isinstance(query, SelectOfScalar)
    return Page(
        tuple(row[0] if alone else tuple(row[:-2]) for row in rows),
        by.cursor(*rows[-1][-2:]) if len(found) > len(rows) else None,
    )


def every(listing: Callable[[Paging], Page[T]]) -> Iterator[T]:
    """Yield all rows of a listing, page after page."""
    paging = Paging(limit=MOST)
    while True:
        found = listing(paging)
        yield from found.items
        if found.next_cursor is None:
            return
        paging = Paging(limit=MOST, cursor=found.next_cursor)


class _Sorting:
    """How one listing is sorted, and the cursors that name a place in it."""

    def __init__(self, session: Session, order: Order, sort: str) -> None:
        field = sort.removeprefix("-")
        self.id: Any = order.id
        if field != "id" and field not in order.columns:
            fields = ", ".join(sorted({"id", *order.columns}))
            raise InvalidInput(f"must be one of {fields}, or that with - before it to sort backwards", "sort")
        self.value: Any = order.id if field == "id" else _comparable(session, order.columns[field])
        self.nullable = getattr(order.columns[field], "nullable", True) if field != "id" else False
        self.descending = sort != field
        # A cursor is good for this order of this listing only.
        self.name = [str(order.id), sort]

    def terms(self) -> list[ColumnElement[Any]]:
        both: list[Any] = [self.value] if self.value is self.id else [self.value, self.id]
        terms = [term.desc() if self.descending else term.asc() for term in both]
        return [terms[0].nulls_last(), *terms[1:]] if self.nullable else [*terms]

    def after(self, cursor: str) -> ColumnElement[bool]:
        value, number = self._read(cursor)
        beyond = self.id < number if self.descending else self.id > number
        if value is None:
            return and_(self.value.is_(None), beyond)
        here, there = tuple_(self.value, self.id), tuple_(type_coerce(value, self.value.type), number)
        later = here < there if self.descending else here > there
        return or_(later, self.value.is_(None)) if self.nullable else later

    def cursor(self, value: Any, number: int) -> str:
        said = value.isoformat() if isinstance(value, date) else value
        text = json.dumps([*self.name, said, number], ensure_ascii=False, separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _read(self, cursor: str) -> tuple[Any, int]:
        try:
            *_, value, number = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=="))
            value = self._typed(value)
            if type(number) is int and 0 < number <= _LARGEST and self.cursor(value, number) == cursor:
                return value, number
        except (ValueError, TypeError, OverflowError, RecursionError):
            pass
        raise InvalidInput(
            "is none that this list gave for this sort; leave it out to begin at the start", "cursor"
        )

    def _typed(self, value: Any) -> Any:
        """Return the value of a cursor as its column has it; raises `ValueError` for one that no column can have."""
        kind = _kind(self.value)
        if value is None and self.nullable:
            return None
        if kind is datetime:
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else None  # one without is none of ours
        if kind is date:
            return date.fromisoformat(value)
        if type(value) is not kind or (kind is int and abs(value) > _LARGEST):
            raise ValueError(value)
        if kind is str and "\0" in value.encode().decode():  # half a surrogate pair cannot be encoded
            raise ValueError(value)
        return value


def _comparable(session: Session, column: Any) -> Any:
    if _kind(column) is not str:
        return column
    if session.get_bind().dialect.name == "postgresql":
        column = collate(column, "C")
    return func.substr(func.lower(type_coerce(column, String)), 1, _COMPARED, type_=String)


def _kind(column: Any) -> Any:
    kind = getattr(column.type, "impl_instance", column.type)
    return str if isinstance(kind, String) else kind.python_type
