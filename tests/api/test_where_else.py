"""Where a lesson or a pattern applies, over REST."""

import pytest

from tests.factories import (
    InMemoryCatalog,
    InMemoryPostmortems,
    Service,
    catalog_snapshot,
    pattern,
    postmortem_text,
)
from tests.workflows.reading import everything, rows
from tracker.api import turns
from tracker.api.where_else import _preferred
from tracker.storage.tables import Exposure, Learning
from tracker.workflows.curate_lessons import add_learning, add_pattern, create_lesson
from tracker.workflows.import_catalog import import_catalog
from tracker.workflows.ingest_postmortems import ingest

PATH = "/api/v1/where-else"
CHECKOUT = "component:default/checkout"


@pytest.fixture(autouse=True)
def _estate(context):
    """A lesson that is true of one service, not of another, and nobody can tell about a third."""
    seen = catalog_snapshot(Service("checkout"), Service("basket", 250), Service("search", ...))
    import_catalog(context, InMemoryCatalog({"x": seen}), "x")
    create_lesson(context, "deadlines", "Set a deadline", "Slow is worse than down.")
    add_pattern(context, "deadlines", pattern())


@pytest.mark.parametrize("asked", [{"lesson": "deadlines"}, {"pattern": "waits-for-ever"}])
def test_the_report_has_every_entity_in_one_of_three_lists(api, asked):
    report = api.get(PATH, params={**asked, "origin": "component:basket"}).json()
    assert [one["ref"] for one in report["exposed"]] == [CHECKOUT]
    assert [one["ref"] for one in report["unknown"]] == ["component:default/search"]
    assert report["ruled_out"]["count"] == 2
    assert report["exposed"][0]["evidence"][-1]["source"] == "terraform"
    assert report["origin"] == "component:default/basket"
    assert report["lesson"] == asked.get("lesson")


def test_looking_keeps_nothing(api, database):
    before = everything(database)
    api.get(PATH, params={"lesson": "deadlines"})
    api.get(f"{PATH}/why", params={"lesson": "deadlines", "ref": CHECKOUT})
    assert everything(database) == before


def test_evaluating_keeps_the_exposures(api, database):
    answer = api.post("/api/v1/lessons/deadlines/evaluations")
    assert answer.status_code == 200, answer.text
    assert answer.json() == api.get(PATH, params={"lesson": "deadlines"}).json()
    assert [one.state for one in rows(database, Exposure)] == ["undecided"]


@pytest.mark.parametrize(
    ("accept", "media", "begins"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8", "<!doctype html>"),
        ("text/markdown", "text/markdown; charset=utf-8", "# Where else: Set a deadline"),
        ("*/*", "application/json", "{"),
        ("application/json;q=0.9, text/html;q=0.5", "application/json", "{"),
        ("image/png", "application/json", "{"),
        ("text/html;q=none, , ;;q=", "application/json", "{"),
    ],
)
def test_the_report_comes_in_the_form_that_is_preferred(api, accept, media, begins):
    answer = api.get(PATH, params={"lesson": "deadlines"}, headers={"Accept": accept})
    assert (answer.headers["Content-Type"], answer.headers["Vary"]) == (media, "Accept")
    assert answer.text.startswith(begins)


def test_a_page_may_show_its_style_and_run_nothing(api):
    policy = api.get(PATH, params={"lesson": "deadlines"}, headers={"Accept": "text/html"}).headers[
        "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src" not in policy


@pytest.mark.parametrize(
    "accept", ["", "a;q=1e9", "text/html;q=-1", "*/*;q=0", "text/html;q=nan", "\x7f;q=1,,"]
)
def test_any_accept_header_has_an_answer(accept):
    assert _preferred(accept) in ("application/json", "text/html", "text/markdown")


@pytest.mark.parametrize("asked", [{"lesson": "deadlines"}, {"pattern": ["waits-for-ever"]}])
def test_a_verdict_is_explained(api, asked):
    why = api.get(f"{PATH}/why", params={**asked, "ref": "component:search"}).json()
    assert (why["ref"], why["verdict"]) == ("component:default/search", "unknown")
    assert why["patterns"][0]["body"]["truth"] == "U"


def test_a_report_names_no_confidential_postmortem(api, context, database):
    source = InMemoryPostmortems({"one.md": postmortem_text(title="A secret outage")})
    list(ingest(context, source, ["one.md"], confidential=True))
    add_learning(context, "deadlines", rows(database, Learning)[0].id)
    for accept in ("application/json", "text/html", "text/markdown"):
        answer = api.get(PATH, params={"lesson": "deadlines"}, headers={"Accept": accept})
        assert answer.status_code == 200
        assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 422),
        ("?lesson=deadlines&pattern=waits-for-ever", 422),
        ("?lesson=nowhere", 404),
        ("?pattern=nowhere", 404),
        ("?lesson=deadlines&origin=basket", 422),
        ("?lesson=deadlines&origin=component:nowhere", 404),
        ("?lesson=%00", 422),
        ("?pattern=" + "&pattern=".join(["waits-for-ever"] * 21), 422),
        ("/why?lesson=deadlines", 422),
        ("/why?lesson=deadlines&ref=component:nowhere", 404),
        ("/why?ref=component:checkout", 422),
    ],
)
def test_odd_questions_get_an_answer_that_says_so(api, path, status):
    assert api.get(PATH + path).status_code == status


def test_a_lesson_without_a_pattern_cannot_be_asked(api, context):
    create_lesson(context, "patience", "Wait", "Wait.")
    assert api.get(PATH, params={"lesson": "patience"}).status_code == 422
    assert api.post("/api/v1/lessons/patience/evaluations").status_code == 422
    assert api.post("/api/v1/lessons/nowhere/evaluations").status_code == 404


def test_when_all_turns_are_taken_one_is_told_to_come_back(api, monkeypatch):
    monkeypatch.setattr(turns, "_PATIENCE", 0)
    with turns.REPORTS.one(), turns.REPORTS.one():
        answer = api.get(PATH, params={"lesson": "deadlines"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert api.get(PATH, params={"lesson": "deadlines"}).status_code == 200


def test_a_turn_that_fails_is_given_back(api):
    for _ in range(turns.REPORTS.at_once + 1):
        assert api.get(PATH, params={"lesson": "nowhere"}).status_code == 404


def test_a_reader_evaluates_nothing(reader):
    assert reader.get(PATH, params={"lesson": "deadlines"}).status_code == 200
    assert reader.post("/api/v1/lessons/deadlines/evaluations").status_code == 403
