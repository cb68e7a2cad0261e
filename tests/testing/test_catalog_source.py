"""Each promise of the contract of catalog sources is broken here once, and the suite notices."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tracker.core.catalog import (
    CoverageStatement,
    EntityAssertion,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
)
from tracker.core.errors import ElsewhereError, InvalidCatalog, InvalidInput
from tracker.testing.catalog_source import CatalogSourceContract

A, B = Ref("component:default/a"), Ref("component:default/b")
NOW = datetime(2026, 11, 2, tzinfo=UTC)
GOOD = SourceSnapshot(
    "by-hand",
    "declared",
    NOW,
    (EntityAssertion(A, {"tier": 1, "type": None}, aliases=(Ref("component:old/a"),), facts={"spot": True}),),
    (RelationAssertion(A, B, RelationType.CALLS),),
    (CoverageStatement("*", ("calls:out",)),),
)


@dataclass
class Notebook:
    """A catalog source of one good page and one faulty one, which keeps every promise."""

    good: SourceSnapshot = GOOD
    name: str = "notebook"

    def read(self, location: str) -> SourceSnapshot:
        if location == "good":
            return self.good
        if location == "faulty":
            raise InvalidCatalog("it is smudged", "faulty:1")
        raise InvalidCatalog("there is no such page", location)


def with_entity(**changes: Any) -> Notebook:
    return Notebook(replace(GOOD, entities=(replace(GOOD.entities[0], **changes),)))


def with_relation(**changes: Any) -> Notebook:
    return Notebook(replace(GOOD, relations=(replace(GOOD.relations[0], **changes),)))


def with_coverage(*statements: CoverageStatement) -> Notebook:
    return Notebook(replace(GOOD, coverage=statements))


class Growing(Notebook):
    def read(self, location: str) -> SourceSnapshot:
        self.good = replace(self.good, entities=(*self.good.entities, EntityAssertion(B)))
        return super().read(location)


class Answering(Notebook):
    """Answers, or fails, in its own way for one location."""

    def __init__(self, location: str, answer: Callable[[], ElsewhereError | SourceSnapshot]) -> None:
        super().__init__()
        self.location, self.answer = location, answer

    def read(self, location: str) -> SourceSnapshot:
        if location != self.location:
            return super().read(location)
        answer = self.answer()
        if isinstance(answer, ElsewhereError):
            raise answer
        return answer


BROKEN = [
    ("test_it_has_a_name", Notebook(name="no book")),
    ("test_it_says_who_looked_how_and_when", Notebook(replace(GOOD, source=""))),
    ("test_it_says_who_looked_how_and_when", Notebook(replace(GOOD, kind=" "))),
    ("test_it_says_who_looked_how_and_when", Notebook(replace(GOOD, observed_at=NOW.replace(tzinfo=None)))),
    (
        "test_it_says_who_looked_how_and_when",
        Notebook(replace(GOOD, observed_at=NOW.astimezone(timezone(timedelta(hours=1))))),
    ),
    ("test_it_hands_over_entities_relations_facts_and_coverage", with_entity(attributes={})),
    ("test_it_hands_over_entities_relations_facts_and_coverage", with_entity(facts={})),
    ("test_it_hands_over_entities_relations_facts_and_coverage", Notebook(replace(GOOD, relations=()))),
    ("test_it_hands_over_entities_relations_facts_and_coverage", with_coverage()),
    ("test_reading_again_says_the_same", Growing()),
    ("test_every_ref_is_canonical", with_entity(ref=Ref("Component:a"))),
    ("test_every_ref_is_canonical", with_entity(aliases=(Ref("component:a"),))),
    ("test_every_ref_is_canonical", with_relation(to_ref=Ref("pkg:PyPI/Redis"))),
    ("test_a_name_means_one_entity", Notebook(replace(GOOD, entities=GOOD.entities * 2))),
    ("test_a_name_means_one_entity", with_entity(aliases=(A,))),
    ("test_attributes_are_known_ones", with_entity(attributes={"colour": "red"})),
    ("test_attributes_are_known_ones", with_entity(attributes={"tier": "1"})),
    ("test_attributes_are_known_ones", with_entity(attributes={"tier": True})),
    ("test_facts_are_flat", with_entity(facts={"": 1})),
    ("test_facts_are_flat", with_relation(facts={"sizes": [1, 2]})),
    ("test_relations_leave_from_kinds_that_have_them", with_relation(from_ref=Ref("group:default/a"))),
    ("test_nothing_is_related_to_itself", with_relation(to_ref=A)),
    ("test_coverage_names_real_questions", with_coverage(CoverageStatement("*", ("calls",)))),
    ("test_coverage_names_real_questions", with_coverage(CoverageStatement("*", ()))),
    ("test_coverage_names_real_questions", with_coverage(CoverageStatement("", ("contains",)))),
    ("test_a_fault_is_refused_with_its_place", Answering("faulty", lambda: GOOD)),
    ("test_a_fault_is_refused_with_its_place", Answering("faulty", lambda: InvalidCatalog("it is smudged"))),
    ("test_a_fault_is_refused_with_its_place", Answering("faulty", lambda: InvalidInput("smudged", "1"))),
    ("test_a_missing_location_is_refused_by_name", Answering("missing", lambda: GOOD)),
    ("test_a_missing_location_is_refused_by_name", Answering("missing", lambda: InvalidCatalog("no page"))),
]


def check(promise: str, source: Notebook) -> None:
    """Call one test of the contract as pytest would."""
    test = getattr(CatalogSourceContract(), promise)
    fixtures = {
        "source": source,
        "location": "good",
        "faulty_location": "faulty",
        "missing_location": "missing",
    }
    test(**{name: value for name, value in fixtures.items() if name in test.__code__.co_varnames})


PROMISES = [name for name in vars(CatalogSourceContract) if name.startswith("test_")]


@pytest.mark.parametrize("promise", PROMISES)
def test_a_source_that_keeps_a_promise_passes(promise: str) -> None:
    check(promise, Notebook())


@pytest.mark.parametrize(("promise", "source"), BROKEN)
def test_a_source_that_breaks_a_promise_fails(promise: str, source: Notebook) -> None:
    with pytest.raises((AssertionError, InvalidInput, pytest.fail.Exception)):
        check(promise, source)


def test_every_promise_is_broken_once() -> None:
    assert {promise for promise, _ in BROKEN} == set(PROMISES)
