"""What holds for every format: any text is read in bounded time, and line numbers point at the words."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.documents import BlockKind, Document, read_document
from tracker.core.documents.readers import READERS
from tracker.core.errors import InvalidDocument

NAMES = ["outage.md", "outage.txt"]
MARKS = [
    "# ",
    "## ",
    "- ",
    "  - ",
    "1. ",
    "> ",
    "| a | b |",
    "|--|--|",
    "```",
    "---",
    "===",
    "[x] ",
    "**",
    "~~",
    "`",
    "<!--",
    "-->",
]
ENDS = [
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "    ",
    "pump",
    "https://example.org",
    "[a](b)",
    "é",
    "\u2028",
    "\x0c",
    "\x85",
]
PIECES = st.sampled_from([*MARKS, *ENDS])
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))


def in_order(document: Document) -> bool:
    return all(1 <= block.line_start <= block.line_end <= len(document.lines) for block in document.walk())


def refusal(name: str, content: bytes) -> str | None:
    """Return why a document is refused, or check the one that was read."""
    try:
        document = read_document(name, content)
    except InvalidDocument as refused:
        return str(refused)
    assert in_order(document)
    return None


@pytest.mark.parametrize("name", NAMES)
@given(text=TEXTS)
def test_any_text_is_read_and_every_block_stands_inside_the_document(name, text):
    unreadable = "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)

    assert bool(refusal(name, text.encode("utf-8", "surrogatepass"))) == unreadable


@pytest.mark.parametrize("name", NAMES)
@given(content=st.binary())
def test_any_bytes_are_read_or_refused_by_name(name, content):
    assert (refusal(name, content) or name).startswith(name)


WORDS = st.lists(st.sampled_from(["pump", "valve", "was", "late", "three"]), min_size=1, max_size=4).map(
    " ".join
)
BLOCKS = st.lists(
    st.tuples(st.sampled_from(["# {}\n", "{}\n", "- {}\n", "1. {}\n- [ ] {}\n", "> {}\n"]), WORDS),
    max_size=12,
)


@pytest.mark.parametrize("name", NAMES)
@given(blocks=BLOCKS, gap=st.sampled_from(["", "\n", "\n\n"]))
def test_the_words_of_a_block_stand_on_its_lines(name, blocks, gap):
    text = gap.join(form.replace("{}", words) for form, words in blocks)
    document = read_document(name, text.encode())

    for block in document.walk():
        quoted = document.quote(block.line_start, block.line_end)
        assert all(word in quoted for word in block.text.split())


def test_no_word_is_lost():
    text = "# one\n\ntwo\n\n- three\n  - four\n\n> five\n\n| six |\n|--|\n| seven |\n\n```\neight\n```\n"
    document = read_document("a.md", text.encode())

    assert " ".join(block.text for block in document.walk() if block.text).split() == [
        "one", "two", "three", "four", "five", "six", "seven", "eight",
    ]  # fmt: skip


@pytest.mark.parametrize("ending", sorted(READERS))
def test_a_reader_is_picked_by_the_ending_whatever_its_case(ending):
    assert read_document(f"A.{ending.upper()}", b"*a*").blocks[0].text == "a"


@pytest.mark.parametrize("name", ["notes", "notes.txt", "notes.log"])
def test_what_has_no_reader_of_its_own_is_plain_text(name):
    assert read_document(name, b"*a*").blocks[0].text == "*a*"


HOSTILE = {
    "ten thousand levels of bullets": "\n".join(" " * (level % 700) + "- a" for level in range(10_000)),
    "ten thousand levels on one line": "- " * 10_000,
    "ten thousand quotes": ">" * 10_000,
    "one line of words": "word " * 200_000,
    "one line of open brackets": "[" * 1_000_000,
    "many lines of open brackets": ("[" * 500 + "\n\n") * 20,
    "one line of emphasis": "**a " * 200_000,
    "open comments": "<!--" * 200_000,
    "open tags": "<a " * 200_000,
    "a long rule": "=" * 1_000_000,
    "brackets in an address": "https://example.org/" + ")" * 500_000,
    "deep front matter": "---\na: " + "[" * 1_000 + "\n---\n",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_ends_in_bounded_time(name, text):
    began = time.perf_counter()
    document = read_document(name, text.encode())

    assert time.perf_counter() - began < 10
    assert in_order(document)


def test_ten_megabytes_on_one_line_are_refused():
    with pytest.raises(InvalidDocument, match="10,000,000 bytes"):
        read_document("one-line.md", b"a" * 10_000_000)


def test_a_document_walks_in_reading_order():
    document = read_document("a.md", b"- one\n  - two\n\nthree\n")

    assert [block.text for block in document.walk() if block.kind is not BlockKind.LIST] == [
        "one",
        "two",
        "three",
    ]
