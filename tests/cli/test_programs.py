"""`elsewhere programs`."""

import pytest

from tests.cli.front_door import Elsewhere


def test_a_list_without_programs_says_how_to_make_one(elsewhere: Elsewhere) -> None:
    assert "elsewhere programs create" in elsewhere("programs", "list").done().out
    assert elsewhere.json("programs", "list") == []


def test_a_program_is_created_listed_and_shown(elsewhere: Elsewhere) -> None:
    elsewhere(
        *("programs", "create", "bounded-waiting", "--title", "Bounded Waiting", "--lead", "Ada"),
        *("--starts", "2026-12-01", "--target", "2027-03-31"),
    ).done()
    [listed] = elsewhere.json("programs", "list")
    assert (listed["key"], listed["target_on"]) == ("bounded-waiting", "2027-03-31")
    assert "Bounded Waiting" in elsewhere("programs", "list").done().out
    shown = elsewhere.json("programs", "show", "bounded-waiting")
    assert shown["coverage"] == {"total": 0, "settled": 0, "share": None, "by_progress": {}, "stuck": {}}
    page = elsewhere("programs", "show", "bounded-waiting").done().out
    assert "nothing to settle" in page
    assert "elsewhere programs add-lesson bounded-waiting LESSON" in page


def test_the_work_of_a_program_is_shown_by_team(estate: Elsewhere) -> None:
    shown = estate.json("programs", "show", "bounded-waiting")
    page = estate("programs", "show", "bounded-waiting").done().out
    assert shown["lessons"] == ["every-cache-call-has-a-deadline", "retries-have-a-budget"]
    assert {item["team"] for item in shown["items"]} == set(shown["coverage"]["stuck"])
    assert [item for item in shown["items"] if item["team"] not in page] == []


def test_a_lesson_is_added_once(estate: Elsewhere) -> None:
    before = estate.json("programs", "show", "bounded-waiting")
    answer = estate("programs", "add-lesson", "bounded-waiting", "retries-have-a-budget").done()
    assert "items proposed: none; services that joined an open item: 0" in answer.err
    assert estate.json("programs", "show", "bounded-waiting") == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "nowhere"], ["no program 'nowhere'", "elsewhere programs list"]),
        (["create", "new"], ["--title"]),
        (["create", "new", "--title", ""], ["--title: a program has a title"]),
        (["create", "New One", "--title", "x"], ["program key: 'New One' must be lower-case words"]),
        (["create", "bounded-waiting", "--title", "x"], ["there is a program 'bounded-waiting' already"]),
        (
            ["create", "new", "--title", "x", "--starts", "2026-13-01"],
            ["--starts: '2026-13-01' is not a day"],
        ),
        (
            ["create", "new", "--title", "x", "--starts", "2026-12-02", "--target", "2026-12-01"],
            ["--target: the target 2026-12-01 is before the start"],
        ),
        (["add-lesson", "nowhere", "retries-have-a-budget"], ["no program 'nowhere'"]),
        (["add-lesson", "bounded-waiting", "nowhere"], ["no lesson 'nowhere'"]),
        (["add-lesson", "bounded-waiting"], ["LESSON"]),
    ],
)
def test_programs_that_cannot_be_are_refused_and_nothing_changes(
    estate: Elsewhere, arguments: list[str], words: list[str]
) -> None:
    before = estate.json("programs", "list"), estate.json("items", "list")
    estate("programs", *arguments).refused(*words)
    assert (estate.json("programs", "list"), estate.json("items", "list")) == before


def test_a_lesson_without_a_pattern_cannot_be_added_yet(estate: Elsewhere) -> None:
    estate("lessons", "create", "alarms", "--title", "Alarms").done()
    before = estate.json("programs", "show", "bounded-waiting")
    estate("programs", "add-lesson", "bounded-waiting", "alarms").refused(
        "alarms", "elsewhere lessons add-pattern"
    )
    assert estate.json("programs", "show", "bounded-waiting") == before
