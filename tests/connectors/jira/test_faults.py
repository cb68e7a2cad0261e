"""What networks, gateways and a busy Jira do to the connector, and what it makes of that."""

import logging
import socket
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors.jira import client
from connectors.jira.connector import JiraTracker
from connectors.jira.stand_in import Site
from connectors.jira.stand_in.exchange import Answer, Request
from connectors.jira.stand_in.faults import (
    AnswerInstead,
    Drip,
    Hang,
    LoseAnswer,
    SpoilAnswer,
    failing,
    garbage,
)
from tests.conftest import SettableClock
from tests.connectors.jira.connected import connected
from tracker.core.errors import ConnectorError, GiveUp, OutcomeUnknown, TryAgainLater
from tracker.core.issues import Created, Draft, Issue, IssueField, Phase

SUMMARY = {IssueField.SUMMARY: "Set a timeout"}
DRAFT = Draft("m-1", SUMMARY)

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)

CALLS: dict[str, Callable[[JiraTracker], object]] = {
    "identify": lambda tracker: tracker.identify(),
    "read": lambda tracker: tracker.read(["10001"]),
    "find_marked": lambda tracker: tracker.find_marked({"m"}, BEGAN),
    "create": lambda tracker: tracker.create([DRAFT]),
    "update": lambda tracker: tracker.update("10001", SUMMARY),
    "move": lambda tracker: tracker.move("10001", Phase.DONE),
}


def is_write(request: Request) -> bool:
    return request.is_write


def is_read(request: Request) -> bool:
    return not request.is_write


@pytest.fixture
def ticket(jira_site: Site) -> str:
    return str(jira_site.create().id)


# Asked to wait


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "at_least", "at_most"),
    [("2", 2, 2.2), ("0", 0.5, 0.6), ("1.5", 1.5, 1.7), (" 3 ", 3, 3.3), ("-4", 0.5, 0.6)],
)
def test_a_wait_in_seconds_is_kept(  # noqa: PLR0917 - parameters of the cases, and fixtures
    jira_site: Site,
    tracker: JiraTracker,
    pauses: list[float],
    status: int,
    header: str,
    at_least: float,
    at_most: float,
) -> None:
    jira_site.faults.add(failing(status, {"Retry-After": header}))
    assert isinstance(tracker.create([DRAFT])[0], Created)
    (pause,) = pauses
    assert at_least <= pause <= at_most
    assert len(jira_site.issues) == 1


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
@pytest.mark.parametrize("spelling", ["http", "iso", "epoch"])
def test_a_wait_until_a_time_is_measured_by_the_sites_own_clock(  # noqa: PLR0917 - parameters of the cases, and fixtures
    jira_site: Site,
    tracker: JiraTracker,
    clock: SettableClock,
    pauses: list[float],
    header: str,
    spelling: str,
) -> None:
    until = clock() + timedelta(seconds=40)
    said = {
        "http": format_datetime(until, usegmt=True),
        "iso": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "epoch": str(int(until.timestamp())),
    }[spelling]
    jira_site.faults.add(failing(429, {header: said, "Date": format_datetime(clock(), usegmt=True)}))
    tracker.identify()
    (pause,) = pauses
    assert 40 <= pause <= 44


@pytest.mark.parametrize("header", ["soon", "nan", "inf", "", "Mon, 99 Foo 2026", "9" * 400])
def test_a_wait_that_means_nothing_counts_as_none(
    jira_site: Site, tracker: JiraTracker, pauses: list[float], header: str
) -> None:
    jira_site.faults.add(failing(429, {"Retry-After": header}), times=2)
    tracker.identify()
    assert 1 <= pauses[0] <= 2 <= pauses[1] <= 4


def test_a_wait_beyond_the_budget_is_handed_on_at_once(
    jira_site: Site, tracker: JiraTracker, pauses: list[float]
) -> None:
    jira_site.faults.add(failing(429, {"Retry-After": "1800"}))
    with pytest.raises(TryAgainLater, match="asked too much") as later:
        tracker.create([DRAFT])
    assert later.value.after == 1800
    assert pauses == []
    assert jira_site.issues == ()


def test_waits_add_up_to_the_budget_and_no_further(jira_site: Site, pauses: list[float]) -> None:
    tracker = connected(jira_site, pauses, WAIT="10")
    jira_site.faults.add(failing(429, {"Retry-After": "4"}), times=99)
    with pytest.raises(TryAgainLater) as later:
        tracker.identify()
    tracker.close()
    assert later.value.after == 4
    assert len(pauses) == 2
    jira_site.faults.clear()


def test_a_site_that_never_has_time_is_asked_a_few_times(
    jira_site: Site, tracker: JiraTracker, pauses: list[float]
) -> None:
    jira_site.faults.add(failing(429, {"Retry-After": "0"}), times=99)
    with pytest.raises(TryAgainLater):
        tracker.identify()
    assert len(pauses) == client.TRIES - 1


# Answers that are lost


@pytest.mark.parametrize(
    "fault",
    [
        LoseAnswer(),
        LoseAnswer(after_the_work=False),
        SpoilAnswer(),
        SpoilAnswer(Answer(200, b"<html>Hello</html>", {"Content-Type": "text/html"})),
        SpoilAnswer(Answer(201, [])),
        SpoilAnswer(Answer(201, {"issues": []})),
        SpoilAnswer(Answer(201, {"issues": [{"id": 1}]})),
        SpoilAnswer(Answer(201, {"issues": [{"id": "1", "key": "A-1"}] * 2, "errors": []})),
        SpoilAnswer(Answer(201, b"[" * 200_000)),
        failing(408),
        failing(500),
        failing(502),
        failing(503),
        failing(504),
        Hang(2),
    ],
    ids=str,
)
def test_a_change_whose_answer_is_lost_is_unknown_and_not_repeated(
    jira_site: Site, tracker: JiraTracker, pauses: list[float], fault: LoseAnswer
) -> None:
    jira_site.faults.add(fault, when=is_write)
    with pytest.raises(OutcomeUnknown):
        tracker.create([DRAFT])
    assert len(jira_site.requests.writes) == 1
    assert pauses == []
    jira_site.requests.clear()


@pytest.mark.parametrize("call", ["update", "move"])
def test_a_change_of_an_issue_whose_answer_is_lost_is_unknown(
    jira_site: Site, tracker: JiraTracker, ticket: str, call: str
) -> None:
    assert ticket == "10001"
    jira_site.faults.add(LoseAnswer(), when=is_write)
    with pytest.raises(OutcomeUnknown):
        CALLS[call](tracker)
    assert len(jira_site.requests.writes) == 1


@pytest.mark.parametrize("call", ["identify", "read", "find_marked"])
@pytest.mark.parametrize(
    "fault", [LoseAnswer(), failing(408), failing(502), failing(503), garbage(), Hang(2)], ids=str
)
def test_a_question_is_asked_again(  # noqa: PLR0917 - parameters of the cases, and fixtures
    jira_site: Site, tracker: JiraTracker, ticket: str, pauses: list[float], call: str, fault: LoseAnswer
) -> None:
    assert ticket == "10001"
    jira_site.faults.add(fault)
    CALLS[call](tracker)
    assert len(pauses) == 1
    jira_site.requests.clear()


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("call", ["create", "update", "move"])
def test_a_change_does_not_wait_for_long(  # noqa: PLR0917 - parameters of the cases, and fixtures
    jira_site: Site, tracker: JiraTracker, ticket: str, pauses: list[float], call: str, status: int
) -> None:
    before = jira_site.issues
    jira_site.faults.add(failing(status, {"Retry-After": "6"}), when=is_write)
    with pytest.raises(TryAgainLater, match="nothing was changed") as later:
        CALLS[call](tracker)
    assert later.value.after == 6
    assert pauses == []
    jira_site.faults.add(failing(status, {"Retry-After": "2"}), when=is_write, times=9)
    with pytest.raises(TryAgainLater):
        CALLS[call](tracker)
    assert len(pauses) == 2
    assert jira_site.issues == before
    assert ticket == "10001"


def test_all_requests_together_wait_so_long_and_no_longer(jira_site: Site, pauses: list[float]) -> None:
    tracker = connected(jira_site, pauses, WAIT_TOTAL="100")
    for _ in range(2):
        jira_site.faults.add(failing(429, {"Retry-After": "40"}))
        tracker.identify()
    jira_site.faults.add(failing(429, {"Retry-After": "40"}), times=2)
    with pytest.raises(TryAgainLater) as later:
        tracker.identify()
    assert later.value.after == 40
    assert len(pauses) == 2
    tracker.close()
    tracker.identify()
    assert len(pauses) == 3
    tracker.close()


@pytest.mark.parametrize("call", CALLS)
def test_nobody_there_is_worth_another_try(pauses: list[float], jira_site: Site, call: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        tracker = connected(jira_site, pauses, URL=f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(TryAgainLater, match=r"cannot be reached .*nothing was changed"):
            CALLS[call](tracker)
        tracker.close()
    if call in {"create", "update"}:
        assert 1 <= len(pauses) <= 2
        assert sum(pauses) <= client.BRIEFLY
    else:
        assert len(pauses) == client.TRIES - 1


def test_an_answer_that_drips_is_given_up(
    jira_site: Site, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SILENCES", 1)
    monkeypatch.setattr(client, "TRIES", 1)
    tracker = connected(jira_site, pauses, TIMEOUT="1")
    for when in (is_read, is_write):
        jira_site.faults.add(Drip(0.1), when=when)
    begun = time.monotonic()
    with pytest.raises(TryAgainLater):
        tracker.identify()
    with pytest.raises(OutcomeUnknown):
        tracker.create([DRAFT])
    assert time.monotonic() - begun < 5
    tracker.close()


def test_an_answer_that_is_too_large_is_not_taken(
    jira_site: Site, tracker: JiraTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LARGEST_ANSWER", 10_000)
    jira_site.faults.add(AnswerInstead(Answer(200, {"accountId": "x" * 20_000})), times=99)
    with pytest.raises(TryAgainLater):
        tracker.identify()
    jira_site.requests.clear()


# Answers that are for good


@pytest.mark.parametrize("call", CALLS)
def test_an_expired_token_ends_every_call(
    jira_site: Site, tracker: JiraTracker, ticket: str, call: str
) -> None:
    assert ticket == "10001"
    before = jira_site.issues
    jira_site.token_has_expired = True
    with pytest.raises(
        GiveUp, match=r"it does not accept the token of elsewhere@example.org, which may have expired"
    ):
        CALLS[call](tracker)
    assert jira_site.issues == before


def test_a_stranger_is_not_told_that_issues_are_gone(
    jira_site: Site, tracker: JiraTracker, ticket: str
) -> None:
    jira_site.token_has_expired = True
    jira_site.faults.add(AnswerInstead(Answer(200, {"issues": [], "issueErrors": []})))
    with pytest.raises(GiveUp, match="token"):
        tracker.read([ticket])


@pytest.mark.parametrize(
    ("call", "status"),
    [("create", 400), ("update", 403), ("update", 404), ("move", 403), ("move", 404)],
)
def test_a_stranger_is_not_told_that_issues_are_wrong(
    jira_site: Site, tracker: JiraTracker, ticket: str, call: str, status: int
) -> None:
    assert ticket == "10001"
    jira_site.token_has_expired = True
    jira_site.faults.add(AnswerInstead(Answer(status, {"errorMessages": ["Not found."], "errors": {}})))
    with pytest.raises(GiveUp, match="token"):
        CALLS[call](tracker)
    jira_site.requests.clear()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
        Answer(200, {"accountId": 7}),
        Answer(200, {"accountId": "x", "active": False}),
        Answer(200, []),
        Answer(204),
        Answer(410, {"errorMessages": ["The requested API has been removed."]}),
        Answer(400, b"[1, 2"),
        Answer(400, 5),
        Answer(400, {"errorMessages": None, "errors": [1]}),
        Answer(403, {"message": "no"}, {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}),
        Answer(302, b"", {"Location": "https://user:word@login.example/sign-in?next=x"}),
    ],
    ids=str,
)
def test_an_answer_that_is_not_jiras_is_for_a_person(
    jira_site: Site, tracker: JiraTracker, pauses: list[float], answer: Answer
) -> None:
    jira_site.faults.add(AnswerInstead(answer))
    with pytest.raises(GiveUp) as given_up:
        tracker.identify()
    assert jira_site.url in str(given_up.value)
    assert "word" not in str(given_up.value)
    assert pauses == []
    jira_site.requests.clear()


def test_certificates_that_are_not_there_are_named(
    jira_site: Site, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/certificates.pem")
    tracker = connected(jira_site, pauses, URL="https://127.0.0.1:1")
    with pytest.raises(GiveUp, match=r"it cannot be asked: .*/nowhere/certificates\.pem"):
        tracker.identify()
    tracker.close()


def test_a_redirect_is_not_followed_with_our_credentials(
    jira_site: Site, jira_site_of_today: Site, tracker: JiraTracker
) -> None:
    target = f"{jira_site_of_today.url}/rest/api/2/issue/bulk"
    for status in (301, 302, 303, 307, 308):
        jira_site.faults.add(AnswerInstead(Answer(status, b"", {"Location": target})))
        with pytest.raises(GiveUp, match=r"sends its visitors on to 127\.0\.0\.1"):
            tracker.create([DRAFT])
    assert jira_site_of_today.requests == []
    jira_site.requests.clear()


def test_an_issue_that_jira_failed_to_load_is_not_called_absent(
    jira_site: Site, tracker: JiraTracker, ticket: str
) -> None:
    failed = Answer(200, {"issues": [], "issueErrors": [{"id": ticket, "errorMessage": "try again"}]})
    jira_site.faults.add(AnswerInstead(failed), when=lambda request: request.to("POST", "/issue/bulkfetch"))
    assert isinstance(tracker.read([ticket])[ticket], Issue)


def test_a_search_that_goes_in_circles_is_no_proof_of_absence(
    jira_site: Site, tracker: JiraTracker, ticket: str
) -> None:
    page = Answer(200, {"issues": [{"id": ticket}], "nextPageToken": "again", "isLast": False})
    jira_site.faults.add(
        AnswerInstead(page), when=lambda request: request.to("POST", "/search/jql"), times=99
    )
    with pytest.raises(GiveUp, match="goes in circles"):
        tracker.find_marked({"m-1"}, BEGAN)


# Secrets


@pytest.mark.parametrize("call", CALLS)
def test_a_token_is_in_no_message_and_no_log(  # noqa: PLR0917 - parameters of the cases, and fixtures
    jira_site: Site,
    tracker: JiraTracker,
    ticket: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    call: str,
) -> None:
    assert ticket == "10001"
    token = jira_site.token
    encoded = b64encode(f"{jira_site.user}:{token}".encode()).decode()
    echo = {"errorMessages": [f"what is {token}?", f"Basic {encoded}"], "errors": {token: encoded}}
    faults = [
        AnswerInstead(Answer(400, echo, {"X-Echo": token})),
        AnswerInstead(Answer(404, echo)),
        failing(500, {"X-Echo": token}),
        LoseAnswer(),
        garbage(),
    ]
    said = []
    with caplog.at_level(logging.DEBUG):
        for fault in faults:
            jira_site.faults.add(fault, times=client.TRIES)
            try:
                said.append(repr(CALLS[call](tracker)))
            except ConnectorError as error:
                said.extend([str(error), repr(error), repr(error.__cause__)])
            jira_site.faults.clear()
    jira_site.requests.clear()
    printed = capfd.readouterr()
    for text in (*said, caplog.text, printed.out, printed.err):
        assert token not in text
        assert encoded not in text
    assert any("***" in text for text in said)
