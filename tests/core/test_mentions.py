"""Which entity a postmortem means by a name."""

import pytest

from tracker.core.catalog import Ref
from tracker.core.mentions import KnownName, ServiceNames

CHECKOUT, STAGING, CACHE, TEAM = (
    Ref("component:default/checkout"),
    Ref("component:staging/checkout"),
    Ref("resource:default/session_cache"),
    Ref("group:default/payments"),
)


@pytest.mark.parametrize(
    ("printed", "entity"),
    [
        ("checkout", 1),
        ("Checkout", 1),
        ("component:default/checkout", 1),
        ("Component:Checkout", 1),
        ("session-cache", 2),
        ("Session  Cache", 2),
        ("group:payments", 3),
        ("payments", None),
        ("search", None),
        ("component:default/search", None),
        ("", None),
    ],
)
def test_a_printed_name_means_an_entity(printed: str, entity: int | None) -> None:
    names = ServiceNames([KnownName(CHECKOUT, 1), KnownName(CACHE, 2), KnownName(TEAM, 3)])
    assert names.find(printed) == entity


def test_of_several_deployments_the_ordinary_one_is_meant() -> None:
    names = ServiceNames([KnownName(CHECKOUT, 1), KnownName(STAGING, 2)])
    assert names.find("checkout") == 1
    assert names.find("component:staging/checkout") == 2


def test_a_name_that_two_have_means_neither() -> None:
    names = ServiceNames([KnownName(STAGING, 1), KnownName(Ref("component:test/checkout"), 2)])
    assert names.find("checkout") is None


def test_two_names_of_one_entity_are_no_ambiguity() -> None:
    names = ServiceNames([KnownName(CHECKOUT, 1), KnownName(STAGING, 1)])
    assert names.find("checkout") == 1


def test_what_is_gone_gives_way_to_what_is_listed() -> None:
    names = ServiceNames([KnownName(CHECKOUT, 1, is_listed=False), KnownName(STAGING, 2)])
    assert names.find("checkout") == 2


def test_what_is_gone_is_still_meant_by_a_name_of_its_own() -> None:
    assert ServiceNames([KnownName(CHECKOUT, 1, is_listed=False)]).find("checkout") == 1


def test_an_entity_keeps_its_ref_where_another_claims_it_as_an_alias() -> None:
    assert ServiceNames([KnownName(CHECKOUT, 1), KnownName(CHECKOUT, 2)]).find(CHECKOUT) == 1
