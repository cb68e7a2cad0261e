"""What the connector asks of Jira, and makes of its answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.jira import connector
from connectors.jira.connector import JiraTracker
from connectors.jira.stand_in import Site
from connectors.jira.stand_in.exchange import Answer, Request
from connectors.jira.stand_in.faults import AnswerInstead, Meanwhile, failing
from connectors.jira.stand_in.site import SOMEBODY
from connectors.jira.stand_in.workflow import Transition, Workflow, every_move, step_by_step
from tests.conftest import SettableClock
from tests.connectors.jira.connected import connected
from tracker.core.errors import GiveUp, OutcomeUnknown, TryAgainLater
from tracker.core.issues import Created, Draft, IssueField, Phase, Refused


def draft(marker: str, summary: str = "Set a timeout", **fields: Any) -> Draft:
    return Draft(marker, {IssueField.SUMMARY: summary, **{IssueField(name): fields[name] for name in fields}})


def to(method: str, ending: str) -> Callable[[Request], bool]:
    return lambda request: request.to(method, ending)


def asked(site: Site) -> list[str]:
    """The requests so far, in short."""
    paths = (exchange.request.path.removeprefix("/rest/api/2/") for exchange in site.requests)
    return [f"{exchange.request.method} {path}" for exchange, path in zip(site.requests, paths, strict=True)]


# Links


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("{site}/browse/OPS-12", "OPS-12"),
        ("{site}/browse/ops-12/", "OPS-12"),
        ("{site}/browse/HR-1?focusedCommentId=3#c", "HR-1"),
        ("{SITE}/browse/OPS-12", "OPS-12"),
        ("{site}/projects/OPS/issues/OPS-12?filter=all", "OPS-12"),
        ("{site}/issues/OPS-12", "OPS-12"),
        ("{site}/jira/software/c/projects/OPS/boards/1?selectedIssue=OPS-12&x=y", "OPS-12"),
        ("{site}/secure/RapidBoard.jspa?rapidView=1&selectedIssue=ops-12", "OPS-12"),
        ("OPS-12", "OPS-12"),
        (" ops-12 ", "OPS-12"),
        ("HR-1", None),
        ("OPS-0", None),
        ("OPS-012", None),
        ("SHA-256 of OPS-12", None),
        ("{site}/browse/OPS", None),
        ("{site}/browse/OPS-12/attachments", None),
        ("{site}/browse/OPS-12%20or", None),
        ("{site}/?q=OPS-12", None),
        ("{site}.evil.example/browse/OPS-12", None),
        ("https://evil.example/{site}/browse/OPS-12", None),
        ("https://evil.example\\@{host}/browse/OPS-12", None),
        ("javascript://{host}/browse/OPS-12", None),
        ("http://[::1/browse/OPS-12", None),
        ("http://127.0.0.1:99999/browse/OPS-12", None),
    ],
)
def test_a_link_names_a_key_if_it_leads_to_this_site(
    jira_site: Site, tracker: JiraTracker, link: str, key: str | None
) -> None:
    host = jira_site.url.removeprefix("http://")
    url = link.format(site=jira_site.url, SITE=jira_site.url.upper().replace("HTTP", "http"), host=host)
    assert tracker.cited_key(url) == key
    assert jira_site.requests == []


def test_the_scheme_of_a_link_makes_no_difference_where_the_port_says_so(
    pauses: list[float], jira_site: Site
) -> None:
    tracker = connected(jira_site, pauses, URL="https://Acme.atlassian.net")
    assert tracker.cited_key("https://ACME.atlassian.net:443/browse/OPS-1") == "OPS-1"
    assert tracker.cited_key("https://acme.atlassian.net:8443/browse/OPS-1") is None


# Reading


def test_an_issue_that_was_moved_is_found_by_every_key_it_had(jira_site: Site, tracker: JiraTracker) -> None:
    old = jira_site.create()
    new = jira_site.move(old.id, "PLAT")
    other = jira_site.create("Another")
    read = tracker.read([old.key, new.key, str(old.id), other.key, "OPS-99"])
    assert {name: issue.key for name, issue in read.items()} == {
        old.key: new.key,
        new.key: new.key,
        str(old.id): new.key,
        other.key: other.key,
    }


def test_issues_are_read_a_hundred_at_a_time(jira_site: Site, tracker: JiraTracker) -> None:
    ids = [str(jira_site.create().id) for _ in range(201)]
    assert list(tracker.read(ids)) == ids
    assert asked(jira_site) == ["POST issue/bulkfetch"] * 3


def test_an_issue_that_is_hidden_or_deleted_is_absent(jira_site: Site, tracker: JiraTracker) -> None:
    kept, hidden, deleted = (jira_site.create() for _ in range(3))
    jira_site.hide(hidden.id)
    jira_site.delete(deleted.id)
    assert set(tracker.read([str(one.id) for one in (kept, hidden, deleted)])) == {str(kept.id)}


@pytest.mark.parametrize("name", ["", "OPS-1 OR 1=1", "../myself", "OPS", "-1", "0", "OPS-1\n", "\uff11"])
def test_a_name_that_is_none_is_not_asked_for(jira_site: Site, tracker: JiraTracker, name: str) -> None:
    assert tracker.read([name]) == {}
    assert jira_site.requests.reads == []


# Making


def test_fifty_issues_are_one_request(jira_site: Site, tracker: JiraTracker) -> None:
    made = tracker.create([draft(f"m-{number}", f"Item {number}") for number in range(50)])
    assert asked(jira_site) == ["POST issue/bulk"]
    assert [jira_site.issue(one.id).values["summary"] for one in made if isinstance(one, Created)] == [
        f"Item {number}" for number in range(50)
    ]


def test_more_at_once_are_the_callers_mistake(jira_site: Site, tracker: JiraTracker) -> None:
    with pytest.raises(ValueError, match="at most 50"):
        tracker.create([draft(f"m-{number}") for number in range(51)])
    assert jira_site.requests == []


def test_an_issue_is_made_without_what_is_not_on_the_screen(jira_site: Site, pauses: list[float]) -> None:
    tracker = connected(jira_site, pauses, ACCOUNTS=f'{{"Ana": "{SOMEBODY.account_id}", "Bo": "nobody"}}')
    jira_site.screen.discard("duedate")
    first, second, third = tracker.create(
        [
            draft("m-1", "Plain"),
            draft("m-2", "Rich", due=date(2026, 4, 1), priority="P0", assignee="Bo"),
            draft("m-3", "Owned", assignee="ana"),
        ]
    )
    tracker.close()
    assert isinstance(first, Created)
    assert isinstance(second, Created)
    assert isinstance(third, Created)
    assert (first.without, third.without) == ({}, {})
    assert second.without == {
        IssueField.DUE: "Field 'duedate' cannot be set. It is not on the appropriate screen, or unknown.",
        IssueField.PRIORITY: "The priority selected is invalid.",
        IssueField.ASSIGNEE: "User 'nobody' cannot be assigned issues.",
    }
    assert [jira_site.issue(one.id).values["summary"] for one in (first, second, third)] == [
        "Plain",
        "Rich",
        "Owned",
    ]
    assert jira_site.issue(third.id).values["assignee"] == SOMEBODY.account_id
    assert asked(jira_site) == ["POST issue/bulk"] * 2


def test_a_required_field_refuses_the_draft_until_it_is_set(jira_site: Site, pauses: list[float]) -> None:
    jira_site.custom_fields["customfield_10010"] = "Cost centre"
    jira_site.screen.add("customfield_10010")
    jira_site.required_fields.add("customfield_10010")
    tracker = connected(jira_site, pauses)
    (refused,) = tracker.create([draft("m-1")])
    assert refused == Refused("customfield_10010: Cost centre is required.")
    tracker.close()
    tracker = connected(jira_site, pauses, FIELDS='{"customfield_10010": "SRE"}')
    assert isinstance(tracker.create([draft("m-1")])[0], Created)
    tracker.close()


def test_a_required_due_date_is_not_cured_by_leaving_it_out(jira_site: Site, tracker: JiraTracker) -> None:
    jira_site.required_fields.add("duedate")
    assert isinstance(tracker.create([draft("m-1")])[0], Refused)
    assert len(jira_site.requests.writes) == 1


def test_a_fault_after_the_first_issues_does_not_say_that_nothing_was_done(
    jira_site: Site, tracker: JiraTracker
) -> None:
    jira_site.faults.add(failing(429, {"Retry-After": "9999"}), when=to("POST", "/bulk"), after=1)
    with pytest.raises(OutcomeUnknown, match=r"some issues were made, then: .* asked too much"):
        tracker.create([draft("m-1"), draft("m-2", priority="P0")])
    assert len(jira_site.issues) == 1


@pytest.mark.parametrize(("steps", "error"), [(0, TryAgainLater), (1, OutcomeUnknown), (2, OutcomeUnknown)])
def test_a_fault_after_the_first_step_does_not_say_that_nothing_was_done(
    jira_site: Site, tracker: JiraTracker, steps: int, error: type[Exception]
) -> None:
    jira_site.workflow = step_by_step()
    issue = jira_site.create()
    busy = failing(429, {"Retry-After": "1800"})
    jira_site.faults.add(busy, when=to("POST", "/transitions"), after=steps)
    with pytest.raises(error, match="asked too much"):
        tracker.move(str(issue.id), Phase.DONE)


def test_a_fault_before_the_first_issue_does(jira_site: Site, tracker: JiraTracker) -> None:
    jira_site.faults.add(failing(429, {"Retry-After": "9999"}), when=to("POST", "/bulk"), after=1)
    with pytest.raises(TryAgainLater):
        tracker.create([draft("m-1", priority="P0"), draft("m-2", "")])
    assert jira_site.issues == ()


def test_a_request_that_is_too_large_is_made_in_halves(jira_site: Site, tracker: JiraTracker) -> None:
    jira_site.faults.add(AnswerInstead(Answer(413, {"errorMessages": ["Too large."]})))
    made = tracker.create([draft(f"m-{number}", f"Item {number}") for number in range(5)])
    assert [jira_site.issue(one.id).values["summary"] for one in made if isinstance(one, Created)] == [
        f"Item {number}" for number in range(5)
    ]
    jira_site.requests.clear()


WHOLE = AnswerInstead(Answer(400, {"errorMessages": ["Invalid request payload."], "errors": {}}))
"""A request for several issues is refused without a word on which of them is at fault."""


def test_a_request_that_is_refused_whole_is_refused_to_the_bad_draft_alone(
    jira_site: Site, tracker: JiraTracker
) -> None:
    jira_site.faults.add(WHOLE, when=lambda request: "Item 33" in str(request.body), times=99)
    outcomes = tracker.create([draft(f"m-{number}", f"Item {number}") for number in range(50)])
    assert outcomes[33] == Refused("Invalid request payload.")
    names = {
        jira_site.issue(one.id).values["summary"]: place
        for place, one in enumerate(outcomes)
        if isinstance(one, Created)
    }
    assert names == {f"Item {number}": number for number in range(50) if number != 33}
    assert len(jira_site.requests.writes) < 15


def test_drafts_that_are_all_refused_whole_are_all_told(jira_site: Site, tracker: JiraTracker) -> None:
    jira_site.faults.add(WHOLE, times=99)
    refused = Refused("Invalid request payload.")
    with pytest.raises(GiveUp):  # so is everything else, even the question who we are
        tracker.create([draft("m-1"), draft("m-2"), draft("m-3")])
    jira_site.faults.clear()
    jira_site.faults.add(WHOLE, when=to("POST", "/bulk"), times=99)
    assert tracker.create([draft("m-1"), draft("m-2"), draft("m-3")]) == [refused] * 3


def test_no_permission_to_make_issues_refuses_them(jira_site: Site, tracker: JiraTracker) -> None:
    jira_site.denied_permissions.add("CREATE_ISSUES")
    (refused,) = tracker.create([draft("m-1")])
    assert refused == Refused("You do not have permission to create issues in this project.")


def test_hostile_words_are_one_harmless_line(jira_site: Site, tracker: JiraTracker) -> None:
    (made,) = tracker.create([draft("m-1", 'a\r\nb\0\x1b[31m"} {"x":\u2028 \ud800 c')])
    assert isinstance(made, Created)
    assert jira_site.issue(made.id).values["summary"] == 'a b [31m"} {"x": c'


# Finding


def test_issues_are_found_by_marker_whatever_became_of_them(
    jira_site: Site, tracker: JiraTracker, clock: SettableClock
) -> None:
    began = clock()
    (made,) = tracker.create([draft("m-1")])
    assert isinstance(made, Created)
    jira_site.move(made.id, "PLAT")
    jira_site.create("Somebody's", labels=["elsewhere"])
    assert tracker.find_marked({"m-1", "m-2"}, began)["m-1"].id == made.id


def test_a_copy_with_the_same_marker_is_not_taken_for_the_issue(
    jira_site: Site, tracker: JiraTracker, clock: SettableClock
) -> None:
    (made,) = tracker.create([draft("m-1")])
    copy = jira_site.create("CLONE - Set a timeout", labels=["elsewhere"])
    jira_site.put_property(copy.id, "elsewhere.item", {"marker": "m-1"})
    assert isinstance(made, Created)
    assert tracker.find_marked({"m-1"}, clock())["m-1"].id == made.id


def test_an_issue_is_found_once_the_index_knows_it(
    jira_site: Site, tracker: JiraTracker, clock: SettableClock
) -> None:
    jira_site.index_lag = timedelta(seconds=30)
    began = clock()
    tracker.create([draft("m-1")])
    assert tracker.find_marked({"m-1"}, began) == {}
    clock.advance(timedelta(seconds=31))
    assert set(tracker.find_marked({"m-1"}, began)) == {"m-1"}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "UTC"])
def test_the_accounts_time_zone_hides_nothing(
    jira_site: Site, tracker: JiraTracker, clock: SettableClock, zone: str
) -> None:
    jira_site.time_zone = zone
    tracker.create([draft("m-1")])
    assert set(tracker.find_marked({"m-1"}, clock())) == {"m-1"}


def test_every_page_of_a_search_is_looked_at(
    jira_site: Site, tracker: JiraTracker, clock: SettableClock
) -> None:
    markers = [f"m-{number}" for number in range(250)]
    for start in range(0, 250, 50):
        tracker.create([draft(marker) for marker in markers[start : start + 50]])
    jira_site.requests.clear()
    assert set(tracker.find_marked(markers, clock())) == set(markers)
    assert asked(jira_site) == ["POST search/jql", "POST issue/bulkfetch"] * 3


def test_a_search_ends_with_the_last_of_the_issues_looked_for(
    jira_site: Site, tracker: JiraTracker, clock: SettableClock
) -> None:
    began = clock()
    tracker.create([draft("m-1")])
    clock.advance(timedelta(seconds=1))
    for _ in range(201):
        jira_site.create(labels=["elsewhere"])
    jira_site.requests.clear()
    assert set(tracker.find_marked(["m-1"], began)) == {"m-1"}
    assert asked(jira_site) == ["POST search/jql", "POST issue/bulkfetch"]


def test_no_number_of_pages_is_too_many(
    jira_site: Site, tracker: JiraTracker, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "MOST_READ", 1)
    for _ in range(60):
        jira_site.create(labels=["elsewhere"])
    tracker.create([draft("m-1")])
    assert set(tracker.find_marked(["m-1"], clock())) == {"m-1"}


def test_an_issue_is_found_though_another_label_was_chosen_since(
    jira_site: Site, tracker: JiraTracker, pauses: list[float], clock: SettableClock
) -> None:
    tracker.create([draft("m-1")])
    renamed = connected(jira_site, pauses, LABEL="elsewhere-production")
    assert set(renamed.find_marked({"m-1"}, clock())) == {"m-1"}
    renamed.close()


@pytest.mark.parametrize("label", ['a"OR"b', "a\\", "and", 'x"', "label=1"])
def test_a_label_is_a_word_in_a_query_and_nothing_else(
    jira_site: Site, pauses: list[float], clock: SettableClock, label: str
) -> None:
    tracker = connected(jira_site, pauses, LABEL=label)
    tracker.create([draft("m-1")])
    assert set(tracker.find_marked({"m-1"}, clock())) == {"m-1"}
    tracker.close()


# Changing


def test_an_update_sends_what_changes_and_nothing_else(jira_site: Site, tracker: JiraTracker) -> None:
    issue = jira_site.create()
    assert (
        tracker.update(str(issue.id), {IssueField.DUE: date(2026, 4, 1), IssueField.PRIORITY: "High"}) is None
    )
    (exchange,) = jira_site.requests
    assert exchange.request.path == f"/rest/api/2/issue/{issue.id}"
    assert exchange.request.body == {"fields": {"duedate": "2026-04-01", "priority": {"name": "High"}}}


def test_an_update_of_nothing_asks_nobody(jira_site: Site, tracker: JiraTracker) -> None:
    assert tracker.update(str(jira_site.create().id), {}) is None
    assert jira_site.requests == []


def test_an_update_is_refused_in_jiras_own_words(jira_site: Site, tracker: JiraTracker) -> None:
    issue = jira_site.create()
    refused = tracker.update(str(issue.id), {IssueField.PRIORITY: "P0", IssueField.SUMMARY: "New"})
    assert refused == Refused("priority: The priority selected is invalid.")
    assert jira_site.issue(issue.id) == issue
    refused = tracker.update(str(issue.id), {IssueField.ASSIGNEE: "Bo"})
    assert refused == Refused("ELSEWHERE_JIRA_ACCOUNTS has no account for 'Bo'")


def test_a_change_without_permission_is_refused(jira_site: Site, tracker: JiraTracker) -> None:
    issue = jira_site.create()
    jira_site.denied_permissions |= {"EDIT_ISSUES", "TRANSITION_ISSUES"}
    refused = tracker.update(str(issue.id), {IssueField.SUMMARY: "New"})
    assert refused == Refused(
        "elsewhere@example.org may not do that: You do not have permission to edit issues in this project."
    )
    assert tracker.move(str(issue.id), Phase.DONE) == Refused(
        "no transition leads to done: it stays 'Backlog'; there are: none"
    )


@pytest.mark.parametrize("change", ["update", "move"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_change_at_the_same_time_as_another_is_tried_again_soon(
    jira_site: Site, tracker: JiraTracker, pauses: list[float], change: str, times: int
) -> None:
    issue = jira_site.create()
    conflict = AnswerInstead(Answer(409, {"errorMessages": ["Edit conflict."], "errors": {}}))
    jira_site.faults.add(conflict, when=lambda request: request.is_write, times=times)
    value: Any = {IssueField.SUMMARY: "New"} if change == "update" else Phase.DONE
    outcome = getattr(tracker, change)(str(issue.id), value)
    refused = Refused("somebody changes the same issue just now: Edit conflict.")
    assert outcome == (None if times < 3 else refused)
    assert len(jira_site.requests.writes) == min(times + 1, 3)
    assert sum(pauses) < 3


def test_a_label_that_somebody_adds_meanwhile_stays(jira_site: Site, tracker: JiraTracker) -> None:
    issue = jira_site.create(labels=["theirs"])
    label = Meanwhile(lambda: jira_site.edit(issue.id, labels=["theirs", "new"]))
    jira_site.faults.add(label, when=lambda request: request.method == "PUT")
    assert tracker.update(str(issue.id), {IssueField.LABELS: frozenset({"theirs", "elsewhere"})}) is None
    assert set(jira_site.issue(issue.id).values["labels"]) == {"theirs", "new", "elsewhere"}


def test_no_labels_are_nothing_to_change(jira_site: Site, tracker: JiraTracker) -> None:
    assert tracker.update(str(jira_site.create().id), {IssueField.LABELS: frozenset()}) is None
    assert jira_site.requests == []


# Moving


def test_a_way_of_several_steps_is_walked(jira_site: Site, tracker: JiraTracker) -> None:
    jira_site.workflow = step_by_step()
    issue = jira_site.create()
    assert tracker.move(str(issue.id), Phase.DONE) is None
    now = jira_site.issue(issue.id)
    assert (now.status, now.resolution) == ("Done", "Done")
    assert tracker.move(str(issue.id), Phase.DECLINED) is None
    now = jira_site.issue(issue.id)
    assert (now.status, now.resolution) == ("Done", "Won't Do")
    assert tracker.move(str(issue.id), Phase.IN_PROGRESS) is None
    assert jira_site.issue(issue.id).status == "In Progress"


def test_no_way_names_the_transitions_that_there_are(jira_site: Site, tracker: JiraTracker) -> None:
    jira_site.workflow = replace(every_move(), transitions=list(every_move().transitions)[:3])
    issue = jira_site.create()
    refused = tracker.move(str(issue.id), Phase.DONE)
    assert refused == Refused(
        "no transition leads to done: it went In Progress → To Do → Backlog and stays there; there are: 'Put back' (to 'Backlog'), "
        "'Plan' (to 'To Do'), 'Start work' (to 'In Progress')"
    )


def test_a_way_that_ends_nowhere_is_told_with_where_it_ended(jira_site: Site, tracker: JiraTracker) -> None:
    strict = step_by_step()
    jira_site.workflow = replace(strict, transitions=[one for one in strict.transitions if one.to != "Done"])
    issue = jira_site.create()
    assert tracker.move(str(issue.id), Phase.DONE) == Refused(
        "no transition leads to done: it went To Do → In Progress → In Review and stays there; there are: none"
    )


def workflow(*transitions: Transition, resolves_with: str | None = "Done") -> Workflow:
    return replace(every_move(), transitions=transitions, resolves_with=resolves_with)


def test_a_transition_whose_name_declines_is_believed_only_if_it_does(
    jira_site: Site, tracker: JiraTracker
) -> None:
    drop = Transition("1", "Won't do", "Done")
    jira_site.workflow = workflow(drop, resolves_with="Won't Do")
    issue = jira_site.create()
    assert tracker.move(str(issue.id), Phase.DECLINED) is None
    jira_site.workflow = workflow(drop, resolves_with="Done")
    issue = jira_site.create()
    assert tracker.move(str(issue.id), Phase.DECLINED) == Refused(
        "the transition \"Won't do\" led to 'Done', which counts as done and not as declined"
    )


def test_a_resolution_that_the_screen_hides_is_tried(jira_site: Site, tracker: JiraTracker) -> None:
    issue = jira_site.create()
    answer = Answer(400, {"errorMessages": [], "errors": {"resolution": "Resolution is required."}})
    jira_site.workflow = workflow(Transition("1", "Close", "Done", resolution=True), resolves_with=None)
    shown = {
        "transitions": [
            {
                "id": "1",
                "name": "Close",
                "to": {"name": "Done", "statusCategory": {"key": "done"}},
                "fields": {},
            }
        ]
    }
    jira_site.faults.add(AnswerInstead(Answer(200, shown)), when=to("GET", "/transitions"))
    jira_site.faults.add(AnswerInstead(answer), when=to("POST", "/transitions"))
    assert tracker.move(str(issue.id), Phase.DONE) is None
    assert jira_site.issue(issue.id).resolution == "Done"
    jira_site.requests.clear()


def test_what_somebody_does_meanwhile_is_not_undone(jira_site: Site, tracker: JiraTracker) -> None:
    jira_site.workflow = workflow(
        Transition("1", "Start work", "In Progress"),
        Transition("2", "Close", "Done", ("Backlog",), resolution=False),
    )
    issue = jira_site.create()
    decline = Meanwhile(lambda: jira_site.transition(issue.id, "Done", "Won't Do"))
    jira_site.faults.add(decline, when=to("POST", "/transitions"))
    assert tracker.move(str(issue.id), Phase.DONE) == Refused(
        "somebody changes the same issue just now: it is in another status already"
    )
    assert jira_site.issue(issue.id).resolution == "Won't Do"


def test_a_project_that_is_gone_ends_the_work(jira_site: Site, pauses: list[float]) -> None:
    tracker = connected(jira_site, pauses)
    jira_site.faults.add(AnswerInstead(Answer(404, {"errorMessages": ["No project."]})))
    with pytest.raises(GiveUp, match="no issues can be made there: No project"):
        tracker.create([draft("m-1")])
    tracker.close()
    jira_site.requests.clear()
