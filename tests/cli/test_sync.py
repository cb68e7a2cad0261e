"""`elsewhere sync`."""

import os
import signal
from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.jira.stand_in import LoseAnswer, Meanwhile, Site, step_by_step
from tests.cli.front_door import Elsewhere
from tests.factories import Action, postmortem_text
from tracker.bootstrap import load_settings, open_application
from tracker.workflows.leases import holding
from tracker.workflows.sync_issues import LEASE

FIRST, SECOND, LEFT = 1, 2, 3
"""Two items that are accepted, and one that stays proposed."""

DUE = date(2026, 4, 30)


@pytest.fixture
def accepted(elsewhere: Elsewhere, tmp_path: Path) -> Elsewhere:
    """The command on a database with two accepted items, of three."""
    actions = (
        Action("Set a command timeout", due=DUE),
        Action("Alert on slow cache nodes"),
        Action("Write the runbook"),
    )
    file = tmp_path / "review.md"
    file.write_text(postmortem_text(*actions), encoding="utf-8")
    elsewhere("ingest", file).done()
    elsewhere("items", "accept", FIRST, SECOND).done()
    return elsewhere


@pytest.fixture
def synced(accepted: Elsewhere, site: Site) -> Elsewhere:
    """The same, after a sync."""
    accepted("sync", "apply").done()
    site.requests.clear()
    return accepted


def issue(elsewhere: Elsewhere, item: int) -> str:
    """The key of an item's issue."""
    key: str = elsewhere.json("items", "show", item)["issue"]["key"]
    return key


@pytest.mark.parametrize("command", [["sync", "plan"], ["sync", "apply"], ["jira", "doctor"]], ids=" ".join)
def test_without_a_jira_one_sentence_says_what_to_set(accepted: Elsewhere, command: list[str]) -> None:
    names = [f"ELSEWHERE_JIRA_{name}" for name in ("URL", "USER", "TOKEN", "PROJECT")]
    accepted(*command).refused("no Jira is configured", *names)


def test_a_plan_names_every_issue_to_be_made_and_writes_nothing(accepted: Elsewhere, site: Site) -> None:
    page = accepted("sync", "plan").done().out
    assert "Nothing was written" in page
    assert "New issues: 2" in page
    assert "Set a command timeout" in page
    assert "Write the runbook" not in page
    assert site.requests.writes == []
    assert accepted.json("sync", "runs") == []


def test_a_plan_is_told_to_machines_with_all_its_reasons(accepted: Elsewhere, site: Site) -> None:
    plan = accepted.json("sync", "plan")
    assert (plan["site"], plan["items"]) == (site.url, 2)
    first, second = plan["decisions"]
    assert (first["item_id"], first["kind"], first["issue"]) == (FIRST, "create", None)
    assert first["reason"] == "it is accepted and has no issue"
    assert second["title"] == "Alert on slow cache nodes"


def test_an_estate_with_nothing_to_sync_says_how_to_begin(elsewhere: Elsewhere, site: Site) -> None:
    assert site.issues == ()
    assert "elsewhere items accept ID" in elsewhere("sync", "plan").done().out


def test_a_sync_makes_the_issues_and_tells_its_run_by_number(accepted: Elsewhere, site: Site) -> None:
    answer = accepted("sync", "apply").done()
    assert "Sync run 1: finished" in answer.out
    assert "2 items, 2 created" in answer.out
    assert {one.key for one in site.issues} == {"OPS-1", "OPS-2"}
    assert {one.values["summary"] for one in site.issues} == {
        "Set a command timeout",
        "Alert on slow cache nodes",
    }
    assert issue(accepted, FIRST) in answer.out


def test_a_second_sync_says_that_all_agree_and_writes_nothing(synced: Elsewhere, site: Site) -> None:
    assert f"Nothing to do: 2 items agree with {site.url}" in synced("sync", "apply").done().out
    assert site.requests.writes == []
    assert synced.json("sync", "show", 2)["decisions"] == []


def test_a_person_who_repaired_jira_is_not_told_to_wait_for_the_night(
    accepted: Elsewhere, site: Site
) -> None:
    site.custom_fields["customfield_1"] = "Squad"
    site.required_fields.add("customfield_1")
    assert accepted("sync", "apply").code == 3
    site.required_fields.clear()
    assert accepted("sync", "apply", "--no-retry").code == 3
    assert site.issues == ()
    accepted("sync", "apply").done()
    assert len(site.issues) == 2


def test_a_move_that_stops_halfway_undoes_nothing_here(synced: Elsewhere, site: Site) -> None:
    site.workflow = step_by_step()
    synced("items", "move", FIRST, "--to", "done").done()
    lost = LoseAnswer()
    site.faults.add(
        lost, when=lambda request: request.path.endswith("/transitions") and request.is_write, after=1
    )
    synced("sync", "apply")
    assert synced.json("items", "show", FIRST)["state"] == "done"
    synced("sync", "apply").done()
    assert synced.json("items", "show", FIRST)["state"] == "done"
    assert site.issue(issue(synced, FIRST)).status == "Done"


def test_a_run_is_told_to_machines_and_nothing_else_is_printed(accepted: Elsewhere, site: Site) -> None:
    run = accepted.json("sync", "apply")
    assert (run["id"], run["state"], run["site"], run["actor"]) == (1, "finished", site.url, "Ada")
    assert run["counts"]["create"] == 2
    assert run["problem"] is None
    assert {one["run_id"] for one in run["decisions"]} == {1}
    assert accepted.json("sync", "show", 1) == run


def test_runs_are_listed_the_newest_first(synced: Elsewhere) -> None:
    synced("sync", "apply").done()
    assert [one["id"] for one in synced.json("sync", "runs")] == [2, 1]
    assert [one["id"] for one in synced.json("sync", "runs", "--limit", 1)] == [2]
    assert "2 items, 2 created" in synced("sync", "runs").done().out


def test_before_the_first_run_the_list_says_what_to_do(elsewhere: Elsewhere) -> None:
    assert "elsewhere sync plan" in elsewhere("sync", "runs").done().out


def test_a_run_that_never_was_is_refused(elsewhere: Elsewhere) -> None:
    elsewhere("sync", "show", 9).refused("no run 9")


def test_what_changed_is_told_field_by_field_and_in_which_direction(synced: Elsewhere, site: Site) -> None:
    site.transition(issue(synced, FIRST), "Done")
    synced("items", "edit", SECOND, "--title", "Alert on any slow node").done()
    page = synced("sync", "apply").done().out
    here, there = page.index("Field from here to its issue: 1"), page.index("Field from an issue to here: 1")
    assert "Alert on any slow node" in page[here:there]
    assert "done" in page[there:]
    assert synced.json("items", "show", FIRST)["state"] == "done"
    assert site.issue(issue(synced, SECOND)).values["summary"] == "Alert on any slow node"


def quarrel(synced: Elsewhere, site: Site) -> None:
    """Change a day on both sides, each in its own way."""
    synced("items", "edit", FIRST, "--due", "2026-05-15").done()
    site.edit(issue(synced, FIRST), duedate="2026-06-01")


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_conflict_needs_a_person_who_is_told_what_to_do(
    synced: Elsewhere, site: Site, command: str
) -> None:
    quarrel(synced, site)
    answer = synced("sync", command)
    assert answer.code == 3
    assert "Needs a person: 1" in answer.out
    [line] = answer.err.splitlines()
    assert line.startswith(f"item {FIRST} ({issue(synced, FIRST)}): due: it was changed here and in ")
    assert site.requests.writes == []


@pytest.mark.parametrize(("keep", "day"), [("ours", "2026-05-15"), ("theirs", "2026-06-01")])
def test_a_conflict_is_decided_and_the_next_sync_writes_it(
    synced: Elsewhere, site: Site, keep: str, day: str
) -> None:
    quarrel(synced, site)
    synced("sync", "apply")
    assert "elsewhere sync apply" in synced("sync", "resolve", FIRST, "due", "--keep", keep).done().err
    synced("sync", "apply").done()
    assert synced.json("items", "show", FIRST)["due"] == day
    assert site.issue(issue(synced, FIRST)).values["duedate"] == day
    assert "Nothing to do" in synced("sync", "plan").done().out


def test_only_a_conflict_can_be_decided(synced: Elsewhere) -> None:
    synced("sync", "resolve", FIRST, "due", "--keep", "ours").refused("no conflict over the due of item 1")
    synced("sync", "resolve", 99, "due", "--keep", "ours").refused("99")
    assert synced("sync", "resolve", FIRST, "colour", "--keep", "ours").code == 2


def test_who_wins_a_field_is_a_setting(
    synced: Elsewhere, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELSEWHERE_SYNC__DUE", "theirs")
    quarrel(synced, site)
    synced("sync", "apply").done()
    assert synced.json("items", "show", FIRST)["due"] == "2026-06-01"


def test_a_policy_that_is_none_is_refused(accepted: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE_SYNC__DUE", "loudest")
    accepted("sync", "plan").refused("ELSEWHERE_SYNC__DUE", "'ours', 'theirs' or 'ask'")


def test_an_item_declined_there_needs_a_person(synced: Elsewhere, site: Site) -> None:
    site.transition(issue(synced, FIRST), "Done", "Won't Do")
    answer = synced("sync", "apply")
    assert answer.code == 3
    assert f"item {FIRST} ({issue(synced, FIRST)}): status: " in answer.err
    assert synced.json("items", "show", FIRST)["state"] == "accepted"


def test_what_is_confidential_stays_here_and_is_told(
    elsewhere: Elsewhere, site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "review.md"
    file.write_text(postmortem_text(Action("Rotate the leaked key")), encoding="utf-8")
    elsewhere("ingest", file, "--confidential").done()
    elsewhere("items", "accept", FIRST).done()
    assert "Withheld: 1" in elsewhere("sync", "apply").done().out
    assert site.issues == ()
    assert "leaked" not in str(site.requests)


def test_a_run_that_must_stop_fails_and_says_why_and_the_next_goes_on(
    accepted: Elsewhere, site: Site
) -> None:
    site.token_has_expired = True
    answer = accepted("sync", "apply")
    assert answer.code == 1
    [line] = answer.errors
    assert line.startswith("error: run 1 stopped: ")
    assert "Sync run 1: stopped" in answer.out
    assert "agree with" not in answer.out
    site.token_has_expired = False
    accepted("sync", "apply").done()
    assert len(site.issues) == 2


def test_a_plan_that_cannot_reach_jira_fails_and_says_so(
    accepted: Elsewhere, monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    monkeypatch.setenv("ELSEWHERE_JIRA_URL", "http://127.0.0.1:1")
    answer = accepted("sync", "plan")
    assert (answer.code, answer.out, len(answer.errors)) == (1, "", 1)
    assert site.requests == []


def test_while_another_syncs_it_fails_and_says_who(accepted: Elsewhere, site: Site) -> None:
    settings = load_settings(database_url=accepted.database_url, actor="Grace")
    other = open_application(settings)
    with holding(other.context, LEASE, timedelta(minutes=1)):
        answer = accepted("sync", "apply")
    other.close()
    assert (answer.code, answer.out) == (1, "")
    [line] = answer.errors
    assert "Grace holds it" in line
    assert site.issues == ()
    assert accepted.json("sync", "runs") == []


@pytest.mark.parametrize(("asks", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_asked_to_stop_it_ends_well_and_the_next_run_does_the_rest(
    accepted: Elsewhere, site: Site, asks: signal.Signals, code: int
) -> None:
    process = accepted.started("sync", "apply")
    site.faults.add(Meanwhile(lambda: os.kill(process.pid, asks)))
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert f"{asks.name} asked it to stop" in err
    assert "Sync run 1: stopped" in out
    accepted("sync", "apply").done()
    assert len(site.issues) == 2


def test_hostile_words_of_an_issue_do_not_act(synced: Elsewhere, site: Site) -> None:
    hostile = "red \x1b[31m[red]and\u202e"
    site.edit(issue(synced, FIRST), summary=hostile)
    for page in (synced("sync", "plan").out, synced("sync", "apply").out, synced("sync", "show", 2).out):
        assert not {"\x1b", "\u202e"} & set(page)
        assert "[red]and" in page
