"""The stand-in as the real `jira` package meets it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from jira import JIRA
from jira.exceptions import JIRAError

from connectors.jira.stand_in import OURSELVES, Site


@contextmanager
def signed_in(site: Site, *, asks: bool = False) -> Iterator[JIRA]:
    client = JIRA(
        site.url,
        basic_auth=(site.user, site.token),
        max_retries=0,
        get_server_info=asks,
        timeout=(2, 5),
    )
    try:
        yield client
    finally:
        client.close()


def test_the_package_takes_it_for_jira_cloud(jira_site: Site):
    with signed_in(jira_site, asks=True) as jira:
        assert jira.server_info()["deploymentType"] == "Cloud"
        assert jira.myself()["accountId"] == OURSELVES.account_id


def test_an_issue_is_made_edited_and_read_back(jira_site: Site):
    with signed_in(jira_site) as jira:
        made = jira.create_issue(
            project={"key": "OPS"}, issuetype={"name": "Task"}, summary="Raise the limit", labels=["b", "a"]
        )
        made.update(fields={"duedate": "2026-04-01", "priority": {"name": "High"}})
        again = jira.issue(made.id)
    assert (again.key, again.fields.labels, again.fields.duedate) == ("OPS-1", ["a", "b"], "2026-04-01")
    assert again.fields.priority.name == "High"


def test_a_transition_is_named_otherwise_than_its_status(jira_site: Site):
    issue = jira_site.create()
    with signed_in(jira_site) as jira:
        assert jira.find_transitionid_by_name(issue.key, "Done") is None
        jira.transition_issue(issue.key, "Close", resolution={"name": "Won't Do"})
        closed = jira.issue(issue.key)
    assert (closed.fields.status.name, closed.fields.resolution.name) == ("Done", "Won't Do")
    assert closed.fields.status.statusCategory.key == "done"


def test_a_search_turns_its_pages(jira_site: Site):
    jira_site.most_per_page = 2
    keys = [jira_site.create().key for _ in range(5)]
    with signed_in(jira_site, asks=True) as jira:
        found = jira.search_issues("project = OPS ORDER BY key ASC", maxResults=0, fields="summary")
    assert [issue.key for issue in found] == keys


def test_a_deleted_issue_is_an_error_of_the_package(jira_site: Site):
    key = jira_site.create().key
    jira_site.delete(key)
    with signed_in(jira_site) as jira, pytest.raises(JIRAError) as problem:
        jira.issue(key)
    assert problem.value.status_code == 404


def test_a_property_is_written_and_read(jira_site: Site):
    key = jira_site.create().key
    with signed_in(jira_site) as jira:
        jira.add_issue_property(key, "elsewhere.item", {"marker": "m"})
        assert jira.issue_property(key, "elsewhere.item").value.marker == "m"
