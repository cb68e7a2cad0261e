"""The faults that can be injected, as a client on the other end of the wire sees them."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from connectors.jira.stand_in import (
    Answer,
    AnswerInstead,
    Drip,
    Hang,
    LoseAnswer,
    Meanwhile,
    Request,
    Site,
    SpoilAnswer,
    failing,
    garbage,
)

DRAFT = {"fields": {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "S"}}

Send = Callable[..., requests.Response]


@pytest.fixture
def send(jira_site: Site) -> Iterator[Send]:
    with requests.Session() as session:
        session.auth = (jira_site.user, jira_site.token)

        def send(method: str, path: str, body: Any = None, timeout: float = 5) -> requests.Response:
            return session.request(method, f"{jira_site.url}/rest/api/2/{path}", json=body, timeout=timeout)

        yield send


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "2"},
        {"Retry-After": "1.5"},
        {"Retry-After": "Mon, 02 Mar 2026 09:31:00 GMT"},
        {"X-RateLimit-Reset": "2026-03-02T09:31Z"},
        {},
    ],
)
def test_a_gateway_asks_for_patience_in_every_spelling(jira_site: Site, send: Send, headers: dict[str, str]):
    jira_site.faults.add(failing(429, headers))
    answer = send("POST", "issue", DRAFT)
    assert answer.status_code == 429
    assert headers.items() <= answer.headers.items()
    assert jira_site.issues == ()
    assert send("POST", "issue", DRAFT).status_code == 201


@pytest.mark.parametrize(("after_the_work", "made"), [(True, 1), (False, 0)])
def test_a_lost_answer_tells_nothing_of_the_work(
    jira_site: Site, send: Send, after_the_work: bool, made: int
):
    jira_site.faults.add(LoseAnswer(after_the_work=after_the_work))
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        send("POST", "issue", DRAFT)
    assert len(jira_site.issues) == made


def test_an_answer_is_late_and_the_work_was_done(jira_site: Site, send: Send):
    jira_site.faults.add(Hang(60))
    with pytest.raises(requests.ReadTimeout):
        send("POST", "issue", DRAFT, timeout=0.3)
    assert len(jira_site.issues) == 1


def test_a_dripping_answer_outlasts_every_read_timeout(jira_site: Site, send: Send):
    jira_site.faults.add(Drip(0.002))
    begun = time.monotonic()
    assert send("GET", "serverInfo", timeout=0.2).ok
    assert time.monotonic() - begun > 0.2


def test_garbage_claims_to_be_json(jira_site: Site, send: Send):
    jira_site.faults.add(garbage())
    jira_site.faults.add(SpoilAnswer(), when=lambda request: request.is_write)
    for method in ("GET", "POST"):
        answer = send(method, "issue", DRAFT) if method == "POST" else send(method, "serverInfo")
        assert answer.headers["Content-Type"].startswith("application/json")
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
    assert len(jira_site.issues) == 1


def test_somebody_edits_between_a_read_and_the_next(jira_site: Site, send: Send):
    jira_site.create("Before")
    jira_site.faults.add(Meanwhile(lambda: jira_site.edit("OPS-1", summary="Meanwhile"), after_the_work=True))
    assert send("GET", "issue/OPS-1").json()["fields"]["summary"] == "Before"
    assert send("GET", "issue/OPS-1").json()["fields"]["summary"] == "Meanwhile"


def test_a_fault_strikes_the_requests_that_it_is_for_so_often_and_so_late(jira_site: Site, send: Send):
    def is_read(request: Request) -> bool:
        return request.to("GET", "/serverInfo")

    jira_site.faults.add(AnswerInstead(Answer(503)), when=is_read, times=2, after=1)
    statuses = [send("GET", path).status_code for path in ["myself", *["serverInfo"] * 4]]
    assert statuses == [200, 200, 503, 503, 200]


def test_faults_can_be_taken_back(jira_site: Site, send: Send):
    jira_site.faults.add(failing(500), times=9)
    jira_site.faults.clear()
    assert send("GET", "serverInfo").status_code == 200


def test_the_log_counts_reads_and_writes_also_the_lost_ones(jira_site: Site, send: Send):
    send("GET", "myself")
    send("POST", "issue/bulkfetch", {"issueIdsOrKeys": ["OPS-1"]})
    jira_site.faults.add(LoseAnswer())
    with pytest.raises(requests.ConnectionError):
        send("POST", "issue", DRAFT)
    assert (len(jira_site.requests.reads), len(jira_site.requests.writes)) == (2, 1)
    assert jira_site.requests.writes[0].request.body == DRAFT
    assert jira_site.requests.writes[0].status == 201
    assert jira_site.requests.writes[0].is_faulty


def test_the_log_keeps_no_secret(jira_site: Site, send: Send):
    send("GET", "myself")
    assert "authorization" not in jira_site.requests[0].request.headers
    assert jira_site.token not in repr(jira_site.requests)


def test_many_at_once_get_issues_of_their_own(jira_site: Site):
    def file_ten() -> None:
        with requests.Session() as session:
            session.auth = (jira_site.user, jira_site.token)
            for _ in range(10):
                session.post(f"{jira_site.url}/rest/api/2/issue", json=DRAFT, timeout=5)

    threads = [threading.Thread(target=file_ten) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({issue.key for issue in jira_site.issues}) == len(jira_site.requests.writes) == 80
