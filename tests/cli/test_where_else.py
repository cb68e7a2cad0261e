"""`elsewhere where-else`."""

import json
from pathlib import Path

import pytest

from tests.cli.front_door import Elsewhere

LESSON = ("where-else", "--lesson", "retries-have-a-budget")

CONTRACT = {
    "report": {"lesson", "patterns", "snapshot", "exposed", "unknown", "ruled_out"},
    "exposed": {"ref", "score", "score_parts", "evidence"},
    "evidence": {"leaf", "says", "path", "source", "observed_at"},
    "unknown": {"ref", "missing"},
    "missing": {"leaf", "settled_by"},
    "settled_by": {"question", "sources"},
    "ruled_out": {"count", "by_leaf"},
}


def test_the_report_is_printed_as_a_table(estate: Elsewhere) -> None:
    out = estate(*LESSON).done().out
    assert "Retries have a budget" in out
    assert "component:depot-returns" in out


def test_the_report_keeps_its_contract_in_json(estate: Elsewhere) -> None:
    report = estate.json(*LESSON, "--origin", "component:default/depot-picking")
    assert set(report) >= CONTRACT["report"]
    for exposed in report["exposed"]:
        assert set(exposed) >= CONTRACT["exposed"]
        assert exposed["score"] == pytest.approx(sum(exposed["score_parts"].values()))
        assert all(set(line) >= CONTRACT["evidence"] for line in exposed["evidence"])
    for unknown in report["unknown"]:
        assert set(unknown) >= CONTRACT["unknown"]
        for missing in unknown["missing"]:
            assert set(missing) >= CONTRACT["missing"]
            assert all(set(one) >= CONTRACT["settled_by"] for one in missing["settled_by"])
    assert set(report["ruled_out"]) >= CONTRACT["ruled_out"]
    assert sum(one["count"] for one in report["ruled_out"]["by_leaf"]) == report["ruled_out"]["count"]


@pytest.mark.parametrize("how", ["table", "json", "markdown", "html"])
def test_the_same_question_gets_the_same_bytes(estate: Elsewhere, how: str) -> None:
    asked = (*LESSON, "--origin", "component:default/depot-picking", "--format", how)
    assert estate(*asked).done().out == estate(*asked).done().out


def test_each_format_is_what_it_is_called(estate: Elsewhere) -> None:
    html = estate(*LESSON, "--format", "html").done().out
    assert html.startswith("<!doctype html>")
    assert "<svg" in html
    markdown = estate(*LESSON, "--format", "markdown").done().out
    assert markdown.startswith("# ")


def test_the_report_is_written_to_a_file(estate: Elsewhere, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    answer = estate(*LESSON, "--format", "html", "-o", file).done()
    assert (answer.out, answer.err) == ("", f"{file} is written\n")
    assert file.read_text(encoding="utf-8") == estate(*LESSON, "--format", "html").out


def test_a_file_that_cannot_be_written_is_refused(estate: Elsewhere, tmp_path: Path) -> None:
    asked = (*LESSON, "--format", "json", "--output")
    estate(*asked, tmp_path).refused(f"error: {tmp_path}: cannot be written")
    estate(*asked, tmp_path / "no" / "report").refused(f"error: {tmp_path}/no/report: cannot be written")


def test_a_table_is_not_written_to_a_file(estate: Elsewhere, tmp_path: Path) -> None:
    estate(*LESSON, "-o", tmp_path / "report").refused("--format", "markdown, html or json")
    assert not (tmp_path / "report").exists()


def test_a_kept_pattern_is_named_and_a_file_is_found_by_its_path(estate: Elsewhere, company: Path) -> None:
    file = company / "patterns" / "retries-above-a-provider.yaml"
    by_name = estate.json("where-else", "--pattern", "retries-above-a-provider")
    by_file = estate.json("where-else", "--pattern", file)
    assert by_name["exposed"] == by_file["exposed"] == estate.json(*LESSON)["exposed"]
    assert [one["patterns"][0]["version"] for one in (by_name, by_file)] == [1, 0]


def test_several_patterns_are_asked_together(estate: Elsewhere) -> None:
    two = [f"--pattern={name}" for name in ("retries-above-a-provider", "cache-call-without-deadline")]
    together = {one["ref"] for one in estate.json("where-else", *two)["exposed"]}
    assert together == {one["ref"] for name in two for one in estate.json("where-else", name)["exposed"]}


@pytest.mark.parametrize("how", ["table", "json", "markdown", "html"])
def test_a_report_says_nothing_of_a_confidential_postmortem(
    estate: Elsewhere, tmp_path: Path, how: str
) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text(
        "# Postmortem: Umbrella leaked\n\n- Date: 2026-05-04\n- Severity: SEV-1\n\n## Impact\n\nCheckout stopped.\n\n"
        "## Services impacted\n\n- checkout\n\n## Lessons learned\n\n- Nobody had told Umbrella.\n",
        encoding="utf-8",
    )
    before = estate(*LESSON, "--format", how).out
    estate("ingest", secret, "--confidential").done()
    [learned] = estate.json("postmortems", "show", 5)["learned"]
    estate("lessons", "add-learning", "retries-have-a-budget", learned["id"]).done()
    assert "labels stopped printing" in before
    assert estate(*LESSON, "--format", how).done().out == before


def test_one_entity_is_explained(estate: Elsewhere) -> None:
    asked = (*LESSON, "--why", "component:default/orders")
    assert estate.json(*asked)["ref"] == "component:default/orders"
    assert "orders" in estate(*asked).done().out


def test_an_answer_for_one_entity_is_written_to_a_file_as_json(estate: Elsewhere, tmp_path: Path) -> None:
    asked = (*LESSON, "--why", "component:default/orders", "--format", "json")
    estate(*asked, "-o", tmp_path / "why.json").done()
    assert json.loads((tmp_path / "why.json").read_text()) == estate(*asked).json


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["--lesson, --pattern: name either"]),
        (["--lesson", "x", "--pattern", "y"], ["--lesson, --pattern: name either"]),
        (["--lesson", "nowhere"], ["no lesson 'nowhere'"]),
        (["--pattern", "nowhere"], ["nowhere"]),
        (["--pattern", "nowhere.yaml"], ["nowhere.yaml: cannot be read"]),
        ([*LESSON[1:], "--origin", "orders"], ["--origin: 'orders' is not an entity ref"]),
        ([*LESSON[1:], "--origin", "component:default/nowhere"], ["component:default/nowhere"]),
        ([*LESSON[1:], "--why", "component:"], ["--why: 'component:' is not an entity ref"]),
        ([*LESSON[1:], "--why", "component:default/nowhere"], ["component:default/nowhere"]),
        ([*LESSON[1:], "--why", "component:default/orders", "--format", "html"], ["--format: --why"]),
        ([*LESSON[1:], "--format", "pdf"], ["--format", "pdf"]),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(
    estate: Elsewhere, arguments: list[str], words: list[str]
) -> None:
    estate("where-else", *arguments).refused(*words)


def test_a_lesson_without_a_pattern_is_refused_with_the_command_that_adds_one(estate: Elsewhere) -> None:
    estate("lessons", "create", "alarms", "--title", "Alarms").done()
    estate("where-else", "--lesson", "alarms").refused("alarms", "elsewhere lessons add-pattern")


def test_an_empty_catalog_says_how_to_fill_it(elsewhere: Elsewhere, company: Path) -> None:
    file = company / "patterns" / "retries-above-a-provider.yaml"
    elsewhere("where-else", "--pattern", file).refused("elsewhere catalog import FILE")


def test_only_looking_keeps_no_exposures(elsewhere: Elsewhere, company: Path) -> None:
    pattern = company / "patterns" / "retries-above-a-provider.yaml"
    elsewhere("catalog", "import", *sorted((company / "catalog").iterdir())).done()
    elsewhere("lessons", "create", "retries", "--title", "Retries").done()
    elsewhere("lessons", "add-pattern", "retries", pattern).done()
    elsewhere("programs", "create", "p", "--title", "P").done()

    def kept() -> int:
        from tracker.storage.session import Database

        database = Database(str(elsewhere.database_url))
        with database.reading() as session:
            found = session.connection().exec_driver_sql("SELECT count(*) FROM exposure").scalar_one()
        database.close()
        return int(found)

    elsewhere("where-else", "--lesson", "retries", "--no-keep").done()
    assert kept() == 0
    elsewhere("where-else", "--lesson", "retries").done()
    assert kept() == 6
