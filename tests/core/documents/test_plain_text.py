from textwrap import dedent

import pytest

from tracker.core.documents import Block, BlockKind, Document, read_document


def read(text: str) -> Document:
    return read_document("outage.txt", dedent(text).encode())


def outline(document: Document) -> list[tuple[str, int, int]]:
    return [(block.text, block.level, block.line_start) for block in document.blocks if block.level]


def shape(block: Block) -> object:
    children = [shape(child) for child in block.children]
    return (block.text, children) if children else block.text


def test_headings_are_underlined_marked_or_shouted():
    document = read(
        """\
        Water outage
        ============

        Lessons
        -------

        # Marked #

        ACTION ITEMS

        text
        """
    )

    assert outline(document) == [
        ("Water outage", 1, 1),
        ("Lessons", 2, 4),
        ("Marked", 1, 7),
        ("ACTION ITEMS", 2, 9),
    ]


def test_a_heading_may_have_a_line_above_it_too():
    assert outline(read("=====\nWater\n=====\n")) == [("Water", 1, 2)]


def test_paragraphs_end_at_blank_lines_and_keep_their_line_breaks():
    first, second = read("The pump failed\nat noon.\n\nIt was old.\n").blocks

    assert (first.text, first.line_start, first.line_end) == ("The pump failed\nat noon.", 1, 2)
    assert (second.text, second.line_start, second.line_end) == ("It was old.", 4, 4)


@pytest.mark.parametrize("mark", ["-", "*", "+", "•", "\u2013", "1.", "2)"])
def test_bullets_of_many_kinds_make_a_list(mark):
    (block,) = read(f"{mark} drain\n{mark} refill\n").blocks

    assert (block.kind, block.ordered) == (BlockKind.LIST, mark[0].isdigit())
    assert [item.text for item in block.children] == ["drain", "refill"]


def test_bullets_nest_by_their_indent_and_go_on_over_lines():
    (block,) = read("- valves\n  and pipes\n    * check\n    * replace\n\n      later\n- pumps\n").blocks

    assert [shape(item) for item in block.children] == [
        ("valves\nand pipes", [("", ["check", ("replace", ["later"])])]),
        "pumps",
    ]
    assert (block.children[0].line_start, block.children[0].line_end) == (1, 6)


def test_a_paragraph_at_the_margin_ends_a_list():
    items, after = read("- drain\n\nThat is all.\n").blocks

    assert (items.kind, after.kind, after.line_start) == (BlockKind.LIST, BlockKind.PARAGRAPH, 3)


def test_task_boxes_and_links_are_seen():
    (block,) = read("- [x] drain, see https://example.org/1.\n").blocks
    (item,) = block.children

    assert item.checked is True
    assert [link.url for link in item.links] == ["https://example.org/1"]


def test_comments_are_no_words_and_cost_no_line_numbers():
    (block,) = read("<!-- say\nhere -->\nThe pump failed.\n").blocks

    assert (block.text, block.line_start) == ("The pump failed.", 3)
