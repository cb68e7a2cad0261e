"""Search in the stand-in: JQL, pages, and an index that is late."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.stand_in import OURSELVES, Refusal, Site
from connectors.jira.stand_in.jql import parse
from tests.conftest import SettableClock

Search = Callable[..., Any]


@pytest.fixture
def search(jira_site: Site) -> Iterator[Search]:
    """Searches by a body and returns the answer's."""
    with requests.Session() as session:
        session.auth = (jira_site.user, jira_site.token)

        def send(jql: str, *, status: int = 200, **members: Any) -> Any:
            answer = session.post(
                f"{jira_site.url}/rest/api/2/search/jql", json={"jql": jql, **members}, timeout=5
            )
            assert answer.status_code == status, answer.text
            return answer.json()

        yield send


def ids(answer: Any) -> list[int]:
    return [int(issue["id"]) for issue in answer["issues"]]


def test_a_search_answers_ids_alone_unless_asked(jira_site: Site, search: Search):
    issue = jira_site.create()
    assert search("project = OPS") == {"issues": [{"id": str(issue.id)}], "isLast": True}


def test_pages_follow_by_token_and_the_last_has_none(jira_site: Site, search: Search):
    made = [jira_site.create().id for _ in range(5)]
    asked = {"maxResults": 2, "fields": ["summary"]}
    first = search("project = OPS ORDER BY key ASC", **asked)
    second = search("project = OPS ORDER BY key ASC", nextPageToken=first["nextPageToken"], **asked)
    third = search("project = OPS ORDER BY key ASC", nextPageToken=second["nextPageToken"], **asked)
    assert [*ids(first), *ids(second), *ids(third)] == made
    assert "nextPageToken" not in third
    assert "total" not in first


def test_a_token_belongs_to_its_query(jira_site: Site, search: Search):
    for _ in range(2):
        jira_site.create()
    token = search("project = OPS", maxResults=1)["nextPageToken"]
    search("project = PLAT", nextPageToken=token, status=400)


def test_fields_make_pages_of_a_hundred_at_most(jira_site: Site, search: Search):
    for _ in range(101):
        jira_site.create()
    assert len(search("project = OPS", maxResults=500)["issues"]) == 101
    assert len(search("project = OPS", maxResults=500, fields=["summary"])["issues"]) == 100


@pytest.mark.parametrize(
    ("jql", "numbers"),
    [
        ("project = OPS", [1, 2]),
        ("project in (OPS, PLAT) AND labels = elsewhere", [1, 3]),
        ('labels in ("elsewhere", other)', [1, 2, 3]),
        ("labels = elsewhere AND project != PLAT", [1]),
        ("labels is EMPTY", [4]),
        ("key = OPS-2", [2]),
        ("key in (OPS-1, PLAT-1) AND labels = elsewhere", [1, 3]),
        (f'creator = "{OURSELVES.account_id}"', [3]),
        ("creator = currentUser() AND project = PLAT", [3]),
        ("project = OPS AND creator != currentUser()", [1, 2]),
        ("statusCategory = Done", [2]),
        ("status not in (Done) AND project = OPS", [1]),
        ("id > OPS-1 AND project = OPS", [2]),
        ("created >= -1d AND project = PLAT", [3, 4]),
    ],
)
def test_a_query_finds_what_it_says(jira_site: Site, search: Search, jql: str, numbers: list[int]):
    jira_site.create(labels=["elsewhere"])
    jira_site.create(labels=["other"])
    jira_site.transition("OPS-2", "Done")
    jira_site.add(
        {"summary": "Ours", "project": {"key": "PLAT"}, "labels": ["Elsewhere"]}, OURSELVES.account_id
    )
    jira_site.create(project={"key": "PLAT"})
    assert [number - 10000 for number in ids(search(f"{jql} ORDER BY created ASC, key ASC"))] == numbers


@pytest.mark.parametrize(
    ("jql", "says"),
    [
        ("", "Unbounded"),
        ("ORDER BY key", "Unbounded"),
        ("project = NOPE", "does not exist for the field 'project'"),
        ("key in (OPS-1, OPS-99)", "OPS-99"),
        ("labels = a b", "AND"),
        ("labels = a@b", "reserved JQL character"),
        ("labels = and", "Expecting"),
        ("labels in (a", "Expecting"),
        ('labels = "a', "reserved JQL character"),
        ("colour = red", "Field 'colour'"),
        ("labels", "Expecting operator"),
        ("labels > a", "not supported"),
        ("created >= 2026-03-02T09:00:00Z", "Date value"),
        ("created >= yesterday", "Date value"),
        ("project = OPS ORDER BY colour", "Not able to sort"),
        ("creator = everybody()", "JQL function"),
        ("project = OPS ORDER BY " + ", ".join(["key"] * 8), "more than 7"),
    ],
)
def test_a_query_that_jira_would_not_take_is_refused(jira_site: Site, search: Search, jql: str, says: str):
    jira_site.create()
    assert says in search(jql, status=400)["errorMessages"][0]


@given(
    st.lists(
        st.sampled_from(
            ["project", "=", "OPS", "key", "in", "(", ")", ",", "and", "order", "by", '"', "\\", "x@"]
        )
    )
)
def test_no_query_breaks_the_parser(words: list[str]):
    with suppress(Refusal):
        parse(" ".join(words), Site(SettableClock(), "OPS"))


def test_a_quoted_value_may_hold_what_jql_reserves(jira_site: Site, search: Search):
    made = jira_site.create(labels=['a"b\\c'])
    assert ids(search(r'labels = "a\"b\\c"')) == [made.id]


def test_dates_are_read_in_the_time_zone_of_the_profile(
    jira_site: Site, search: Search, clock: SettableClock
):
    jira_site.time_zone = "America/New_York"
    made = jira_site.create()
    assert f"{clock.now:%H:%M}" == "09:30"
    assert ids(search('created >= "2026-03-02 09:30"')) == []
    assert ids(search('created >= "2026-03-02 04:30"')) == [made.id]
    assert ids(search(f"created >= {int(clock.now.timestamp() * 1000)}")) == [made.id]


def test_the_index_knows_an_issue_late(jira_site: Site, search: Search, clock: SettableClock):
    jira_site.index_lag = timedelta(seconds=30)
    made = jira_site.create("First words")
    assert ids(search("project = OPS")) == []
    assert ids(search("project = OPS", reconcileIssues=[made.id])) == [made.id]
    clock.advance(timedelta(seconds=30))
    jira_site.edit(made.key, summary="Later words")
    stale = search("project = OPS", fields=["summary"])
    assert stale["issues"][0]["fields"] == {"summary": "First words"}
    clock.advance(timedelta(seconds=30))
    fresh = search("project = OPS", fields=["summary"])
    assert fresh["issues"][0]["fields"] == {"summary": "Later words"}


def test_a_hidden_issue_is_not_found(jira_site: Site, search: Search):
    hidden, seen = jira_site.create(), jira_site.create()
    jira_site.hide(hidden.key)
    assert ids(search("project = OPS")) == [seen.id]
    assert "does not exist" in search(f"key = {hidden.key}", status=400)["errorMessages"][0]


@pytest.mark.parametrize(
    "members",
    [{"startAt": 5}, {"maxResults": 0}, {"maxResults": 5001}, {"maxResults": True}, {"fields": "summary"}],
)
def test_members_that_jira_does_not_know_are_refused(jira_site: Site, search: Search, members: Any):
    search("project = OPS", status=400, **members)
    jira_site.requests.clear()


def test_the_old_search_is_gone(jira_site: Site):
    with requests.get(f"{jira_site.url}/rest/api/2/search", {"jql": "project = OPS"}, timeout=5) as answer:
        assert answer.status_code == 410
    jira_site.requests.clear()
