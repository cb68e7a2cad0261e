"""A password never appears: not in what commands print, not in what they say of errors, not in logs."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.cli.front_door import Answer, Elsewhere

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
