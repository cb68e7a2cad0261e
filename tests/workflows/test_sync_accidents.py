"""A sync that is cut short, refused or overtaken: nothing is made twice, nothing is lost, and the next run goes on."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from connectors.jira.stand_in import (
    LoseAnswer,
    Meanwhile,
    failing,
)
from tests.workflows.reading import rows
from tests.workflows.syncing import Sync, change, creation, kinds, reading
from tracker.core.errors import HeldByAnother
from tracker.core.issue_sync import LinkState
from tracker.storage.tables import Lease, RunState, SyncRun
from tracker.workflows.triage_action_items import (
    Edit,
    edit_item,
)


@pytest.mark.parametrize("lag", [timedelta(), timedelta(seconds=50)], ids=["quick index", "slow index"])
@pytest.mark.parametrize("arrives", [True, False], ids=["made", "not made"])
def test_a_lost_answer_makes_no_twin(sync: Sync, lag: timedelta, *, arrives: bool) -> None:
    sync.site.index_lag = lag
    sync.item("one")
    sync.item("two")
    sync.site.faults.add(LoseAnswer(arrives), when=creation)
    sync.run()
    sync.clock.advance(timedelta(minutes=20))
    sync.run()
    assert sorted(one.values["summary"] for one in sync.site.issues) == ["one", "two"]
    assert {sync.link(1).issue_key, sync.link(2).issue_key} == {one.key for one in sync.site.issues}
    assert sync.run().decisions == ()


def test_a_run_that_cannot_wait_holds_the_item_and_says_so(sync: Sync) -> None:
    sync.site.index_lag = timedelta(hours=1)
    sync.item()
    sync.site.faults.add(LoseAnswer(), when=creation)
    sync.wait = lambda _seconds: None  # type: ignore[method-assign]
    record = sync.run()
    assert kinds(record) == ["hold"]
    assert len(sync.site.issues) == 1
    sync.clock.advance(timedelta(hours=2))
    assert "found by its marker" in sync.run().decisions[0].decision.reason
    assert len(sync.site.issues) == 1


def test_a_lost_answer_to_a_change_is_no_conflict(sync: Sync) -> None:
    sync.item(due=date(2026, 5, 1), description="Old.")
    sync.run()
    edit_item(sync.context, 1, Edit(due=date(2026, 5, 2), description="New  *words*.\n\n\nhttps://a.example"))
    sync.site.faults.add(LoseAnswer(), when=change)
    assert sorted(kinds(sync.run())) == ["push description", "push due"]
    assert len(sync.writes) > 0
    assert sync.run().decisions == ()
    assert sync.writes == []


def test_a_change_that_never_arrived_is_made_by_the_next_run(sync: Sync) -> None:
    sync.item()
    sync.run()
    edit_item(sync.context, 1, Edit(title="New"))
    sync.site.faults.add(LoseAnswer(after_the_work=False), when=change, times=9)
    sync.run()
    sync.site.faults.clear()
    sync.run()
    assert sync.site.issues[0].values["summary"] == "New"
    assert sync.run().decisions == ()


def test_what_a_person_writes_right_after_us_is_theirs(sync: Sync) -> None:
    sync.item()
    sync.run()
    edit_item(sync.context, 1, Edit(title="Ours"))
    happens = Meanwhile(lambda: sync.site.edit("OPS-1", summary="Theirs"), after_the_work=True)
    sync.site.faults.add(happens, when=change)
    sync.run()
    sync.run()
    assert (sync.row().title, sync.site.issues[0].values["summary"]) == ("Theirs", "Theirs")


def test_what_a_person_writes_elsewhere_right_before_us_is_not_lost(sync: Sync) -> None:
    sync.item(due=date(2026, 5, 1))
    sync.run()
    edit_item(sync.context, 1, Edit(title="Ours"))
    happens = Meanwhile(lambda: sync.site.edit("OPS-1", duedate="2026-06-01"))
    sync.site.faults.add(happens, when=change)
    sync.run()
    sync.run()
    assert (sync.row().due, sync.site.issues[0].values["summary"]) == (date(2026, 6, 1), "Ours")


def test_an_item_that_is_refused_does_not_stop_the_others(sync: Sync) -> None:
    for title in ("one", "two"):
        sync.item(title)
    sync.run()
    edit_item(sync.context, 1, Edit(title="one!", priority="Unheard of"))
    edit_item(sync.context, 2, Edit(title="two!"))
    record = sync.run()
    assert [one.values["summary"] for one in sync.site.issues] == ["one!", "two!"]
    assert "refused priority" in kinds(record)
    assert sync.link(1).message == record.waiting[0].decision.reason
    assert sync.writes
    again = sync.run()
    assert (again.decisions, len(again.waiting), sync.writes) == ((), 1, [])
    edit_item(sync.context, 1, Edit(priority="High"))
    assert (kinds(sync.run()), sync.link(1).message) == (["push priority"], None)


def test_a_new_issue_that_is_refused_is_told_once_and_made_when_it_can_be(sync: Sync) -> None:
    sync.site.custom_fields["customfield_10001"] = "Squad"
    sync.site.required_fields.add("customfield_10001")
    sync.item()
    record = sync.run()
    assert (kinds(record), sync.link().state) == (["refused"], LinkState.NOT_MADE)
    assert "Squad is required" in (sync.link().message or "")
    again = sync.run()
    assert (again.decisions, [one.decision.kind for one in again.waiting]) == ((), ["refused"])
    sync.site.required_fields.clear()
    assert kinds(sync.run()) == []
    assert (kinds(sync.run(retry=True)), sync.link().message) == (["create"], None)


def test_what_was_refused_is_asked_for_again_the_next_night_or_when_the_item_changed(sync: Sync) -> None:
    sync.site.required_fields.add("duedate")
    for title in ("one", "two"):
        sync.item(title)
    sync.run()
    sync.clock.advance(timedelta(minutes=1))
    edit_item(sync.context, 1, Edit(due=date(2026, 5, 1)))
    assert kinds(sync.run()) == ["create"]
    sync.site.required_fields.clear()
    sync.clock.advance(timedelta(hours=23))
    assert kinds(sync.run()) == ["create"]
    assert len(sync.site.issues) == 2


def test_a_priority_that_the_site_does_not_know_costs_an_issue_nothing_but_its_priority(sync: Sync) -> None:
    sync.item(priority="P1", owner="Mara")
    record = sync.run()
    assert sorted(kinds(record)) == ["create", "refused assignee", "refused priority"]
    assert (sync.row().priority, sync.link().state) == ("P1", LinkState.LINKED)
    assert sync.writes
    again = sync.run()
    assert (again.decisions, sync.writes) == ((), [])
    sync.clock.advance(timedelta(hours=23))
    later = sync.run()
    assert (later.decisions, sync.writes, later.needs_a_person) == ((), [], False)


def test_a_token_that_expires_stops_the_run_before_anything_is_believed(sync: Sync) -> None:
    sync.item()
    sync.run()
    sync.site.token_has_expired = True
    record = sync.run()
    assert record.run.state is RunState.STOPPED
    assert record.run.problem
    assert sync.link().state is LinkState.LINKED


def test_a_token_that_expires_in_the_middle_loses_no_issue(sync: Sync) -> None:
    sync.item()
    sync.run()

    def expire() -> None:
        sync.site.token_has_expired = True

    sync.site.faults.add(Meanwhile(expire), when=reading)
    assert sync.run().run.state is RunState.STOPPED
    assert sync.link().state is LinkState.LINKED


def test_a_site_that_is_too_busy_stops_the_run_and_the_next_goes_on(sync: Sync) -> None:
    for number in range(3):
        sync.item(f"item {number}")
    busy = failing(429, {"Retry-After": "1800"})
    sync.site.faults.add(busy, when=creation)
    stopped = sync.run()
    assert (stopped.run.state, sync.site.issues) == (RunState.STOPPED, ())
    assert kinds(sync.run()) == ["create"] * 3
    assert len(sync.site.issues) == 3


def test_a_run_stops_when_it_is_asked_to(sync: Sync) -> None:
    sync.item()
    record = sync.run(stop=lambda: "the night is over")
    assert (record.run.state, record.run.problem) == (RunState.STOPPED, "the night is over")
    assert sync.site.issues == ()


def test_a_run_that_loses_its_lease_commits_nothing_more(sync: Sync) -> None:
    sync.item()

    def steal() -> None:
        def work(session: Session) -> None:
            lease = session.get_one(Lease, "sync")
            lease.token = "another's"
            session.add(lease)

        sync.context.database.transact(work)

    sync.site.faults.add(Meanwhile(steal, after_the_work=True), when=creation)
    with pytest.raises(HeldByAnother):
        sync.run()
    (run,) = rows(sync.context.database, SyncRun)
    assert (run.state, sync.link().state) == (RunState.RUNNING, LinkState.INTENDED)

    def give_back(session: Session) -> None:
        session.delete(session.get_one(Lease, "sync"))

    sync.context.database.transact(give_back)
    sync.run()
    assert len(sync.site.issues) == 1
    assert rows(sync.context.database, SyncRun)[0].state is RunState.INTERRUPTED


def test_what_a_person_does_here_while_a_run_is_at_it_is_not_lost(sync: Sync) -> None:
    sync.item()
    sync.run()
    sync.site.edit("OPS-1", summary="Theirs")
    meanwhile = Meanwhile(lambda: edit_item(sync.context, 1, Edit(due=date(2026, 6, 1))))
    sync.site.faults.add(meanwhile, when=reading)
    assert sorted(kinds(sync.run())) == ["pull summary", "push due"]
    assert (sync.row().title, sync.row().due) == ("Theirs", date(2026, 6, 1))
    assert str(sync.site.issues[0].values["duedate"]) == "2026-06-01"


def test_an_item_that_becomes_confidential_while_a_run_is_at_it_gets_no_issue(sync: Sync) -> None:
    sync.cite(sync.item("cites"), sync.site.create("Theirs").key)
    secret = sync.item("secret")
    sync.site.faults.add(Meanwhile(lambda: sync.make_confidential(secret)), when=reading)
    assert kinds(sync.run()) == ["adopt", "withhold"]
    assert len(sync.site.issues) == 1
