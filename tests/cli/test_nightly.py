"""The night's command, as cron and people call it: what it prints, how it ends, and that a kill loses nothing."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func
from sqlmodel import select

from tests.cli.front_door import Answer, Elsewhere, ended, environment
from tests.cli.mortals import Mortals
from tests.factories import Action, postmortem_text
from tests.journeys.state import what_is_known
from tracker.storage.session import Database
from tracker.storage.tables import Postmortem

ESTATE = """\
{"elsewhere": 1, "source": "mesh", "kind": "trace", "observed_at": "2026-03-01T06:00:00Z"}
{"entity": "component:default/checkout", "type": "service", "owner": "group:default/shop", "facts": {"timeout": null}}
{"entity": "component:default/search", "type": "service", "facts": {"timeout": null}}
{"covers": "component:default/*", "for": ["entities", "owned_by:out", "fact:timeout"]}
"""

PATTERN = """\
pattern: waits-for-ever
about: Calls without a timeout.
applies_to: {kind: component, type: service}
all:
  - {fact: timeout, exists: false}
"""


class Nightly(Elsewhere):
    """The command with a settings file that says what a night reads."""

    def __init__(self, folder: Path, database_url: str) -> None:
        super().__init__(database_url)
        self.folder = folder
        self.settings = folder / "elsewhere.toml"
        (folder / "reviews").mkdir()
        (folder / "estate.jsonl").write_text(ESTATE)
        for name in ("checkout", "search"):
            self.write(name)
        self.set(f'postmortems = ["{folder}/reviews"]\ncatalogs = ["{folder}/estate.jsonl"]\n')

    def write(self, name: str) -> None:
        text = postmortem_text(Action(f"Set a timeout in {name}"), title=f"{name.title()} stopped")
        (self.folder / f"reviews/{name}.md").write_text(text, encoding="utf-8")

    def set(self, nightly: str) -> None:
        self.settings.write_text(f"[nightly]\n{nightly}", encoding="utf-8")

    def night(self, *arguments: object) -> Answer:
        return self("--settings", self.settings, "nightly", *arguments)

    def teach(self) -> None:
        """Let a program carry a lesson of one pattern."""
        (self.folder / "pattern.yaml").write_text(PATTERN)
        self(
            "lessons", "create", "deadlines", "--title", "Deadlines", "--statement", "Every call ends."
        ).done()
        self("lessons", "add-pattern", "deadlines", self.folder / "pattern.yaml").done()


@pytest.fixture
def nightly(elsewhere: Elsewhere, tmp_path: Path) -> Nightly:
    assert elsewhere.database_url is not None
    return Nightly(tmp_path, elsewhere.database_url)


@pytest.fixture
def on_each_engine(database_url: str, tmp_path: Path) -> Nightly:
    return Nightly(tmp_path, database_url)


def test_a_night_is_one_command_on_each_engine(on_each_engine: Nightly) -> None:
    on_each_engine.teach()
    told = on_each_engine.night("--format", "json").json
    assert told["state"] == "done"
    assert [(one["step"], one["state"]) for one in told["steps"]] == [
        ("sources", "done"),
        ("catalog", "done"),
        ("exposures", "done"),
        ("sync", "skipped"),
    ]
    counts = {one["step"]: one["counts"] for one in told["steps"]}
    assert counts["sources"]["documents_new"] == 2
    assert counts["exposures"]["exposed"] == 2
    assert (told["left"], told["failures"], told["needs_a_person"]) == ([], [], [])
    assert told["actor"] == "Ada"


def test_people_read_a_table_and_a_line_for_each_step(nightly: Nightly) -> None:
    answer = nightly.night().done()
    assert answer.out.startswith("Nightly run 1: done, began ")
    assert [line.partition(",")[0] for line in answer.err.splitlines()] == [
        "sources: done",
        "catalog: done",
        "exposures: skipped",
        "sync: skipped",
    ]


def test_one_of_a_thing_is_worded_as_one_and_several_as_several(nightly: Nightly) -> None:
    nightly.night("--only", "sources").done()
    nightly.write("basket")
    (nightly.folder / "reviews/template.md").write_text(nightly("template").done().out, encoding="utf-8")
    told = nightly.night("--only", "sources", "--only", "catalog").done().err
    assert "(4 documents, 1 new item, 1 new, 2 unchanged, 1 template)" in told
    assert "(1 catalog, 2 entities added)" in told


def test_one_step_alone(nightly: Nightly) -> None:
    told = nightly.night("--only", "catalog", "--format", "json").json
    assert [one["step"] for one in told["steps"]] == ["catalog"]
    assert nightly.json("postmortems", "list") == []


def test_a_step_that_is_none_is_refused(nightly: Nightly) -> None:
    nightly.night("--only", "dreams").refused("dreams")


@pytest.mark.parametrize("deadline", ["soon", "2", "0s", "30d"])
def test_a_deadline_that_is_none_is_refused(nightly: Nightly, deadline: str) -> None:
    nightly.night("--deadline", deadline).refused("--deadline", "such as 2h")


def test_a_record_that_needs_a_person_is_named_and_the_code_is_3(nightly: Nightly) -> None:
    (nightly.folder / "reviews/broken.md").write_bytes(b"\xff\xfe\x00broken \xd8")
    answer = nightly.night("--format", "json")
    assert answer.code == 3
    told = answer.json
    assert told["state"] == "needs_a_person"
    [one] = told["needs_a_person"]
    assert (one["step"], "broken.md" in one["problem"]) == ("sources", True)
    [line] = answer.errors
    assert "broken.md" in line


def test_a_place_that_is_gone_fails_and_the_rest_is_done(nightly: Nightly) -> None:
    nightly.set(f'postmortems = ["{nightly.folder}/gone"]\ncatalogs = ["{nightly.folder}/estate.jsonl"]\n')
    answer = nightly.night("--format", "json")
    assert answer.code == 1
    told = json.loads(answer.out)
    assert told["state"] == "failed"
    assert [one["state"] for one in told["steps"]][:2] == ["failed", "done"]
    assert "gone" in told["failures"][0]["problem"]


def test_a_dry_run_writes_nothing(nightly: Nightly) -> None:
    assert nightly.database_url is not None
    before = what_is_known(nightly.database_url)
    answer = nightly.night("--dry-run", "--format", "json").done()
    assert answer.json["dry_run"] is True
    assert answer.json["steps"][0]["counts"] == {"documents": 2}
    assert what_is_known(nightly.database_url) == before
    assert "nothing was written" in nightly.night("--dry-run").done().out


def test_the_story_of_the_nights_is_kept(nightly: Nightly) -> None:
    nightly.night().done()
    nightly.night("--only", "catalog").done()
    assert [(one["id"], one["state"]) for one in nightly.json("nightly", "runs")] == [
        (2, "done"),
        (1, "done"),
    ]
    shown = nightly.json("nightly", "show", 1)
    assert shown["steps"][0]["counts"]["documents"] == 2
    assert "catalog" in nightly("nightly", "show", 2).done().out
    assert "done" in nightly("nightly", "runs", "--limit", 1).done().out
    nightly("nightly", "show", 3).refused("no nightly run 3")


def test_before_the_first_night_there_is_no_story(nightly: Nightly) -> None:
    assert nightly("nightly", "runs").done().out == "No nightly run yet.\n"


def test_a_setting_that_is_wrong_is_named_and_nothing_begins(nightly: Nightly) -> None:
    nightly.set('deadlin = "2h"\n')
    nightly.night().refused("elsewhere.toml#/nightly/deadlin", "did you mean 'deadline'")
    assert nightly.json("nightly", "runs") == []


# Cut short


def begun(nightly: Nightly, process: "subprocess.Popen[str]", documents: int) -> None:
    """Wait until a night has saved so many documents."""
    assert nightly.database_url is not None
    with closing(Database(nightly.database_url)) as database:
        while True:
            with database.reading() as session:
                if session.exec(select(func.count()).select_from(Postmortem)).one() >= documents:
                    return
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)


@pytest.fixture
def long_night(on_each_engine: Nightly) -> Iterator[tuple[Nightly, "subprocess.Popen[str]"]]:
    """A night with much to read, once it has begun to read."""
    for number in range(58):
        on_each_engine.write(f"service-{number}")
    process = on_each_engine.started(
        "--settings", on_each_engine.settings, "nightly", "--format", "json", env=environment()
    )
    begun(on_each_engine, process, 2)
    yield on_each_engine, process
    process.kill()
    process.wait()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_asked_to_stop_it_finishes_the_record_and_gives_the_lease_back(
    long_night: tuple[Nightly, "subprocess.Popen[str]"], number: signal.Signals, code: int
) -> None:
    nightly, process = long_night
    process.send_signal(number)
    answer = ended(process)
    assert answer.code == code
    told = json.loads(answer.out)
    assert (told["state"], told["left"]) == ("stopped", ["sources", "catalog", "exposures", "sync"])
    assert "Run it again to go on." in nightly("nightly", "show", told["id"]).done().out
    assert told["steps"][0]["remark"] == f"{number.name} asked it to stop"
    assert 2 <= told["steps"][0]["counts"]["documents"] < 60
    assert completed(nightly)["id"] == told["id"]


def test_a_second_is_refused_by_the_name_of_the_first_and_takes_over_once_that_is_dead(
    long_night: tuple[Nightly, "subprocess.Popen[str]"],
) -> None:
    nightly, process = long_night
    refused = nightly.night()
    assert (refused.code, refused.out) == (1, "")
    [line] = refused.errors
    assert f"another nightly run is at work: Ada holds it in process {process.pid} on " in line
    process.kill()
    assert ended(process).code == -signal.SIGKILL
    assert nightly.json("nightly", "runs")[0]["state"] == "interrupted"
    assert completed(nightly)["id"] == 1


def completed(nightly: Nightly) -> dict[str, Any]:
    told: dict[str, Any] = nightly.night("--format", "json").json
    assert told["state"] == "done"
    assert told["steps"][0]["attempts"] == 2
    known = nightly.json("postmortems", "list")
    assert [one["action_items"] for one in known] == [1] * 60
    return told


def test_two_at_once_do_the_work_once(on_each_engine: Nightly, mortals: Mortals) -> None:
    command = ("--database", on_each_engine.database_url, "--settings", on_each_engine.settings, "nightly")
    codes = sorted(end.code or 0 for end in mortals.at_once(command, command))
    assert codes in ([0, 1], [0, 0])  # or one was over before the other began
    runs = on_each_engine.json("nightly", "runs")
    assert len(runs) == codes.count(0)
    assert len(on_each_engine.json("postmortems", "list")) == 2


def story(known: dict[str, list[str]]) -> dict[str, list[str]]:
    """What is known, but for what tells how often it was tried."""
    return {
        name: rows for name, rows in known.items() if name not in ("nightly_run", "nightly_step", "lease")
    }


def survives(nightly: Nightly, mortals: Mortals, moments: slice) -> None:
    """Kill a night at these moments, let the next one complete it, and compare with a night that nobody disturbed."""
    assert nightly.database_url is not None
    file = Path(nightly.database_url.removeprefix("sqlite:///"))
    nightly.teach()
    template = file.read_bytes()

    def fresh() -> None:
        for left in file.parent.glob(f"{file.name}*"):
            left.unlink()
        file.write_bytes(template)

    command = ("--database", nightly.database_url, "--settings", nightly.settings, "nightly")
    whole = mortals.run(*command)
    assert whole.code == 0, whole
    undisturbed = story(what_is_known(nightly.database_url))
    for moment in range(whole.moments or 0)[moments]:
        fresh()
        assert mortals.run(*command, killed_at=moment).code is None
        had_ended = [one["state"] for one in nightly.json("nightly", "runs")] == ["done"]
        again = mortals.run(*command)
        assert again.code == 0, f"killed at moment {moment}: {again.said}"
        assert story(what_is_known(nightly.database_url)) == undisturbed, f"killed at moment {moment}"
        states = [one["state"] for one in nightly.json("nightly", "runs")]
        assert states == ["done"] * (1 + had_ended), f"killed at moment {moment}"


def test_killed_at_some_moment_the_next_night_comes_to_the_same(nightly: Nightly, mortals: Mortals) -> None:
    survives(nightly, mortals, slice(12, None, 45))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_any_moment_the_next_night_comes_to_the_same(nightly: Nightly, mortals: Mortals) -> None:
    survives(nightly, mortals, slice(None))


def test_the_token_is_nowhere(nightly: Nightly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELSEWHERE_JIRA_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ELSEWHERE_JIRA_USER", "ada@example.com")
    monkeypatch.setenv("ELSEWHERE_JIRA_TOKEN", "s3cr3t")
    monkeypatch.setenv("ELSEWHERE_JIRA_PROJECT", "OPS")
    monkeypatch.setenv("ELSEWHERE_JIRA_WAIT", "0")
    monkeypatch.setenv("ELSEWHERE_LOG_LEVEL", "debug")
    answer = nightly.night("--format", "json")
    assert answer.code == 1
    assert "s3cr3t" not in answer.out + answer.err
    told = json.loads(answer.out)
    assert [one["step"] for one in told["failures"]] == ["sync"]
