"""The stand-in as a program of its own, and under bodies that nobody should send."""

import json
import os
import re
import signal
import subprocess
import sys
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.jira.stand_in import Site
from connectors.jira.stand_in.__main__ import how_to_move
from connectors.jira.stand_in.fields import ON_EVERY_SCREEN

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["set", "add", "key", "name", "id", "value", "type"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "fields": JSON | st.dictionaries(st.sampled_from(ON_EVERY_SCREEN), JSON, max_size=4),
        "update": JSON | st.dictionaries(st.sampled_from(ON_EVERY_SCREEN), st.lists(JSON, max_size=2)),
        **dict.fromkeys(["properties", "transition", "issueUpdates", "issueIdsOrKeys", "body", "jql"], JSON),
        **dict.fromkeys(["maxResults", "nextPageToken", "reconcileIssues"], JSON),
    },
)


def test_it_runs_as_a_program_and_prints_its_settings():
    program = subprocess.Popen(
        [sys.executable, "-m", "connectors.jira.stand_in", "--project", "OPS", "--project", "WEB"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    with program:
        url = program.stdout.readline().strip()
        printed = [program.stdout.readline() for _ in range(4)]
        exported = dict(
            re.fullmatch(r"export ELSEWHERE_JIRA_(\w+)=(.*)\n", line).groups() for line in printed
        )
        signed_in = (exported["USER"], exported["TOKEN"])
        with requests.get(f"{url}/rest/api/2/project/WEB", auth=signed_in, timeout=5) as answer:
            assert answer.json()["key"] == "WEB"
        program.send_signal(signal.SIGINT)
        assert program.wait(10) == 0
    assert (exported["URL"], exported["PROJECT"]) == (url, "OPS")


def test_it_says_how_to_move_an_issue_as_people_do(jira_site: Site):
    issue = jira_site.create("Close the valve")
    told = how_to_move(jira_site)[-1]
    with requests.post(
        told.rpartition(" ")[2],
        json=json.loads(re.search(r"-d '(.+?)'", told)[1]),
        auth=tuple(re.search(r"-u (\S+)", told)[1].split(":")),
        timeout=5,
    ) as answer:
        assert answer.status_code == 204
    assert jira_site.issue(issue.id).status == "In Progress"


def test_a_browser_shows_an_issue_and_no_markup_of_it_acts(jira_site: Site):
    issue = jira_site.create("Close <b>the valve", description="<script>")
    with requests.get(f"{jira_site.url}/browse/{issue.key}", timeout=5) as answer:
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "OPS-1: Close &lt;b&gt;the valve" in answer.text
        assert "<script>" not in answer.text
        assert issue.status in answer.text
    for absent in ("browse/OPS-2", "issue/OPS-1", "browse/OPS-1/more"):
        with requests.get(f"{jira_site.url}/{absent}", timeout=5) as answer:
            assert answer.status_code == 404
    jira_site.requests.clear()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    target=st.sampled_from(
        [
            *[("POST", path) for path in ("issue", "issue/bulk", "issue/bulkfetch", "search/jql")],
            *[("POST", f"issue/OPS-1/{path}") for path in ("transitions", "comment")],
            *[("PUT", path) for path in ("issue/OPS-1", "issue/OPS-1/properties/key")],
        ]
    ),
    version=st.sampled_from(["2", "3", "latest"]),
    body=BODIES | JSON,
)
def test_no_body_breaks_it(jira_site: Site, target: tuple[str, str], version: str, body: Any):
    if not jira_site.issues:
        jira_site.create()
    method, path = target
    with requests.request(
        method,
        f"{jira_site.url}/rest/api/{version}/{path}",
        json=body,
        auth=(jira_site.user, jira_site.token),
        timeout=5,
    ) as answer:
        assert answer.status_code < 500
    jira_site.requests.clear()


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[]", b"1", b"null"])
def test_a_body_that_is_no_object_is_refused(jira_site: Site, raw: bytes):
    with requests.post(
        f"{jira_site.url}/rest/api/2/issue", data=raw, auth=(jira_site.user, jira_site.token), timeout=5
    ) as answer:
        assert answer.status_code == 400
    jira_site.requests.clear()
