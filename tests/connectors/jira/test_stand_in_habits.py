"""Jira's habits that naive code gets wrong: identity, text, screens, rights and transitions."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.stand_in import SOMEBODY, Person, Site, step_by_step
from connectors.jira.stand_in.wording import normalised

Ask = Callable[..., requests.Response]

TASK = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}}


@pytest.fixture
def ask(jira_site: Site) -> Iterator[Ask]:
    """Sends a request to a path below /rest/api/2; ``token`` is the right one unless said."""
    with requests.Session() as session:

        def send(method: str, path: str, body: Any = None, *, token: str | None = None, **query: Any):
            session.auth = (jira_site.user, token or jira_site.token)
            address = f"{jira_site.url}/rest/api/2/{path}"
            return session.request(method, address, json=body, params=query, timeout=5)

        yield send


# Identity


def test_a_moved_issue_keeps_its_id_and_its_old_key_leads_to_it(jira_site: Site, ask: Ask):
    issue = jira_site.create()
    jira_site.move(issue.key, "PLAT")
    assert ask("GET", f"issue/{issue.key}").json()["key"] == "PLAT-1"
    assert ask("GET", f"issue/{issue.id}").json()["id"] == str(issue.id)


def test_a_deleted_and_a_hidden_issue_cannot_be_told_apart(jira_site: Site, ask: Ask):
    gone, hidden = jira_site.create(), jira_site.create()
    jira_site.delete(gone.key)
    jira_site.hide(hidden.key)
    answers = [ask("GET", f"issue/{issue.key}") for issue in (gone, hidden)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


def test_an_id_and_a_key_are_never_given_again(jira_site: Site):
    first = jira_site.create()
    jira_site.delete(first.key)
    second = jira_site.create()
    assert (second.id, second.key) == (first.id + 1, "OPS-2")


def test_a_bulk_read_leaves_out_what_is_gone_and_is_in_order_of_id(jira_site: Site, ask: Ask):
    first, gone, last = (jira_site.create() for _ in range(3))
    jira_site.delete(gone.key)
    names = [last.key, gone.key, str(first.id)]
    answer = ask("POST", "issue/bulkfetch", {"issueIdsOrKeys": names, "fields": ["summary"]}).json()
    assert [issue["key"] for issue in answer["issues"]] == [first.key, last.key]
    assert answer["issueErrors"] == []


def test_a_bulk_read_takes_a_hundred(ask: Ask):
    assert ask("POST", "issue/bulkfetch", {"issueIdsOrKeys": ["OPS-1"] * 100}).status_code == 200
    assert ask("POST", "issue/bulkfetch", {"issueIdsOrKeys": ["OPS-1"] * 101}).status_code == 400


# Text and fields


def test_a_description_is_not_read_back_as_it_was_written(jira_site: Site, ask: Ask):
    written = "see https://example.org/a, then  \r\n\r\n\r\n- do it\r\n"
    ask("PUT", f"issue/{jira_site.create().key}", {"fields": {"description": written}})
    read = ask("GET", "issue/OPS-1", fields="description").json()["fields"]["description"]
    assert read == "see [https://example.org/a|https://example.org/a], then\n\n* do it"


@given(st.lists(st.sampled_from(["https://a.b/c", *"a-* \r\n\t[]|.:/h\x0b\u2028"]), max_size=40))
def test_normalising_twice_changes_nothing(parts: list[str]):
    once = normalised("".join(parts))
    assert normalised(once) == once


def test_labels_come_back_sorted_and_once(ask: Ask):
    ask("POST", "issue", {"fields": {**TASK, "summary": "S", "labels": ["b", "a", "b"]}})
    assert ask("GET", "issue/OPS-1", fields="labels").json()["fields"] == {"labels": ["a", "b"]}


def test_labels_are_added_and_removed_one_by_one(jira_site: Site, ask: Ask):
    jira_site.create(labels=["theirs", "old"])
    update = {"labels": [{"add": "elsewhere"}, {"remove": "old"}]}
    assert ask("PUT", "issue/OPS-1", {"update": update}).status_code == 204
    assert jira_site.issue("OPS-1").values["labels"] == ("elsewhere", "theirs")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("summary", "", "must specify a summary"),
        ("summary", "a\nb", "newline"),
        ("summary", "x" * 256, "255"),
        ("summary", "\N{PARTY POPPER}" * 128, "255"),
        ("labels", ["a b"], "spaces"),
        ("description", "x" * 32_768, "32,767"),
        ("duedate", "1 April", "parsing date"),
        ("duedate", 20260401, "parsing date"),
        ("priority", {"name": "Urgent"}, "priority selected is invalid"),
        ("assignee", {"accountId": "nobody"}, "cannot be assigned"),
        ("status", {"name": "Done"}, "not on the appropriate screen"),
        ("customfield_10010", "x", "not on the appropriate screen"),
    ],
)
def test_a_bad_value_is_refused_by_its_field(jira_site: Site, ask: Ask, field: str, value: Any, says: str):
    before = jira_site.create()
    answer = ask("PUT", "issue/OPS-1", {"fields": {"summary": "Other", field: value}})
    assert answer.status_code == 400
    assert says in answer.json()["errors"][field]
    assert jira_site.issue("OPS-1") == before


def test_an_assignee_by_name_is_silently_ignored(jira_site: Site, ask: Ask):
    jira_site.create(assignee={"accountId": SOMEBODY.account_id})
    assert ask("PUT", "issue/OPS-1", {"fields": {"assignee": {"name": "ana"}}}).status_code == 204
    assert jira_site.issue("OPS-1").values["assignee"] == SOMEBODY.account_id


def test_somebody_inactive_cannot_be_assigned(jira_site: Site, ask: Ask):
    jira_site.people["gone"] = Person("gone", "Left Long Ago", is_active=False)
    jira_site.create()
    assert ask("PUT", "issue/OPS-1", {"fields": {"assignee": {"accountId": "gone"}}}).status_code == 400


def test_a_null_clears_a_due_date(jira_site: Site, ask: Ask):
    jira_site.create(duedate="2026-04-01")
    ask("PUT", "issue/OPS-1", {"fields": {"duedate": None}})
    assert ask("GET", "issue/OPS-1").json()["fields"]["duedate"] is None


def test_a_required_field_is_missed(jira_site: Site, ask: Ask):
    jira_site.custom_fields["customfield_10010"] = "Team"
    jira_site.screen.add("customfield_10010")
    jira_site.required_fields.add("customfield_10010")
    answer = ask("POST", "issue", {"fields": {**TASK, "summary": "S"}})
    assert answer.json()["errors"] == {"customfield_10010": "Team is required."}


def test_the_screen_for_new_issues_is_told(jira_site: Site, ask: Ask):
    jira_site.screen.discard("duedate")
    types = ask("GET", "issue/createmeta/OPS/issuetypes").json()["issueTypes"]
    task = next(kind["id"] for kind in types if kind["name"] == "Task")
    screen = ask("GET", f"issue/createmeta/OPS/issuetypes/{task}").json()["fields"]
    assert {"summary", "labels"} <= {field["fieldId"] for field in screen}
    assert "duedate" not in {field["fieldId"] for field in screen}


# When something counts as updated


def test_an_edit_moves_updated_and_a_property_does_not(jira_site: Site, ask: Ask):
    made = jira_site.create()
    assert ask("PUT", "issue/OPS-1/properties/elsewhere.item", {"marker": "m"}).status_code == 201
    assert ask("PUT", "issue/OPS-1/properties/elsewhere.item", {"marker": "n"}).status_code == 200
    assert jira_site.issue("OPS-1").updated == made.updated
    ask("PUT", "issue/OPS-1", {"fields": {"summary": "Another"}})
    assert jira_site.issue("OPS-1").updated > made.updated


def test_an_edit_that_changes_nothing_does_not_move_updated(jira_site: Site, ask: Ask):
    made = jira_site.create("Same")
    ask("PUT", "issue/OPS-1", {"fields": {"summary": "Same"}})
    assert jira_site.issue("OPS-1").updated == made.updated


def test_a_comment_moves_updated(jira_site: Site, ask: Ask):
    made = jira_site.create()
    assert ask("POST", "issue/OPS-1/comment", {"body": "Well"}).status_code == 201
    assert jira_site.issue("OPS-1").updated > made.updated


# Bulk creation and properties


def test_a_bulk_creation_fails_in_part(ask: Ask):
    properties = [{"key": "elsewhere.item", "value": {"marker": "m"}}]
    drafts = [
        {"fields": {**TASK, "summary": "Good"}, "properties": properties},
        {"fields": {**TASK, "summary": ""}},
    ]
    answer = ask("POST", "issue/bulk", {"issueUpdates": drafts})
    assert answer.status_code == 201
    assert [issue["key"] for issue in answer.json()["issues"]] == ["OPS-1"]
    assert [error["failedElementNumber"] for error in answer.json()["errors"]] == [1]
    assert ask("GET", "issue/OPS-1/properties/elsewhere.item").json()["value"] == {"marker": "m"}


def test_a_bulk_creation_of_which_nothing_remains_is_400(ask: Ask):
    answer = ask("POST", "issue/bulk", {"issueUpdates": [{"fields": {**TASK, "summary": ""}}]})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["elementErrors"]["errors"]["summary"]


def test_a_bulk_creation_takes_fifty(jira_site: Site, ask: Ask):
    drafts = [{"fields": {**TASK, "summary": "S"}}] * 51
    assert ask("POST", "issue/bulk", {"issueUpdates": drafts}).status_code == 400
    assert jira_site.issues == ()
    assert ask("POST", "issue/bulk", {"issueUpdates": drafts[:50]}).status_code == 201


def test_properties_are_read_with_the_issue_only_when_asked_for(jira_site: Site, ask: Ask):
    jira_site.put_property(jira_site.create().key, "elsewhere.item", {"marker": "m"})
    assert "properties" not in ask("GET", "issue/OPS-1").json()
    read = ask("GET", "issue/OPS-1", properties="elsewhere.item,other").json()["properties"]
    assert read == {"elsewhere.item": {"marker": "m"}}


# Transitions


def test_done_brings_a_resolution_and_reopening_takes_it_away(jira_site: Site, ask: Ask):
    jira_site.create()
    ask("POST", "issue/OPS-1/transitions", {"transition": {"id": "51"}})
    assert jira_site.issue("OPS-1").resolution == "Done"
    ask("POST", "issue/OPS-1/transitions", {"transition": {"id": "31"}})
    fields = ask("GET", "issue/OPS-1").json()["fields"]
    assert fields["status"]["name"] == "In Progress"
    assert (fields["resolution"], fields["resolutiondate"]) == (None, None)


def test_the_fields_of_a_screen_are_told_when_asked_for(jira_site: Site, ask: Ask):
    jira_site.create()
    shown = ask("GET", "issue/OPS-1/transitions", expand="transitions.fields").json()["transitions"]
    close = next(move for move in shown if move["to"]["statusCategory"]["key"] == "done")
    assert close["fields"]["resolution"]["required"] is False
    assert "Won't Do" in [each["name"] for each in close["fields"]["resolution"]["allowedValues"]]
    plain = ask("GET", "issue/OPS-1/transitions").json()["transitions"]
    assert all("fields" not in move for move in plain)


def test_a_strict_workflow_goes_step_by_step(jira_site: Site, ask: Ask):
    jira_site.workflow = step_by_step()
    jira_site.create()
    assert [move["name"] for move in ask("GET", "issue/OPS-1/transitions").json()["transitions"]] == ["Plan"]
    assert ask("POST", "issue/OPS-1/transitions", {"transition": {"id": "5"}}).status_code == 400
    for number in ("2", "3", "4"):
        assert ask("POST", "issue/OPS-1/transitions", {"transition": {"id": number}}).status_code == 204
    lacking = ask("POST", "issue/OPS-1/transitions", {"transition": {"id": "5"}})
    assert lacking.json()["errors"] == {"resolution": "Resolution is required."}
    fields = {"resolution": {"name": "Done"}}
    given = ask("POST", "issue/OPS-1/transitions", {"transition": {"id": "5"}, "fields": fields})
    assert given.status_code == 204


def test_a_resolution_is_refused_where_the_screen_has_none(jira_site: Site, ask: Ask):
    jira_site.create()
    body = {"transition": {"id": "31"}, "fields": {"resolution": {"name": "Done"}}}
    assert "resolution" in ask("POST", "issue/OPS-1/transitions", body).json()["errors"]
    assert jira_site.issue("OPS-1").status == "Backlog"


# Rights


@pytest.mark.parametrize("is_expired", [True, False], ids=["expired", "wrong"])
def test_a_bad_token_is_a_stranger_who_is_told_little(jira_site: Site, ask: Ask, is_expired: bool):
    jira_site.create()
    jira_site.token_has_expired = is_expired
    token = None if is_expired else "wrong"
    assert ask("GET", "serverInfo", token=token).status_code == 200
    assert ask("GET", "myself", token=token).status_code == 401
    assert ask("GET", "issue/OPS-1", token=token).status_code == 404
    found = ask("GET", "search/jql", token=token, jql="project = OPS")
    assert (found.status_code, found.json()["issues"]) == (200, [])
    assert ask("GET", "project/search", token=token).json()["values"] == []
    read = ask("POST", "issue/bulkfetch", {"issueIdsOrKeys": ["OPS-1"]}, token=token)
    assert (read.status_code, read.json()["issues"]) == (200, [])
    assert ask("PUT", "issue/OPS-1", {"fields": {"summary": "Other"}}, token=token).status_code == 404
    assert ask("POST", "issue", {"fields": {**TASK, "summary": "S"}}, token=token).status_code == 401


def test_what_may_not_be_done_is_refused_and_told_beforehand(jira_site: Site, ask: Ask):
    jira_site.create()
    jira_site.denied_permissions = {"EDIT_ISSUES", "CREATE_ISSUES", "TRANSITION_ISSUES"}
    told = ask("GET", "mypermissions", permissions="BROWSE_PROJECTS,EDIT_ISSUES").json()["permissions"]
    assert {name: one["havePermission"] for name, one in told.items()} == {
        "BROWSE_PROJECTS": True,
        "EDIT_ISSUES": False,
    }
    assert ask("PUT", "issue/OPS-1", {"fields": {"summary": "Other"}}).status_code == 403
    assert ask("POST", "issue", {"fields": {**TASK, "summary": "S"}}).status_code == 403
    assert ask("GET", "issue/OPS-1/transitions").json()["transitions"] == []


def test_an_account_is_not_found_by_its_id_as_text(ask: Ask):
    assert ask("GET", "user/search", query=SOMEBODY.account_id).json() == []
    assert [one["accountId"] for one in ask("GET", "user/search", query="ana").json()] == [
        SOMEBODY.account_id
    ]
    assert "emailAddress" not in ask("GET", "user", accountId=SOMEBODY.account_id).json()


def test_an_unknown_path_and_an_unknown_method_say_so(jira_site: Site, ask: Ask):
    assert ask("GET", "no/such/path").status_code == 404
    assert ask("PUT", "serverInfo").status_code == 405
    jira_site.requests.clear()


def test_version_three_speaks_in_documents(jira_site: Site, ask: Ask):
    jira_site.create(description="one\ntwo")
    document = ask("GET", "../3/issue/OPS-1").json()["fields"]["description"]
    assert [block["content"][0]["text"] for block in document["content"]] == ["one", "two"]
    fields = {"description": document | {"content": document["content"][:1]}}
    assert ask("PUT", "../3/issue/OPS-1", {"fields": fields}).status_code == 204
    assert jira_site.issue("OPS-1").values["description"] == "one"
    assert ask("PUT", "../3/issue/OPS-1", {"fields": {"description": "plain"}}).status_code == 400
