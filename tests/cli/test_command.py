"""What all commands have in common: options, settings, and how errors are told."""

import pytest

from tests.cli.front_door import Elsewhere
from tracker import __version__


def test_the_version_is_printed() -> None:
    assert Elsewhere()("--version").done().out == f"elsewhere {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["forget"], "No such command 'forget'"),
        (["items", "forget"], "No such command 'forget'"),
        (["--forget"], "No such option: --forget"),
        (["items", "list", "--forget"], "No such option: --forget"),
        (["items", "list", "--format"], "--format"),
        (["items", "list", "--format", "yaml"], "yaml"),
        (["items", "list", "surplus"], "surplus"),
        (["items", "accept"], "Missing argument 'ID'"),
        (["--database"], "--database"),
        (["--database", "", "items", "list"], "database URL: expected sqlite:///path/to/file"),
        (
            ["--database", "elsewhere.sqlite", "items", "list"],
            "database URL: expected sqlite:///path/to/file",
        ),
        (["--database", "sqlite://", "items", "list"], "database URL: expected sqlite:///path/to/file"),
        (["--actor", "", "items", "list"], "ELSEWHERE_ACTOR"),
        (["--actor", "a" * 201, "items", "list"], "ELSEWHERE_ACTOR"),
    ],
)
def test_what_is_not_understood_is_refused(elsewhere: Elsewhere, arguments: list[str], words: str) -> None:
    elsewhere(*arguments).refused(words)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ELSEWHERE_LOG_LEVEL", "loud"),
        ("ELSEWHERE_LOG_FORMAT", "xml"),
        ("ELSEWHERE_RANK__TIER", "high"),
        ("ELSEWHERE_RANK__TIER", "nan"),
        ("ELSEWHERE_RANK", "high"),
        ("ELSEWHERE_RANK", "[1, 2]"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(
    estate: Elsewhere, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    estate("where-else", "--lesson", "retries-have-a-budget", "--format", "json").refused(f"error: {name}")


def test_the_weights_of_the_score_are_settings(estate: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("where-else", "--lesson", "retries-have-a-budget")
    before = estate.json(*asked)["exposed"][0]["score_parts"]["tier"]
    monkeypatch.setenv("ELSEWHERE_RANK__TIER", "0")
    assert before > 0
    assert estate.json(*asked)["exposed"][0]["score_parts"]["tier"] == 0


def test_the_actor_is_a_setting_and_an_option_says_otherwise(
    estate: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELSEWHERE_ACTOR", "Grace")
    estate("items", "edit", 1, "--priority", "P1").done()
    estate("--actor", "Jörg [red]", "items", "edit", 1, "--priority", "P2").done()
    page = estate("items", "show", 1).out
    assert "Grace: item edited" in page
    assert "Jörg [red]: item edited" in page


def test_a_database_that_is_locked_for_long_fails_with_advice(
    estate: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.storage import session
    from tracker.storage.session import Database

    monkeypatch.setattr(session, "_BUSY", 0.01)
    monkeypatch.setattr(session, "_LONGEST_WAIT", 0.001)
    other = Database(str(estate.database_url))
    with other.writer.begin():
        answer = estate("items", "accept", 2)
    other.close()
    assert (answer.code, answer.out) == (1, "")
    assert "repeat the command in a moment" in answer.err
