"""`elsewhere demo`."""

from pathlib import Path

from tests.cli.conftest import Demonstration
from tests.cli.front_door import Elsewhere


def test_it_ends_with_the_report_the_work_and_what_to_try_next(demonstration: Demonstration):
    out = demonstration.answer.done().out
    order = ["The catalog", "Four SEV-1 postmortems", "Where else does it apply?", "Work by team", "What to try next"]
    places = [out.index(words) for words in order]
    assert places == sorted(places)




def test_its_folder_must_be_one_that_can_be_written(tmp_path: Path):
    (tmp_path / "file").touch()
    Elsewhere()("demo", tmp_path / "file").refused(f"{tmp_path}/file", "cannot be written")


