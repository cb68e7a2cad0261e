"""What people decide about exposures is kept for ever, and brings them where they say."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.conftest import SettableClock
from tests.factories import Service, pattern
from tests.workflows.estate import Estate
from tests.workflows.reading import everything, history, last_change, rows
from tracker.core.errors import InvalidInput, InvalidMove, NotFound, VersionChanged
from tracker.core.exposures import Decision, ExposureState
from tracker.storage.session import Database
from tracker.storage.tables import Exposure, ExposureDecision
from tracker.workflows.context import Context
from tracker.workflows.curate_lessons import add_pattern, create_lesson
from tracker.workflows.decide_exposures import decide_exposure

CHECKOUT, BASKET = Service("checkout"), Service("basket", 250)
S, D = ExposureState, Decision
LATER = date(2026, 6, 1)


@pytest.fixture
def estate(context: Context) -> Estate:
    create_lesson(context, "deadlines", "Set a deadline", "Slow is worse than down.")
    add_pattern(context, "deadlines", pattern())
    estate = Estate(context)
    estate.evaluate(CHECKOUT, BASKET)
    return estate


@pytest.mark.parametrize(
    ("decision", "justification", "until"),
    [
        (D.UNDER_INVESTIGATION, None, None),
        (D.AFFECTED, "It waits for ever.", None),
        (D.NOT_AFFECTED, "It has been read-only since May.", None),
        (D.RISK_ACCEPTED, None, LATER),
    ],
)
def test_a_decision_is_kept_with_who_made_it_and_brings_the_exposure_there(
    context: Context,
    estate: Estate,
    database: Database,
    *,
    decision: Decision,
    justification: str | None,
    until: date | None,
) -> None:
    decided = decide_exposure(context, 1, decision, justification=justification, until=until)
    assert estate.exposure.state == decided.record.exposure.state == decision
    (kept,) = rows(database, ExposureDecision)
    assert (kept.decision, kept.justification, kept.until, kept.actor, kept.decided_at) == (
        decision,
        justification,
        until,
        "grace",
        context.now,
    )
    assert last_change(database, estate.exposure).detail == {
        "from": "undecided",
        "to": decision,
        "why": justification,
        "until": until.isoformat() if until else None,
    }


@pytest.mark.usefixtures("estate")
def test_earlier_decisions_stay_and_the_newest_comes_first(acting: Callable[[str], Context]) -> None:
    decide_exposure(acting("ada"), 1, D.AFFECTED)
    decided = decide_exposure(acting("mara"), 1, D.NOT_AFFECTED, justification="It is switched off.")
    assert [(one.actor, one.decision) for one in decided.decisions] == [
        ("mara", D.NOT_AFFECTED),
        ("ada", D.AFFECTED),
    ]
    assert decided.record.decision == decided.decisions[0]


def test_deciding_is_of_the_version_that_was_read(context: Context, estate: Estate) -> None:
    version = estate.exposure.version
    decide_exposure(context, 1, D.AFFECTED, expected_version=version)
    with pytest.raises(VersionChanged, match=f"version {version + 1}, not {version}"):
        decide_exposure(context, 1, D.NOT_AFFECTED, justification="No.", expected_version=version)
    assert estate.exposure.state is S.AFFECTED


# The life of a decision


def test_the_same_evidence_leaves_a_decision_as_it_is(context: Context, estate: Estate) -> None:
    decide_exposure(context, 1, D.RISK_ACCEPTED, until=LATER)
    assert estate.evaluate(CHECKOUT, BASKET).state is S.RISK_ACCEPTED


def test_changed_evidence_asks_again_and_forgets_no_decision(
    context: Context, estate: Estate, database: Database
) -> None:
    decide_exposure(context, 1, D.NOT_AFFECTED, justification="It is switched off.")
    add_pattern(context, "deadlines", pattern("waits-too"))
    assert estate.evaluate(CHECKOUT).state is S.UNDER_INVESTIGATION
    assert [one.decision for one in rows(database, ExposureDecision)] == [D.NOT_AFFECTED]


def test_an_accepted_risk_is_looked_at_again_on_its_day(
    context: Context, estate: Estate, database: Database, clock: SettableClock
) -> None:
    decide_exposure(context, 1, D.RISK_ACCEPTED, until=LATER)
    clock.advance(timedelta(days=90))
    assert estate.evaluate(CHECKOUT).state is S.RISK_ACCEPTED
    clock.advance(timedelta(days=1))
    assert (context.now.date(), estate.evaluate(CHECKOUT).state) == (LATER, S.UNDER_INVESTIGATION)
    assert (
        last_change(database, estate.exposure).detail["why"] == "the risk was accepted until 2026-06-01 only"
    )


def test_only_the_last_acceptance_counts(context: Context, estate: Estate, clock: SettableClock) -> None:
    decide_exposure(context, 1, D.RISK_ACCEPTED, until=LATER)
    decide_exposure(context, 1, D.RISK_ACCEPTED, until=LATER + timedelta(days=30))
    clock.advance(timedelta(days=100))
    assert estate.evaluate(CHECKOUT).state is S.RISK_ACCEPTED


def test_an_accepted_risk_that_is_fixed_stays_fixed_when_its_day_comes(
    context: Context, estate: Estate, clock: SettableClock
) -> None:
    decide_exposure(context, 1, D.RISK_ACCEPTED, until=LATER)
    estate.evaluate(Service("checkout", 250))
    clock.advance(timedelta(days=100))
    assert estate.evaluate(Service("checkout", 250)).state is S.FIXED


def test_what_is_gone_is_confirmed_once_and_asked_about_when_it_is_back(
    context: Context, estate: Estate, database: Database
) -> None:
    assert estate.evaluate(BASKET).state is S.RETIRED
    with pytest.raises(InvalidMove, match="gone from the catalog: decide not_affected"):
        decide_exposure(context, 1, D.AFFECTED)
    decide_exposure(context, 1, D.NOT_AFFECTED, justification="Switched off in May.")
    settled = everything(database)
    estate.ask()
    assert everything(database) == settled
    assert estate.evaluate(CHECKOUT, BASKET).state is S.UNDER_INVESTIGATION


def test_what_was_not_affected_needs_no_confirmation_when_it_goes(context: Context, estate: Estate) -> None:
    decide_exposure(context, 1, D.NOT_AFFECTED, justification="It is read-only.")
    assert estate.evaluate(BASKET).state is S.NOT_AFFECTED
    assert estate.evaluate(CHECKOUT, BASKET).state is S.NOT_AFFECTED


def test_people_may_know_better_than_the_catalog(context: Context, estate: Estate) -> None:
    estate.evaluate(Service("checkout", 250))
    decide_exposure(context, 1, D.AFFECTED, justification="The setting is not read.")
    assert estate.evaluate(Service("checkout", 250)).state is S.AFFECTED


# Bad input


@pytest.mark.usefixtures("estate")
@pytest.mark.parametrize(
    ("decision", "justification", "until", "problem"),
    [
        (D.NOT_AFFECTED, None, None, "--justification: say why"),
        (D.NOT_AFFECTED, " \n", None, "--justification: say why"),
        (D.RISK_ACCEPTED, "We know.", None, "--until: say until when"),
        (D.RISK_ACCEPTED, "We know.", date(2026, 3, 2), "--until: 2026-03-02 is not in the future"),
        (D.AFFECTED, None, LATER, "--until: only risk_accepted has an end"),
    ],
)
def test_a_decision_without_what_it_has_to_say_is_refused(
    context: Context,
    database: Database,
    *,
    decision: Decision,
    justification: str | None,
    until: date | None,
    problem: str,
) -> None:
    before = everything(database)
    with pytest.raises(InvalidInput, match=problem):
        decide_exposure(context, 1, decision, justification=justification, until=until)
    assert everything(database) == before


@pytest.mark.usefixtures("estate")
def test_an_exposure_that_is_not_there_is_named(context: Context) -> None:
    with pytest.raises(NotFound, match="no exposure 2"):
        decide_exposure(context, 2, D.AFFECTED)


def test_each_change_is_in_the_audit_trail(context: Context, estate: Estate, database: Database) -> None:
    decide_exposure(context, 1, D.AFFECTED)
    estate.evaluate(Service("checkout", 250))
    (exposure,) = rows(database, Exposure)
    assert [entry.action for entry in history(database, exposure)] == [
        "exposure found",
        "exposure affected",
        "exposure fixed",
    ]
