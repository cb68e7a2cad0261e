"""Pages put together are the listing, whatever is added and deleted in between; a cursor is good for its own order only."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, delete, select

from tracker.core.errors import InvalidInput
from tracker.storage.pages import MOST, Order, Page, Paging, page
from tracker.storage.session import Database
from tracker.storage.tables import ActionItem, Person

ITEMS = Order(
    col(ActionItem.id),
    {
        "title": col(ActionItem.title),
        "due": col(ActionItem.due),
        "priority": col(ActionItem.priority),
        "state": col(ActionItem.state),
        "created_at": col(ActionItem.created_at),
    },
)
SORTS = [f"{sign}{field}" for field in ("id", *ITEMS.columns) for sign in ("", "-")]
DAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

words = st.text("aAbB zäÄé€𝄞'%_", min_size=1, max_size=3).filter(str.strip)
rows = st.builds(
    lambda title, due, priority, age: ActionItem(
        title=title,
        due=due,
        priority=priority,
        created_at=DAY - timedelta(microseconds=age),
        updated_at=DAY,
    ),
    words,
    st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 4)),
    st.none() | words,
    st.integers(0, 3),
)
meanwhile = st.lists(st.tuples(st.lists(rows, max_size=3), st.sets(st.integers(0, 30), max_size=3)))


def add(database: Database, *items: ActionItem) -> list[int]:
    def work(session: Session) -> list[int]:
        copies = [ActionItem(**item.model_dump(exclude={"id"})) for item in items]
        session.add_all(copies)
        session.flush()
        return [item.id for item in copies]

    return database.transact(work)


def remove(database: Database, numbers: set[int]) -> None:
    database.transact(lambda session: session.exec(delete(ActionItem).where(col(ActionItem.id).in_(numbers))))


def turn(database: Database, **paging: Any) -> Page[ActionItem]:
    with database.reading() as session:
        return page(session, select(ActionItem), ITEMS, Paging(**paging))


def walk(database: Database, sort: str, limit: int) -> list[ActionItem]:
    seen, cursor = [], None
    while True:
        part = turn(database, sort=sort, limit=limit, cursor=cursor)
        seen += part.items
        cursor = part.next_cursor
        if cursor is None:
            return seen


def folded(text: str) -> str:
    return "".join(one.lower() if one.isascii() else one for one in text)


def place(item: ActionItem, sort: str) -> Any:
    """Where an item belongs, by what the listing promises and not by how it does it."""
    field, sign = sort.removeprefix("-"), -1 if sort.startswith("-") else 1
    value = getattr(item, field)
    if isinstance(value, str):
        value = [sign * ord(one) for one in folded(value)]
        value = value if sign == 1 else [*value, 1]  # what is longer comes first, backwards
    elif isinstance(value, datetime):
        value = sign * (value - DAY) // timedelta(microseconds=1)
    elif isinstance(value, date):
        value = sign * value.toordinal()
    elif value is not None:
        value = sign * value
    return (value is None, value, sign * item.id) if value is not None else (True, 0, sign * item.id)


@pytest.mark.parametrize("sort", SORTS)
def test_pages_together_are_the_listing_while_rows_come_and_go(database: Database, sort: str) -> None:
    @settings(max_examples=12)
    @given(st.lists(rows, max_size=12), meanwhile, st.integers(1, 4))
    def check(items: list[ActionItem], changes: list[tuple[list[ActionItem], set[int]]], limit: int) -> None:
        database.transact(lambda session: session.exec(delete(ActionItem)))
        numbers = add(database, *items)
        lasting, seen, cursor = set(numbers), [], None
        while True:
            part = turn(database, sort=sort, limit=limit, cursor=cursor)
            seen += part.items
            cursor = part.next_cursor
            if cursor is None:
                break
            assert len(part.items) == limit
            if changes:
                new, gone = changes.pop()
                numbers += add(database, *new)
                # SQLite gives the number of the last row again once that row is gone.
                deleted = {numbers[index] for index in gone if index < len(numbers)} - {
                    max(numbers, default=0)
                }
                remove(database, deleted)
                lasting -= deleted
        assert [place(item, sort) for item in seen] == sorted(place(item, sort) for item in seen)
        met = [item.id for item in seen]
        assert len(met) == len(set(met))
        assert lasting <= set(met)

    check()


def test_a_listing_of_rows_with_counts_is_paged_too(database: Database) -> None:
    add(database, *(ActionItem(title=title, created_at=DAY, updated_at=DAY) for title in "cab"))
    with database.reading() as session:
        query = select(ActionItem, col(ActionItem.id) * 2)
        first = page(session, query, ITEMS, Paging(limit=2, sort="title"))
        rest = page(session, query, ITEMS, Paging(limit=2, sort="title", cursor=first.next_cursor))
    found = [(item.title, doubled == 2 * item.id) for item, doubled in first.items + rest.items]
    assert found == [("a", True), ("b", True), ("c", True)]
    assert rest.next_cursor is None


def test_an_order_of_its_own_is_used_when_none_is_asked_for(database: Database) -> None:
    add(database, *(ActionItem(title=title, created_at=DAY, updated_at=DAY) for title in "cab"))
    backwards = Order(ITEMS.id, ITEMS.columns, default="-title")
    with database.reading() as session:
        found = page(session, select(ActionItem), backwards, Paging()).items
    assert [item.title for item in found] == ["c", "b", "a"]


def test_titles_longer_than_an_address_are_paged(database: Database) -> None:
    long = [ActionItem(title=f"{'é' * 70_000}{n}", created_at=DAY, updated_at=DAY) for n in range(3)]
    numbers = add(database, *long)
    cursor = turn(database, sort="title", limit=1).next_cursor
    assert cursor is not None
    assert len(cursor) < 2_000
    assert [item.id for item in walk(database, "title", 1)] == numbers


# What is refused


@pytest.mark.parametrize(
    ("paging", "place"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": MOST + 1}, "limit"),
        ({"sort": "owner"}, "sort"),
        ({"sort": "--id"}, "sort"),
        ({"sort": "-"}, "sort"),
        ({"sort": "\0\ud800"}, "sort"),
    ],
)
def test_a_page_that_cannot_be_is_refused_at_its_place(
    database: Database, paging: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        turn(database, **paging)
    assert refusal.value.place == place


def sealed(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


LIST = "ActionItem.id"
FORGED = {
    "empty": "",
    "no cursor": "page 2",
    "not ASCII": "é",
    "half a surrogate pair": "\ud800",
    "no JSON": base64.urlsafe_b64encode(b"\xff{").decode(),
    "no list": base64.urlsafe_b64encode(b"7").decode(),
    "a bottomless list": base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    "too short": sealed(LIST),
    "of another list": sealed("Person.id", "due", None, 1),
    "of another sort": sealed(LIST, "-due", None, 1),
    "an impossible day": sealed(LIST, "due", "2026-13-40", 1),
    "a number for a day": sealed(LIST, "due", 20260101, 1),
    "a number that no row has": sealed(LIST, "due", None, 2**63),
    "true for a number": sealed(LIST, "due", None, True),
    "padded": sealed(LIST, "due", None, 1) + "==",
    "with a word too many": sealed(LIST, "due", None, 1, 1),
}


@pytest.mark.parametrize("cursor", FORGED.values(), ids=FORGED)
def test_a_cursor_that_this_list_did_not_give_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="leave it out to begin at the start") as refusal:
        turn(database, sort="due", cursor=cursor)
    assert refusal.value.place == "cursor"


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("title", "a\0b"),
        ("title", "\ud800"),
        ("title", None),
        ("title", 7),
        ("created_at", "2026-03-02T09:30:00"),
        ("created_at", "0001-01-01T00:00:00+14:00"),
        ("created_at", 7),
        ("id", 2**40),
        ("id", True),
    ],
)
def test_a_value_that_the_column_cannot_have_is_refused(database: Database, sort: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        turn(database, sort=sort, cursor=sealed(LIST, sort, value, 1))


@given(cursor=st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
@settings(max_examples=300)
def test_no_text_taken_for_a_cursor_is_worse_than_refused(cursor: str) -> None:
    nowhere = Database("sqlite:///never/opened.sqlite")
    with Session(nowhere.reader) as session, pytest.raises(InvalidInput):
        page(session, select(ActionItem), ITEMS, Paging(cursor=cursor, sort="title"))


def test_a_cursor_of_one_list_is_none_of_another(database: Database) -> None:
    add(database, *(ActionItem(title=title, created_at=DAY, updated_at=DAY) for title in "ab"))
    cursor = turn(database, limit=1).next_cursor
    people = Order(col(Person.id), {})
    with database.reading() as session, pytest.raises(InvalidInput, match="cursor"):
        page(session, select(Person), people, Paging(cursor=cursor))
