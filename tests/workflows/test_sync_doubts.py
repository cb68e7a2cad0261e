"""What a sync must not take for certain: that a step of its own is somebody's wish, that what it does not see is not there."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlmodel import Session

from connectors.jira.connector import JiraTracker
from connectors.jira.settings import read_settings
from connectors.jira.stand_in import (
    Category,
    LoseAnswer,
    Meanwhile,
    Request,
    Transition,
    Workflow,
    failing,
    step_by_step,
)
from tests.workflows.syncing import Sync, change, creation, kinds, reading
from tracker.core.action_items import ItemState
from tracker.core.issue_sync import LinkState
from tracker.core.issues import Created, Draft, IssueField, Refused
from tracker.core.merge import Winner
from tracker.storage import issue_links
from tracker.storage.tables import RunState
from tracker.workflows import sync_issues
from tracker.workflows.triage_action_items import Edit, decline_item, edit_item, move_item

BUSY = failing(429, {"Retry-After": "70"})


def moving(request: Request) -> bool:
    return request.method == "POST" and request.path.endswith("/transitions")


def done_here_and_halfway_there(sync: Sync) -> None:
    """An item that is done here, and whose issue takes four steps to get there."""
    sync.site.workflow = step_by_step()
    sync.item()
    sync.run()
    move_item(sync.context, 1, ItemState.DONE)


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize(
    "fault",
    [LoseAnswer(), LoseAnswer(after_the_work=False), failing(429, {"Retry-After": "1800"}), failing(429)],
    ids=["lost after it was done", "lost before", "told to wait long", "told to wait"],
)
def test_a_move_that_stops_halfway_is_gone_on_with_and_is_nobody_s_wish(
    sync: Sync, fault: LoseAnswer, step: int
) -> None:
    done_here_and_halfway_there(sync)
    sync.site.faults.add(fault, when=moving, after=step)
    sync.run()
    assert sync.row().state is ItemState.DONE
    sync.site.faults.clear()
    for _ in range(2):
        sync.run()
        assert (sync.row().state, sync.status()) == (ItemState.DONE, "Done")
    assert (sync.run().decisions, sync.link().sent) == ((), {})


def test_a_move_that_a_workflow_ends_halfway_is_told_and_undoes_nothing_here(sync: Sync) -> None:
    sync.site.workflow = Workflow(
        {
            "To Do": Category.TO_DO,
            "Doing": Category.IN_PROGRESS,
            "Review": Category.IN_PROGRESS,
            "Done": Category.DONE,
        },
        (Transition("3", "Start", "Doing", ("To Do",)), Transition("4", "Review", "Review", ("Doing",))),
    )
    sync.item()
    sync.run()
    move_item(sync.context, 1, ItemState.DONE)
    first = sync.run()
    assert "refused status" in kinds(first)
    assert first.needs_a_person
    again = sync.run()
    assert (sync.row().state, again.needs_a_person) == (ItemState.DONE, True)
    assert not [one for one in kinds(again) if one.startswith("pull")]


def test_what_a_person_undoes_there_after_our_move_stopped_is_a_person_s_wish(sync: Sync) -> None:
    sync.item()
    sync.run()
    move_item(sync.context, 1, ItemState.IN_PROGRESS)
    sync.site.faults.add(LoseAnswer(after_the_work=False), when=moving, times=9)
    sync.run()
    sync.site.faults.clear()
    sync.site.transition("OPS-1", "Done")
    assert kinds(sync.run()) == ["pull status"]
    assert sync.row().state is ItemState.DONE


def test_the_index_has_its_time_from_when_an_answer_is_lost(sync: Sync) -> None:
    sync.site.index_lag = timedelta(seconds=45)
    sync.item()
    sync.tracker = JiraTracker(read_settings({**sync.site.settings, "INDEX_LAG": "50"}))
    make = sync.tracker.create

    def slowly(drafts: Sequence[Draft]) -> Sequence[Created | Refused]:
        sync.clock.advance(timedelta(minutes=5))
        return make(drafts)

    sync.tracker.create = slowly  # type: ignore[method-assign]
    sync.site.faults.add(LoseAnswer(), when=creation)
    sync.run()
    sync.run()
    assert len(sync.site.issues) == 1


def test_after_a_kill_the_request_has_its_time_too(sync: Sync) -> None:
    sync.site.index_lag = timedelta(seconds=115)
    sync.item()
    sync.tracker = JiraTracker(read_settings({**sync.site.settings, "INDEX_LAG": "120"}))

    class Killed(BaseException):
        pass

    make = sync.tracker.create

    def die(drafts: Sequence[Draft]) -> Sequence[Created | Refused]:
        sync.clock.advance(timedelta(seconds=100))  # so long the request was under way
        make(drafts)
        raise Killed

    sync.tracker.create = die  # type: ignore[method-assign]
    with pytest.raises(Killed):
        sync.run()
    sync.tracker = JiraTracker(read_settings({**sync.site.settings, "INDEX_LAG": "120"}))
    sync.run()
    assert len(sync.site.issues) == 1


def test_a_run_waits_a_minute_for_the_index_and_says_until_when_the_item_is_held(sync: Sync) -> None:
    waited: list[float] = []
    sync.site.index_lag = timedelta(minutes=14)
    sync.tracker = JiraTracker(read_settings({**sync.site.settings, "INDEX_LAG": "900"}))
    sync.item()
    sync.site.faults.add(LoseAnswer(), when=creation)

    def wait(seconds: float) -> None:
        waited.append(seconds)
        sync.clock.advance(timedelta(seconds=seconds))

    sync.wait = wait  # type: ignore[method-assign]
    record = sync.run()
    assert kinds(record) == ["hold"]
    assert sum(waited) <= 60
    assert "is looked for until 2026-03-02 09:" in record.decisions[0].decision.reason
    assert sync.run().decisions == ()
    sync.clock.advance(timedelta(minutes=20))
    assert kinds(sync.run()) == ["create"]
    assert len(sync.site.issues) == 1


def test_what_cannot_be_seen_is_not_made_again_while_nothing_of_ours_can_be_seen(sync: Sync) -> None:
    sync.item("one")
    sync.run()
    sync.item("two")
    sync.site.faults.add(LoseAnswer(), when=creation)
    sync.site.index_lag = timedelta(seconds=30)
    sync.wait = lambda _seconds: None  # type: ignore[method-assign]
    sync.run()
    for issue in sync.site.issues:
        sync.site.hide(issue.key)
    sync.clock.advance(timedelta(hours=1))
    record = sync.run()
    assert kinds(record) == ["missing", "hold"]
    assert "permission to browse" in record.decisions[1].decision.reason
    assert record.needs_a_person
    for issue in sync.site.issues:
        sync.site.show(issue.key)
    sync.run()
    assert sorted(one.values["summary"] for one in sync.site.issues) == ["one", "two"]


def becomes_confidential(sync: Sync) -> None:
    sync.make_confidential(1)


def is_edited(sync: Sync) -> None:
    edit_item(sync.context, 1, Edit(title="Later words"))


@pytest.mark.parametrize(
    ("happens", "there"),
    [(becomes_confidential, "one"), (is_edited, "Later words")],
    ids=["secret", "edited"],
)
def test_our_side_is_looked_at_again_before_anything_of_it_goes_out(
    sync: Sync, happens: Callable[[Sync], None], there: str
) -> None:
    sync.item("one")
    sync.run()
    edit_item(sync.context, 1, Edit(title="Rotate the key stolen by Eve"))
    sync.site.faults.add(Meanwhile(lambda: happens(sync), after_the_work=True), when=reading, after=1)
    sync.site.requests.clear()
    sync.run()
    assert sync.site.issues[0].values["summary"] == there
    assert "Eve" not in str([one.request.body for one in sync.site.requests.writes])


def test_a_change_that_has_to_wait_is_planned_anew_before_it_is_repeated(sync: Sync) -> None:
    sync.item("one", description="Old.")
    sync.run()
    edit_item(sync.context, 1, Edit(title="Rotate the key stolen by Eve"))
    sync.site.faults.add(BUSY, when=change)
    secret: list[bool] = []

    def wait(seconds: float) -> None:
        sync.clock.advance(timedelta(seconds=seconds))
        if not secret:
            secret.append(True)
            sync.make_confidential(1)

    sync.wait = wait  # type: ignore[method-assign]
    record = sync.run()
    assert (record.run.state, sync.site.issues[0].values["summary"]) == (RunState.FINISHED, "one")
    assert "withhold" in kinds(record)


def test_what_a_person_writes_there_while_a_change_waits_is_not_lost(sync: Sync) -> None:
    sync.item("one")
    sync.run()
    edit_item(sync.context, 1, Edit(title="two"))
    sync.site.faults.add(BUSY, when=change)

    def person(seconds: float) -> None:
        sync.clock.advance(timedelta(seconds=seconds))
        sync.site.edit("OPS-1", summary="three")

    sync.wait = person  # type: ignore[method-assign]
    record = sync.run()
    assert "three" in [one.decision.theirs for one in record.decisions]
    assert (record.run.state, sync.site.issues[0].values["summary"]) == (RunState.FINISHED, "two")


def test_a_new_issue_that_has_to_wait_is_not_made_of_what_is_secret_by_then(sync: Sync) -> None:
    secret, other = sync.item("Rotate the key stolen by Eve"), sync.item("other")
    sync.site.faults.add(BUSY, when=creation)
    done: list[bool] = []

    def wait(seconds: float) -> None:
        sync.clock.advance(timedelta(seconds=seconds))
        if not done:
            done.append(True)
            sync.make_confidential(secret)

    sync.wait = wait  # type: ignore[method-assign]
    record = sync.run()
    assert [one.values["summary"] for one in sync.site.issues] == ["other"]
    assert (sorted(kinds(record)), sync.link(other).state) == (["create", "withhold"], LinkState.LINKED)


def test_a_run_waits_ten_minutes_in_all_and_then_leaves_the_rest_to_the_next(sync: Sync) -> None:
    waited: list[float] = []
    sync.item("one")
    sync.run()
    edit_item(sync.context, 1, Edit(title="two"))
    sync.site.faults.add(failing(429, {"Retry-After": "100"}), when=change, times=99)

    def wait(seconds: float) -> None:
        waited.append(seconds)
        sync.clock.advance(timedelta(seconds=seconds))

    sync.wait = wait  # type: ignore[method-assign]
    stopped = sync.run()
    assert stopped.run.state is RunState.STOPPED
    assert sum(waited) <= 600
    sync.site.faults.clear()
    sync.run()
    assert sync.site.issues[0].values["summary"] == "two"


def test_a_run_that_waits_still_stops_when_it_is_asked_to(sync: Sync) -> None:
    waited: list[float] = []
    sync.item("one")
    sync.run()
    edit_item(sync.context, 1, Edit(title="two"))
    sync.site.faults.add(failing(429, {"Retry-After": "300"}), when=change, times=99)
    sync.wait = waited.append  # type: ignore[method-assign]
    record = sync.run(stop=lambda: "enough" if len(waited) > 2 else None)
    assert (record.run.problem, len(waited)) == ("enough", 3)


def test_words_that_are_only_changed_there_are_still_our_words(sync: Sync) -> None:
    number = sync.item("Rotate the key stolen by Eve", description="Eve has it.")
    sync.run()
    described = sync.site.issues[0].values["description"]
    sync.make_confidential(number)
    sync.site.edit(
        "OPS-1", summary="[SRE] Rotate the key stolen by Eve", description=f"* Eve has it!\n{described}"
    )
    assert sync.run().waiting
    sync.site.edit("OPS-1", description=None)
    assert sync.run().waiting
    sync.site.edit("OPS-1", summary="(removed)")
    assert not sync.run().waiting


def test_our_part_of_a_description_is_words_of_ours(sync: Sync) -> None:
    number = sync.item("Rotate the key")
    sync.run()
    sync.make_confidential(number)
    sync.site.edit("OPS-1", summary="(removed)")
    assert sync.run().waiting


def test_the_words_of_an_adopted_issue_that_we_never_wrote_to_are_its_own(sync: Sync) -> None:
    number = sync.item("one")
    sync.cite(number, sync.site.create("Theirs").key)
    sync.run()
    sync.make_confidential(number)
    assert not sync.run().waiting


def test_words_that_we_pushed_to_an_adopted_issue_wait_for_a_person(sync: Sync) -> None:
    number = sync.item("one")
    sync.cite(number, sync.site.create("Theirs", description="Long known.").key)
    sync.run()
    edit_item(sync.context, number, Edit(title="Rotate the key stolen by Eve"))
    sync.run()
    sync.make_confidential(number)
    assert sync.run().waiting
    sync.site.edit("OPS-1", summary="Theirs again")
    assert not sync.run().waiting


def edited_before_the_first_look(sync: Sync, **values: object) -> None:
    """What a person changes while Jira answers no questions after our issue was made."""
    sync.site.faults.add(failing(429, {"Retry-After": "1800"}), when=reading)
    sync.run()
    sync.clock.advance(timedelta(hours=20))
    sync.site.edit("OPS-1", **values)
    sync.run()
    sync.run()


def test_a_sign_in_a_summary_that_a_person_changed_is_a_change(sync: Sync) -> None:
    sync.item("Keep p99 < 10% of budget")
    edited_before_the_first_look(sync, summary="Keep p99 > 10% of budget")
    assert sync.row().title == "Keep p99 > 10% of budget"


def test_a_priority_that_a_person_changed_is_a_change(sync: Sync) -> None:
    sync.item(priority="High")
    edited_before_the_first_look(sync, priority={"name": "Lowest"})
    assert sync.row().priority == "Lowest"


def translating(sync: Sync, priorities: dict[str, str]) -> Sync:
    """The same Jira and database, with another translation of priorities."""
    settings = read_settings({**sync.site.settings, "PRIORITIES": json.dumps(priorities)})
    return Sync(sync.context, sync.site, JiraTracker(settings, pause=sync.wait), sync.clock)


def test_another_translation_of_priorities_is_nobody_s_edit(sync: Sync) -> None:
    translations = (
        {"P1": "High", "P2": "High"},
        {"P1": "High", "P2": "Medium"},
        {},
    )
    sync.item(priority="P2")
    for words in translations:
        again = translating(sync, words)
        again.run()
        assert again.row().priority == "P2"
        assert kinds(again.run()) == []
        again.tracker.close()
    assert sync.site.issue(sync.link().issue_id or "").values["priority"] == "High"


def test_a_priority_that_a_person_changed_comes_here_in_our_usual_word(sync: Sync) -> None:
    again = translating(sync, {"P1": "High", "P2": "High", "P3": "Low"})
    again.item(priority="P3")
    again.run()
    again.site.edit(again.link().issue_key or "", priority={"name": "High"})
    again.run()
    again.tracker.close()
    assert again.row().priority == "P1"


def test_dots_within_what_a_person_wrote_are_no_cut_of_ours(sync: Sync) -> None:
    words = (
        "The queue backs up when a consumer restarts and the broker redelivers all that it had prefetched, so "
        * 2
    )
    sync.item(description=words)
    edited_before_the_first_look(
        sync, description=words[:150] + "... no: NOT needed, we moved off it in May."
    )
    assert "NOT needed" in (sync.row().description or "")


def test_a_text_that_was_cut_there_never_comes_back_cut(sync: Sync) -> None:
    long = "Word one. " * 5_000
    sync.item("T " * 200, description=long)
    sync.run()
    assert sync.run().decisions == ()
    values = sync.site.issues[0].values
    sync.site.edit(
        "OPS-1",
        description=values["description"].replace("Word one. ", "Word 1. ", 20),
        summary=values["summary"].replace("T T", "Tt", 1),
    )
    assert sorted(kinds(sync.run())) == ["conflict description", "conflict summary"]
    assert (len(sync.row().description or ""), len(sync.row().title)) >= (len(long) - 1, 390)
    sync_issues.resolve_conflict(sync.context, 1, IssueField.SUMMARY, Winner.OURS)
    sync.run()
    assert sync.site.issues[0].values["summary"].startswith("T T")


def test_the_status_that_a_workflow_begins_with_is_nobody_s_doing(sync: Sync) -> None:
    sync.site.workflow = Workflow(
        {"Open": Category.IN_PROGRESS, "Done": Category.DONE}, (Transition("5", "Close", "Done"),)
    )
    sync.item()
    assert kinds(sync.run()) == ["create"]
    assert (sync.run().decisions, sync.row().state) == ((), ItemState.ACCEPTED)
    sync.site.transition("OPS-1", "Done")
    sync.run()
    assert sync.row().state is ItemState.DONE


def test_an_issue_that_was_never_made_is_made_on_whatever_site_there_is_now(sync: Sync) -> None:
    sync.site.required_fields.add("duedate")
    sync.item()
    sync.run()
    sync.site.required_fields.clear()

    def renamed(session: Session) -> None:
        link = issue_links.of_item(session, 1)
        assert link is not None
        link.site = "https://old.example"
        session.add(link)

    sync.context.database.transact(renamed)
    sync.clock.advance(timedelta(days=2))
    assert kinds(sync.run()) == ["create"]
    assert sync.link().site == sync.site.url


def test_an_owner_without_an_account_is_noted_and_asks_nobody(sync: Sync) -> None:
    sync.item(owner="Mara", priority="P1")
    record = sync.run()
    assert sorted(kinds(record)) == ["create", "refused assignee", "refused priority"]
    assert (record.needs_a_person, sync.link().message) == (False, None)
    assert sync.writes
    for after in (timedelta(), timedelta(days=2)):
        sync.clock.advance(after)
        again = sync.run(retry=True)
        assert (again.decisions, again.needs_a_person, sync.writes) == ((), False, [])


def test_an_item_declined_while_its_move_waits_is_not_moved_to_where_it_was_to_be(sync: Sync) -> None:
    sync.item()
    sync.run()
    move_item(sync.context, 1, ItemState.IN_PROGRESS)
    sync.site.faults.add(BUSY, when=moving)
    declined: list[bool] = []

    def wait(seconds: float) -> None:
        sync.clock.advance(timedelta(seconds=seconds))
        if not declined:
            declined.append(True)
            decline_item(sync.context, 1, "no longer needed")

    sync.wait = wait  # type: ignore[method-assign]
    sync.run()
    assert (sync.status(), sync.site.issues[0].resolution) == ("Done", "Won't Do")
    assert sync.run().decisions == ()
