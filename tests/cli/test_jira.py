"""`elsewhere jira`."""

from pathlib import Path

import pytest

from connectors.jira.stand_in import Site
from tests.cli.front_door import Elsewhere


def test_a_jira_that_is_set_up_well_has_nothing_to_repair(elsewhere: Elsewhere, site: Site) -> None:
    findings = elsewhere.json("jira", "doctor")
    assert {one["severity"] for one in findings} == {"ok"}
    answer = elsewhere("jira", "doctor").done()
    assert answer.err == ""
    assert [one["subject"] for one in findings if one["subject"] not in answer.out] == []
    assert site.requests.writes == []


def test_what_is_to_be_repaired_is_named_and_needs_a_person(elsewhere: Elsewhere, site: Site) -> None:
    site.denied_permissions.add("CREATE_ISSUES")
    answer = elsewhere("jira", "doctor")
    assert answer.code == 3
    [line] = answer.err.splitlines()
    assert line.startswith("fault: permissions: ")
    findings = elsewhere.json("jira", "doctor")
    assert [one["subject"] for one in findings if one["severity"] == "fault"] == ["permissions"]


def test_an_expired_token_is_a_finding(elsewhere: Elsewhere, site: Site) -> None:
    site.token_has_expired = True
    answer = elsewhere("jira", "doctor")
    assert answer.code == 3
    assert "token" in answer.err


def test_a_server_that_does_not_answer_is_a_finding(
    elsewhere: Elsewhere, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELSEWHERE_JIRA_URL", "http://127.0.0.1:1")
    answer = elsewhere("jira", "doctor")
    assert answer.code == 3
    assert "fault: server: " in answer.err
    assert site.requests == []


@pytest.mark.parametrize("missing", ["URL", "USER", "TOKEN", "PROJECT"])
def test_a_setting_that_is_missing_is_named(
    elsewhere: Elsewhere, site: Site, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(f"ELSEWHERE_JIRA_{missing}")
    answer = elsewhere("jira", "doctor")
    [line] = answer.err.splitlines()
    assert line.startswith(f"fault: settings: ELSEWHERE_JIRA_{missing}: is not set")
    assert answer.code == 2
    elsewhere("sync", "plan").refused(f"ELSEWHERE_JIRA_{missing}", "is not set")
    assert site.requests == []


def test_settings_may_come_from_a_file(
    elsewhere: Elsewhere, jira_site_of_today: Site, tmp_path: Path
) -> None:
    site = jira_site_of_today
    (tmp_path / "token").write_text(f"{site.token}\n", encoding="utf-8")
    file = tmp_path / "elsewhere.toml"
    file.write_text(
        f'[jira]\nurl = "{site.url}"\nuser = "{site.user}"\ntoken_file = "{tmp_path}/token"\nproject = "OPS"\n'
        'priorities = {P1 = "High"}\n',
        encoding="utf-8",
    )
    answer = elsewhere("--settings", file, "jira", "doctor")
    assert answer.code == 0, answer
