"""The report on a terminal, in Markdown and as a page: the same facts, and no foreign word that acts."""

import io
import re
from typing import Literal

import pytest
from lxml import html
from markdown_it import MarkdownIt
from rich.console import Console

from tests.reports.harbour import BERTHS, CRANES, HOSTILE, TUGS, Words, harbour, shape_of
from tracker.core.dependency_graph import CatalogGraph
from tracker.reports.where_else import WhereElseShape
from tracker.reports.where_else_html import where_else_html
from tracker.reports.where_else_markdown import where_else_markdown
from tracker.reports.where_else_table import where_else_table

EVERY_STRANGE_WORD = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def printed(shape: WhereElseShape, *, terminal: bool = False, width: int = 80) -> str:
    colours: Literal["standard", "auto"] = "standard" if terminal else "auto"
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=colours)
    console.print(where_else_table(shape))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def page(shape: WhereElseShape, graph: CatalogGraph) -> html.HtmlElement:
    return html.document_fromstring(where_else_html(shape, graph))


def hostile(text: str) -> Words:
    return Words(mode=text, platform=text, source=text, title=text)


def test_the_table_fits_eighty_columns_and_has_no_colour_codes_on_a_pipe():
    text = printed(harbour()[0])
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def test_the_table_says_who_is_exposed_why_since_when_and_with_what_score():
    text = printed(harbour()[0], width=120)
    for words in (
        "Exposed: 2",
        "component:berths",
        "group:pilots",
        "quay, tier 1, prod",
        "timeout_ms is unset",
        "terraform, 2 days old",
        "tier 3.0 + environment 1.0 + likeness 1.5 = 5.5",
    ):
        assert words in text


def test_the_table_groups_what_cannot_be_told_by_what_would_settle_it():
    text = printed(harbour()[0])
    assert "Cannot tell: 1" in text
    assert "uses:out about 1 entity: terraform looks at this elsewhere\n    component:cranes" in re.sub(
        r" +\n", "\n", text
    )


def test_the_table_counts_what_is_ruled_out_by_leaf():
    assert re.search(r"3 kind: component\s+cache-without-deadline#/applies_to/kind", printed(harbour()[0]))


@EVERY_STRANGE_WORD
def test_a_strange_word_does_not_act_on_a_terminal(text):
    shape, _ = harbour(hostile(text))
    ours, theirs = printed(harbour()[0], terminal=True), printed(shape, terminal=True)
    assert set(re.findall(r"\x1b[^m]*m", theirs)) <= set(re.findall(r"\x1b[^m]*m", ours))
    rest = re.sub(r"\x1b\[[\d;]*m", "", theirs)
    assert all(character.isprintable() or character == "\n" for character in rest)
    assert len(rest.splitlines()) < 200


def test_markup_of_the_terminal_is_printed_as_it_is_written():
    assert "[red]danger[/red]" in printed(harbour(hostile(HOSTILE["markup of the terminal"]))[0], width=200)


@EVERY_STRANGE_WORD
def test_a_strange_word_makes_no_link_tag_or_cell_in_markdown(text):
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = reader.parse(where_else_markdown(harbour(hostile(text))[0]))
    kinds = {token.type for outer in tokens for token in (outer, *(outer.children or ()))}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "code_inline", "em_open", "fence"}
    plain = reader.parse(where_else_markdown(harbour()[0]))
    assert [token.type for token in tokens] == [token.type for token in plain]


def test_markdown_names_everything_that_the_shape_names():
    text = where_else_markdown(harbour()[0])
    for words in (BERTHS, TUGS, CRANES, "uses:out", "## Ruled out: 4", "snapshot 7", "2 days old", "= 5.5"):
        assert words in text


@EVERY_STRANGE_WORD
def test_a_strange_word_stays_text_on_the_page(text):
    ours, theirs = page(*harbour()), page(*harbour(hostile(text)))

    def elements(tree: html.HtmlElement) -> list[tuple[str, tuple[str, ...]]]:
        # A long word gets its whole length as a tooltip, and every word may be broken over lines.
        return [
            (one.tag, tuple(sorted(set(one.attrib) - {"title"}))) for one in tree.iter() if one.tag != "wbr"
        ]

    assert elements(theirs) == elements(ours)
    shown = theirs.text_content()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown)


def test_a_template_in_a_name_is_not_filled_in():
    assert "{{ 7 * 7 }}" in page(*harbour(hostile(HOSTILE["a template"]))).text_content()


@EVERY_STRANGE_WORD
def test_the_page_fetches_nothing_and_runs_nothing(text):
    source = where_else_html(*harbour(hostile(text)))
    tree = html.document_fromstring(source)
    assert not tree.xpath(
        "//script | //link | //img | //iframe | //object | //form | //base | //@src | //@srcset"
    )
    assert all(target.startswith("#") for target in tree.xpath("//@href"))
    assert not [name for one in tree.iter() for name in one.attrib if name.startswith("on")]
    (style,) = tree.xpath("//style/text()")
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]


def test_every_reference_inside_the_page_leads_somewhere_and_every_id_is_given_once():
    tree = page(*harbour())
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    named = [name for names in tree.xpath("//@aria-labelledby") for name in names.split()]
    assert {target.removeprefix("#") for target in tree.xpath("//a/@href")} | set(named) <= set(ids)


def test_every_header_cell_says_what_it_heads():
    tree = page(*harbour())
    assert len(tree.xpath("//table")) == 4
    assert tree.xpath("//th")
    assert not tree.xpath("//th[not(@scope)]")
    assert not tree.xpath("//table[not(thead)]")


def test_the_page_names_everything_that_the_shape_names():
    text = " ".join(page(*harbour()).text_content().split())
    for words in (
        "component:berths",
        "component:tugs",
        "component:cranes",
        "The night the tide tables stopped",
        "A cache that hangs",
        "tier 3.0 + environment 1.0 + likeness 1.5 = 5.5",
        "terraform, 2 days old",
        "snapshot 7",
        "uses:out about 1 entity",
    ):
        assert words in text


def test_the_picture_is_described_and_its_relations_are_a_table_too():
    tree = page(*harbour())
    (picture,) = tree.xpath("//svg[@role='img']")
    assert picture.xpath("string(title)").startswith("Neighbourhood of")
    assert picture.xpath("string(desc)")
    drawn = {" ".join(one.split()) for one in picture.xpath(".//path/title/text()")}
    rows = tree.xpath("//section[@id='picture']//tbody/tr")
    assert len(rows) == len(drawn) > 0


def test_the_page_is_the_same_each_time():
    assert where_else_html(*harbour()) == where_else_html(*harbour())


def test_every_format_says_what_to_do_with_an_empty_catalog():
    graph = CatalogGraph([])
    shape = shape_of(graph)
    for text in (
        printed(shape),
        where_else_markdown(shape),
        page(shape, graph).text_content(),
    ):
        assert "elsewhere catalog import FILE..." in " ".join(text.split())
    assert not page(shape, graph).xpath("//svg")


def test_a_report_on_patterns_alone_is_headed_by_their_names():
    shape, graph = harbour()
    nameless = shape.model_copy(update={"lesson": None, "lesson_title": None, "lesson_statement": None})
    assert page(nameless, graph).xpath("string(//h1)") == "Pattern cache-without-deadline"


def test_no_format_cuts_a_lesson_s_statement_short():
    shape, graph = harbour()
    long = shape.model_copy(update={"lesson_statement": "Everything waits. " * 50 + "Nothing answers."})
    for text in (printed(long), where_else_markdown(long), page(long, graph).text_content()):
        assert "Nothing answers." in " ".join(text.split())
