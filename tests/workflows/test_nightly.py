"""A night: each step by itself, nothing lost when it is cut short, and never two at once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from sqlmodel import Session

from connectors.jira import connect
from connectors.jira.stand_in import Site
from tests.conftest import SettableClock
from tests.connectors.jira.fixtures import atlassian_folder, jira_site
from tests.factories import (
    Action,
    InMemoryCatalog,
    InMemoryPostmortems,
    Service,
    catalog_snapshot,
    pattern,
    postmortem_text,
)
from tests.workflows.reading import everything, items, rows
from tracker.core.action_items import ItemState
from tracker.core.errors import GiveUp, HeldByAnother, NotFound, TryAgainLater
from tracker.core.nightly import CatalogLocation, PostmortemLocation, RunState, Step, StepReport
from tracker.core.ports import CatalogSource, IssueTracker, PostmortemSource
from tracker.storage import leases
from tracker.storage.leases import Holder
from tracker.storage.nightly_runs import NightlyRecord
from tracker.storage.tables import (
    ActionItem,
    CatalogSnapshot,
    ExposureEvaluation,
    NightlyRun,
    NightlyStep,
    Postmortem,
)
from tracker.workflows import nightly
from tracker.workflows.context import Context
from tracker.workflows.curate_lessons import add_pattern, create_lesson
from tracker.workflows.leases import holding
from tracker.workflows.nightly_steps import Work
from tracker.workflows.run_programs import add_lesson, create_program
from tracker.workflows.triage_action_items import accept_item, decline_item

__all__ = ["atlassian_folder", "jira_site"]

TTL = timedelta(seconds=90)


class Watching:
    """Hears how a run goes on, and lets something happen after each record."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.after_each: Callable[[], None] = lambda: None

    def began(self, step: Step) -> None:
        self.heard.append(f"{step} began")

    def moved(self, _report: StepReport) -> None:
        self.after_each()

    def ended(self, step: Step, report: StepReport, _took: timedelta) -> None:
        self.heard.append(f"{step} {report.state}")


@dataclass
class Night:
    """A night over sources in memory."""

    context: Context
    postmortems: InMemoryPostmortems = field(default_factory=InMemoryPostmortems)
    catalog: InMemoryCatalog = field(default_factory=InMemoryCatalog)
    tracker: IssueTracker | None = None
    faults: dict[str, Exception] = field(default_factory=dict)
    watch: Watching = field(default_factory=Watching)
    asked: list[str] = field(default_factory=list)

    def postmortem_source(self, name: str) -> PostmortemSource:
        self.asked.append(name)
        if name in self.faults:
            raise self.faults[name]
        return self.postmortems

    def catalog_source(self, name: str) -> CatalogSource:
        if name in self.faults:
            raise self.faults[name]
        return self.catalog

    def issue_tracker(self, name: str = "jira") -> IssueTracker:
        if name in self.faults:
            raise self.faults[name]
        assert self.tracker is not None
        return self.tracker

    @property
    def work(self) -> Work:
        return Work(
            [PostmortemLocation(name, source=name) for name in self.postmortems.texts],
            [CatalogLocation(name, kind=name) for name in self.catalog.snapshots],
            tracker="jira" if self.tracker or "jira" in self.faults else None,
            lease=TTL,
        )

    def run(self, **how: Any) -> NightlyRecord:
        return nightly.run(self.context, self, self.work, self.watch, **how)

    def is_over_after(self, records: int) -> Callable[[], str | None]:
        """Return what asks to stop once so many records are done, and a process that dies can be had by raising there."""
        done: list[None] = []
        self.watch.after_each = lambda: done.append(None)
        return lambda: "somebody asked" if len(done) >= records else None

    def dies_after(self, records: int) -> None:
        done: list[None] = []

        def count() -> None:
            done.append(None)
            if len(done) == records:
                raise Killed

        self.watch.after_each = count


class Killed(BaseException):
    """Stands for a process that ends in the middle."""


@pytest.fixture
def night(context: Context) -> Night:
    """Two postmortems, one catalog with two services, and a program that carries a lesson to them."""
    night = Night(context)
    night.postmortems.texts = {
        "checkout.md": postmortem_text(Action("Set a timeout", owner=""), title="Checkout stopped"),
        "search.md": postmortem_text(Action("Add an alarm"), title="Search stopped"),
    }
    night.catalog.snapshots = {"estate": catalog_snapshot(Service("checkout"), Service("search"))}
    create_lesson(context, "deadlines", "Deadlines", "Every call has a deadline.")
    add_pattern(context, "deadlines", pattern())
    return night


def states(record: NightlyRecord) -> dict[str, str]:
    return {str(step): str(state) for step, state in record.states.items()}


def says(record: NightlyRecord) -> list[str]:
    return [problem["says"] for one in record.attempts for problem in one.problems]


def test_a_night_reads_everything_and_finds_where_else(night: Night):
    record = night.run()
    assert states(record) == {"sources": "done", "catalog": "done", "exposures": "done", "sync": "skipped"}
    assert record.run.state is RunState.DONE
    counts = {str(step): one.counts for step, one in record.steps.items()}
    assert counts["sources"]["documents"] == counts["sources"]["documents_new"] == 2
    assert counts["catalog"]["entities_added"] == 2
    assert (counts["exposures"]["lessons"], counts["exposures"]["exposed"]) == (1, 2)
    assert night.watch.heard[:3] == ["sources began", "sources done", "catalog began"]


def test_a_second_night_changes_nothing_but_the_story_of_the_nights(night: Night):
    night.run()
    before = everything(night.context.database)
    night.run()
    after = everything(night.context.database)
    assert {name for name in after if after[name] != before[name]} == {"nightly_run", "nightly_step"}


def test_what_is_new_in_the_estate_joins_the_programs_work(night: Night):
    night.run()
    create_program(night.context, "waiting", "Bounded waiting")
    add_lesson(night.context, "waiting", "deadlines")
    night.catalog.snapshots = {
        "estate": replace(
            catalog_snapshot(*map(Service, ("checkout", "search", "basket"))),
            observed_at=night.context.now,
        )
    }
    record = night.run()
    assert record.steps[Step.EXPOSURES].counts["exposures_joined"] == 1
    assert any("basket" in (one.item.description or "") for one in items(night.context.database))


def test_a_program_that_is_over_gets_no_more_work(night: Night):
    night.run()
    create_program(night.context, "waiting", "Bounded waiting")
    add_lesson(night.context, "waiting", "deadlines")
    _set_program(night, "done")
    night.catalog.snapshots = {
        "estate": replace(catalog_snapshot(Service("basket")), observed_at=night.context.now)
    }
    counts = night.run().steps[Step.EXPOSURES].counts
    assert (counts["exposed"], counts["items_proposed"], counts["exposures_joined"]) == (1, 0, 0)


def _set_program(night: Night, state: str) -> None:
    night.context.database.transact(
        lambda session: session.connection().execute(text(f"UPDATE program SET state = '{state}'"))
    )


def test_an_item_whose_decline_ran_out_is_proposed_again(night: Night, clock: SettableClock):
    night.run()
    decline_item(night.context, 1, "not now", until=clock.now.date() + timedelta(days=2))
    clock.advance(timedelta(days=3))
    assert night.run().steps[Step.EXPOSURES].counts["items_returned"] == 1
    assert items(night.context.database)[0].item.state is ItemState.PROPOSED


def test_without_a_catalog_the_exposures_wait(night: Night):
    night.catalog.snapshots = {}
    record = night.run()
    assert record.steps[Step.EXPOSURES].remark == "no catalog has been imported yet"
    assert states(record)["catalog"] == "skipped"
    assert record.run.state is RunState.DONE


def test_steps_can_be_chosen_and_keep_their_order(night: Night):
    record = night.run(only=[Step.EXPOSURES, Step.CATALOG])
    assert list(record.steps) == [Step.CATALOG, Step.EXPOSURES]


# What goes wrong stays where it is


@pytest.mark.parametrize(
    "fault", [TryAgainLater("the wiki is away"), NotFound("no connector"), GiveUp("no permission")]
)
def test_a_place_that_cannot_be_read_fails_its_step_and_nothing_else(night: Night, fault: Exception):
    night.faults["checkout.md"] = fault
    record = night.run()
    assert states(record) == {"sources": "failed", "catalog": "done", "exposures": "done", "sync": "skipped"}
    assert says(record) == [str(fault)]
    assert [one.name for one in rows(night.context.database, Postmortem)] == ["search.md"]
    assert record.run.state is RunState.FAILED


def test_a_document_that_cannot_be_read_needs_a_person(night: Night):
    night.postmortems.texts["locked.md"] = None
    record = night.run()
    assert record.run.state is RunState.NEEDS_A_PERSON
    assert says(record) == ["locked.md: it is locked"]


def test_a_catalog_at_fault_needs_a_person_and_the_others_are_read(night: Night):
    night.catalog.snapshots = {"broken": None, **night.catalog.snapshots}
    record = night.run()
    assert states(record)["catalog"] == "needs_a_person"
    assert says(record) == ["broken:1: this is no catalog"]
    assert len(rows(night.context.database, CatalogSnapshot)) == 1


def test_two_catalogs_of_one_source_are_told(night: Night):
    night.catalog.snapshots["other"] = replace(
        catalog_snapshot(Service("basket")), observed_at=night.context.now
    )
    [told] = says(night.run())
    assert told == "other: replaced what estate said, for both are of the source 'terraform'"


def test_a_fault_of_the_program_is_logged_and_told_without_its_words(night: Night):
    night.faults["checkout.md"] = RuntimeError("s3cret words of a document")
    with structlog.testing.capture_logs() as logs:
        record = night.run()
    assert says(record) == ["checkout.md: the program is at fault (RuntimeError); the log has more"]
    assert states(record)["exposures"] == "done"
    crashed = [one for one in logs if one["log_level"] == "error"]
    assert [(one["event"], one["subject"]) for one in crashed] == [("nightly step crashed", "checkout.md")]


def test_each_step_is_logged_with_the_number_of_the_run(night: Night):
    structlog.reset_defaults()  # a command that ran before may have asked for warnings only
    merge = structlog.contextvars.merge_contextvars
    with structlog.testing.capture_logs(processors=[merge]) as logs:
        record = night.run()
    ended = [one for one in logs if one["event"] == "nightly step ended"]
    assert [one["step"] for one in ended] == list(Step)
    assert {one["nightly_run"] for one in ended} == {record.run.id}
    documents = [one for one in logs if one["event"] == "document ingested"]
    assert {one["nightly_run"] for one in documents} == {record.run.id}


# Cut short, and taken up again


@pytest.mark.parametrize("records", range(1, 5))
def test_a_night_that_died_is_taken_up_at_the_step_where_it_was(night: Night, records: int):
    undisturbed = 4
    night.dies_after(records)
    with pytest.raises(Killed):
        night.run()
    night.watch = Watching()
    record = night.run()
    assert record.run.id == 1
    assert record.run.state is RunState.DONE
    assert [one.state for one in record.attempts].count(RunState.INTERRUPTED) == 1
    assert len(record.attempts) == len(Step) + 1
    first = {1: "sources", 2: "sources", 3: "catalog", undisturbed: "exposures"}[records]
    assert night.watch.heard[0] == f"{first} began"
    database = night.context.database
    assert [
        len(rows(database, one)) for one in (Postmortem, ActionItem, CatalogSnapshot, ExposureEvaluation)
    ] == [2, 2, 1, 2]


def test_a_night_that_died_is_begun_anew_when_that_is_asked_for(night: Night):
    night.dies_after(3)
    with pytest.raises(Killed):
        night.run()
    night.watch = Watching()
    record = night.run(fresh=True)
    assert (record.run.id, len(record.attempts)) == (2, len(Step))
    assert [run.state for run in nightly.history(night.context, 5)] == [RunState.DONE, RunState.INTERRUPTED]


def test_a_night_that_died_is_not_taken_up_by_the_next_night(night: Night, clock: SettableClock):
    night.dies_after(3)
    with pytest.raises(Killed):
        night.run()
    night.watch = Watching()
    clock.advance(timedelta(hours=24))
    assert night.run().run.id == 2


def test_a_night_of_other_steps_does_not_take_it_up(night: Night):
    night.dies_after(3)
    with pytest.raises(Killed):
        night.run()
    night.watch = Watching()
    assert list(night.run(only=[Step.SYNC]).steps) == [Step.SYNC]


def test_when_asked_to_stop_no_further_record_is_begun(night: Night):
    record = night.run(asked_to_stop=night.is_over_after(1))
    assert states(record) == {"sources": "stopped"}
    assert record.steps[Step.SOURCES].remark == "somebody asked"
    assert record.run.state is RunState.STOPPED
    assert len(rows(night.context.database, Postmortem)) == 1


def test_a_night_that_was_stopped_is_completed_by_the_next_run(night: Night):
    night.run(asked_to_stop=night.is_over_after(3))
    record = night.run()
    assert record.run.id == 1
    assert [(str(one.step), str(one.state)) for one in record.attempts] == [
        ("sources", "done"),
        ("catalog", "done"),
        ("exposures", "done"),
        ("sync", "skipped"),
    ]


def test_after_the_deadline_nothing_is_begun(night: Night, clock: SettableClock):
    night.watch.after_each = lambda: clock.advance(timedelta(minutes=40))
    record = night.run(deadline=timedelta(hours=1))
    assert states(record) == {"sources": "stopped"}
    assert record.steps[Step.SOURCES].counts["documents"] == 2
    assert record.steps[Step.SOURCES].remark == "the deadline has come"


def test_each_attempt_has_all_the_time_again(night: Night, clock: SettableClock):
    night.watch.after_each = lambda: clock.advance(timedelta(minutes=40))
    night.run(deadline=timedelta(hours=1))
    assert night.run(deadline=timedelta(hours=9)).run.state is RunState.DONE


# Never two at once


def test_while_another_is_at_it_nothing_is_done(night: Night, acting: Callable[[str], Context]):
    with (
        holding(acting("ada"), nightly.LEASE, TTL),
        pytest.raises(HeldByAnother, match="another nightly run is at work: ada holds it"),
    ):
        night.run()
    assert rows(night.context.database, NightlyRun) == []


def _another_takes_over(night: Night) -> None:
    def work(session: Session) -> None:
        ada = Holder("ada", "pier-1", 1)
        leases.acquire(session, nightly.LEASE, ada, night.context.now + 2 * TTL, TTL)

    night.watch.after_each = lambda: None
    night.context.database.transact(work)


def test_whoever_lost_the_lease_changes_nothing_more(night: Night):
    night.postmortems.texts["basket.md"] = postmortem_text(title="The basket was empty")
    night.watch.after_each = lambda: _another_takes_over(night)
    with pytest.raises(HeldByAnother, match=r"ada holds it .* it took over"):
        night.run()
    assert len(rows(night.context.database, Postmortem)) == 1
    assert [one.state for one in rows(night.context.database, NightlyStep)] == [RunState.RUNNING]
    assert night.asked == ["checkout.md", "search.md"]


def test_a_run_whose_process_is_gone_is_shown_as_interrupted(night: Night):
    night.dies_after(1)
    with pytest.raises(Killed):
        night.run()
    assert nightly.show(night.context, 1).run.state is RunState.INTERRUPTED
    assert rows(night.context.database, NightlyRun)[0].state is RunState.RUNNING


def test_a_run_that_is_going_on_is_shown_as_running(night: Night):
    seen: list[RunState] = []
    night.watch.after_each = lambda: seen.append(nightly.history(night.context, 1)[0].state)
    night.run()
    assert set(seen) == {RunState.RUNNING}


def test_a_run_that_never_was_is_not_found(night: Night):
    with pytest.raises(NotFound, match="no nightly run 7; see `elsewhere nightly runs`"):
        nightly.show(night.context, 7)


# The sync


@pytest.fixture
def synced(night: Night, jira_site: Site) -> Night:
    """The night with a Jira, and one item that was accepted."""
    night.run()
    accept_item(night.context, 1)
    night.tracker = connect({**jira_site.settings, "PRIORITIES": '{"P1": "High"}'})
    return night


def test_what_was_accepted_gets_an_issue(synced: Night, jira_site: Site):
    record = synced.run()
    assert says(record) == []
    assert record.steps[Step.SYNC].counts["create"] == 1
    assert [issue.values["summary"] for issue in jira_site.issues] == ["Set a timeout"]


def test_a_tracker_that_is_set_up_wrong_fails_the_sync_alone(synced: Night):
    synced.faults["jira"] = GiveUp("the token was refused")
    record = synced.run()
    assert states(record) == {"sources": "done", "catalog": "done", "exposures": "done", "sync": "failed"}
    assert says(record) == ["the token was refused"]


def test_a_sync_by_a_person_at_the_same_time_fails_the_sync_alone(
    synced: Night, acting: Callable[[str], Context]
):
    with holding(acting("ada"), "sync", TTL):
        record = synced.run()
    assert states(record)["sync"] == "failed"
    [told] = says(record)
    assert told.startswith("another sync run is at work: ada holds it")


def test_asked_to_stop_the_sync_ends_where_it_is(synced: Night, jira_site: Site):
    record = synced.run(asked_to_stop=lambda: "somebody asked" if len(jira_site.requests) else None)
    assert states(record)["sync"] == "stopped"
    assert record.steps[Step.SYNC].remark == "somebody asked"
    assert jira_site.requests.writes == []


# A dry run


def test_a_dry_run_says_what_would_be_read_and_writes_nothing(synced: Night, jira_site: Site):
    before = everything(synced.context.database)
    reports = nightly.rehearse(synced.context, synced, synced.work, synced.watch)
    assert reports[Step.SOURCES].counts == {"documents": 2}
    assert reports[Step.CATALOG].counts == {"catalogs": 1, "entities": 2, "relations": 2}
    assert reports[Step.EXPOSURES].counts == {"lessons": 1, "programs": 0}
    assert reports[Step.SYNC].counts == {"items": 1, "create": 1}
    assert everything(synced.context.database) == before
    assert jira_site.requests.writes == []


def test_a_dry_run_tells_what_would_go_wrong(night: Night):
    night.postmortems.texts["locked.md"] = None
    night.catalog.snapshots = {"broken": None}
    night.faults["search.md"] = TryAgainLater("the wiki is away")
    reports = nightly.rehearse(night.context, night, night.work, night.watch)
    told = [(one.says, one.needs_a_person) for report in reports.values() for one in report.problems]
    assert told == [
        ("the wiki is away", False),
        ("locked.md: it is locked", True),
        ("broken:1: this is no catalog", True),
    ]
