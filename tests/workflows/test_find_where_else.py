"""Where a lesson applies is kept as exposures, whose life follows the catalog and people's decisions."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.conftest import SettableClock
from tests.factories import Service, pattern, pattern_text
from tests.workflows.estate import Estate
from tests.workflows.reading import everything, history, last_change, rows
from tracker.core.catalog import Ref
from tracker.core.errors import ChangedMeanwhile, InvalidInput, NotFound
from tracker.core.exposures import ExposureState, ExposureVerdict
from tracker.core.patterns import Truth, parse_pattern
from tracker.storage.session import Database
from tracker.storage.tables import CatalogEntity, Exposure, ExposureEvaluation
from tracker.workflows.context import Context
from tracker.workflows.curate_lessons import add_pattern, create_lesson
from tracker.workflows.find_where_else import KnownGraph, by_lesson, by_patterns, why

CHECKOUT, BASKET, SEARCH = Service("checkout"), Service("basket", 250), Service("search", ...)
EXPOSED, NOT_EXPOSED, UNKNOWN = ExposureVerdict.EXPOSED, ExposureVerdict.NOT_EXPOSED, ExposureVerdict.UNKNOWN
S = ExposureState


@pytest.fixture
def estate(context: Context) -> Estate:
    create_lesson(context, "deadlines", "Set a deadline", "Slow is worse than down.")
    add_pattern(context, "deadlines", pattern())
    return Estate(context)


def refs(found: Iterator[object] | tuple[object, ...]) -> list[str]:
    return [one.ref.rpartition("/")[2] for one in found]  # type: ignore[attr-defined]


def test_every_entity_is_exposed_unknown_or_ruled_out(estate: Estate) -> None:
    estate.is_now(CHECKOUT, BASKET, SEARCH)
    report = estate.ask().report
    assert (refs(report.exposed), refs(report.unknown)) == (["checkout"], ["search"])
    assert sorted(report.ruled_out) == ["component:default/basket", "group:default/payments"]


def test_one_graph_serves_many_questions_until_something_is_imported(estate: Estate) -> None:
    known = KnownGraph()
    estate.is_now(CHECKOUT)
    first, second = (by_lesson(estate.context, "deadlines", known=known).graph for _ in range(2))
    assert second is first
    estate.is_now(CHECKOUT, Service("till"))
    third = by_lesson(estate.context, "deadlines", known=known)
    assert refs(third.report.exposed) == ["checkout", "till"]


def test_rows_exist_only_where_exposed(estate: Estate, database: Database) -> None:
    estate.is_now(CHECKOUT, BASKET, SEARCH)
    estate.ask()
    assert estate.by_ref() == {"component:default/checkout": S.UNDECIDED}
    exposure = estate.exposure
    assert (exposure.verdict, exposure.snapshot_id, exposure.first_exposed_at) == (
        EXPOSED,
        1,
        estate.context.now,
    )
    (evaluation,) = rows(database, ExposureEvaluation)
    assert evaluation.pattern_versions == [{"pattern": "waits-for-ever", "version": 1}]
    assert evaluation.fingerprint == exposure.fingerprint
    assert evaluation.evidence[-1]["leaf"].startswith("waits-for-ever#/")
    assert {line["source"] for line in evaluation.evidence} == {"terraform"}
    found = last_change(database, exposure)
    assert (found.actor, found.action, found.detail) == ("grace", "exposure found", {"lesson": "deadlines"})


def test_asking_again_writes_nothing(estate: Estate, database: Database, clock: SettableClock) -> None:
    estate.is_now(CHECKOUT, Service("till"), BASKET)
    estate.ask()
    before = everything(database)
    clock.advance(timedelta(days=1))
    estate.ask()
    assert everything(database) == before


def test_an_import_that_changes_nothing_that_matters_writes_no_evaluation(estate: Estate) -> None:
    estate.evaluate(CHECKOUT)
    estate.evaluate(CHECKOUT, BASKET)
    assert estate.evaluations() == [EXPOSED]


def test_a_question_about_patterns_alone_keeps_nothing(
    context: Context, database: Database, estate: Estate
) -> None:
    estate.is_now(CHECKOUT)
    before = everything(database)
    assert refs(by_patterns(context, [pattern("unstored")]).report.exposed) == ["checkout"]
    (stored,) = by_patterns(context, ["waits-for-ever"]).report.patterns
    assert (stored.pattern.name, stored.version) == ("waits-for-ever", 1)
    by_lesson(context, "deadlines", keep=False)
    assert everything(database) == before


def test_why_tells_of_one_entity_by_any_of_its_names(context: Context, estate: Estate) -> None:
    estate.is_now(Service("checkout", aliases=("component:default/till",)), BASKET)
    verdict, _ = why(context, [], "deadlines", Ref("component:default/till"))
    assert (verdict.ref, verdict.truth) == ("component:default/checkout", Truth.TRUE)
    assert why(context, [pattern()], None, Ref("component:default/basket"))[0].truth is Truth.FALSE
    with pytest.raises(NotFound, match="component:default/mail is not in the catalog"):
        why(context, ["waits-for-ever"], None, Ref("component:default/mail"))


# Bad input


def test_without_a_catalog_it_says_what_to_do(context: Context, estate: Estate) -> None:
    for ask in (
        estate.ask,
        lambda: by_patterns(context, [pattern()]),
        lambda: why(context, [pattern()], None, Ref("component:default/checkout")),
    ):
        with pytest.raises(InvalidInput, match="elsewhere catalog import"):
            ask()


def test_a_lesson_without_a_pattern_says_what_to_do(context: Context, estate: Estate) -> None:
    create_lesson(context, "patience", "Wait", "Wait.")
    estate.is_now(CHECKOUT)
    with pytest.raises(
        InvalidInput, match=r"lesson patience: no pattern .* `elsewhere lessons add-pattern patience FILE`"
    ):
        by_lesson(context, "patience")


def test_what_is_not_there_is_named(context: Context, database: Database, estate: Estate) -> None:
    estate.is_now(CHECKOUT)
    with pytest.raises(NotFound, match="no lesson 'patience'"):
        by_lesson(context, "patience")
    with pytest.raises(NotFound, match="no pattern 'patience'"):
        by_patterns(context, ["patience"])
    with pytest.raises(NotFound, match="origin component:default/mail"):
        by_lesson(context, "deadlines", origin=Ref("component:default/mail"))
    assert rows(database, Exposure) == []


# The life of an exposure


def test_what_the_pattern_no_longer_matches_is_fixed_and_regressed_when_it_does_again(
    estate: Estate, database: Database
) -> None:
    assert estate.evaluate(CHECKOUT).state is S.UNDECIDED
    fixed = estate.evaluate(Service("checkout", 250))
    assert (fixed.verdict, fixed.state) == (NOT_EXPOSED, S.FIXED)
    back = estate.evaluate(CHECKOUT)
    assert (back.verdict, back.state) == (EXPOSED, S.REGRESSED)
    assert estate.evaluate(Service("checkout", 250)).state is S.FIXED
    assert [(entry.action, entry.actor) for entry in history(database, back)] == [
        ("exposure found", "grace"),
        ("exposure fixed", "grace"),
        ("exposure regressed", "grace"),
        ("exposure fixed", "grace"),
    ]
    assert history(database, back)[2].detail == {
        "from": "fixed",
        "to": "regressed",
        "why": "the pattern matches again",
    }


def test_the_history_of_evaluations_is_only_added_to(estate: Estate, database: Database) -> None:
    seen: list[dict[str, object]] = []
    for timeout in (None, 250, ..., None, None):
        estate.evaluate(Service("checkout", timeout))
        now = [row.model_dump() for row in rows(database, ExposureEvaluation)]
        assert now[: len(seen)] == seen
        seen = now
    assert estate.evaluations() == [EXPOSED, NOT_EXPOSED, UNKNOWN, EXPOSED]
    assert [row["snapshot_id"] for row in seen] == [1, 2, 3, 4]


@pytest.mark.parametrize("decided", [S.AFFECTED, S.NOT_AFFECTED, S.RISK_ACCEPTED])
def test_changed_evidence_puts_a_decision_under_investigation(
    context: Context, estate: Estate, decided: ExposureState
) -> None:
    estate.evaluate(CHECKOUT)
    estate.decide(decided)
    assert estate.evaluate(CHECKOUT).state is decided
    add_pattern(context, "deadlines", pattern("waits-too"))
    assert estate.evaluate(CHECKOUT).state is S.UNDER_INVESTIGATION


def test_a_second_witness_of_the_same_evidence_leaves_a_decision_standing(estate: Estate) -> None:
    estate.evaluate(CHECKOUT)
    estate.decide(S.NOT_AFFECTED)
    estate.is_now(CHECKOUT, source="a-second-witness")
    estate.ask()
    assert estate.exposure.state is S.NOT_AFFECTED


def test_what_an_edited_pattern_no_longer_matches_was_not_fixed_by_that(
    context: Context, estate: Estate
) -> None:
    estate.evaluate(CHECKOUT)
    add_pattern(context, "deadlines", parse_pattern(pattern_text() + "tier: 9\n"))
    estate.ask()
    assert (estate.exposure.verdict, estate.exposure.state) == (NOT_EXPOSED, S.UNDER_INVESTIGATION)
    estate.ask()
    assert estate.exposure.state is S.UNDER_INVESTIGATION
    assert estate.evaluate(Service("checkout", 250)).state is S.UNDER_INVESTIGATION


def test_a_new_pattern_version_that_finds_other_evidence_asks_again(context: Context, estate: Estate) -> None:
    estate.evaluate(CHECKOUT)
    estate.decide(S.NOT_AFFECTED)
    add_pattern(context, "deadlines", pattern(about="Better explained."))
    assert estate.evaluate(CHECKOUT).state is S.NOT_AFFECTED
    add_pattern(context, "deadlines", pattern("waits-too"))
    assert estate.evaluate(CHECKOUT).state is S.UNDER_INVESTIGATION


@pytest.mark.parametrize("decided", [S.AFFECTED, S.NOT_AFFECTED, S.RISK_ACCEPTED])
def test_a_decision_outlives_a_time_in_which_nobody_could_tell(
    estate: Estate, decided: ExposureState
) -> None:
    estate.evaluate(CHECKOUT)
    estate.decide(decided)
    lost = estate.evaluate(Service("checkout", ...))
    assert (lost.verdict, lost.state) == (UNKNOWN, decided)
    again = estate.evaluate(CHECKOUT)
    assert (again.verdict, again.state) == (EXPOSED, decided)


def test_what_was_fixed_stays_so_while_nobody_can_tell(estate: Estate) -> None:
    estate.evaluate(CHECKOUT)
    estate.evaluate(Service("checkout", 250))
    lost = estate.evaluate(Service("checkout", ...))
    assert (lost.verdict, lost.state) == (UNKNOWN, S.FIXED)


def test_not_affected_stays_so_when_it_is_ruled_out_and_matched_again(estate: Estate) -> None:
    estate.evaluate(CHECKOUT)
    estate.decide(S.NOT_AFFECTED)
    assert estate.evaluate(Service("checkout", 250)).state is S.NOT_AFFECTED
    assert estate.evaluate(CHECKOUT).state is S.NOT_AFFECTED


@pytest.mark.parametrize(
    ("comes_back_as", "state"),
    [
        (CHECKOUT, S.UNDER_INVESTIGATION),
        (Service("checkout", ...), S.UNDER_INVESTIGATION),
        (Service("checkout", 250), S.FIXED),
    ],
    ids=["exposed", "unknown", "ruled out"],
)
def test_an_entity_that_is_gone_retires_its_exposure_until_it_is_back(
    estate: Estate, database: Database, comes_back_as: Service, state: ExposureState
) -> None:
    estate.evaluate(CHECKOUT, BASKET)
    assert estate.evaluate(BASKET).state is S.RETIRED
    gone = everything(database)
    estate.ask()
    assert everything(database) == gone
    assert estate.evaluate(comes_back_as, BASKET).state is state


def test_an_exposure_follows_its_entity_to_its_new_name(estate: Estate) -> None:
    estate.evaluate(Service("till"))
    estate.decide(S.NOT_AFFECTED)
    estate.evaluate(Service("checkout", aliases=("component:default/till",)))
    assert estate.by_ref() == {"component:default/checkout": S.NOT_AFFECTED}


def test_of_two_exposures_of_what_became_one_entity_the_one_that_had_its_name_goes_on(estate: Estate) -> None:
    estate.is_now(Service("till"), CHECKOUT)
    estate.ask()
    estate.is_now(Service("checkout", aliases=("component:default/till",)))
    estate.ask()
    assert estate.by_ref() == {"component:default/checkout": S.UNDECIDED, "component:default/till": S.RETIRED}


@pytest.mark.parametrize(
    "claims",
    [
        {"a": ("component:default/b",), "b": ("component:default/a",)},
        {"a": ("component:default/x",), "b": ("component:default/x",), "x": ()},
    ],
    ids=["each other", "a third"],
)
def test_sources_that_disagree_about_names_break_nothing(
    estate: Estate, database: Database, claims: dict[str, tuple[str, ...]]
) -> None:
    for name, aliases in claims.items():
        estate.is_now(Service(name, aliases=aliases), source=f"from-{name}")
    first = estate.ask()
    assert first.report.exposed
    kept = everything(database)
    estate.ask()
    assert everything(database) == kept


# Others at work


class Watched(Database):
    """A database in which somebody else acts after each time that it was read."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with super().reading() as session:
            yield session
        self.meanwhile()


@pytest.fixture
def watched(database_url: str) -> Iterator[Watched]:
    with closing(Watched(database_url)) as watched:
        yield watched


def test_a_catalog_that_changes_while_it_is_asked_is_asked_again(
    estate: Estate, watched: Watched, context: Context
) -> None:
    estate.is_now(CHECKOUT)
    changes = iter([Service("checkout", 250)])

    def change() -> None:
        for service in changes:
            estate.is_now(service, Service("till"))

    watched.meanwhile = change
    answer = by_lesson(Context(watched, context.clock, "grace"), "deadlines")
    assert refs(answer.report.exposed) == ["till"]
    assert answer.snapshot == 2
    assert estate.by_ref() == {"component:default/till": S.UNDECIDED}


def test_a_catalog_that_never_rests_is_reported_and_nothing_is_kept(
    estate: Estate, watched: Watched, context: Context, database: Database
) -> None:
    estate.is_now(CHECKOUT)
    watched.meanwhile = lambda: estate.is_now(CHECKOUT)
    with pytest.raises(ChangedMeanwhile, match="catalog kept changing"):
        by_lesson(Context(watched, context.clock, "grace"), "deadlines")
    assert rows(database, Exposure) == []


def test_two_that_ask_at_once_keep_each_exposure_once(
    estate: Estate, acting: Callable[[str], Context], database: Database
) -> None:
    estate.is_now(*(Service(f"service-{number}") for number in range(12)))
    with ThreadPoolExecutor(2) as pool:
        for run in [pool.submit(by_lesson, acting(actor), "deadlines") for actor in ("alan", "ada")]:
            run.result()
    assert len(rows(database, Exposure)) == len(rows(database, ExposureEvaluation)) == 12
    assert {ref.kind for ref in rows(database, CatalogEntity)} == {"component", "group"}
