from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.docs.consoles import rerun

ROOT = Path(__file__).parents[2]


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose name is short enough not to wrap the lines that print it."""
    with TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("page", ["docs/tutorial.md"])
def test_the_commands_of_a_page_print_what_the_page_says(page: str, short_path: Path):
    text = (ROOT / page).read_text(encoding="utf-8")
    again = f"what a command prints has changed; look at it, then run `python -m tests.docs.consoles {page}`"
    assert rerun(text, short_path) == text, again


def test_a_page_that_says_something_else_is_noticed(tmp_path: Path):
    text = "```console\n$ elsewhere --version\nelsewhere 0.0.0\n```\n"
    assert rerun(text, tmp_path) != text
