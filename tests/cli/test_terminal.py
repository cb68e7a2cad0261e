"""How answers look: to a pipe, in a narrow window, on an old terminal, and with words that somebody hostile wrote."""

import json
import os
import pty
import select
import subprocess
from pathlib import Path

import pytest

from tests.cli.front_door import ELSEWHERE, Answer, Elsewhere, ended, environment
from tracker.cli import terminal

HOSTILE = {
    "markup of the terminal": "[red]danger[/red] [blink]of fire[/] [/]",
    "commands of the terminal": "\x1b[31mred\x1b]0;title\x07 \x9b2J",
    "right to left": "safe\u202egnp.exe\u2066\u200f",
    "wide": "監視を追加する 🚒 Überwachung",
}
DANGEROUS = set("\x1b\x07\x9b\x00\u202e\u2066\u200f")


def review(folder: Path, words: str) -> Path:
    file = folder / "review.md"
    file.write_text(
        f"# Postmortem: {words}\n\n- Date: 2026-05-04\n- Severity: SEV-1\n\n## Impact\n\nSearch failed for an hour.\n\n"
        f"## Lessons learned\n\n- Nobody knew of {words}\n\n"
        f"## Action items\n\n| Action | Owner |\n|---|---|\n| Add an alarm for {words} | {words} |\n",
        encoding="utf-8",
    )
    return file


@pytest.fixture(params=list(HOSTILE.values()), ids=list(HOSTILE))
def hostile(request: pytest.FixtureRequest, elsewhere: Elsewhere, tmp_path: Path) -> Elsewhere:
    """The command on a database of words that somebody hostile wrote."""
    words: str = request.param
    elsewhere("ingest", review(tmp_path, words)).done()
    elsewhere("lessons", "create", "alarms", "--title", words, "--statement", words, "--learning", 1).done()
    elsewhere("programs", "create", "alarms", "--title", words, "--goal", words, "--lead", words).done()
    elsewhere("items", "decline", 1, "--reason", words).done()
    return elsewhere


SHOWING = [
    ("postmortems", "list"),
    ("postmortems", "show", 1),
    ("items", "list"),
    ("items", "show", 1),
    ("lessons", "list"),
    ("lessons", "show", "alarms"),
    ("programs", "list"),
    ("programs", "show", "alarms"),
]


def test_hostile_words_are_shown_and_do_not_act(hostile: Elsewhere) -> None:
    for command in SHOWING:
        out = hostile(*command).done().out
        assert set(out) & DANGEROUS == set(), command


def test_hostile_words_do_not_act_in_json_either_and_come_back_as_they_were(hostile: Elsewhere) -> None:
    for command in SHOWING:
        out = hostile(*command, "--format", "json").done().out
        assert set(out) & DANGEROUS == set(), command
    reason = hostile.json("items", "show", 1)["decline_reason"]
    assert reason in HOSTILE.values()


def test_markup_in_a_title_is_printed_as_it_was_typed(elsewhere: Elsewhere, tmp_path: Path) -> None:
    words = HOSTILE["markup of the terminal"]
    elsewhere("ingest", review(tmp_path, words)).done()
    for command in (["items", "list"], ["items", "show", 1], ["postmortems", "show", 1]):
        assert words in elsewhere(*command).out


def test_hostile_words_in_arguments_are_shown_harmless_in_one_line(elsewhere: Elsewhere) -> None:
    name = "no\n\x1b[31mwhere\u202e.yaml"
    answer = elsewhere("patterns", "check", name)
    assert answer.errors == [
        "error: no \\x1b[31mwhere\\u202e.yaml: cannot be read (No such file or directory)"
    ]


def test_the_source_of_a_hostile_document_is_spelled_out_on_a_terminal(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    file = review(tmp_path, HOSTILE["right to left"])
    elsewhere("ingest", file).done()
    shown = on_a_terminal(elsewhere, "postmortems", "show", 1, "--source")
    assert set(shown) & DANGEROUS == set()
    assert "safe\\u202egnp.exe" in shown
    assert elsewhere("postmortems", "show", 1, "--source").out == file.read_text(encoding="utf-8")


def test_colours_are_for_terminals_only(estate: Elsewhere) -> None:
    assert "\x1b[" in on_a_terminal(estate, "items", "show", 1)
    estate("items", "show", 1).done()  # every answer is looked through for colours


@pytest.mark.parametrize(
    "command", [["items", "list"], ["postmortems", "show", "1"], ["--help"]], ids=" ".join
)
def test_a_narrow_window_is_kept_to(
    estate: Elsewhere, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(terminal.out, "width", 60)
    monkeypatch.setenv("COLUMNS", "60")
    answer = estate(*command).done()
    assert max(len(line) for line in answer.out.splitlines()) <= 60


def test_a_reader_that_leaves_early_is_no_error(estate: Elsewhere) -> None:
    answer = without_reader(estate.started("items", "list", "--format", "json"))
    assert (answer.code, answer.err) == (1, "")


def test_a_reader_of_an_extract_that_leaves_early_is_no_error(company: Path) -> None:
    documents = sorted((company / "postmortems").iterdir()) * 50
    answer = without_reader(Elsewhere().started("extract", *documents))
    assert (answer.code, answer.err) == (1, "")


def without_reader(started: "subprocess.Popen[str]") -> Answer:
    """Close the other end of the pipe that a command prints to."""
    assert started.stdout is not None
    started.stdout.close()
    assert started.stderr is not None
    said = started.stderr.read()
    started.stderr.close()
    return Answer(started.wait(timeout=60), "", said)


def test_what_programs_read_is_utf_8_whatever_the_terminal_can_show(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    file = review(tmp_path, HOSTILE["wide"])
    answer = elsewhere.by_itself(
        "extract", file, env=environment(PYTHONIOENCODING="ascii", LC_ALL="C", COLUMNS="60")
    ).done()
    assert json.loads(answer.out)["title"] == f"Postmortem: {HOSTILE['wide']}"


def test_a_run_that_is_interrupted_ends_without_a_traceback(elsewhere: Elsewhere, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    started = elsewhere.started("extract", tmp_path / "pipe.md")
    with (tmp_path / "pipe.md").open("wb"):  # waits until the command reads it
        started.send_signal(2)
        answer = ended(started)
    assert answer.code not in (0, 3)
    assert answer.out == ""


def on_a_terminal(elsewhere: Elsewhere, *arguments: object, **variables: str) -> str:
    """Return what a command prints to a terminal of its own."""
    ours, theirs = pty.openpty()
    command = [*ELSEWHERE, *elsewhere._database, *map(str, arguments)]
    settings = environment(**{"TERM": "xterm-256color", "COLUMNS": "120", **variables})
    process = subprocess.Popen(command, env=settings, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return shown.decode("utf-8")
