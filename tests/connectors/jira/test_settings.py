"""The settings: what is taken, and what is refused in words that a person can act on."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira import connect
from connectors.jira.settings import DECLINING, JiraSettings, read_settings
from tracker.core.errors import InvalidInput
from tracker.core.issues import Severity
from tracker.core.ports import IssueTracker

SECRET = "ATATT-not-to-be-seen"
GOOD = {"URL": "https://acme.atlassian.net", "USER": "bot@acme.example", "TOKEN": SECRET, "PROJECT": "OPS"}


def read(**changes: str) -> JiraSettings:
    return read_settings({**GOOD, **changes})


def refusal(**changes: str) -> str:
    with pytest.raises(InvalidInput) as refused:
        read_settings({**GOOD, **changes})
    assert SECRET not in str(refused.value)
    return str(refused.value)


def test_four_settings_are_enough() -> None:
    settings = read()
    assert (settings.url, settings.user, settings.token) == (GOOD["URL"], GOOD["USER"], SECRET)
    assert (settings.project, settings.issue_type, settings.label) == ("OPS", "Task", "elsewhere")
    assert (settings.declining, settings.priorities, settings.accounts) == (DECLINING, {}, {})
    assert (settings.timeout, settings.wait, settings.wait_total) == (30, 120, 600)
    assert settings.index_lag == 15 * 60


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_settings({"PROJECT": " "})
    for name in ("URL", "USER", "TOKEN", "PROJECT"):
        assert f"ELSEWHERE_JIRA_{name}: is not set; it must be " in str(refused.value)


@pytest.mark.parametrize(
    "use",
    [
        lambda tracker: tracker.site,
        lambda tracker: tracker.index_lag,
        lambda tracker: tracker.identify(),
        lambda tracker: tracker.cited_key("OPS-1"),
        lambda tracker: tracker.create([]),
    ],
)
def test_a_connector_without_settings_says_so_at_its_first_use(use: Callable[[IssueTracker], object]) -> None:
    tracker = connect({})
    assert tracker.name == "jira"
    with pytest.raises(InvalidInput, match="ELSEWHERE_JIRA_URL: is not set"):
        use(tracker)


def test_a_diagnosis_begins_with_the_settings() -> None:
    findings = list(connect({**GOOD, "URL": "", "TIMEOUT": "soon"}).diagnose())
    assert {one.severity for one in findings} == {Severity.FAULT}
    assert [one.says.partition(":")[0] for one in findings] == [
        "ELSEWHERE_JIRA_URL",
        "ELSEWHERE_JIRA_TIMEOUT",
    ]


def test_one_fault_bears_the_name_of_its_setting() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_settings({**GOOD, "TIMEOUT": "soon"})
    assert refused.value.place == "ELSEWHERE_JIRA_TIMEOUT"
    assert refused.value.problem == "must be a number of seconds from 1 to 600"


@pytest.mark.parametrize(
    ("written", "site"),
    [
        ("https://acme.atlassian.net/", "https://acme.atlassian.net"),
        (" HTTPS://ACME.Atlassian.net ", "https://acme.atlassian.net"),
        ("https://acme.atlassian.net:443", "https://acme.atlassian.net"),
        ("https://jira.acme.example:8443", "https://jira.acme.example:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_the_address_of_a_site_is_scheme_and_host(written: str, site: str) -> None:
    assert read(URL=written).url == site


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("acme.atlassian.net", "is no address of a site"),
        ("ftp://acme.atlassian.net", "is no address of a site"),
        ("https://", "is no address of a site"),
        ("https://acme .atlassian.net", "is no address of a site"),
        ("https://acme.atlassian.net:99999", "is no address"),
        ("https://[acme", "is no address"),
        ("https://acme.atlassian.net/jira/software", "goes on after the host"),
        ("https://acme.atlassian.net?a=b", "goes on after the host"),
        ("https://acme.atlassian.net/#", "goes on after the host"),
        ("http://acme.atlassian.net", "must begin with https://"),
        ("http://127.0.0.1.acme.example", "must begin with https://"),
        (f"https://bot:{SECRET}@acme.atlassian.net", "must not hold a user or password"),
        (f"https://{SECRET}@acme.atlassian.net", "must not hold a user or password"),
    ],
)
def test_another_address_is_refused(written: str, problem: str) -> None:
    assert refusal(URL=written).startswith(f"ELSEWHERE_JIRA_URL: {problem}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("USER", "bot:secret"),
        ("USER", "bot\nX-Evil: 1"),
        ("TOKEN", f"{SECRET}\nX-Evil: 1"),
        ("TOKEN", f"{SECRET} twice"),
        ("TOKEN", f"{SECRET}é"),
        ("PROJECT", 'OPS" OR project = "HR'),
        ("PROJECT", "../admin"),
        ("PROJECT", "O"),
        ("LABEL", "two words"),
        ("LABEL", "x" * 256),
        ("LABEL", "a\0b"),
        ("ISSUE_TYPE", "Task\nBug"),
        ("PRIORITIES", '["High"]'),
        ("PRIORITIES", '{"P0": 1}'),
        ("PRIORITIES", '{"P0": ""}'),
        ("PRIORITIES", '{"P0": "High", "p0 ": "Low"}'),
        ("PRIORITIES", f'{{"P0": "{SECRET}'),
        ("ACCOUNTS", "Ana"),
        ("ACCOUNTS", "[" * 100_000),
        ("FIELDS", '{"summary": "mine"}'),
        ("FIELDS", "[]"),
        ("DECLINING_RESOLUTIONS", '["Duplicate", 1]'),
        ("DECLINING_RESOLUTIONS", " , "),
        ("TIMEOUT", "0"),
        ("TIMEOUT", "nan"),
        ("WAIT", "-1"),
        ("WAIT_TOTAL", "1e9"),
        ("INDEX_LAG", "inf"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(name: str, value: str) -> None:
    message = refusal(**{name: value})
    assert message.startswith(f"ELSEWHERE_JIRA_{name}: ")
    assert "\n" not in message


def test_a_name_that_is_no_setting_is_refused_with_the_one_that_may_be_meant() -> None:
    assert refusal(PROIRITIES="{}") == (
        "ELSEWHERE_JIRA_PROIRITIES: is no setting; ELSEWHERE_JIRA_PRIORITIES may be meant"
    )


def test_words_are_translated_by_json_objects() -> None:
    settings = read(
        PRIORITIES='{"P0": "Highest"}', ACCOUNTS='{"Ana Lima": "712020:ana"}', FIELDS='{"cf": [1]}'
    )
    assert settings.priorities == {"P0": "Highest"}
    assert settings.accounts == {"Ana Lima": "712020:ana"}
    assert settings.fields == {"cf": [1]}


@pytest.mark.parametrize("written", ["Won't Do, Out of scope", json.dumps(["Won't Do", "Out of scope"])])
def test_resolutions_are_a_list_with_commas_or_json(written: str) -> None:
    assert read(DECLINING_RESOLUTIONS=written).declining == ("Won't Do", "Out of scope")


def test_a_token_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    assert read(TOKEN="", TOKEN_FILE=str(file)).token == SECRET


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 9000, f"TOKEN={SECRET} # mine".encode()])
def test_a_file_with_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    message = refusal(TOKEN="", TOKEN_FILE=str(file))
    assert message == "ELSEWHERE_JIRA_TOKEN_FILE: names a file that must hold the token and nothing else"


@pytest.mark.parametrize("name", ["absent", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    message = refusal(TOKEN="", TOKEN_FILE=f"{tmp_path}/{name}")
    assert message.startswith("ELSEWHERE_JIRA_TOKEN_FILE: names a file that cannot be read (")


def test_a_token_and_a_file_are_one_too_many(tmp_path: Path) -> None:
    assert "set one of them" in refusal(TOKEN_FILE=str(tmp_path))


def test_a_token_is_never_printed() -> None:
    settings = read()
    assert SECRET not in repr(settings)
    assert SECRET not in f"{settings}"
    assert SECRET not in repr(connect(GOOD))


@given(st.dictionaries(st.sampled_from([*GOOD, "LABEL", "FIELDS", "WAIT", "TOKEN_FILE"]), st.text()))
def test_any_words_are_taken_or_refused(environment: dict[str, str]) -> None:
    with suppress(InvalidInput):
        assert read_settings({**GOOD, **environment}).url.startswith("https://")
