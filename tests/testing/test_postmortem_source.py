"""Each promise of the contract of postmortem sources is broken here once, and the suite notices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from tracker.core.errors import InvalidDocument, InvalidInput
from tracker.core.ports import SourceDocument, UnreadableDocument
from tracker.testing.postmortem_source import PostmortemSourceContract

GOOD = tuple(SourceDocument(f"memory:{name}", f"{name}.md", b"text") for name in "ab")
BAD = UnreadableDocument("c.md", InvalidDocument("it is encrypted", "c.md"))
SHELVES: dict[str, tuple[SourceDocument | UnreadableDocument, ...]] = {"good": GOOD, "partly": (*GOOD, BAD)}


@dataclass
class Shelf:
    """A postmortem source of two shelves, which keeps every promise."""

    name: str = "shelf"
    shelves: dict[str, tuple[SourceDocument | UnreadableDocument, ...]] = field(
        default_factory=lambda: dict(SHELVES)
    )

    def documents(self, locations: Sequence[str]) -> Iterator[SourceDocument | UnreadableDocument]:
        if missing := [location for location in locations if location not in self.shelves]:
            raise InvalidInput("there is no such shelf", missing[0])
        return iter(dict.fromkeys(one for location in locations for one in self.shelves[location]))


def with_document(**changes: object) -> Shelf:
    return Shelf(shelves={**SHELVES, "good": (GOOD[0], replace(GOOD[1], **changes))})  # type: ignore[arg-type]


class Repeating(Shelf):
    def documents(self, locations: Sequence[str]) -> Iterator[SourceDocument | UnreadableDocument]:
        return iter([one for location in locations for one in super(Repeating, self).documents([location])])


class Shuffling(Shelf):
    def documents(self, locations: Sequence[str]) -> Iterator[SourceDocument | UnreadableDocument]:
        found = list(super().documents(locations))
        self.shelves["good"] = self.shelves["good"][::-1]
        return iter(found)


class Failing(Shelf):
    def documents(self, locations: Sequence[str]) -> Iterator[SourceDocument | UnreadableDocument]:
        for one in super().documents(locations):
            if isinstance(one, UnreadableDocument):
                raise one.problem
            yield one


class Late(Shelf):
    def documents(self, locations: Sequence[str]) -> Iterator[SourceDocument | UnreadableDocument]:
        for location in locations:
            yield from super().documents([location])


class Curious(Shelf):
    def documents(self, locations: Sequence[str]) -> Iterator[SourceDocument | UnreadableDocument]:
        return super().documents(locations or ["good"])


BROKEN = [
    ("test_it_has_a_name", Shelf(name="")),
    ("test_every_document_is_handed_over", Shelf(shelves={**SHELVES, "good": GOOD[:1]})),
    ("test_every_document_is_handed_over", Shelf(shelves={**SHELVES, "good": (*GOOD, BAD)})),
    ("test_a_document_has_an_absolute_uri_a_name_and_bytes", with_document(uri="notes/b.md")),
    ("test_a_document_has_an_absolute_uri_a_name_and_bytes", with_document(uri="file:///ü.md")),
    ("test_a_document_has_an_absolute_uri_a_name_and_bytes", with_document(name=" ")),
    ("test_a_document_has_an_absolute_uri_a_name_and_bytes", with_document(content="text")),
    ("test_a_name_can_be_stored", with_document(name="b\0.md")),
    ("test_a_name_can_be_stored", with_document(name="b\udce9.md")),
    ("test_no_document_comes_twice", Repeating()),
    ("test_no_document_comes_twice", Shelf(shelves={**SHELVES, "good": (GOOD[0], replace(GOOD[0], name="b.md"))})),
    ("test_the_order_is_stable", Shuffling()),
    ("test_an_unreadable_document_is_reported_and_the_others_go_on", Failing()),
    ("test_an_unreadable_document_is_reported_and_the_others_go_on", Shelf(shelves={**SHELVES, "partly": GOOD})),
    ("test_an_unreadable_document_is_reported_and_the_others_go_on", Shelf(shelves={**SHELVES, "partly": (BAD,)})),
    (
        "test_an_unreadable_document_is_reported_and_the_others_go_on",
        Shelf(shelves={**SHELVES, "partly": (*GOOD, UnreadableDocument("c.md", InvalidDocument("encrypted")))}),
    ),
    ("test_a_missing_location_is_refused_before_the_first_document", Late()),
    ("test_no_locations_give_no_documents", Curious()),
]  # fmt: skip


def check(promise: str, source: Shelf) -> None:
    """Call one test of the contract as pytest would."""
    test = getattr(PostmortemSourceContract(), promise)
    fixtures = {
        "source": source,
        "location": "good",
        "partly_unreadable_location": "partly",
        "missing_location": "missing",
    }
    test(**{name: value for name, value in fixtures.items() if name in test.__code__.co_varnames})


PROMISES = [name for name in vars(PostmortemSourceContract) if name.startswith("test_")]


@pytest.mark.parametrize("promise", PROMISES)
def test_a_source_that_keeps_a_promise_passes(promise: str) -> None:
    check(promise, Shelf())


@pytest.mark.parametrize(("promise", "source"), BROKEN)
def test_a_source_that_breaks_a_promise_fails(promise: str, source: Shelf) -> None:
    with pytest.raises((AssertionError, InvalidInput, pytest.fail.Exception)):
        check(promise, source)


def test_every_promise_is_broken_once() -> None:
    assert {promise for promise, _ in BROKEN} == set(PROMISES)
