"""A sync with a Jira over HTTP: what each side learns of the other."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import Session

from tests.factories import (
    Action,
    InMemoryCatalog,
    InMemoryPostmortems,
    Service,
    catalog_snapshot,
    postmortem_text,
)
from tests.workflows.reading import everything, history
from tests.workflows.syncing import Sync, kinds
from tracker.core.action_items import ItemState, VerificationMethod
from tracker.core.errors import InvalidMove, NotFound
from tracker.core.issue_sync import DecisionKind, LinkState, Policies
from tracker.core.issues import IssueField
from tracker.core.merge import Policy, Winner
from tracker.storage.tables import IssueLink, RunState
from tracker.workflows import sync_issues
from tracker.workflows.edit_postmortems import confirm_service
from tracker.workflows.import_catalog import import_catalog
from tracker.workflows.ingest_postmortems import ingest
from tracker.workflows.triage_action_items import (
    Edit,
    accept_item,
    decline_item,
    edit_item,
    move_item,
    verify_item,
)


def test_an_accepted_item_becomes_an_issue(sync: Sync) -> None:
    sync.item(
        "Set a timeout", description="250 ms, not more.", due=date(2026, 4, 30), priority="High", owner="Mara"
    )
    record = sync.run()
    (issue,) = sync.site.issues
    assert record.run.state is RunState.FINISHED
    assert issue.values["summary"] == "Set a timeout"
    assert issue.values["description"].startswith("250 ms, not more.")
    assert "Item 1 in Elsewhere." in issue.values["description"]
    assert issue.values["duedate"] == date(2026, 4, 30) or str(issue.values["duedate"]) == "2026-04-30"
    assert "elsewhere" in issue.values["labels"]
    assert (sync.link().issue_key, sync.link().state, sync.link().sent) == (issue.key, LinkState.LINKED, {})
    assert sync.link().url == f"{sync.site.url}/browse/{issue.key}"


def test_only_accepted_items_become_issues(sync: Sync) -> None:
    sync.item("proposed", accepted=False)
    decline_item(sync.context, sync.item("declined"), "why not")
    move_item(sync.context, sync.item("done"), ItemState.DONE)
    assert sync.run().decisions == ()
    assert sync.site.issues == ()


def test_a_second_run_writes_nothing_anywhere(sync: Sync) -> None:
    move_item(sync.context, sync.item("begun", description="Be *quick*.\n\n\n# one\n"), ItemState.IN_PROGRESS)
    sync.cite(sync.item("cites"), sync.site.create("Theirs").key)
    sync.item("plain")
    sync.run()
    before = everything(sync.context.database)
    assert sync.writes
    record = sync.run()
    after = everything(sync.context.database)
    assert sync.writes == []
    assert record.decisions == ()
    assert {name for name in after if after[name] != before[name]} == {"sync_run"}


def test_a_plan_tells_what_a_run_does_and_writes_nothing(sync: Sync) -> None:
    sync.item()
    before = everything(sync.context.database)
    plan = sync_issues.plan(sync.context, sync.tracker)
    assert [one.kind for _, item in plan.items for one in item.decisions] == [DecisionKind.CREATE]
    assert everything(sync.context.database) == before
    assert sync.writes == []
    assert kinds(sync.run()) == ["create"]
    assert sync_issues.plan(sync.context, sync.tracker).items == ()


def test_an_item_that_was_begun_is_begun_there(sync: Sync) -> None:
    move_item(sync.context, sync.item(), ItemState.IN_PROGRESS)
    assert kinds(sync.run()) == ["create", "push status"]
    assert sync.status() == "In Progress"


def test_what_changed_here_goes_there_and_nothing_else_does(sync: Sync) -> None:
    sync.item(description="Old words.")
    sync.run()
    sync.site.edit(sync.link().issue_key or "", priority={"name": "Low"})
    edit_item(sync.context, 1, Edit(title="Set two timeouts", due=date(2026, 5, 1)))
    assert sync.writes
    assert sorted(kinds(sync.run())) == ["pull priority", "push due", "push summary"]
    issue = sync.site.issues[0]
    assert (issue.values["summary"], str(issue.values["duedate"])) == ("Set two timeouts", "2026-05-01")
    assert sync.row().priority == "Low"
    assert len(sync.writes) == 1


def test_an_emptied_field_is_emptied_there_too(sync: Sync) -> None:
    sync.item(due=date(2026, 5, 1), description="Words.")
    sync.run()
    edit_item(sync.context, 1, Edit(due=None, description=None))
    sync.run()
    assert not sync.site.issues[0].values["duedate"]
    assert "Words." not in sync.site.issues[0].values["description"]
    assert sync.run().decisions == ()


def test_what_changed_there_comes_here_with_a_line_in_the_audit_trail(sync: Sync) -> None:
    sync.item(description="Old words.", due=date(2026, 5, 1))
    sync.run()
    key = sync.link().issue_key or ""
    sync.site.edit(key, summary="Set a timeout of 250 ms", duedate=None)
    record = sync.run()
    assert sorted(kinds(record)) == ["pull due", "pull summary"]
    assert (sync.row().title, sync.row().due) == ("Set a timeout of 250 ms", None)
    change = history(sync.context.database, sync.row())[-1]
    assert (change.actor, change.action, change.detail["issue"]) == ("grace", "item changed in jira", key)
    assert change.detail["changes"]["due"] == {"from": "2026-05-01", "to": None}


def test_words_written_around_our_part_of_the_description_come_here(sync: Sync) -> None:
    sync.item(description="Old words.")
    sync.run()
    issue = sync.site.issues[0]
    sync.site.edit(issue.key, description="New words.\n\n" + issue.values["description"] + "\n\nAnd a note.")
    sync.run()
    assert sync.row().description == "New words.\n\nOld words.\n\nAnd a note."
    assert sync.writes
    assert sync.run().decisions == ()


def test_an_issue_names_its_postmortem_and_the_services_that_people_confirmed(sync: Sync) -> None:
    catalog = InMemoryCatalog({"x": catalog_snapshot(Service("cart"))})
    import_catalog(sync.context, catalog, "x")
    text = postmortem_text(Action(), title="Checkout stopped", services=["cart", "checkout"])
    list(ingest(sync.context, InMemoryPostmortems({"a.md": text}), ["a.md"]))
    accept_item(sync.context, 1)
    sync.run()
    assert "From the postmortem: Checkout stopped" in sync.site.issues[0].values["description"]
    confirm_service(sync.context, 1, "cart")
    assert kinds(sync.run()) == ["push description"]
    assert "Services concerned: cart" in sync.site.issues[0].values["description"]
    assert sync.run().decisions == ()


def test_what_people_take_out_of_our_part_comes_back(sync: Sync) -> None:
    sync.item(description="Words.")
    sync.run()
    sync.site.edit(sync.link().issue_key or "", description="Words.")
    assert kinds(sync.run()) == ["push description"]
    assert "Item 1 in Elsewhere." in sync.site.issues[0].values["description"]
    assert sync.run().decisions == ()


BOTH = [
    (Policies(summary=Policy.OURS), "push summary", "here", "here"),
    (Policies(summary=Policy.THEIRS), "pull summary", "there", "there"),
    (Policies(summary=Policy.ASK), "conflict summary", "here", "there"),
]


@pytest.mark.parametrize(("policies", "decided", "ours", "theirs"), BOTH)
def test_what_changed_on_both_sides_goes_by_the_policy_and_the_loser_is_kept(
    sync: Sync, policies: Policies, decided: str, ours: str, theirs: str
) -> None:
    sync.item()
    sync.run()
    edit_item(sync.context, 1, Edit(title="here"))
    sync.site.edit(sync.link().issue_key or "", summary="there")
    record = sync.run(policies)
    assert kinds(record) == [decided]
    (one,) = record.decisions
    assert (one.decision.ours, one.decision.theirs) == ("here", "there")
    assert one.decision.agreed == "Set a timeout"
    assert (sync.row().title, sync.site.issues[0].values["summary"]) == (ours, theirs)
    assert record.needs_a_person == (ours != theirs)


def test_a_conflict_is_told_once_and_stands_until_both_say_the_same(sync: Sync) -> None:
    sync.item(due=date(2026, 5, 1))
    sync.run()
    edit_item(sync.context, 1, Edit(due=date(2026, 5, 2)))
    sync.site.edit(sync.link().issue_key or "", duedate="2026-05-03")
    assert kinds(sync.run()) == ["conflict due"]
    again = sync.run()
    assert (again.decisions, [one.decision.field for one in again.waiting]) == ((), ["due"])
    assert sync.link().message == again.waiting[0].decision.reason
    edit_item(sync.context, 1, Edit(due=date(2026, 5, 3)))
    last = sync.run()
    assert (kinds(last), last.waiting, sync.link().message) == (["agree due"], (), None)


@pytest.mark.parametrize(("winner", "day"), [(Winner.OURS, "2026-05-02"), (Winner.THEIRS, "2026-05-03")])
def test_a_person_can_say_whose_value_holds(sync: Sync, winner: Winner, day: str) -> None:
    sync.item(due=date(2026, 5, 1))
    sync.run()
    edit_item(sync.context, 1, Edit(due=date(2026, 5, 2)))
    sync.site.edit(sync.link().issue_key or "", duedate="2026-05-03")
    sync.run()
    sync_issues.resolve_conflict(sync.context, 1, IssueField.DUE, winner)
    assert sync.run().waiting == ()
    assert str(sync.row().due) == str(sync.site.issues[0].values["duedate"]) == day


def test_there_is_nothing_to_say_where_nothing_is_asked(sync: Sync) -> None:
    sync.item()
    sync.run()
    with pytest.raises(NotFound, match="no conflict over the due of item 1"):
        sync_issues.resolve_conflict(sync.context, 1, IssueField.DUE, Winner.OURS)


def test_an_issue_that_a_person_closes_is_done_here_and_reopened_with_it(sync: Sync) -> None:
    sync.item()
    sync.run()
    key = sync.link().issue_key or ""
    sync.site.transition(key, "Done")
    sync.run()
    assert sync.row().state is ItemState.DONE
    verify_item(replace(sync.context, actor="ada"), 1, VerificationMethod.DRILL, "froze a node")
    assert sync.run().decisions == ()
    sync.site.transition(key, "To Do")
    sync.run()
    assert (sync.row().state, sync.row().verified_by) == (ItemState.IN_PROGRESS, None)
    assert (sync.run().decisions, sync.status()) == ((), "To Do")


def test_an_issue_closed_without_the_work_only_proposes_to_decline(sync: Sync) -> None:
    sync.item()
    sync.run()
    sync.site.transition(sync.link().issue_key or "", "Done", "Won't Do")
    record = sync.run()
    assert (kinds(record), record.needs_a_person) == (["decline status"], True)
    assert sync.row().state is ItemState.ACCEPTED
    with pytest.raises(InvalidMove, match="items decline 1"):
        sync_issues.resolve_conflict(sync.context, 1, IssueField.STATUS, Winner.THEIRS)
    decline_item(sync.context, 1, "they are right")
    assert kinds(sync.run()) == ["agree status"]


def test_an_item_declined_here_is_closed_there(sync: Sync) -> None:
    sync.item()
    sync.run()
    decline_item(sync.context, 1, "no longer needed")
    sync.run()
    assert (sync.status(), sync.site.issues[0].resolution) == ("Done", "Won't Do")
    assert sync.run().decisions == ()


def test_a_deleted_issue_is_missing_and_found_again_when_it_is_back(sync: Sync) -> None:
    sync.item()
    sync.run()
    sync.site.hide(sync.link().issue_key or "")
    record = sync.run()
    assert (kinds(record), sync.link().state) == (["missing"], LinkState.MISSING)
    assert "OPS-1 was deleted" in (sync.link().message or "")
    assert sync.run().decisions == ()
    sync.site.show(sync.link().issue_key or "")
    assert kinds(sync.run()) == ["found"]
    assert (sync.link().state, sync.link().message) == (LinkState.LINKED, None)


def test_a_moved_issue_is_still_the_same(sync: Sync) -> None:
    sync.item()
    sync.run()
    sync.site.move(sync.link().issue_key or "", "PLAT")
    assert sync.run().decisions == ()
    assert sync.link().issue_key == "PLAT-1"


def test_a_cited_issue_is_adopted_with_its_words_and_its_status(sync: Sync) -> None:
    theirs = sync.site.create("Their own words", description="Long known.")
    sync.site.transition(theirs.key, "In Progress")
    sync.cite(sync.item(description="Ours."), theirs.key)
    assert kinds(sync.run()) == ["adopt", "pull status"]
    assert sync.writes == []
    assert (sync.row().title, sync.row().state) == ("Set a timeout", ItemState.IN_PROGRESS)
    assert sync.site.issues == (sync.site.issue(theirs.key),)
    edit_item(sync.context, 1, Edit(title="Ours holds"))
    assert kinds(sync.run()) == ["push summary"]
    assert sync.site.issues[0].values["summary"] == "Ours holds"


def test_the_words_of_an_adopted_issue_are_replaced_only_if_a_person_says_so(sync: Sync) -> None:
    theirs = sync.site.create("Their own words", description="Long known.")
    sync.cite(sync.item(description="Ours."), theirs.key)
    sync.run()
    edit_item(sync.context, 1, Edit(description="Ours, better."))
    assert kinds(sync.run()) == ["conflict description"]
    assert sync.site.issues[0].values["description"] == "Long known."
    sync_issues.resolve_conflict(sync.context, 1, IssueField.DESCRIPTION, Winner.OURS)
    sync.run()
    assert sync.site.issues[0].values["description"] == "Ours, better."


def test_one_issue_is_one_items_and_the_other_gets_its_own(sync: Sync) -> None:
    shared = sync.site.create("Shared")
    for title in ("first", "second"):
        sync.cite(sync.item(title), shared.key)
    record = sync.run()
    assert kinds(record) == ["adopt", "create"]
    assert "OPS-1 is the issue of item 1" in record.decisions[1].decision.reason
    assert (sync.link(1).issue_key, sync.link(2).issue_key) == ("OPS-1", "OPS-2")


def test_a_cited_issue_that_cannot_be_seen_holds_its_item(sync: Sync) -> None:
    sync.site.hide(sync.site.create("Hidden").key)
    sync.cite(sync.item(), "OPS-1")
    record = sync.run()
    assert (kinds(record), record.needs_a_person) == (["hold"], True)
    assert sync.run().decisions == ()
    sync.site.show("OPS-1")
    assert kinds(sync.run()) == ["adopt"]


def test_nothing_of_a_confidential_item_goes_out(sync: Sync) -> None:
    sync.make_confidential(sync.item("Rotate the leaked key"))
    record = sync.run()
    assert (kinds(record), sync.site.issues, record.needs_a_person) == (["withhold"], (), False)
    assert "leaked" not in str(sync.site.requests)
    outside = replace(sync.context, sees_confidential=False)
    assert sync_issues.show(outside, record.run.id).decisions == ()


def test_an_item_that_became_confidential_says_no_more_and_asks_a_person(sync: Sync) -> None:
    number = sync.item("Rotate the key")
    sync.run()
    sync.make_confidential(number)
    edit_item(sync.context, number, Edit(title="Rotate the key that was stolen by Eve"))
    assert sync.writes
    record = sync.run()
    assert (kinds(record), record.needs_a_person, sync.writes) == (["withhold"], True, [])
    sync.site.transition("OPS-1", "Done")
    sync.site.edit("OPS-1", summary="(removed)", description=None)
    record = sync.run()
    assert sorted(kinds(record)) == ["pull status", "withhold"]
    assert (sync.row(number).state, record.needs_a_person) == (ItemState.DONE, False)
    assert sync.row(number).title == "Rotate the key that was stolen by Eve"


def test_an_issue_on_another_site_waits_for_a_person(sync: Sync) -> None:
    sync.item()
    sync.run()

    def move(session: Session) -> None:
        link = session.get_one(IssueLink, 1)
        link.site = "https://old.example"
        session.add(link)

    sync.context.database.transact(move)
    record = sync.run()
    assert (kinds(record), record.needs_a_person) == (["hold"], True)
    assert len(sync.site.issues) == 1


def test_a_run_is_listed_with_what_it_did(sync: Sync) -> None:
    sync.item()
    record = sync.run()
    assert record.run.counts == {"items": 1, "create": 1, "waiting": 0}
    assert record.run.account
    sync.run()
    assert [one.id for one in sync_issues.runs(sync.context).items] == [2, 1]
    with pytest.raises(NotFound, match="no run 9"):
        sync_issues.show(sync.context, 9)


def test_progress_reaches_the_number_of_items(sync: Sync) -> None:
    for number in range(3):
        sync.item(f"item {number}")
    told: list[tuple[int, int]] = []
    sync.run(progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3)
