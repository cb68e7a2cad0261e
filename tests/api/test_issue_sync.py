"""The sync over REST, with a Jira over HTTP."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.connectors.jira.connected import connected
from tests.connectors.jira.fixtures import atlassian_folder, jira_site
from tests.factories import Action, InMemoryPostmortems, postmortem_text
from tests.workflows.reading import rows
from tracker.storage.tables import IssueLink
from tracker.workflows.edit_postmortems import edit_postmortem
from tracker.workflows.ingest_postmortems import ingest
from tracker.workflows.leases import holding
from tracker.workflows.sync_issues import LEASE
from tracker.workflows.triage_action_items import accept_item, edit_item

__all__ = ["atlassian_folder", "jira_site"]

PATH = "/api/v1/sync"


@pytest.fixture
def jira(connections, jira_site):
    """A Jira that the server is connected to."""
    connections.issues = connected(jira_site, [], TIMEOUT="5", WAIT="30")
    yield jira_site
    connections.issues.close()


@pytest.fixture
def accepted(context):
    """Two accepted items, each of a postmortem of its own."""
    for name, title in (("one.md", "Set a timeout"), ("two.md", "Forbid the swordfish protocol")):
        source = InMemoryPostmortems(
            {name: postmortem_text(Action(title, owner="", due=None, priority=""), title=name)}
        )
        list(ingest(context, source, [name]))
    for item in (1, 2):
        accept_item(context, item)


def hide(context, clock, api):
    """Sync, let the postmortem of item 2 become confidential, and sync again."""
    assert api.post(f"{PATH}/runs").status_code == 201
    edit_postmortem(context, 2, {"confidential": True})
    edit_item(context, 2, {"title": "Forbid the swordfish protocol now"})
    clock.advance(timedelta(minutes=5))
    assert api.post(f"{PATH}/runs").status_code == 201


@pytest.mark.usefixtures("jira", "accepted")
def test_a_plan_says_what_a_run_does(api, database):
    plan = api.get(f"{PATH}/plan").json()
    assert [(one["item_id"], one["kind"]) for one in plan["decisions"]] == [(1, "create"), (2, "create")]
    assert rows(database, IssueLink) == []
    answer = api.post(f"{PATH}/runs")
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{PATH}/runs/1")
    run = answer.json()
    assert (run["state"], run["actor"]) == ("finished", "Ada")
    assert [(one["item_id"], one["kind"]) for one in run["decisions"]] == [(1, "create"), (2, "create")]
    assert len(rows(database, IssueLink)) == 2
    assert api.get(answer.headers["Location"]).json() == run


@pytest.mark.usefixtures("accepted")
def test_a_second_run_writes_nothing(api, jira):
    api.post(f"{PATH}/runs")
    jira.requests.clear()
    assert api.post(f"{PATH}/runs").json()["decisions"] == []
    assert [one for one in jira.requests if one.request.is_write] == []
    assert api.get(f"{PATH}/plan").json()["decisions"] == []


@pytest.mark.usefixtures("jira", "accepted")
def test_a_repeated_request_runs_once(api):
    send = {"headers": {"Idempotency-Key": "a"}}
    first, again = (api.post(f"{PATH}/runs", **send) for _ in range(2))
    assert (first.status_code, again.json()) == (201, first.json())
    assert [one["id"] for one in api.get(f"{PATH}/runs").json()["items"]] == [1]


@pytest.mark.usefixtures("jira", "accepted")
def test_runs_and_their_decisions_come_in_pages(api, clock):
    for _ in range(3):
        api.post(f"{PATH}/runs")
        clock.advance(timedelta(minutes=1))
    page = api.get(f"{PATH}/runs", params={"limit": 2}).json()
    rest = api.get(f"{PATH}/runs", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [one["id"] for one in page["items"] + rest["items"]] == [3, 2, 1]
    first = api.get(f"{PATH}/runs/1/decisions", params={"limit": 1}).json()
    second = api.get(f"{PATH}/runs/1/decisions", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [one["item_id"] for one in first["items"] + second["items"]] == [1, 2]


@pytest.mark.usefixtures("jira", "accepted")
def test_what_is_confidential_is_in_no_run_plan_or_count(api, admin, reader, context, clock):
    hide(context, clock, api)
    for client in (api, reader):
        for path in ("runs", "runs/1", "runs/1/decisions", "runs/2", "runs/2/decisions", "plan"):
            answer = client.get(f"{PATH}/{path}")
            assert answer.status_code == 200
            assert "swordfish" not in answer.text
            assert '"item_id":2' not in answer.text
        listed = client.get(f"{PATH}/runs", params={"sort": "id"}).json()["items"]
        assert [one["counts"] for one in listed] == [{"create": 1, "waiting": 0}, {"waiting": 0}]
        assert client.get(f"{PATH}/runs/1").json()["counts"] == {"create": 1, "waiting": 0}
    assert admin.get(f"{PATH}/runs/1").json()["counts"]["items"] == 2
    assert "swordfish" in admin.get(f"{PATH}/runs/2").text


@pytest.mark.usefixtures("jira", "accepted")
def test_while_another_run_is_at_it_one_is_told_to_wait(api, context):
    with holding(replace(context, actor="nightly"), LEASE, timedelta(seconds=90)):
        refused = api.post(f"{PATH}/runs")
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:elsewhere:problem:held-by-another"
    assert "nightly" in refused.json()["detail"]
    assert api.post(f"{PATH}/runs").status_code == 201


def test_without_a_tracker_one_is_told_so(api):
    for answer in (api.get(f"{PATH}/plan"), api.post(f"{PATH}/runs")):
        assert answer.status_code == 409
        assert "no issue tracker is ready here" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("runs/7", 404),
        ("runs/7/decisions", 404),
        ("runs/0", 422),
        ("runs?sort=actor", 422),
        ("plan?x=1", 422),
    ],
)
def test_odd_questions_get_an_answer_that_says_so(api, path, status):
    assert api.get(f"{PATH}/{path}").status_code == status


@pytest.mark.parametrize(
    ("draft", "status"),
    [
        ({"item": 1, "field": "due", "keep": "ours"}, 404),
        ({"item": 99, "field": "due", "keep": "theirs"}, 404),
        ({"item": "1", "field": "due", "keep": "ours"}, 422),
        ({"item": 1, "field": "mood", "keep": "ours"}, 422),
        ({"item": 1, "field": "due", "keep": "base"}, 422),
        ({}, 422),
    ],
)
@pytest.mark.usefixtures("accepted")
def test_what_is_no_conflict_is_not_resolved(api, draft, status):
    assert api.post(f"{PATH}/resolutions", json=draft).status_code == status


def test_a_reader_runs_and_resolves_nothing(reader):
    assert reader.post(f"{PATH}/runs").status_code == 403
    draft = {"item": 1, "field": "due", "keep": "ours"}
    assert reader.post(f"{PATH}/resolutions", json=draft).status_code == 403
