"""What holds for every document: extraction ends, says the same twice, and every finding stands where it says."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.documents import read_document
from tracker.core.extraction import extract

HEADINGS = [
    "# Kiln outage",
    "## Action items",
    "## Lessons learned",
    "## Timeline",
    "**Next steps**",
    "We will do this:",
    "### Kiln",
]
LINES = [
    "- Replace the fuse (owner: Runa, P1)", "- [x] Sweep the hall", "  - Label the switch", "1. Kiln:", "   1. Add an alert by Friday",
    "| Action | Owner |\n|---|---|\n| Test the alarm | Ola |", "TODO: call the smith", "We should look at the lamps. They are old.",
    "To prevent this in the future, we will fit\na second fuse.", "Date: 2026-05-04", "Severity: SEV-1", "- TBD", "~~gone~~",
]  # fmt: skip
DOCUMENTS = st.lists(
    st.tuples(st.sampled_from([*HEADINGS, *LINES]), st.sampled_from(["\n", "\n\n"])), max_size=25
).map(lambda parts: "".join(line + gap for line, gap in parts))
TEXTS = st.one_of(DOCUMENTS, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
NAMES = st.sampled_from(["report.md", "report.txt"])


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@given(TEXTS, NAMES)
def test_every_finding_stands_on_the_lines_that_it_names(text, name):
    document = read_document(name, text.encode())
    found = extract(document)

    for item in found.action_items:
        assert 1 <= item.line_start <= item.line_end <= len(document.lines)
        assert item.quote == document.quote(item.line_start, item.line_end)
        assert set(words(item.title)) <= set(words(item.quote))
        assert 0 < item.confidence <= 1
    for learning in found.learnings:
        assert 1 <= learning.line_start <= learning.line_end <= len(document.lines)


@given(TEXTS, NAMES)
def test_the_same_document_says_the_same_twice_and_no_item_twice(text, name):
    document = read_document(name, text.encode())
    found = extract(document)

    assert extract(document) == found
    titles = ["".join(words(item.title.lower())) for item in found.action_items]
    assert len(titles) == len(set(titles))


@given(DOCUMENTS)
def test_the_kind_of_line_ends_changes_nothing(text):
    unix, windows = (
        extract(read_document("report.md", text.replace("\n", ending).encode())) for ending in ("\n", "\r\n")
    )

    assert unix == windows


HOSTILE = {
    "an entry without end": "- we should add " * 20_000,
    "full stops": "." * 200_000,
    "spaced full stops": ". " * 200_000,
    "words that commit": "to prevent this again we will " * 15_000,
    "open brackets": "(owner: " * 20_000,
    "open gaps": "{{ " * 50_000,
    "white space": "a" + " " * 200_000 + "b",
    "questions": "what how why " * 15_000,
    "handles": "@a " * 50_000,
    "dates": "1-2-3/4 may " * 15_000,
    "thousands of boxes": "- [ ] add it\n" * 3_000,
    "thousands of headings": "## Action items\n\n" * 3_000,
}


@pytest.mark.parametrize("name", ["report.md", "report.txt"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_ends_in_bounded_time(name, text):
    for begin in ("# Action items\n\n", "# Action items\n\n- ", "# "):
        document = read_document(name, (begin + text).encode())
        began = time.perf_counter()
        extract(document)
        assert time.perf_counter() - began < 10
