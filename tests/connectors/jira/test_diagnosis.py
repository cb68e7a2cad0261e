"""What `diagnose` finds, in the order in which to repair it."""

from dataclasses import replace

import pytest

from connectors.jira.connector import JiraTracker
from connectors.jira.stand_in import Site
from connectors.jira.stand_in.exchange import Answer
from connectors.jira.stand_in.faults import AnswerInstead
from connectors.jira.stand_in.site import SOMEBODY, Person
from tests.connectors.jira.connected import connected
from tracker.core.issues import Finding, Severity

SUBJECTS = [
    *("server", "account", "project", "permissions", "issue type", "screen"),
    *("priorities", "accounts", "resolutions"),
]


def diagnosed(site: Site, **changes: str) -> list[Finding]:
    tracker = connected(site, [], **changes)
    findings = list(tracker.diagnose())
    tracker.close()
    return findings


def bad(site: Site, **changes: str) -> list[tuple[str, str, str]]:
    return [
        (one.subject, one.severity.value, one.says)
        for one in diagnosed(site, **changes)
        if one.severity is not Severity.OK
    ]


def test_good_settings_are_good_in_every_respect(jira_site: Site) -> None:
    findings = diagnosed(jira_site)
    assert [one.subject for one in findings] == SUBJECTS
    assert {one.severity for one in findings} == {Severity.OK}
    assert jira_site.requests.writes == []


def test_a_site_that_is_not_there_stops_everything(jira_site: Site) -> None:
    findings = diagnosed(jira_site, URL="http://127.0.0.1:1", WAIT="0")
    assert [(one.subject, one.severity) for one in findings] == [("server", Severity.FAULT)]
    assert "cannot be reached" in findings[0].says


def test_a_data_center_is_not_taken_for_cloud(jira_site: Site) -> None:
    jira_site.faults.add(AnswerInstead(Answer(200, {"deploymentType": "Server", "baseUrl": jira_site.url})))
    ((subject, severity, says),) = bad(jira_site)
    assert (subject, severity) == ("server", "fault")
    assert "is Jira Server; this connector speaks with Jira Cloud" in says


def test_another_name_of_the_site_is_told(jira_site: Site) -> None:
    answer = {"deploymentType": "Cloud", "baseUrl": "https://acme.atlassian.net"}
    jira_site.faults.add(AnswerInstead(Answer(200, answer)))
    ((subject, severity, says),) = bad(jira_site)
    assert (subject, severity) == ("server", "warning")
    assert "set ELSEWHERE_JIRA_URL to it" in says


def test_an_expired_token_stops_what_depends_on_it(jira_site: Site) -> None:
    jira_site.token_has_expired = True
    findings = diagnosed(jira_site)
    assert [one.subject for one in findings] == ["server", "account"]
    assert findings[-1].severity is Severity.FAULT
    assert "set ELSEWHERE_JIRA_TOKEN" in findings[-1].says


def test_an_unknown_project_stops_what_depends_on_it(jira_site: Site) -> None:
    ((subject, severity, says),) = bad(jira_site, PROJECT="NONE")
    assert (subject, severity) == ("project", "fault")
    assert "there is no project NONE" in says
    assert "ELSEWHERE_JIRA_PROJECT" in says


def test_each_missing_permission_is_named_with_what_it_is_for(jira_site: Site) -> None:
    jira_site.denied_permissions |= {"EDIT_ISSUES", "SCHEDULE_ISSUES"}
    assert bad(jira_site) == [
        (
            "permissions",
            "fault",
            "elsewhere@example.org may not edit issues in OPS: let an administrator give it EDIT_ISSUES",
        ),
        (
            "permissions",
            "warning",
            "elsewhere@example.org may not set due dates in OPS: let an administrator give it SCHEDULE_ISSUES",
        ),
    ]


def test_an_unknown_type_of_issue_is_answered_with_those_that_there_are(jira_site: Site) -> None:
    ((subject, severity, says),) = bad(jira_site, ISSUE_TYPE="Chore")
    assert (subject, severity) == ("issue type", "fault")
    assert says == (
        "'Chore' is no type of issue there; set ELSEWHERE_JIRA_ISSUE_TYPE to one of those that OPS has: "
        "Task, Bug, Story, Epic"
    )


@pytest.mark.parametrize("written", ["task", "10101"])
def test_a_type_of_issue_is_known_by_name_and_by_id(jira_site: Site, written: str) -> None:
    assert bad(jira_site, ISSUE_TYPE=written) == []


def test_a_type_of_issue_on_a_later_page_is_found(jira_site: Site) -> None:
    types = {f"Kind {number}": str(20000 + number) for number in range(230)}
    jira_site.project = jira_site.projects["OPS"] = replace(
        jira_site.project, issue_types=types | {"Task": "10101"}
    )
    assert bad(jira_site, ISSUE_TYPE="Kind 229") == []


def test_a_required_field_without_a_value_is_named(jira_site: Site) -> None:
    jira_site.custom_fields["customfield_10010"] = "Cost centre"
    jira_site.screen.add("customfield_10010")
    jira_site.required_fields.add("customfield_10010")
    assert bad(jira_site) == [
        (
            "screen",
            "fault",
            (
                "new issues must have Cost centre (customfield_10010): give it a default in Jira, or a value in "
                "ELSEWHERE_JIRA_FIELDS"
            ),
        )
    ]
    assert bad(jira_site, FIELDS='{"customfield_10010": "SRE"}') == []


def test_fields_that_are_not_on_the_screen_are_named(jira_site: Site) -> None:
    jira_site.screen -= {"labels", "duedate"}
    subjects = [(subject, severity) for subject, severity, _ in bad(jira_site, FIELDS='{"customfield_1": 1}')]
    assert subjects == [("screen", "fault"), ("screen", "fault"), ("screen", "warning")]
    assert "new issues get no due dates" in bad(jira_site)[-1][2]


def test_priorities_that_the_project_does_not_have_are_named(jira_site: Site) -> None:
    ((subject, severity, says),) = bad(jira_site, PRIORITIES='{"P0": "highest", "P1": "Blocker"}')
    assert (subject, severity) == ("priorities", "warning")
    assert "names Blocker, which this project does not have" in says


def test_accounts_that_are_unknown_or_not_active_are_named_by_their_owners(jira_site: Site) -> None:
    gone = Person("712020:gone", "Gone", is_active=False)
    jira_site.people[gone.account_id] = gone
    written = f'{{"Ana": "{SOMEBODY.account_id}", "Bo": "{gone.account_id}", "Cy": "712020:none"}}'
    ((subject, severity, says),) = bad(jira_site, ACCOUNTS=written)
    assert (subject, severity) == ("accounts", "warning")
    assert "gives 'Bo', 'Cy' an account that is unknown or not active" in says


def test_resolutions_that_nobody_has_are_named(jira_site: Site) -> None:
    ((_, severity, says),) = bad(jira_site, DECLINING_RESOLUTIONS="Duplicate, Out of scope")
    assert severity == "warning"
    assert "names Out of scope, which is no resolution here" in says
    jira_site.workflow = replace(jira_site.workflow, resolutions=("Done",))
    ((_, severity, says),) = bad(jira_site)
    assert severity == "warning"
    assert "none of the resolutions here counts as declined: Done" in says


def test_what_the_site_does_not_tell_stops_only_what_depends_on_it(jira_site: Site) -> None:
    refused = AnswerInstead(Answer(403, {"errorMessages": ["Not you."], "errors": {}}))
    jira_site.faults.add(refused, when=lambda request: request.to("GET", "/user"))
    findings = diagnosed(jira_site, ACCOUNTS='{"Ana": "a"}')
    assert [one.subject for one in findings] == SUBJECTS
    assert findings[7] == Finding("accounts", Severity.WARNING, "the site does not tell us: Not you.")
    jira_site.requests.clear()
    jira_site.faults.add(refused, when=lambda request: request.to("GET", "/issuetypes"))
    assert diagnosed(jira_site)[-1] == Finding(
        "issue type", Severity.FAULT, "the site does not tell us: Not you."
    )
    jira_site.requests.clear()


def test_an_answer_of_another_shape_is_a_finding_and_not_a_crash(
    jira_site: Site, tracker: JiraTracker
) -> None:
    for number in range(1, 9):
        for body in (
            [],
            {},
            {"values": 1, "permissions": {"EDIT_ISSUES": 1}, "issueTypes": [1], "fields": [2]},
        ):
            jira_site.faults.add(AnswerInstead(Answer(200, body)), after=number)
            findings = list(tracker.diagnose())
            jira_site.faults.clear()
            assert findings
            assert findings[-1].severity is Severity.FAULT or body == {} or number > 5
    jira_site.requests.clear()
