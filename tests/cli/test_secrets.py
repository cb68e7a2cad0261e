"""No password or token appears: not in what commands print, not in what they say of errors, not in logs."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from connectors.jira.stand_in import Answer as JiraAnswer
from connectors.jira.stand_in import AnswerInstead, LoseAnswer, Site, SpoilAnswer
from tests.cli.front_door import Answer, Elsewhere
from tests.factories import Action, postmortem_text

PASSWORD = "s3cr3t-pässword/42"
ESCAPED = "s3cr3t-p%C3%A4ssword%2F42"

UNREACHABLE = f"postgresql://ada:{ESCAPED}@127.0.0.1:1/elsewhere"


def assert_kept(answer: Answer) -> None:
    for text in (answer.out, answer.err):
        for secret in (PASSWORD, ESCAPED, "s3cr3t"):
            assert secret not in text


@pytest.fixture(params=["text", "json"], autouse=True)
def all_logs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE_LOG_LEVEL", "debug")
    monkeypatch.setenv("ELSEWHERE_LOG_FORMAT", request.param)


@pytest.mark.parametrize(
    "command", [["items", "list"], ["db", "upgrade"], ["db", "check"], ["db", "backup", "x"]]
)
def test_a_server_that_cannot_be_reached_is_named_without_the_password(command: list[str]) -> None:
    answer = Elsewhere(UNREACHABLE)(*command)
    assert (answer.code, answer.out) == (1, "")
    assert "postgresql://ada@127.0.0.1:1/elsewhere: it cannot be reached" in answer.err
    assert_kept(answer)


def test_a_password_in_a_setting_is_kept_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE_DATABASE_URL", UNREACHABLE)
    answer = Elsewhere()("items", "list")
    assert answer.code == 1
    assert_kept(answer)


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://ada:{ESCAPED}@127.0.0.1/elsewhere",
        f"postgresql://ada:{ESCAPED}@127.0.0.1:port/elsewhere",
        f"postgresql://ada:{ESCAPED}@127.0.0.1",
        f"postgresql//ada:{ESCAPED}@127.0.0.1/elsewhere",
        f"postgresql://ada:{PASSWORD}@127.0.0.1:1/elsewhere",
        f"postgresql://ada@127.0.0.1:1/elsewhere?password={ESCAPED}",
        f"postgresql://ada:{ESCAPED}@127.0.0.1:1/elsewhere?nonsense=1",
        f"postgresql://ada:{ESCAPED}@127.0.0.1:1/elsewhere?connect_timeout=soon",
        f"postgresql://ada:{ESCAPED}@[::1/elsewhere",
    ],
)
def test_a_url_that_is_wrong_is_not_repeated(url: str) -> None:
    answer = Elsewhere(url)("items", "list")
    assert answer.code in (1, 2)
    assert len(answer.errors) == 1
    assert_kept(answer)


@pytest.fixture
def guarded(
    postgresql_server: str, postgresql_copy: Callable[[str], AbstractContextManager[str]]
) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, as a user whom the server asks for the password."""
    with psycopg.connect(f"{postgresql_server}/postgres", autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE guarded LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
        [(file, rules)] = administrator.execute(
            "SELECT current_setting('hba_file'), pg_read_file(current_setting('hba_file'))"
        ).fetchall()
        _write_rules(administrator, file, f"host all guarded all scram-sha-256\n{rules}")
        with postgresql_copy("template1") as url:
            yield url.replace("postgres@", f"guarded:{ESCAPED}@")
        _write_rules(administrator, file, rules)
        administrator.execute("DROP OWNED BY guarded CASCADE; DROP ROLE guarded")


def _write_rules(administrator: psycopg.Connection[Any], file: str, rules: str) -> None:
    """Replace the rules by which the server lets users in, and wait until they hold."""
    lines = "SELECT unnest(string_to_array({}, chr(10)))"
    administrator.execute(sql.SQL(f"COPY ({lines}) TO {{}}").format(sql.Literal(rules), sql.Literal(file)))
    administrator.execute("SELECT pg_reload_conf()")
    time.sleep(0.2)


def test_a_server_that_refuses_the_password_is_named_without_it(guarded: str) -> None:
    wrong = ESCAPED.replace("42", "24")
    answer = Elsewhere(guarded.replace(ESCAPED, wrong))("items", "list")
    assert answer.code == 1
    assert "postgresql://guarded@127.0.0.1" in answer.err
    assert_kept(answer)


def test_a_server_that_takes_the_password_is_named_and_logged_without_it(guarded: str) -> None:
    elsewhere = Elsewhere(guarded)
    elsewhere("db", "upgrade").done()
    opened = elsewhere("items", "list").done()
    assert "database opened" in opened.err
    failed = elsewhere("db", "backup", "copy")
    assert "pg_dump" in failed.err
    for answer in (opened, failed, elsewhere("db", "check").done()):
        assert_kept(answer)


TOKEN = "ATATT3xFfGF0-s3cr3t-token_42"


@pytest.fixture
def guarded_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A Jira that asks for the token."""
    site.token = TOKEN
    monkeypatch.setenv("ELSEWHERE_JIRA_TOKEN", TOKEN)
    return site


@pytest.fixture
def accepted(elsewhere: Elsewhere, tmp_path: Path) -> Elsewhere:
    """The command on a database with an accepted item."""
    file = tmp_path / "review.md"
    file.write_text(postmortem_text(Action()), encoding="utf-8")
    elsewhere("ingest", file).done()
    elsewhere("items", "accept", 1).done()
    return elsewhere


ASKING_JIRA = (
    ["jira", "doctor"],
    ["sync", "plan"],
    ["sync", "apply"],
    ["sync", "runs"],
    ["sync", "show", "1"],
)


def ask_jira(elsewhere: Elsewhere, *options: str) -> list[Answer]:
    """Give every command that has to do with Jira, and assert that none of them tells the token."""
    answers = [elsewhere(*options, *command) for command in ASKING_JIRA]
    credentials = base64.b64encode(f"elsewhere@example.org:{TOKEN}".encode()).decode()
    for answer in answers:
        assert_kept(answer)
        assert credentials not in answer.out + answer.err
    return answers


def test_a_jira_that_takes_the_token_is_asked_without_telling_it(
    accepted: Elsewhere, guarded_site: Site
) -> None:
    assert {answer.code for answer in ask_jira(accepted)} == {0}
    assert len(guarded_site.issues) == 1


def test_a_token_in_a_file_is_kept_as_well(
    accepted: Elsewhere, guarded_site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    monkeypatch.delenv("ELSEWHERE_JIRA_TOKEN")
    monkeypatch.setenv("ELSEWHERE_JIRA_TOKEN_FILE", str(tmp_path / "token"))
    assert {answer.code for answer in ask_jira(accepted)} == {0}
    assert len(guarded_site.issues) == 1


def test_a_token_in_the_settings_file_is_kept_as_well(
    accepted: Elsewhere, guarded_site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ELSEWHERE_JIRA_TOKEN")
    file = tmp_path / "elsewhere.toml"
    file.write_text(f'[jira]\ntoken = "{TOKEN}"\n', encoding="utf-8")
    assert {answer.code for answer in ask_jira(accepted, "--settings", str(file))} == {0}
    assert len(guarded_site.issues) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", f"https://ada:{TOKEN}@acme.example.org"),
        ("URL", f"https://{TOKEN}@acme.example.org"),
        ("URL", f"https://acme.example.org/?token={TOKEN}"),
        ("URL", f"{TOKEN}:acme.example.org"),
        ("USER", f"ada@example.org:{TOKEN}"),
        ("TOKEN", f"{TOKEN} {TOKEN}"),
        ("TOKEN_FILE", TOKEN),
        ("ACCOUNTS", f'{{"Ada": "{TOKEN}"'),
        ("TIMEOUT", TOKEN),
    ],
)
def test_a_wrong_setting_of_jira_is_not_repeated(
    accepted: Elsewhere, guarded_site: Site, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ELSEWHERE_JIRA_{name}", value)
    assert [answer.code for answer in ask_jira(accepted)][:3] == [2, 2, 2]
    assert guarded_site.requests == []


ECHO = {"errorMessages": [f"Basic {TOKEN} is no good"], "errors": {"summary": TOKEN}}
BAD_JIRAS = {
    "refuses the token": None,
    "echoes it in a refusal": AnswerInstead(JiraAnswer(401, ECHO, {"X-Echo": TOKEN})),
    "echoes it in a fault of its own": AnswerInstead(JiraAnswer(500, ECHO, {"X-Echo": TOKEN})),
    "echoes it in words": AnswerInstead(JiraAnswer(403, f"<html>{TOKEN}</html>".encode())),
    "sends us away with it": AnswerInstead(
        JiraAnswer(302, b"", {"Location": f"http://127.0.0.1:1/?token={TOKEN}"})
    ),
    "hangs up": LoseAnswer(),
    "answers nonsense": SpoilAnswer(JiraAnswer(200, f'{{"{TOKEN}'.encode())),
}


@pytest.mark.parametrize("fault", BAD_JIRAS.values(), ids=BAD_JIRAS)
def test_a_jira_that_fails_is_told_of_without_the_token(
    accepted: Elsewhere, guarded_site: Site, fault: Any
) -> None:
    if fault is None:
        guarded_site.token_has_expired = True
    else:
        guarded_site.faults.add(fault, times=1000)
    answers = ask_jira(accepted)
    assert {answer.code for answer in answers[:3]} <= {1, 3}
    guarded_site.requests.clear()


def test_issues_that_jira_refuses_are_told_of_without_the_token(
    accepted: Elsewhere, guarded_site: Site
) -> None:
    for status in (400, 403, 413):
        guarded_site.faults.add(
            AnswerInstead(JiraAnswer(status, ECHO)), when=lambda request: request.is_write, times=1
        )
        ask_jira(accepted)
    guarded_site.requests.clear()
