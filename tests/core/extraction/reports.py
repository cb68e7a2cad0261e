"""Reads invented reports as the tests need them."""

from textwrap import dedent

from tracker.core.action_items import ActionItemCandidate
from tracker.core.documents import read_document
from tracker.core.extraction import extract
from tracker.core.postmortems import Extraction


def read(text: str, name: str = "report.md") -> Extraction:
    return extract(read_document(name, dedent(text).encode()))


def items(text: str, name: str = "report.md") -> tuple[ActionItemCandidate, ...]:
    return read(text, name).action_items


def titles(text: str, name: str = "report.md") -> list[str]:
    return [item.title for item in items(text, name)]


def item(entry: str, heading: str = "Action items") -> ActionItemCandidate:
    """Return the only item of a report from 4 May 2026 whose follow-up list holds one entry."""
    (found,) = items(f"# Kiln outage of 4 May 2026\n\n## {heading}\n\n- {entry}\n")
    return found
