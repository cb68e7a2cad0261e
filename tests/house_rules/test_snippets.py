"""Every catalog, pattern and output that the pages show is read by the program's own readers."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house_rules.document_rules import Snippet, data_that_nothing_reads, snippets
from tests.house_rules.tree import checkout, planted
from tracker.core.errors import InvalidInput

EXTRACTED = {
    *("path", "kind", "title", "incident_date", "severity", "severity_level"),
    *("action_items", "learnings", "services", "programs"),
}
ACTION_ITEM = {
    *(
        "title",
        "description",
        "owner",
        "due",
        "status",
        "priority",
        "type",
        "suggested_type",
        "links",
        "section",
    ),
    *("line_start", "line_end", "rule", "confidence"),
}
LEARNING = {"text", "line_start", "line_end"}


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


def read_extraction(text: str, _: Path) -> None:
    document = json.loads(text)
    assert set(document) >= EXTRACTED
    assert all(set(item) >= ACTION_ITEM for item in document["action_items"])
    assert all(set(learning) >= LEARNING for learning in document["learnings"])


READERS: dict[str, Callable[[str, Path], None]] = {
    "catalog.jsonl": read_catalog,
    "pattern.yaml": read_pattern,
    "leaf.yaml": read_leaf,
    "extract.json": read_extraction,
}

SHOWN = [snippet for snippet in snippets(checkout()) if snippet.title.endswith(tuple(READERS))]
REFUSED = [snippet for snippet in SHOWN if snippet.title.startswith("refused")]
READ = [snippet for snippet in SHOWN if snippet not in REFUSED]


def test_no_data_is_shown_that_nothing_reads():
    assert list(data_that_nothing_reads(checkout(), READERS)) == []


def test_data_that_nothing_reads_is_found(tmp_path: Path):
    (tmp_path / "docs/reference").mkdir(parents=True)
    (tmp_path / "docs/reference/a.md").write_text("Text.\n\n```yaml\npattern: a\n```\n")
    (fault,) = data_that_nothing_reads(planted(tmp_path), READERS)
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
