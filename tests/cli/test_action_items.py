"""`elsewhere items`."""

import pytest

from tests.cli.front_door import Elsewhere
from tracker.cli import terminal

DONE, OPEN, ALSO_OPEN = 1, 2, 6
"""What the first postmortem calls three of its items."""


def of(elsewhere: Elsewhere, item: int) -> dict[str, object]:
    found: dict[str, object] = elsewhere.json("items", "show", item)
    return found


def test_a_list_without_items_says_where_they_come_from(elsewhere: Elsewhere) -> None:
    assert "elsewhere ingest PATH" in elsewhere("items", "list").done().out
    assert elsewhere.json("items", "list") == []


def test_items_are_listed_as_a_table_and_as_json(estate: Elsewhere) -> None:
    listed = estate.json("items", "list")
    table = estate("items", "list").done().out
    assert len(listed) > 20
    assert [one for one in listed if one["title"][:40] not in table] == []


def test_items_are_filtered_by_state_postmortem_program_and_words(estate: Elsewhere) -> None:
    everything = estate.json("items", "list")
    estate("items", "accept", OPEN).done()
    assert [one["id"] for one in estate.json("items", "list", "--state", "accepted")] == [OPEN]
    both = estate.json("items", "list", "--state", "accepted", "--state", "proposed")
    assert len(both) == len(everything)
    of_first = estate.json("items", "list", "--postmortem", 1)
    assert {one["places"][0]["postmortem_id"] for one in of_first} == {1}
    of_program = estate.json("items", "list", "--program", "bounded-waiting")
    assert {one["program"] for one in of_program} == {"bounded-waiting"}
    words = estate.json("items", "list", "--text", "COMMAND TIMEOUT")
    assert words
    assert all("command timeout" in one["title"].lower() for one in words)


def test_a_filter_that_fits_nothing_is_not_an_error(estate: Elsewhere) -> None:
    assert estate.json("items", "list", "--text", "_%_") == []


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (["--state", "forgotten"], ["--state", "forgotten"]),
        (["--postmortem", "99"], ["no postmortem 99"]),
        (["--program", "nowhere"], ["no program 'nowhere'"]),
    ],
)
def test_a_filter_that_names_nothing_known_is_refused(
    estate: Elsewhere, filters: list[str], words: list[str]
) -> None:
    estate("items", "list", *filters).refused(*words)


def test_one_item_is_shown_with_its_place_and_history(estate: Elsewhere) -> None:
    estate("items", "accept", OPEN).done()
    item = estate.json("items", "show", OPEN)
    page = estate("items", "show", OPEN).done().out
    [place] = item["places"]
    assert place["line_start"] == place["line_end"]
    assert f"(postmortem 1), Action items, line {place['line_start']}\n" in page
    assert "Ada: item accepted" in page
    assert "can become: blocked, declined, done, in_progress" in page


def test_those_that_are_refused_are_told_apart(estate: Elsewhere) -> None:
    estate("items", "accept", OPEN, ALSO_OPEN).done()
    answer = estate("items", "accept", OPEN, ALSO_OPEN)
    assert answer.code == 2
    words = "an item that is accepted cannot become accepted"
    for item, error in zip((OPEN, ALSO_OPEN), answer.errors, strict=True):
        assert error.startswith(f"error: item {item}: {words}")


def test_a_list_has_the_priority_the_issue_and_the_number_of_the_postmortem(
    estate: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.out, "width", 140)
    head, _, *rows = estate("items", "list", "--postmortem", 1).done().out.splitlines()
    assert head.split() == ["Item", "State", "Prio", "Title", "Owner", "Due", "Issue", "From"]
    assert rows[0].split()[:3] == ["1", "proposed", "P0"]
    assert rows[0].split()[-3:] == ["-", "PM", "1"]


def test_the_actor_is_the_one_that_is_named(estate: Elsewhere) -> None:
    estate("--actor", "Grace", "items", "accept", OPEN).done()
    assert "Grace: item accepted" in estate("items", "show", OPEN).out


def test_items_are_accepted_together(estate: Elsewhere) -> None:
    changed = estate.json("items", "accept", OPEN, ALSO_OPEN, ALSO_OPEN)
    assert [(one["id"], one["state"]) for one in changed] == [(OPEN, "accepted"), (ALSO_OPEN, "accepted")]


def test_an_item_that_its_document_calls_done_is_done_once_it_is_accepted(estate: Elsewhere) -> None:
    [changed] = estate.json("items", "accept", DONE)
    assert changed["state"] == "done"


def test_some_items_that_cannot_be_changed_need_a_person(estate: Elsewhere) -> None:
    estate("items", "accept", OPEN).done()
    answer = estate("items", "accept", OPEN, ALSO_OPEN, 999)
    assert answer.code == 3
    already, absent = answer.errors
    assert "cannot become accepted" in already
    assert "no action item 999" in absent
    assert of(estate, ALSO_OPEN)["state"] == "accepted"


def test_when_no_item_can_be_changed_the_command_is_refused(estate: Elsewhere) -> None:
    answer = estate("items", "accept", 998, 999)
    assert (answer.code, answer.out, len(answer.errors)) == (2, "", 2)


def test_an_item_is_declined_for_a_reason_until_a_day(estate: Elsewhere) -> None:
    estate("items", "decline", OPEN, "--reason", "switched off in March", "--until", "2999-04-01").done()
    item = of(estate, OPEN)
    assert (item["state"], item["declined_by"], item["declined_until"]) == ("declined", "Ada", "2999-04-01")
    assert "by Ada until 2999-04-01: switched off in March" in estate("items", "show", OPEN).out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], ["--reason"]),
        (["--reason", "  "], ["--reason: say why"]),
        (["--reason", "x", "--until", "2026-02-30"], ["--until: '2026-02-30' is not a day"]),
        (["--reason", "x", "--until", "soon"], ["--until: 'soon' is not a day"]),
        (["--reason", "x", "--until", "2001-01-01"], ["--until: 2001-01-01 is not in the future"]),
    ],
)
def test_a_decline_without_reason_or_with_a_wrong_day_is_refused(
    estate: Elsewhere, options: list[str], words: list[str]
) -> None:
    before = of(estate, OPEN)
    estate("items", "decline", OPEN, *options).refused(*words)
    assert of(estate, OPEN) == before


def test_an_item_moves_along_its_states(estate: Elsewhere) -> None:
    estate("items", "accept", OPEN).done()
    for state in ("in_progress", "blocked", "in_progress", "done"):
        [moved] = estate.json("items", "move", OPEN, "--to", state)
        assert moved["state"] == state


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("blocked", ["an item that is proposed cannot become blocked", "accepted, declined"]),
        ("verified", [f"elsewhere items verify {OPEN}"]),
        ("declined", [f"elsewhere items decline {OPEN}"]),
        ("forgotten", ["--to", "forgotten"]),
    ],
)
def test_a_move_that_is_not_allowed_is_refused(estate: Elsewhere, state: str, words: list[str]) -> None:
    estate("items", "move", OPEN, "--to", state).refused(*words)
    assert of(estate, OPEN)["state"] == "proposed"


def test_a_done_item_is_verified_by_somebody_else_than_its_owner(estate: Elsewhere) -> None:
    estate("items", "edit", OPEN, "--owner", "Ada").done()
    estate("items", "accept", OPEN).done()
    estate("items", "move", OPEN, "--to", "done").done()
    estate("items", "verify", OPEN, "--note", "drill of Monday").refused(f"Ada owns item {OPEN}")
    estate("items", "verify", OPEN, "--note", " ").refused("--note")
    estate("--actor", "Grace", "items", "verify", OPEN, "--note", "drill", "--method", "drill").done()
    item = of(estate, OPEN)
    assert (item["state"], item["verified_by"], item["verification_method"]) == ("verified", "Grace", "drill")


def test_an_item_is_given_new_values(estate: Elsewhere) -> None:
    estate("items", "edit", OPEN, "--title", "Now", "--due", "2027-01-31", "--type", "repair").done()
    estate("items", "edit", OPEN, "--priority", "P1", "--size", "program", "--description", "Twice.").done()
    item = of(estate, OPEN)
    assert (item["title"], item["due"], item["type"]) == ("Now", "2027-01-31", "repair")
    assert (item["priority"], item["size"], item["description"]) == ("P1", "program", "Twice.")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--due", "31.1.2027"], ["--due: '31.1.2027' is not a day such as 2026-11-30"]),
        (["--title", " "], ["--title"]),
        (["--type", "wish"], ["--type", "wish"]),
        (["--size", "huge"], ["--size", "huge"]),
        (["--colour", "red"], ["No such option: --colour"]),
    ],
)
def test_values_that_an_item_cannot_have_are_refused(
    estate: Elsewhere, options: list[str], words: list[str]
) -> None:
    before = of(estate, OPEN)
    estate("items", "edit", OPEN, *options).refused(*words)
    assert of(estate, OPEN) == before


@pytest.mark.parametrize("command", ["show", "accept", "verify", "edit"])
def test_an_item_that_does_not_exist_is_refused(estate: Elsewhere, command: str) -> None:
    more = {"verify": ["--note", "x"], "edit": ["--title", "x"]}.get(command, [])
    estate("items", command, 999, *more).refused("no action item 999")


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "1.5", "one", ""])
def test_what_is_no_number_of_an_item_is_refused(estate: Elsewhere, number: str) -> None:
    answer = estate("items", "show", "--", number)
    assert (answer.code, answer.out, len(answer.errors)) == (2, "", 1)


def test_a_field_is_cleared(estate: Elsewhere) -> None:
    estate("items", "edit", OPEN, "--due", "2026-12-31").done()
    estate("items", "edit", OPEN, "--clear", "due", "--clear", "owner", "--priority", "P0").done()
    found = of(estate, OPEN)
    assert (found["due"], found["owner"], found["priority"]) == (None, None, "P0")


def test_what_is_given_and_cleared_at_once_is_refused(estate: Elsewhere) -> None:
    estate("items", "edit", OPEN, "--due", "2026-12-31", "--clear", "due").refused("--due", "one of the two")
    estate("items", "edit", OPEN, "--clear", "title").refused("--clear", "title")


def test_an_item_is_added_by_hand(elsewhere: Elsewhere) -> None:
    elsewhere("items", "add", "Write a runbook", "--owner", "payments", "--due", "2026-12-31").done()
    (found,) = elsewhere.json("items", "list", "--owner", "PAY")
    assert (found["title"], found["state"], found["places"]) == ("Write a runbook", "proposed", [])
    elsewhere("items", "add", " ").refused("--title")


def test_what_is_overdue_is_listed(estate: Elsewhere) -> None:
    estate("items", "edit", OPEN, "--due", "2001-01-01").done()
    assert OPEN in [one["id"] for one in estate.json("items", "list", "--overdue")]
    assert OPEN not in [one["id"] for one in estate.json("items", "list", "--not-overdue")]
