from textwrap import dedent

import pytest

from tracker.core.documents import Block, BlockKind, Document, Link, read_document
from tracker.core.documents.markdown import INLINE_LIMIT


def read(text: str) -> Document:
    return read_document("outage.md", dedent(text).encode())


def only(document: Document, kind: BlockKind) -> list[Block]:
    return [block for block in document.walk() if block.kind is kind]


def test_headings_have_their_level_and_their_lines():
    document = read("# Outage\n\nFacts\n=====\n\n### Cause ###\n")

    assert [(b.text, b.level, b.line_start, b.line_end) for b in document.blocks] == [
        ("Outage", 1, 1, 1),
        ("Facts", 1, 3, 4),
        ("Cause", 3, 6, 6),
    ]


def test_markup_is_taken_out_of_a_paragraph_and_its_line_breaks_stay():
    (paragraph,) = read("The **pump** failed\nin `hall 3` &amp; stopped.\n").blocks

    assert paragraph.text == "The pump failed\nin hall 3 & stopped."
    assert (paragraph.line_start, paragraph.line_end) == (1, 2)


def test_nested_lists_keep_parents_children_and_lines():
    document = read("- valves\n  and pipes\n\n  more on them\n  1. check\n  2. replace\n- pumps\n\n")

    (outer,) = document.blocks
    valves, pumps = outer.children
    paragraph, inner = valves.children

    assert (valves.text, valves.line_start, valves.line_end) == ("valves\nand pipes", 1, 6)
    assert paragraph.text == "more on them"
    assert inner.ordered
    assert [(item.text, item.line_start) for item in inner.children] == [("check", 5), ("replace", 6)]
    assert (pumps.text, pumps.line_end) == ("pumps", 7)


@pytest.mark.parametrize(
    ("box", "checked"),
    [("[ ] ", False), ("[x] ", True), ("[X] ", True), ("[] ", False), ("☑ ", True), ("", None)],
)
def test_a_task_box_is_a_state_and_no_word(box, checked):
    (item,) = only(read(f"- {box}clean the filter\n"), BlockKind.LIST_ITEM)

    assert (item.checked, item.text) == (checked, "clean the filter")


def test_a_link_that_looks_like_a_box_stays_a_link():
    (item,) = only(read("- [x](https://example.org/x) marks it\n"), BlockKind.LIST_ITEM)

    assert item.checked is None
    assert item.links == (Link("x", "https://example.org/x"),)


def test_tables_have_a_header_row_and_cells_on_the_lines_of_their_rows():
    document = read(
        """
        | What | Who |
        |------|-----|
        | ~~drain~~ | **Ada** |
        | refill | |
        """
    )
    header, first, second = document.blocks[0].children

    assert header.header
    assert not first.header
    assert [cell.text for cell in header.children] == ["What", "Who"]
    assert [(cell.text, cell.struck, cell.bold, cell.line_start) for cell in first.children] == [
        ("drain", True, False, 4),
        ("Ada", False, True, 4),
    ]
    assert [cell.text for cell in second.children] == ["refill", ""]


def test_only_a_text_that_is_wholly_emphasised_is_bold_or_struck():
    bold, partly, struck = read("**Next steps**\n\n**Next** steps\n\n~~old **plan**~~\n").blocks

    assert (bold.bold, partly.bold) == (True, False)
    assert (struck.bold, struck.struck, struck.text) == (False, True, "old plan")


def test_links_are_found_inline_by_reference_in_angles_and_bare():
    document = read(
        """
        See [the run](https://example.org/1), [its log][log], <https://example.org/3>
        and (https://example.org/4).

        [log]: https://example.org/2
        """
    )

    assert [link.url for link in document.blocks[0].links] == [
        f"https://example.org/{n}" for n in (1, 2, 3, 4)
    ]


def test_comments_are_no_words_and_html_blocks_are_words_without_tags():
    document = read(
        "<!-- say\n\nmore -->\n\n<details>\n<summary>Log of the <b>pump</b></summary>\n\nover <!-- not --> here\n"
    )

    assert [(block.text, block.line_start) for block in document.blocks] == [
        ("Log of the pump", 6),
        ("over  here", 8),
    ]


def test_a_gap_in_angle_brackets_is_words_and_no_tag():
    (paragraph,) = read("Owner: <your name here>\n").blocks

    assert paragraph.text == "Owner: <your name here>"


def test_code_is_kept_apart_and_verbatim():
    (code,) = read("```sh\n# Action items\n- not one\n```\n").blocks

    assert (code.kind, code.text) == (BlockKind.CODE, "# Action items\n- not one")


def test_quotes_hold_their_blocks():
    (quote,) = read("> vendor says\n> - sorry\n").blocks

    assert quote.kind is BlockKind.QUOTE
    assert [child.kind for child in quote.children] == [BlockKind.PARAGRAPH, BlockKind.LIST]


def test_front_matter_is_read_as_words_and_lines_count_on_behind_it():
    document = read(
        "---\ntitle: No water\ndate: 2026-05-01\ntags: [sev1, water]\nfixed: no\n---\n\n# Report\n"
    )

    assert document.front_matter == {
        "title": "No water",
        "date": "2026-05-01",
        "tags": ["sev1", "water"],
        "fixed": "no",
    }
    assert [(block.text, block.line_start) for block in document.blocks] == [("Report", 8)]


@pytest.mark.parametrize("broken", ["title: a: b", "{{ title }}: [", "? [a]\n: b", "[" * 1000])
def test_front_matter_that_is_not_yaml_says_nothing(broken):
    document = read_document("a.md", f"---\n{broken}\n---\n# Report\n".encode())

    assert document.front_matter == {}
    assert [block.text for block in document.blocks] == ["Report"]


def test_a_document_between_two_rules_is_not_front_matter():
    document = read("---\n\nThe pump failed.\n\n---\n")

    assert document.front_matter == {}
    assert [block.text for block in document.blocks] == ["The pump failed."]


def test_front_matter_cannot_make_objects():
    document = read("---\ntitle: !!python/object/apply:os.getcwd []\n---\n")

    assert document.front_matter in ({}, {"title": []})


def test_a_very_long_block_is_read_as_plain_words():
    (paragraph,) = read_document("a.md", ("*a* " * INLINE_LIMIT).encode()).blocks

    assert paragraph.text.startswith("*a* *a*")
