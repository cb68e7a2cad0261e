"""`elsewhere demo`."""

import shlex
from pathlib import Path

from tests.cli.conftest import Demonstration
from tests.cli.front_door import Elsewhere
from tests.cli.test_help import called


def test_it_ends_with_the_report_the_work_and_what_to_try_next(demonstration: Demonstration) -> None:
    out = demonstration.answer.done().out
    order = [
        "The catalog",
        "Four SEV-1 postmortems",
        "Where else does it apply?",
        "Work by team",
        "What to try next",
    ]
    places = [out.index(words) for words in order]
    assert places == sorted(places)


def test_the_commands_that_it_shows_can_be_typed(demonstration: Demonstration) -> None:
    lines = [line.removeprefix("$").strip() for line in demonstration.answer.out.splitlines()]
    typed = [
        shlex.split(command)[1:]
        for line in lines
        for command in line.split(" && ")
        if command.startswith("elsewhere ")
    ]
    assert len(typed) == 15
    assert {called(command) for command in typed} >= {("ingest",), ("where-else",), ("items", "accept")}


def test_a_folder_of_any_name_is_shown_so_that_it_can_be_typed(tmp_path: Path) -> None:
    folder = tmp_path / "Müllers 100 % demo #1 [red]"
    shown = Elsewhere()("demo", folder).done().out
    [setting] = [line.split()[1:] for line in shown.splitlines() if "export ELSEWHERE_DATABASE_URL=" in line]
    _, _, url = shlex.split(" ".join(setting))[0].partition("=")
    assert len(Elsewhere(url).json("postmortems", "list")) == 4


def test_its_folder_must_be_one_that_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    Elsewhere()("demo", tmp_path / "file").refused(f"{tmp_path}/file", "cannot be written")
    Elsewhere()("demo", tmp_path / "what?").refused("without a question mark")
    assert not (tmp_path / "what?").exists()
