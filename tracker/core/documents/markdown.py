"""Reads Markdown: CommonMark with tables, task lists, strikethrough and front matter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tracker.core.documents.blocks import Block, BlockKind, Document, Link
from tracker.core.documents.decoding import decode
from tracker.core.documents.front_matter import read_front_matter
from tracker.core.documents.links import bare_links
from tracker.core.documents.task_boxes import take_task_box

INLINE_LIMIT = 20_000
"""Characters of the longest block whose emphasis and links are read: brackets cost much, and nobody writes so long a one."""

# Words nested deeper than this are not read: it keeps the time for hostile nesting in bounds.
_BLOCKS = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"]).disable("inline")
_INLINE = MarkdownIt("commonmark", {"maxNesting": 10}).enable("strikethrough")

_KINDS = {
    "heading_close": BlockKind.HEADING,
    "paragraph_close": BlockKind.PARAGRAPH,
    "bullet_list_close": BlockKind.LIST,
    "ordered_list_close": BlockKind.LIST,
    "list_item_close": BlockKind.LIST_ITEM,
    "blockquote_close": BlockKind.QUOTE,
    "table_close": BlockKind.TABLE,
    "tr_close": BlockKind.TABLE_ROW,
    "th_close": BlockKind.TABLE_CELL,
    "td_close": BlockKind.TABLE_CELL,
}
_TRANSPARENT = ("thead", "tbody")

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
# "<your name here>" is a gap in a template; that it could be a tag with attributes is an accident
_NOT_A_TAG = re.compile(r"<[A-Za-z]+(?:[ \n][\w,.'-]+)+>")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<[!?][^<>]*>")


def read(name: str, content: bytes) -> Document:
    """Read a Markdown document. Raises `InvalidDocument` when it is not text."""
    lines = decode(name, content).split("\n")
    front_matter, taken = read_front_matter(lines)
    body = "\n".join([""] * taken + lines[taken:])
    environment: dict[str, object] = {}
    blocks = _tree(_BLOCKS.parse(body, environment), lines, environment)
    return Document(name, blocks, tuple(lines), front_matter)


@dataclass(slots=True)
class _Open:
    """A block whose end has not come yet."""

    line_start: int
    line_end: int
    words: "_Words | None" = None
    children: list[Block] = field(default_factory=list)


def _tree(tokens: Sequence[Token], lines: Sequence[str], environment: dict[str, object]) -> tuple[Block, ...]:
    root = _Open(1, len(lines))
    waiting = [root]
    for token in tokens:
        inside = waiting[-1]
        if token.type.startswith(_TRANSPARENT):
            continue
        if token.nesting == 1:
            waiting.append(_Open(*_line_range(token, inside, lines)))
        elif token.nesting == -1:
            closed = waiting.pop()
            waiting[-1].children.append(_close(token, closed, waiting[-1]))
        elif token.type == "inline":
            inside.words = _words(token.content, environment)
        elif token.type in ("fence", "code_block"):
            start, end = _line_range(token, inside, lines)
            inside.children.append(Block(BlockKind.CODE, start, end, token.content.rstrip("\n")))
        elif token.type == "html_block":
            inside.children.extend(_html(token, inside, lines))
    return tuple(root.children)


def _line_range(token: Token, inside: _Open, lines: Sequence[str]) -> tuple[int, int]:
    if token.map is None:  # a table cell stands on its row's line
        return inside.line_start, inside.line_end
    start, end = token.map[0] + 1, min(token.map[1], len(lines))
    while end > start and not lines[end - 1].strip():
        end -= 1
    return start, max(start, end)


def _close(token: Token, closed: _Open, inside: _Open) -> Block:
    kind = _KINDS[token.type]
    words = closed.words or _Words()
    block = Block(
        kind,
        closed.line_start,
        closed.line_end,
        text=words.text,
        level=int(token.tag[1]) if kind is BlockKind.HEADING else 0,
        ordered=token.type == "ordered_list_close",
        header=kind is BlockKind.TABLE_ROW and closed.line_start == inside.line_start,
        bold=words.bold,
        struck=words.struck,
        links=words.links,
        children=tuple(closed.children),
    )
    return _with_own_words(block) if kind is BlockKind.LIST_ITEM else block


def _with_own_words(item: Block) -> Block:
    """Give a list item the words of the paragraph that it begins with, and its task box."""
    if not item.children or item.children[0].kind is not BlockKind.PARAGRAPH:
        return item
    first, *rest = item.children
    checked, text = take_task_box(first.text)
    return replace(
        item,
        text=text,
        checked=checked,
        bold=first.bold,
        struck=first.struck,
        links=first.links,
        children=tuple(rest),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    text: str = ""
    bold: bool = False
    struck: bool = False
    links: tuple[Link, ...] = ()


def _words(content: str, environment: dict[str, object]) -> _Words:
    if len(content) > INLINE_LIMIT:
        return _Words(content, links=tuple(bare_links(content)))
    tokens: list[Token] = []
    _INLINE.inline.parse(content, _INLINE, environment, tokens)
    parts: list[str] = []
    links: list[Link] = []
    link_starts: list[tuple[int, str]] = []
    open_marks = {"strong": 0, "s": 0}
    plain = {"strong": False, "s": False}
    for token in tokens:
        if token.type == "link_open":
            link_starts.append((len(parts), str(token.attrs.get("href", ""))))
        elif token.type == "link_close":
            at, url = link_starts.pop()
            links.append(Link("".join(parts[at:]), url))
        elif token.tag in open_marks and token.nesting:
            open_marks[token.tag] += token.nesting
        elif part := _part(token):
            parts.append(part)
            for tag, depth in open_marks.items():
                plain[tag] = plain[tag] or (depth == 0 and bool(part.strip()))
    text = "".join(parts)
    known = {link.url for link in links} | {link.text for link in links}
    links += [link for link in bare_links(text) if link.url not in known]
    has_words = bool(text.strip())
    return _Words(
        text.strip(" \t"),
        bold=has_words and not plain["strong"],
        struck=has_words and not plain["s"],
        links=tuple(links),
    )


def _part(token: Token) -> str:
    if token.type in ("text", "text_special", "code_inline"):
        return token.content
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type == "html_inline" and _NOT_A_TAG.fullmatch(token.content):
        return token.content
    if token.type == "html_inline":  # its line breaks stay, so that lines can be counted in the text
        return "\n" * token.content.count("\n") or (" " if token.content.startswith("<br") else "")
    return ""


def _html(token: Token, inside: _Open, lines: Sequence[str]) -> list[Block]:
    """Return the words of an HTML block as one paragraph; comments have none."""
    words = _TAG.sub("", _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), token.content))
    rows = words.split("\n")
    spoken = [number for number, row in enumerate(rows) if row.strip()]
    if not spoken:
        return []
    start = _line_range(token, inside, lines)[0]
    text = "\n".join(row.strip() for row in rows[spoken[0] : spoken[-1] + 1])
    return [
        Block(
            BlockKind.PARAGRAPH,
            start + spoken[0],
            start + spoken[-1],
            text,
            links=tuple(bare_links(token.content)),
        )
    ]
