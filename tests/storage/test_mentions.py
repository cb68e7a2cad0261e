"""What postmortems name is matched to the catalog and to the programs, whichever was there first."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.conftest import SettableClock
from tests.factories import (
    LOOKED_AT,
    InMemoryCatalog,
    InMemoryPostmortems,
    Service,
    catalog_snapshot,
    postmortem_text,
)
from tracker.core.catalog import Ref, SourceSnapshot
from tracker.core.postmortems import MentionState
from tracker.storage import postmortems
from tracker.storage.session import Database
from tracker.storage.tables import PostmortemService
from tracker.workflows.context import Context
from tracker.workflows.import_catalog import import_catalog
from tracker.workflows.ingest_postmortems import ingest
from tracker.workflows.run_programs import create_program


@pytest.fixture
def context(database: Database, clock: SettableClock) -> Context:
    return Context(database, clock, "grace")


def bring(context: Context, *services: Service, source: str = "terraform", days: int = 0) -> None:
    """Import a catalog that was observed so many days after the first."""
    seen: SourceSnapshot = catalog_snapshot(
        *services, source=source, observed_at=LOOKED_AT + timedelta(days=days)
    )
    import_catalog(context, InMemoryCatalog({"x": seen}), "x")


def take(
    context: Context,
    *services: str,
    name: str = "a.md",
    programs: tuple[str, ...] = (),
    confidential: bool = False,
) -> None:
    text = postmortem_text(services=services, programs=programs)
    list(ingest(context, InMemoryPostmortems({name: text}), [name], confidential=confidential))


def matches(context: Context) -> dict[str, str | None]:
    with context.database.reading() as session:
        return {mention.printed: ref for mention, ref in postmortems.record(session, 1).services}


def programs(context: Context) -> dict[str, str | None]:
    with context.database.reading() as session:
        return {mention.printed: key for mention, key in postmortems.record(session, 1).programs}


def incidents(context: Context) -> dict[Ref, int]:
    with context.database.reading() as session:
        return postmortems.incidents_by_entity(session)


def decide(context: Context, state: MentionState) -> None:
    def work(session: Session) -> None:
        session.get_one(PostmortemService, 1).state = state

    context.database.transact(work)


CHECKOUT, STAGING = (
    Service("checkout", aliases=("component:default/till",)),
    Service("component:staging/checkout"),
)


def test_services_are_matched_by_ref_alias_and_unique_short_name(context: Context) -> None:
    bring(context, CHECKOUT, Service("basket"), Service("search"))
    take(context, "component:default/basket", "component:till", "Search", "mail")
    assert matches(context) == {
        "component:default/basket": "component:default/basket",
        "component:till": "component:default/checkout",
        "Search": "component:default/search",
        "mail": None,
    }


def test_the_short_name_of_an_alias_is_a_name_too(context: Context) -> None:
    bring(context, CHECKOUT)
    take(context, "till")
    assert matches(context) == {"till": "component:default/checkout"}


def test_of_several_deployments_the_ordinary_one_is_meant(context: Context) -> None:
    bring(context, CHECKOUT, STAGING)
    take(context, "checkout", "component:staging/checkout")
    assert matches(context) == {
        "checkout": "component:default/checkout",
        "component:staging/checkout": "component:staging/checkout",
    }


def test_a_catalog_that_comes_after_the_postmortem_is_matched_to_it(context: Context) -> None:
    take(context, "checkout")
    assert matches(context) == {"checkout": None}
    bring(context, CHECKOUT)
    assert matches(context) == {"checkout": "component:default/checkout"}
    bring(context, STAGING, source="staging")
    assert matches(context) == {"checkout": "component:default/checkout"}


def test_a_name_of_something_gone_does_not_make_another_ambiguous(context: Context) -> None:
    bring(context, CHECKOUT, STAGING)
    bring(context, CHECKOUT, days=1)
    take(context, "checkout")
    assert matches(context) == {"checkout": "component:default/checkout"}


@pytest.mark.parametrize("state", [MentionState.CONFIRMED, MentionState.REJECTED])
def test_what_people_decided_of_a_mention_stays(context: Context, state: MentionState) -> None:
    bring(context, CHECKOUT)
    take(context, "checkout", "basket")
    decide(context, state)
    bring(context, STAGING, source="staging")
    take(context, "basket")
    assert matches(context)["checkout"] == "component:default/checkout"


def test_a_service_that_a_document_no_longer_names_is_forgotten_and_a_new_one_is_taken(
    context: Context,
) -> None:
    bring(context, CHECKOUT, Service("basket"))
    take(context, "checkout")
    take(context, "basket")
    assert matches(context) == {"basket": "component:default/basket"}
    take(context)
    assert matches(context) == {}


def test_a_program_is_matched_by_key_or_title_without_case(context: Context) -> None:
    create_program(context, "bounded-waiting", "Bounded Waiting")
    create_program(context, "fewer-retries", "Retries at one level only")
    take(context, programs=("bounded waiting", "Fewer-Retries", "Chaos Days"))
    assert programs(context) == {
        "bounded waiting": "bounded-waiting",
        "Fewer-Retries": "fewer-retries",
        "Chaos Days": None,
    }


def test_a_program_that_comes_after_the_postmortem_is_matched_to_it(context: Context) -> None:
    take(context, programs=("Bounded Waiting",))
    create_program(context, "bounded-waiting", "Bounded Waiting")
    assert programs(context) == {"Bounded Waiting": "bounded-waiting"}


def test_a_title_that_two_programs_have_means_neither_and_a_key_goes_before_a_title(context: Context) -> None:
    create_program(context, "one", "Waiting")
    create_program(context, "two", "Waiting")
    create_program(context, "waiting-2", "one")
    take(context, programs=("Waiting", "one"))
    assert programs(context) == {"Waiting": None, "one": "one"}


def test_incidents_are_counted_by_entity_each_postmortem_once(context: Context) -> None:
    bring(context, CHECKOUT)
    take(context, "checkout", "till")
    take(context, "checkout", "mail", name="b.md")
    assert incidents(context) == {"component:default/checkout": 2}


def test_a_confidential_postmortem_is_not_counted(context: Context) -> None:
    bring(context, CHECKOUT)
    take(context, "checkout", confidential=True)
    assert incidents(context) == {}


def test_a_rejected_mention_is_not_counted(context: Context) -> None:
    bring(context, CHECKOUT)
    take(context, "checkout")
    decide(context, MentionState.REJECTED)
    assert incidents(context) == {}


@pytest.mark.parametrize("decided", [lambda _: None, lambda context: decide(context, MentionState.CONFIRMED)])
def test_incidents_follow_an_entity_to_its_new_name(
    context: Context, decided: Callable[[Context], None]
) -> None:
    bring(context, Service("till"))
    take(context, "till")
    decided(context)
    bring(context, CHECKOUT, days=1)
    assert incidents(context) == {"component:default/checkout": 1}
