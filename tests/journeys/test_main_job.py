"""The main job on the invented company: from its files to a program, through the command line only.

`tests.samples` counts the verdicts once more by hand, from the raw lines.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.front_door import Elsewhere
from tests.journeys.conftest import Copies, Prepare
from tests.journeys.state import everything
from tests.samples.test_company import (
    CACHE_EXPOSED,
    CACHE_UNKNOWN,
    RETRIES_EXPOSED,
    RETRIES_UNKNOWN_BEYOND_MOBILE,
    SERVICES,
)
from tracker import samples

COMPANY = Path(str(samples.company()))
TOLD = yaml.safe_load((COMPANY / "company.yaml").read_text(encoding="utf-8"))
CACHE, RETRIES = TOLD["lessons"]
PROGRAM = TOLD["program"]["key"]


def named(groups: dict[str, set[str]]) -> set[str]:
    return {f"component:default/{name}" for names in groups.values() for name in names}


def refs(rows: list[dict[str, Any]]) -> set[str]:
    return {row["ref"] for row in rows}


def main_job(elsewhere: Elsewhere) -> None:
    """Do all of it, command by command."""
    elsewhere("catalog", "import", *sorted((COMPANY / "catalog").glob("*.jsonl"))).done()
    elsewhere("ingest", COMPANY / "postmortems").done()
    learnings = [
        learning
        for postmortem in elsewhere.json("postmortems", "list")
        for learning in elsewhere.json("postmortems", "show", postmortem["id"])["learned"]
    ]
    elsewhere("programs", "create", PROGRAM, "--title", TOLD["program"]["title"]).done()
    for lesson in TOLD["lessons"]:
        key, wanted = lesson["key"], [one["words"] for one in lesson["learnings"]]
        found = [one["id"] for one in learnings if any(words in one["text"] for words in wanted)]
        assert len(found) == len(wanted)
        words = ["--title", lesson["title"], "--statement", lesson["statement"]]
        elsewhere("lessons", "create", key, *words, *(f"--learning={number}" for number in found)).done()
        for pattern in lesson["patterns"]:
            elsewhere("lessons", "add-pattern", key, COMPANY / "patterns" / pattern).done()
        elsewhere("programs", "add-lesson", PROGRAM, key).done()


@pytest.fixture(scope="module")
def copies(prepare: Prepare) -> Copies:
    return prepare(main_job)


@pytest.fixture
def planned(copies: Copies) -> Iterator[Elsewhere]:
    """The command on a database in which the main job was done."""
    with copies() as url:
        yield Elsewhere(url)


def report(elsewhere: Elsewhere, lesson: dict[str, Any]) -> dict[str, Any]:
    asked = ("where-else", "--lesson", lesson["key"], "--origin", lesson["origin"])
    answer: dict[str, Any] = elsewhere.json(*asked)
    return answer


def test_both_lessons_apply_elsewhere_exactly_where_the_catalog_says(planned: Elsewhere) -> None:
    about_caches = report(planned, CACHE)
    assert refs(about_caches["exposed"]) == named(CACHE_EXPOSED) | {"component:staging/checkout"}
    assert refs(about_caches["unknown"]) == {f"component:default/{name}" for name in CACHE_UNKNOWN}
    assert about_caches["ruled_out"]["count"] == 93

    about_retries = report(planned, RETRIES)
    mobile = {
        ref
        for ref, line in SERVICES.items()
        if (line["platform"], line["lifecycle"]) == ("mobile-backend", "production")
    }
    beyond = {f"component:default/{name}" for name in RETRIES_UNKNOWN_BEYOND_MOBILE}
    assert refs(about_retries["exposed"]) == named(RETRIES_EXPOSED)
    assert refs(about_retries["unknown"]) == mobile | beyond
    assert about_retries["ruled_out"]["count"] == 85
    assert [len(about_caches[part]) for part in ("exposed", "unknown")] == [9, 6]
    assert [len(about_retries[part]) for part in ("exposed", "unknown")] == [6, 17]


def test_every_exposure_has_evidence_and_every_unknown_a_question_that_would_settle_it(
    planned: Elsewhere,
) -> None:
    for lesson in TOLD["lessons"]:
        answer = report(planned, lesson)
        for exposed in answer["exposed"]:
            assert [line["source"] for line in exposed["evidence"] if line["source"]]
        for unknown in answer["unknown"]:
            assert [one["question"] for missing in unknown["missing"] for one in missing["settled_by"]]


def test_what_decides_and_what_does_not_is_told_entity_by_entity(planned: Elsewhere) -> None:
    answer = report(planned, CACHE)
    for verdict in ("exposed", "unknown"):
        ref = answer[verdict][0]["ref"]
        page = planned("where-else", "--lesson", CACHE["key"], "--why", ref).done()
        assert ref.partition("/")[2] in page.out
    origin = planned.json("where-else", "--lesson", CACHE["key"], "--why", CACHE["origin"])
    assert origin["verdict"] == "not_exposed"


def program(elsewhere: Elsewhere) -> dict[str, Any]:
    shown: dict[str, Any] = elsewhere.json("programs", "show", PROGRAM)
    return shown


def test_each_owning_team_gets_one_item_for_each_lesson_with_all_its_services(planned: Elsewhere) -> None:
    work = program(planned)["items"]
    exposed = named(CACHE_EXPOSED) | {"component:staging/checkout"}
    by_title: dict[str, list[str]] = {CACHE["key"]: [], RETRIES["key"]: []}
    for item in work:
        lesson = CACHE if item["title"].startswith(CACHE["title"]) else RETRIES
        by_title[lesson["key"]].extend(item["refs"])
        owners = {_owner(ref) for ref in item["refs"]}
        assert len(owners) == 1
        assert item["state"] == "proposed"
    assert sorted(by_title[CACHE["key"]]) == sorted(exposed)
    assert sorted(by_title[RETRIES["key"]]) == sorted(named(RETRIES_EXPOSED))
    assert len({(item["title"].split(" in ")[0], item["team"]) for item in work}) == len(work)


def _owner(ref: str) -> str:
    owner: str = SERVICES[ref]["owner"]
    return owner


def test_coverage_follows_what_teams_accept_decline_and_finish(planned: Elsewhere) -> None:
    first, second, *_ = program(planned)["items"]
    assert program(planned)["coverage"]["by_progress"] == {"proposed": 15}

    planned("items", "accept", first["id"]).done()
    planned("items", "decline", second["id"], "--reason", "replaced in spring").done()
    here, there = len(first["refs"]), len(second["refs"])
    coverage = program(planned)["coverage"]
    assert coverage["by_progress"] == {"proposed": 15 - here - there, "declined": there, "accepted": here}
    assert (coverage["total"], coverage["settled"], coverage["share"]) == (15, 0, 0)

    planned("items", "move", first["id"], "--to", "done").done()
    coverage = program(planned)["coverage"]
    assert coverage["by_progress"]["done"] == here
    assert coverage["settled"] == 0, "done is not yet shown to have helped"


def test_work_is_covered_once_the_catalog_no_longer_shows_the_pattern(
    planned: Elsewhere, tmp_path: Path
) -> None:
    exposed = "component:default/recommendations"
    file = tmp_path / "terraform.jsonl"
    text = (COMPANY / "catalog" / "terraform.jsonl").read_text(encoding="utf-8")
    header, *lines = text.splitlines()
    mended = [
        line.replace('"client.command_timeout_ms": null', '"client.command_timeout_ms": 250')
        if f'"from": "{exposed}"' in line
        else line
        for line in lines
    ]
    assert mended != lines
    file.write_text("\n".join([header.replace("2026-11-02", "2026-11-03"), *mended]), encoding="utf-8")
    planned("catalog", "import", file).done()
    planned("programs", "add-lesson", PROGRAM, CACHE["key"]).done()
    shown = program(planned)
    [one] = [row for row in shown["exposures"] if (row["ref"], row["lesson"]) == (exposed, CACHE["key"])]
    assert (one["progress"], one["settled"]) == ("fixed", True)
    assert shown["coverage"]["settled"] == 1


def test_doing_all_of_it_again_changes_nothing(planned: Elsewhere) -> None:
    before = everything(str(planned.database_url))
    planned("catalog", "import", *sorted((COMPANY / "catalog").glob("*.jsonl"))).done()
    planned("ingest", COMPANY / "postmortems").done()
    for lesson in TOLD["lessons"]:
        for pattern in lesson["patterns"]:
            planned("lessons", "add-pattern", lesson["key"], COMPANY / "patterns" / pattern).done()
        report(planned, lesson)
        planned("programs", "add-lesson", PROGRAM, lesson["key"]).done()
    assert everything(str(planned.database_url)) == before


def test_the_demonstration_does_all_of_it_writes_pages_and_run_again_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = Elsewhere()
    demo("demo", folder).done()
    url = f"sqlite:///{folder}/elsewhere.sqlite"
    before = everything(url)
    pages = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.html")}
    assert set(pages) == {f"{lesson['key']}.html" for lesson in TOLD["lessons"]}
    for page in pages.values():
        assert "<svg" in page
        assert "src=" not in page.replace("data:", "")
    demo("demo", folder).done()
    assert everything(url) == before
    assert {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.html")} == pages
    report_there = report(Elsewhere(url), CACHE)
    assert len(report_there["exposed"]) == 9
