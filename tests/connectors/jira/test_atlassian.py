"""The judge itself: what keeps to Atlassian's description passes, and each kind of fault is found."""

from pathlib import Path
from typing import Any

import pytest

from connectors.jira.stand_in import Answer, Exchange, Request
from tests.connectors.jira import atlassian


@pytest.fixture
def folder(shared: Path) -> Path:
    return shared / "jira"


def asked(
    method: str, path: str, body: Any = None, answer: Answer | None = None, **query: str
) -> list[Exchange]:
    request = Request(method, path, {name: (value,) for name, value in query.items()}, {}, body)
    return [Exchange(request, answer)]


@pytest.mark.parametrize("version", ["2", "3", "latest"])
def test_what_atlassian_describes_passes(folder: Path, version: str):
    path = f"/rest/api/{version}"
    issue = {"id": "1", "key": "OPS-1", "fields": {"assignee": None}}
    atlassian.check(asked("GET", f"{path}/issue/OPS-1", fields="summary", answer=Answer(200, issue)), folder)
    atlassian.check(asked("POST", f"{path}/issue/bulk", {"issueUpdates": [{"fields": {}}]}), folder)
    atlassian.check(asked("PUT", f"{path}/issue/1/properties/elsewhere.item", {"any": "thing"}), folder)


@pytest.mark.parametrize(
    ("exchanges", "fault"),
    [
        (asked("GET", "/rest/api/2/nothing"), "there is no such operation"),
        (asked("PATCH", "/rest/api/2/myself"), "there is no such operation"),
        (asked("GET", "/rest/agile/1.0/board"), "not a path of the API"),
        (asked("GET", "/rest/api/2/search", jql="project = OPS"), "this operation was removed"),
        (asked("GET", "/rest/api/2/search/jql", startAt="5"), "'startAt' is unknown"),
        (asked("GET", "/rest/api/2/search/jql", maxResults="all"), "'maxResults' is not a number"),
        (asked("GET", "/rest/api/2/search/jql", failFast="yes"), "'failFast' is neither"),
        (asked("DELETE", "/rest/api/2/issue/1", deleteSubtasks="maybe"), "'deleteSubtasks' is none of"),
        (asked("GET", "/rest/api/2/myself", {"a": 1}), "it takes no body"),
        (asked("POST", "/rest/api/2/issue"), "its body is missing"),
        (asked("POST", "/rest/api/2/issue", b"{"), "its body is no JSON"),
        (asked("POST", "/rest/api/2/issue", {"fields": []}), "body at /fields"),
        (asked("POST", "/rest/api/2/search/jql", {"startAt": 5}), "body at /"),
        (
            asked("POST", "/rest/api/2/issue/1/transitions", {"transition": {"id": 5}}),
            "body at /transition/id",
        ),
        (asked("GET", "/rest/api/2/myself", answer=Answer(200, {"mail": "x"})), "answer at /"),
        (asked("GET", "/rest/api/2/myself", answer=Answer(202)), "never answers 202"),
        (asked("GET", "/rest/api/2/issue/1", answer=Answer(404, {"problem": "?"})), "answer at /"),
    ],
)
def test_a_planted_fault_is_found(folder: Path, exchanges: list[Exchange], fault: str):
    found = atlassian.faults(exchanges, folder)
    assert len(found) == 1
    assert fault in found[0]
    with pytest.raises(AssertionError, match="not as Atlassian describes it"):
        atlassian.check(exchanges, folder)


def test_an_injected_fault_is_not_held_against_anybody(folder: Path):
    exchange = Exchange(Request("GET", "/rest/api/2/myself"), Answer(200, {"mail": "x"}), is_faulty=True)
    atlassian.check([exchange], folder)


def test_what_the_client_asked_is_judged_even_so(folder: Path):
    request = Request("GET", "/rest/api/2/myself", {"extra": ("1",)})
    assert atlassian.faults([Exchange(request, None, is_faulty=True)], folder)
