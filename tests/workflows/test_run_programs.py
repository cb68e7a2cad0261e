"""A program turns a lesson's exposures into work for the teams that own them, and follows how far it got."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from tests.conftest import SettableClock
from tests.factories import InMemoryPostmortems, Service, pattern, postmortem_text
from tests.workflows.estate import Estate
from tests.workflows.reading import everything, history, items, last_change, postmortem, rows
from tracker.core.action_items import ItemState, ItemType, VerificationMethod
from tracker.core.errors import AlreadyExists, InvalidInput, InvalidMove, NotFound, VersionChanged
from tracker.core.exposures import ExposureState
from tracker.core.programs import ProgramState, Progress
from tracker.storage.action_items import ItemRecord
from tracker.storage.session import Database
from tracker.storage.tables import Exposure, Program, ProgramLesson, Team
from tracker.workflows.context import Context
from tracker.workflows.curate_lessons import add_pattern, create_lesson
from tracker.workflows.ingest_postmortems import ingest
from tracker.workflows.run_programs import (
    Planned,
    ProgramChanges,
    ProgramRecord,
    add_lesson,
    change_program,
    create_program,
    show,
    stuck,
)
from tracker.workflows.triage_action_items import (
    Edit,
    accept_item,
    decline_item,
    edit_item,
    move_item,
    verify_item,
)

BUYING, FINDING = "group:default/buying", "group:default/finding"
CHECKOUT, BASKET = Service("checkout", owner=BUYING), Service("basket", owner=BUYING)
SEARCH, MAIL = Service("search", owner=FINDING), Service("mail", owner=None)


@pytest.fixture
def estate(context: Context) -> Estate:
    create_lesson(context, "deadlines", "Set a deadline", "Slow is worse than down.")
    add_pattern(context, "deadlines", pattern())
    create_program(context, "bounded-waiting", "Bounded Waiting")
    return Estate(context)


def plan(context: Context) -> Planned:
    return add_lesson(context, "bounded-waiting", "deadlines")[1]


def record(context: Context) -> ProgramRecord:
    return show(context, "bounded-waiting")


def progress(context: Context) -> dict[str, Progress]:
    return {one.ref.rpartition("/")[2]: how_far for one, how_far in record(context).exposures}


def work(context: Context) -> list[tuple[str | None, list[str]]]:
    """Return each item's team and services."""
    return [(one.team, [ref.rpartition("/")[2] for ref in one.refs]) for one in items(context.database)]


def finish(context: Context, item: int) -> None:
    accept_item(context, item)
    move_item(context, item, ItemState.DONE)


# Changing


def test_fields_change_and_are_cleared_and_the_trail_says_how(context: Context, database: Database) -> None:
    create_program(context, "calm", "Calm", goal="Nobody waits", lead="Ada", starts_on=date(2026, 4, 1))
    changes: ProgramChanges = {
        "title": " Bounded Waiting ",
        "goal": None,
        "lead": " ",
        "target_on": date(2026, 9, 30),
        "state": ProgramState.ACTIVE,
    }
    program = change_program(context, "calm", changes).program
    assert (
        program.title,
        program.goal,
        program.lead,
        program.starts_on,
        program.target_on,
        program.state,
    ) == (
        "Bounded Waiting",
        None,
        None,
        date(2026, 4, 1),
        date(2026, 9, 30),
        "active",
    )
    assert last_change(database, program).detail["changes"]["lead"] == {"from": "Ada", "to": None}


def test_what_changes_nothing_is_not_written(context: Context, database: Database) -> None:
    create_program(context, "calm", "Calm")
    before = everything(database)
    assert change_program(context, "calm", {"title": "Calm", "goal": None, "state": ProgramState.DRAFT})
    assert everything(database) == before


def test_a_new_title_is_found_by_postmortems_that_name_it(context: Context, database: Database) -> None:
    create_program(context, "calm", "Calm")
    source = InMemoryPostmortems({"one.md": postmortem_text(programs=["Bounded Waiting"])})
    list(ingest(context, source, ["one.md"]))
    change_program(context, "calm", {"title": "Bounded Waiting"})
    assert [key for _, key in postmortem(database).programs] == ["calm"]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"title": " "}, InvalidInput, "--title: a program has a title"),
        ({"target_on": date(2026, 3, 31)}, InvalidInput, "is before the start 2026-04-01"),
        ({"state": ProgramState.DONE}, InvalidMove, "draft cannot become done"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    context: Context, database: Database, changes: ProgramChanges, error: type[Exception], words: str
) -> None:
    create_program(context, "calm", "Calm", starts_on=date(2026, 4, 1))
    before = everything(database)
    with pytest.raises(error, match=words):
        change_program(context, "calm", changes)
    assert everything(database) == before


def test_a_change_of_another_version_is_refused(context: Context) -> None:
    create_program(context, "calm", "Calm")
    change_program(context, "calm", {"title": "Calmer"}, expected_version=1)
    with pytest.raises(VersionChanged):
        change_program(context, "calm", {"title": "Calmest"}, expected_version=1)
    with pytest.raises(NotFound):
        change_program(context, "calmer", {})


# Creating


def test_a_program_is_created_with_all_that_is_known_of_it(context: Context, database: Database) -> None:
    created = create_program(
        context,
        "bounded-waiting",
        " Bounded Waiting ",
        goal="Nobody waits for ever",
        sponsor="Ilse Brandvold",
        lead="Rafael Stensland",
        starts_on=date(2026, 4, 1),
        target_on=date(2026, 9, 30),
    )
    program = created.program
    assert (program.title, program.lead, program.target_on) == (
        "Bounded Waiting",
        "Rafael Stensland",
        date(2026, 9, 30),
    )
    assert (created.lessons, created.exposures, created.items, created.coverage.share) == ((), (), (), None)
    assert (last_change(database, program).action, last_change(database, program).actor) == (
        "program created",
        "grace",
    )


def test_a_key_is_taken_once(context: Context, database: Database) -> None:
    create_program(context, "bounded-waiting", "Bounded Waiting")
    with pytest.raises(AlreadyExists, match="elsewhere programs show bounded-waiting"):
        create_program(context, "bounded-waiting", "Another")
    assert len(rows(database, Program)) == 1


def test_bad_input_is_refused_with_its_place(
    context: Context, database: Database, subtests: pytest.Subtests
) -> None:
    bad: list[tuple[str, str, dict[str, Any]]] = [
        ("program key", "Bounded Waiting", {}),
        ("--title", " ", {}),
        ("--target", "Bounded Waiting", {"starts_on": date(2026, 5, 1), "target_on": date(2026, 4, 1)}),
    ]
    for place, title, days in bad:
        with subtests.test(place), pytest.raises(InvalidInput, match=f"^{place}: "):
            create_program(context, "Bad Key" if place == "program key" else "good-key", title, **days)
    assert rows(database, Program) == []


def test_what_is_not_there_or_not_ready_is_named_and_nothing_is_planned(
    context: Context, database: Database, estate: Estate
) -> None:
    with pytest.raises(InvalidInput, match="elsewhere catalog import"):
        plan(context)
    estate.is_now(CHECKOUT)
    create_lesson(context, "patience", "Wait", "Wait.")
    with pytest.raises(InvalidInput, match="add-pattern"):
        add_lesson(context, "bounded-waiting", "patience")
    with pytest.raises(NotFound, match="no program 'chaos'"):
        add_lesson(context, "chaos", "deadlines")
    with pytest.raises(NotFound, match="no lesson 'chaos'"):
        add_lesson(context, "bounded-waiting", "chaos")
    with pytest.raises(NotFound, match="no program 'chaos'"):
        show(context, "chaos")
    assert (rows(database, Exposure), items(database)) == ([], [])
    with database.reading() as session:
        assert session.exec(select(ProgramLesson)).all() == []


# Planning


def test_each_owning_team_gets_one_proposed_item_and_the_unowned_are_one_more(
    context: Context, database: Database, estate: Estate
) -> None:
    estate.is_now(CHECKOUT, BASKET, SEARCH, MAIL, Service("safe", 250))
    assert plan(context) == Planned("deadlines", (1, 2, 3), 0)
    assert work(context) == [("buying", ["basket", "checkout"]), ("finding", ["search"]), (None, ["mail"])]
    first = items(database)[0].item
    assert (first.title, first.owner, first.state, first.type, first.verification_method) == (
        "Set a deadline in 2 services",
        "buying",
        ItemState.PROPOSED,
        ItemType.PREVENT,
        VerificationMethod.CATALOG,
    )
    assert first.description == (
        "Slow is worse than down.\n\nServices:\n- component:default/basket\n- component:default/checkout"
    )
    assert [(entry.action, entry.actor) for entry in history(database, first)] == [("item proposed", "grace")]
    assert [one.key for one in record(context).lessons] == ["deadlines"]


def test_a_program_whose_lesson_applies_nowhere_has_nothing_to_do(context: Context, estate: Estate) -> None:
    estate.is_now(Service("safe", 250))
    assert plan(context) == Planned("deadlines", (), 0)
    assert record(context).coverage.total == 0


def test_planning_again_proposes_nothing(context: Context, database: Database, estate: Estate) -> None:
    estate.is_now(CHECKOUT, SEARCH, MAIL)
    plan(context)
    before = everything(database)
    assert plan(context) == Planned("deadlines", (), 0)
    assert everything(database) == before


def test_a_service_of_a_person_is_work_of_that_person_not_of_a_team(
    context: Context, database: Database, estate: Estate
) -> None:
    estate.is_now(Service("checkout", owner="user:default/mara"))
    plan(context)
    estate.is_now(
        Service("checkout", owner="user:default/mara"), Service("basket", owner="user:default/mara")
    )
    assert plan(context).joined == 1
    ((only),) = items(database)
    assert (only.item.owner, only.team, rows(database, Team)) == ("mara", None, [])


def test_teams_of_one_name_in_two_namespaces_are_two(context: Context, estate: Estate) -> None:
    estate.is_now(CHECKOUT, Service("basket", owner="group:other/buying"))
    plan(context)
    assert work(context) == [("buying", ["checkout"]), ("group:other/buying", ["basket"])]


@pytest.mark.parametrize(
    "state", [ItemState.PROPOSED, ItemState.ACCEPTED, ItemState.IN_PROGRESS, ItemState.BLOCKED]
)
def test_a_new_exposed_service_joins_its_teams_open_item(
    context: Context, database: Database, estate: Estate, state: ItemState
) -> None:
    estate.is_now(CHECKOUT, SEARCH)
    plan(context)
    if state is not ItemState.PROPOSED:
        accept_item(context, 1)
    if state in (ItemState.IN_PROGRESS, ItemState.BLOCKED):
        move_item(context, 1, state)
    estate.is_now(CHECKOUT, BASKET, SEARCH)
    assert plan(context) == Planned("deadlines", (), 1)
    assert work(context) == [("buying", ["basket", "checkout"]), ("finding", ["search"])]
    item = items(database)[0].item
    assert item.title == "Set a deadline in 2 services"
    assert "- component:default/basket" in (item.description or "")
    joined = last_change(database, item)
    assert (joined.action, joined.actor, joined.detail) == (
        "services joined item",
        "grace",
        {"refs": ["component:default/basket"]},
    )


def test_words_that_a_person_gave_an_item_stay_and_the_joining_is_recorded(
    context: Context, database: Database, estate: Estate
) -> None:
    estate.is_now(CHECKOUT)
    plan(context)
    edit_item(context, 1, Edit(title="Give checkout a deadline"))
    estate.is_now(CHECKOUT, BASKET)
    plan(context)
    item = items(database)[0].item
    assert item.title == "Give checkout a deadline"
    assert "- component:default/basket" in (item.description or "")
    assert last_change(database, item).action == "services joined item"


def test_a_description_that_a_person_gave_stays(context: Context, database: Database, estate: Estate) -> None:
    estate.is_now(CHECKOUT)
    plan(context)
    edit_item(context, 1, Edit(description="250 ms is enough."))
    estate.is_now(CHECKOUT, BASKET)
    plan(context)
    item = items(database)[0].item
    assert (item.title, item.description) == ("Set a deadline in 2 services", "250 ms is enough.")


def test_a_teams_item_that_was_given_to_a_person_is_still_joined(context: Context, estate: Estate) -> None:
    estate.is_now(CHECKOUT, MAIL)
    plan(context)
    edit_item(context, 1, Edit(owner="Tomasz Wieliczko"))
    estate.is_now(CHECKOUT, BASKET, MAIL, Service("letters", owner=None))
    assert plan(context) == Planned("deadlines", (), 2)
    assert work(context) == [(None, ["basket", "checkout"]), (None, ["letters", "mail"])]


def test_a_new_service_after_the_work_is_done_starts_a_new_item(context: Context, estate: Estate) -> None:
    estate.is_now(CHECKOUT)
    plan(context)
    finish(context, 1)
    estate.is_now(CHECKOUT, BASKET)
    assert plan(context) == Planned("deadlines", (2,), 0)
    assert work(context) == [("buying", ["checkout"]), ("buying", ["basket"])]


def test_done_work_waits_for_the_catalog(context: Context, estate: Estate) -> None:
    estate.is_now(CHECKOUT)
    plan(context)
    finish(context, 1)
    assert plan(context) == Planned("deadlines", (), 0)
    assert progress(context) == {"checkout": Progress.DONE}
    estate.is_now(Service("checkout", 250, owner=BUYING))
    plan(context)
    assert progress(context) == {"checkout": Progress.FIXED}


@pytest.mark.parametrize("verified", [False, True])
def test_what_regressed_after_its_work_was_finished_gets_a_new_item_once(
    context: Context, acting: Callable[[str], Context], estate: Estate, verified: bool
) -> None:
    estate.is_now(CHECKOUT)
    plan(context)
    finish(context, 1)
    if verified:
        verify_item(acting("noor"), 1, VerificationMethod.DRILL, "froze a node")
    estate.is_now(Service("checkout", 250, owner=BUYING))
    plan(context)
    estate.is_now(CHECKOUT)
    estate.ask()
    assert estate.exposure.state is ExposureState.REGRESSED
    assert progress(context) == {"checkout": Progress.UNPLANNED}
    assert plan(context) == Planned("deadlines", (2,), 0)
    assert plan(context) == Planned("deadlines", (), 0)
    finish(context, 2)
    assert plan(context) == Planned("deadlines", (), 0)
    estate.is_now(Service("checkout", 250, owner=BUYING))
    plan(context)
    estate.is_now(CHECKOUT)
    assert plan(context) == Planned("deadlines", (3,), 0)


def test_what_was_declined_stays_declined(context: Context, estate: Estate) -> None:
    estate.is_now(CHECKOUT)
    plan(context)
    decline_item(context, 1, "the service is switched off in May")
    assert plan(context) == Planned("deadlines", (), 0)
    assert progress(context) == {"checkout": Progress.DECLINED}


def test_a_decline_that_expired_is_open_again_and_can_be_joined(
    context: Context, estate: Estate, clock: SettableClock
) -> None:
    estate.is_now(CHECKOUT)
    plan(context)
    decline_item(context, 1, "not before the freeze ends", date(2026, 3, 4))
    clock.advance(timedelta(days=2))
    estate.is_now(CHECKOUT, BASKET)
    assert plan(context) == Planned("deadlines", (), 1)
    assert set(progress(context).values()) == {Progress.PROPOSED}


@pytest.mark.parametrize("decided", [ExposureState.NOT_AFFECTED, ExposureState.RISK_ACCEPTED])
def test_what_people_settled_needs_no_work(context: Context, estate: Estate, decided: ExposureState) -> None:
    estate.is_now(CHECKOUT)
    estate.ask()
    estate.decide(decided)
    assert plan(context) == Planned("deadlines", (), 0)
    assert record(context).coverage.share == 1.0


def test_work_is_planned_for_the_owner_of_an_entity_under_its_present_name(
    context: Context, estate: Estate
) -> None:
    till = ("component:default/till",)
    estate.is_now(Service("till", owner=BUYING))
    estate.ask()
    estate.is_now(Service("checkout", owner=BUYING, aliases=till))
    plan(context)
    assert work(context) == [("buying", ["checkout"])]


def test_two_programs_carry_a_lesson_each_with_work_of_its_own(context: Context, estate: Estate) -> None:
    estate.is_now(CHECKOUT)
    plan(context)
    create_program(context, "second", "Second")
    assert add_lesson(context, "second", "deadlines")[1].proposed == (2,)
    assert [one.item.id for one in record(context).items] == [1]


def test_two_lessons_of_a_program_have_work_of_their_own(context: Context, estate: Estate) -> None:
    estate.is_now(CHECKOUT)
    plan(context)
    create_lesson(context, "patience", "Wait", "Wait.")
    add_pattern(context, "patience", pattern("waits-too"))
    assert add_lesson(context, "bounded-waiting", "patience")[1].proposed == (2,)
    assert [one.title for one in (r.item for r in items(context.database))] == [
        "Set a deadline in checkout",
        "Wait in checkout",
    ]


def test_two_that_plan_at_once_propose_each_item_once(
    acting: Callable[[str], Context], context: Context, estate: Estate
) -> None:
    estate.is_now(CHECKOUT, BASKET, SEARCH)
    with ThreadPoolExecutor(2) as pool:
        planned = list(pool.map(lambda actor: plan(acting(actor)), ["alan", "ada"]))
    assert sorted(len(one.proposed) for one in planned) == [0, 2]
    assert work(context) == [("buying", ["basket", "checkout"]), ("finding", ["search"])]


# How far it got


def test_coverage_counts_exposures_by_state_and_where_they_are_stuck(
    context: Context, estate: Estate
) -> None:
    everybody = (CHECKOUT, BASKET, SEARCH, MAIL)
    estate.is_now(*everybody, Service("gone", owner=FINDING))
    plan(context)
    accept_item(context, 1)
    decline_item(context, 2, "switched off in May")
    estate.is_now(CHECKOUT, Service("basket", 250, owner=BUYING), SEARCH, MAIL, Service("new", owner=None))
    estate.ask()
    how_far = record(context)
    assert how_far.coverage.by_progress == {
        Progress.UNPLANNED: 1,
        Progress.PROPOSED: 1,
        Progress.DECLINED: 1,
        Progress.ACCEPTED: 1,
        Progress.FIXED: 1,
        Progress.RETIRED: 1,
    }
    assert (how_far.coverage.settled, how_far.coverage.total, how_far.coverage.share) == (1, 6, 1 / 6)
    assert stuck(how_far) == {"finding": 2, "nobody": 2, "buying": 1}


def test_an_item_in_a_program_names_it(context: Context, estate: Estate) -> None:
    estate.is_now(CHECKOUT)
    plan(context)
    shown: tuple[ItemRecord, ...] = record(context).items
    assert [(one.program, one.refs, one.origins) for one in shown] == [
        ("bounded-waiting", ("component:default/checkout",), ())
    ]
