"""Every catalog, pattern and output that the pages show is read by the program's own readers."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house_rules.document_rules import Snippet, data_that_nothing_reads, snippets
from tests.house_rules.tree import checkout, keep, planted
from tracker.core.errors import InvalidInput


def read_catalog(text: str, folder: Path) -> None:
    connector = pytest.importorskip(
        "connectors.jsonl_catalog", reason="SHOWN CATALOGS ARE NOT CHECKED: no reader yet"
    )
    (folder / "catalog.jsonl").write_text(text, encoding="utf-8")
    connector.connect({}).read(str(folder / "catalog.jsonl"))


def read_pattern(text: str, folder: Path) -> None:
    from tracker.core.patterns import parse_pattern

    parse_pattern(text, place=str(folder / "pattern.yaml"))


def read_leaf(text: str, folder: Path) -> None:
    indented = text.strip().replace("\n", "\n    ")
    read_pattern(f"pattern: one-leaf\nall:\n  - {indented}\n", folder)


READERS: dict[str, Callable[[str, Path], None]] = {
    "catalog.jsonl": read_catalog,
    "pattern.yaml": read_pattern,
    "leaf.yaml": read_leaf,
}

KNOWN = (*READERS, "postmortem.md", "extract.json")

SHOWN = [snippet for snippet in snippets(checkout()) if snippet.page.parts[:2] == ("docs", "reference")]
REFUSED = [snippet for snippet in SHOWN if snippet.title.startswith("refused")]
READ = [snippet for snippet in SHOWN if snippet.title.endswith(tuple(READERS)) and snippet not in REFUSED]


def test_no_data_is_shown_that_nothing_reads():
    keep(data_that_nothing_reads(checkout(), KNOWN))


def test_data_that_nothing_reads_is_found(tmp_path: Path):
    (tmp_path / "docs/reference").mkdir(parents=True)
    (tmp_path / "docs/reference/a.md").write_text("Text.\n\n```yaml\npattern: a\n```\n")
    (fault,) = data_that_nothing_reads(planted(tmp_path), KNOWN)
    assert fault.startswith("docs/reference/a.md:3: nothing checks this block")


@pytest.mark.parametrize("snippet", READ, ids=str)
def test_shown_data_is_read(snippet: Snippet, tmp_path: Path):
    read(snippet, tmp_path)


@pytest.mark.parametrize("snippet", REFUSED, ids=str)
def test_data_shown_as_refused_is_refused(snippet: Snippet, tmp_path: Path):
    with pytest.raises(InvalidInput):
        read(snippet, tmp_path)


def read(snippet: Snippet, folder: Path) -> None:
    next(reader for ending, reader in READERS.items() if snippet.title.endswith(ending))(snippet.text, folder)


def test_the_shown_postmortem_gives_the_shown_output(tmp_path: Path):
    shown = {snippet.title: snippet.text for snippet in SHOWN}
    (name,) = (title for title in shown if title.endswith("postmortem.md"))
    (output,) = (text for title, text in shown.items() if title.endswith("extract.json"))
    (tmp_path / name).write_text(shown[name], encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        "from tracker.cli import main; main()",
        "extract",
        name,
        "--format",
        "jsonl",
    ]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == json.loads(output)
