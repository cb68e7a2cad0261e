"""`elsewhere lessons` and `patterns`."""

from pathlib import Path

import pytest

from tests.cli.front_door import Elsewhere

PATTERN = """\
pattern: cache-without-deadline
about: Waits for a cache without a deadline.
applies_to: {kind: component}
relation:
  type: uses
  where: {fact: timeout_ms, exists: false}
"""

BAD_PATTERNS = {
    "not YAML": (b"pattern: [\n", ":2", "not YAML"),
    "nothing": (b"", "", "empty"),
    "not UTF-8": (b"pattern: caf\xe9\n", "", "not UTF-8"),
    "no pattern": (b"- 1\n- 2\n", ":1", ""),
    "an unknown leaf": (PATTERN.replace("exists", "exist").encode(), ":6", "exist"),
    "a bad name": (PATTERN.replace("cache-", "Cache ").encode(), ":1", "Cache "),
    "an unknown relation": (PATTERN.replace("uses", "used").encode(), ":5", "used"),
    "YAML that makes objects": (b"pattern: !!python/object/apply:os.getcwd []\n", ":1", ""),
    "a key twice": (PATTERN.encode() + b"about: again\n", ":7", "about"),
}


@pytest.fixture
def pattern(tmp_path: Path) -> Path:
    file = tmp_path / "pattern.yaml"
    file.write_text(PATTERN, encoding="utf-8")
    return file


def test_a_list_without_lessons_says_how_to_make_one(elsewhere: Elsewhere) -> None:
    assert "elsewhere lessons create" in elsewhere("lessons", "list").done().out
    assert elsewhere.json("lessons", "list") == []


def test_lessons_are_listed_with_their_learnings_and_patterns(estate: Elsewhere) -> None:
    cache, retries = estate.json("lessons", "list")
    assert (cache["key"], cache["learnings"], cache["patterns"]) == ("every-cache-call-has-a-deadline", 2, 1)
    assert (retries["key"], retries["learnings"], retries["patterns"]) == ("retries-have-a-budget", 1, 1)
    assert "retries-have-a-budget" in estate("lessons", "list").done().out


def test_a_lesson_is_shown_with_what_it_was_learned_from(estate: Elsewhere) -> None:
    lesson = estate.json("lessons", "show", "retries-have-a-budget")
    page = estate("lessons", "show", "retries-have-a-budget").done().out
    assert lesson["learnings"][0]["text"] in page
    assert "elsewhere where-else --lesson retries-have-a-budget" in page


def test_a_lesson_is_created_from_learnings(estate: Elsewhere) -> None:
    estate("lessons", "create", "alarms", "--title", "Alarms", "--learning", 1, "--learning", 2).done()
    lesson = estate.json("lessons", "show", "alarms")
    assert [one["id"] for one in lesson["learnings"]] == [1, 2]
    assert lesson["statement"] == "Alarms"


def test_a_learning_is_added_once(estate: Elsewhere) -> None:
    for _ in range(2):
        estate("lessons", "add-learning", "retries-have-a-budget", 1).done()
    learnings = estate.json("lessons", "show", "retries-have-a-budget")["learnings"]
    assert [one["id"] for one in learnings].count(1) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create", "alarms"], ["--title"]),
        (["create", "alarms", "--title", " "], ["--title: a lesson has a title"]),
        (["create", "Two Words", "--title", "x"], ["lesson key: 'Two Words' must be lower-case words"]),
        (
            ["create", "retries-have-a-budget", "--title", "x"],
            ["there is a lesson 'retries-have-a-budget' already"],
        ),
        (["create", "alarms", "--title", "x", "--learning", "999"], ["no learning 999"]),
        (["add-learning", "nowhere", "1"], ["no lesson 'nowhere'"]),
        (["add-learning", "retries-have-a-budget", "999"], ["no learning 999"]),
        (["add-learning", "retries-have-a-budget"], ["LEARNING"]),
        (["show", "nowhere"], ["no lesson 'nowhere'", "elsewhere lessons list"]),
    ],
)
def test_lessons_that_cannot_be_are_refused_and_nothing_changes(
    estate: Elsewhere, arguments: list[str], words: list[str]
) -> None:
    before = estate.json("lessons", "list")
    estate("lessons", *arguments).refused(*words)
    assert estate.json("lessons", "list") == before


def test_a_pattern_is_kept_in_versions(estate: Elsewhere, pattern: Path) -> None:
    add = ("lessons", "add-pattern", "retries-have-a-budget", pattern)
    assert "cache-without-deadline is at version 1\n" in estate(*add).done().err
    assert "cache-without-deadline is at version 1, as before\n" in estate(*add).done().err
    pattern.write_text(PATTERN.replace("uses", "calls"), encoding="utf-8")
    assert "cache-without-deadline is at version 2\n" in estate(*add).done().err
    kept = {one["pattern"]: one["version"] for one in estate.json("patterns", "list")}
    assert kept["cache-without-deadline"] == 2
    assert "cache-without-deadline" in estate.json("lessons", "show", "retries-have-a-budget")["patterns"]


@pytest.mark.parametrize("fault", BAD_PATTERNS)
@pytest.mark.parametrize(
    "command",
    [["patterns", "check"], ["lessons", "add-pattern", "retries-have-a-budget"], ["where-else", "--pattern"]],
    ids=["check", "add-pattern", "where-else"],
)
def test_a_bad_pattern_is_refused_with_its_place(
    estate: Elsewhere, tmp_path: Path, command: list[str], fault: str
) -> None:
    content, line, words = BAD_PATTERNS[fault]
    file = tmp_path / "bad.yaml"
    file.write_bytes(content)
    estate(*command, file).refused(f"error: {file}{line}", words)
    assert len(estate.json("patterns", "list")) == 2


@pytest.mark.parametrize(
    "command", [["patterns", "check"], ["lessons", "add-pattern", "retries-have-a-budget"]]
)
def test_a_pattern_that_cannot_be_opened_is_refused(
    estate: Elsewhere, tmp_path: Path, command: list[str]
) -> None:
    estate(*command, "nowhere.yaml").refused("nowhere.yaml: cannot be read (No such file or directory)")
    estate(*command, tmp_path).refused(f"{tmp_path}: cannot be read (Is a directory)")


def test_a_pattern_for_a_lesson_that_does_not_exist_is_not_kept(estate: Elsewhere, pattern: Path) -> None:
    estate("lessons", "add-pattern", "nowhere", pattern).refused("no lesson 'nowhere'")
    assert len(estate.json("patterns", "list")) == 2


def test_patterns_are_checked_without_a_database(pattern: Path, company: Path, tmp_path: Path) -> None:
    files = [pattern, *sorted((company / "patterns").iterdir())]
    checked = Elsewhere(f"sqlite:///{tmp_path}/never.sqlite").json("patterns", "check", *files)
    assert checked[0]["pattern"] == "cache-without-deadline"
    assert len(checked) == 3
    assert not (tmp_path / "never.sqlite").exists()


def test_one_bad_pattern_among_good_ones_needs_a_person(pattern: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("pattern: [")
    answer = Elsewhere()("patterns", "check", tmp_path / "bad.yaml", pattern)
    assert (answer.code, len(answer.errors)) == (3, 1)
    assert "cache-without-deadline" in answer.out


def test_a_list_without_patterns_says_how_to_keep_one(elsewhere: Elsewhere) -> None:
    assert "elsewhere lessons add-pattern" in elsewhere("patterns", "list").done().out
    assert elsewhere.json("patterns", "list") == []


def test_a_pattern_is_shown_as_its_author_wrote_it(estate: Elsewhere) -> None:
    [first, *_] = estate.json("patterns", "list")
    shown = estate.json("patterns", "show", first["pattern"])
    page = estate("patterns", "show", first["pattern"], "--version", first["version"]).done().out
    lines = [line for line in shown["source_text"].splitlines() if line.strip()]
    assert [line for line in lines if line not in page] == []
    assert [key for key in shown["lessons"] if key not in page] == []


def test_a_pattern_or_version_that_is_not_there_is_named(estate: Elsewhere) -> None:
    estate("patterns", "show", "nowhere").refused("no pattern 'nowhere'", "elsewhere patterns list")
    [first, *_] = estate.json("patterns", "list")
    estate("patterns", "show", first["pattern"], "--version", 99).refused("has no version 99")
