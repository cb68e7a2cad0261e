"""The loop with Jira: from a postmortem to an issue, and from a person who finishes it there to the program's coverage."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.jira.stand_in import SOMEBODY, Site
from tests.cli.front_door import Elsewhere
from tests.factories import Action, postmortem_text
from tests.journeys.conftest import Copies, Prepare
from tests.journeys.state import everything
from tests.journeys.test_main_job import main_job
from tracker import samples

COMPANY = Path(str(samples.company()))
TOLD = yaml.safe_load((COMPANY / "company.yaml").read_text(encoding="utf-8"))
PROGRAM = TOLD["program"]["key"]
REVIEW = COMPANY / "postmortems" / "2026-06-17-checkout-stopped.md"


@pytest.fixture(scope="module")
def copies(prepare: Prepare) -> Copies:
    return prepare(main_job)


@pytest.fixture
def planned(copies: Copies) -> Iterator[Elsewhere]:
    """The command on a database in which the invented company has done the main job."""
    with copies() as url:
        yield Elsewhere(url)


def shown(elsewhere: Elsewhere, item: int) -> dict[str, Any]:
    found: dict[str, Any] = elsewhere.json("items", "show", item)
    return found


def sync(elsewhere: Elsewhere) -> None:
    """Sync; teams have no account there, which is told to a person and stops nothing."""
    assert elsewhere("sync", "apply").code in (0, 3)


def coverage(elsewhere: Elsewhere) -> dict[str, int]:
    counted: dict[str, int] = elsewhere.json("programs", "show", PROGRAM)["coverage"]["by_progress"]
    return counted


def test_a_postmortem_becomes_issues_and_a_person_who_finishes_one_there_finishes_it_here(
    elsewhere: Elsewhere, site: Site
) -> None:
    elsewhere("ingest", REVIEW).done()
    opened = [
        one["id"] for one in elsewhere.json("items", "list") if one["document_status"] in (None, "open")
    ]
    elsewhere("items", "accept", *opened).done()
    sync(elsewhere)

    assert len(site.issues) == len(opened)
    item = shown(elsewhere, opened[0])
    issue = site.issue(item["issue"]["key"])
    assert issue.values["summary"] == item["title"]
    assert "Checkout stopped for 47 minutes" in issue.values["description"]
    assert f"Item {item['id']} in Elsewhere" in issue.values["description"]
    assert issue.values["labels"] == ("elsewhere",)

    site.transition(issue.key, "In Progress")
    sync(elsewhere)
    assert shown(elsewhere, opened[0])["state"] == "in_progress"

    site.transition(issue.key, "Done")
    sync(elsewhere)
    done = shown(elsewhere, opened[0])
    assert (done["state"], done["issue"]["status"]) == ("done", "Done")
    assert {one["state"] for one in elsewhere.json("items", "list") if one["id"] in opened[1:]} == {
        "accepted"
    }


def test_the_coverage_of_a_program_follows_the_issues_of_its_teams(planned: Elsewhere, site: Site) -> None:
    first, second, *_ = planned.json("programs", "show", PROGRAM)["items"]
    before = coverage(planned)["proposed"]
    planned("items", "accept", first["id"], second["id"]).done()
    sync(planned)
    for item in (first, second):
        issue = site.issue(shown(planned, item["id"])["issue"]["key"])
        assert all(ref.partition("/")[2] in issue.values["description"] for ref in item["refs"])

    site.transition(shown(planned, first["id"])["issue"]["key"], "Done")
    site.transition(shown(planned, second["id"])["issue"]["key"], "In Progress")
    sync(planned)
    here, there = len(first["refs"]), len(second["refs"])
    assert coverage(planned) == {"proposed": before - here - there, "in_progress": there, "done": here}

    site.transition(shown(planned, first["id"])["issue"]["key"], "To Do")
    sync(planned)
    assert coverage(planned) == {"proposed": before - here - there, "in_progress": here + there}


def test_an_item_that_cites_an_issue_takes_it_and_makes_no_second(
    elsewhere: Elsewhere, site: Site, tmp_path: Path
) -> None:
    theirs = site.create("Storage: alarm", description="As Ana wrote it.")
    ticket = f"[{theirs.key}]({site.url}/browse/{theirs.key})"
    file = tmp_path / "review.md"
    file.write_text(postmortem_text(Action("Alert on a full disk", ticket=ticket)), encoding="utf-8")
    elsewhere("ingest", file).done()
    elsewhere("items", "accept", 1).done()
    site.transition(theirs.key, "In Progress")
    sync(elsewhere)

    [issue] = site.issues
    assert (issue.values["summary"], issue.values["description"]) == ("Storage: alarm", "As Ana wrote it.")
    item = shown(elsewhere, 1)
    assert (item["title"], item["state"]) == ("Alert on a full disk", "in_progress")
    assert item["issue"]["key"] == theirs.key


def test_a_revised_postmortem_a_person_here_and_one_there_are_all_heard(
    elsewhere: Elsewhere, site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "review.md"
    action = Action("Set a command timeout")
    file.write_text(postmortem_text(action), encoding="utf-8")
    elsewhere("ingest", file).done()
    elsewhere("items", "accept", 1).done()
    sync(elsewhere)
    key = shown(elsewhere, 1)["issue"]["key"]

    file.write_text(postmortem_text(Action("Set a command timeout of 200 ms")), encoding="utf-8")
    elsewhere("ingest", file).done()
    site.edit(key, duedate="2026-06-30", labels=["elsewhere", "reliability"])
    elsewhere("items", "edit", 1, "--description", "In the shared client.").done()
    sync(elsewhere)

    item, issue = shown(elsewhere, 1), site.issue(key)
    assert (item["title"], issue.values["summary"]) == ("Set a command timeout of 200 ms",) * 2
    assert (item["due"], str(issue.values["duedate"])) == ("2026-06-30",) * 2
    assert item["description"] == "In the shared client."
    assert issue.values["description"].startswith("In the shared client.")
    assert set(issue.values["labels"]) == {"elsewhere", "reliability"}


def test_doing_it_again_changes_nothing_on_either_side(
    planned: Elsewhere, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = planned.json("programs", "show", PROGRAM)["items"]
    accounts = {first["team"]: SOMEBODY.account_id}
    monkeypatch.setenv("ELSEWHERE_JIRA_ACCOUNTS", json.dumps(accounts))
    planned("items", "accept", first["id"]).done()
    planned("sync", "apply").done()
    before, issues = everything(str(planned.database_url)), site.issues
    planned("sync", "apply").done()
    after = everything(str(planned.database_url))
    assert site.issues == issues
    assert {name for name in after if after[name] != before[name]} == {"sync_run"}
