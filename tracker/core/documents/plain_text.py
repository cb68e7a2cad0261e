"""Reads plain text: headings that are underlined, marked or shouted, paragraphs, and bullets by their indent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tracker.core.documents.blocks import Block, BlockKind, Document
from tracker.core.documents.decoding import decode
from tracker.core.documents.front_matter import read_front_matter
from tracker.core.documents.links import bare_links
from tracker.core.documents.task_boxes import take_task_box

DEEPEST_LIST = 20
"""Levels of bullets that are told apart; deeper ones stand beside their parents."""

_MARKED = re.compile(r"(?P<marks>#{1,6})[ \t]+(?P<title>\S.*)")
_RULE = re.compile(r"([=\-~^*#\"'+.`_])\1{2,}")
_BULLET = re.compile(r"(?P<indent>[ \t]*)(?P<mark>[-*+•‣◦▪\u2013]|\d{1,3}[.)])[ \t]+(?P<words>\S.*)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LONGEST_TITLE = 120
_LONGEST_SHOUT = 60


def read(name: str, content: bytes) -> Document:
    """Read a document as plain text. Raises `InvalidDocument` when it is not text."""
    text = decode(name, content)
    lines = text.split("\n")
    front_matter, taken = read_front_matter(lines)
    body = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text).split("\n")
    return Document(name, _Reader([""] * taken + body[taken:]).read(), tuple(lines), front_matter)


@dataclass(slots=True)
class _Item:
    """A list item that may still grow."""

    indent: int
    ordered: bool
    rows: list[str]
    line_start: int
    line_end: int
    children: list["_Item | Block"] = field(default_factory=list)


class _Reader:
    """Goes through the lines once."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._blocks: list[Block] = []
        self._paragraph: list[str] = []
        self._items: list[_Item] = []
        self._top_items: list[_Item] = []
        self._underlines: list[str] = []
        self._after_blank = True

    def read(self) -> tuple[Block, ...]:
        number = 0
        while number < len(self._lines):
            number += self._take(number)
        self._end_list(len(self._lines))
        return tuple(self._blocks)

    def _take(self, at: int) -> int:
        """Read the line at an index (and its underline, if it has one); return how many were read."""
        line = self._lines[at]
        following = self._lines[at + 1].strip() if at + 1 < len(self._lines) else ""
        if not line.strip():
            self._end_paragraph(at)
            self._after_blank = True
            return 1
        alone = not self._paragraph and not line[0].isspace()
        if alone and (heading := self._heading(line.strip(), following)):
            level, title, taken = heading
            self._end_list(at)
            self._blocks.append(_spoken(BlockKind.HEADING, [title], at + 1, at + taken, level=level))
            self._after_blank = True
            return taken
        if _RULE.fullmatch(line.strip()):
            self._end_list(at)
        elif bullet := _BULLET.fullmatch(line):
            self._bullet(bullet, at)
        else:
            self._words(line, at)
        self._after_blank = False
        return 1

    def _heading(self, line: str, following: str) -> tuple[int, str, int] | None:
        if marked := _MARKED.fullmatch(line):
            return len(marked["marks"]), marked["title"].rstrip("#").rstrip(), 1
        if _RULE.fullmatch(line) or _BULLET.fullmatch(line) or len(line) > _LONGEST_TITLE:
            return None
        if _RULE.fullmatch(following) and 2 * len(following) >= len(line):
            mark = following[0]
            if mark not in self._underlines:
                self._underlines.append(mark)
            return min(self._underlines.index(mark) + 1, 6), line, 2
        letters = [character for character in line if character.isalpha()]
        shouted = len(letters) > 3 and len(line) <= _LONGEST_SHOUT and line.isupper() and " " in line
        return (2, line, 1) if shouted and self._after_blank and not self._items else None

    def _bullet(self, bullet: re.Match[str], at: int) -> None:
        self._end_paragraph(at)
        indent = len(bullet["indent"].expandtabs(4))
        item = _Item(indent, bullet["mark"][0].isdigit(), [bullet["words"].rstrip()], at + 1, at + 1)
        while self._items and (self._items[-1].indent >= indent or len(self._items) >= DEEPEST_LIST):
            self._items.pop()
        (self._items[-1].children if self._items else self._top_items).append(item)
        self._items.append(item)

    def _words(self, line: str, at: int) -> None:
        indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        if self._items and not self._paragraph:
            if not self._after_blank and not self._items[-1].children:
                self._items[-1].rows.append(line.strip())
                self._items[-1].line_end = at + 1
                return
            while self._items and self._items[-1].indent >= indent:
                self._items.pop()
            if not self._items:
                self._end_list(at)
        self._paragraph.append(line.strip())

    def _end_paragraph(self, at: int) -> None:
        """Close the paragraph whose last line is the one before an index."""
        if not self._paragraph:
            return
        paragraph = _spoken(BlockKind.PARAGRAPH, self._paragraph, at - len(self._paragraph) + 1, at)
        self._paragraph = []
        if self._items:
            self._items[-1].children.append(paragraph)
        else:
            self._blocks.append(paragraph)

    def _end_list(self, at: int) -> None:
        self._end_paragraph(at)
        if self._top_items:
            self._blocks.extend(_lists(self._top_items))
        self._items, self._top_items = [], []


def _lists(children: Sequence[_Item | Block]) -> list[Block]:
    """Turn neighbouring items into lists; other blocks stay where they are."""
    blocks: list[Block] = []
    run: list[_Item] = []

    def end_run() -> None:
        if run:
            items = tuple(_item(item) for item in run)
            blocks.append(
                Block(
                    BlockKind.LIST,
                    items[0].line_start,
                    items[-1].line_end,
                    ordered=run[0].ordered,
                    children=items,
                )
            )
            run.clear()

    for child in children:
        if isinstance(child, _Item):
            run.append(child)
        else:
            end_run()
            blocks.append(child)
    end_run()
    return blocks


def _item(item: _Item) -> Block:
    children = tuple(_lists(item.children))
    checked, first = take_task_box(item.rows[0])
    end = max([item.line_end, *(child.line_end for child in children)])
    return _spoken(
        BlockKind.LIST_ITEM, [first, *item.rows[1:]], item.line_start, end, checked=checked, children=children
    )


def _spoken(
    kind: BlockKind,
    rows: Sequence[str],
    line_start: int,
    line_end: int,
    *,
    level: int = 0,
    checked: bool | None = None,
    children: tuple[Block, ...] = (),
) -> Block:
    text = "\n".join(rows)
    return Block(
        kind,
        line_start,
        line_end,
        text,
        level=level,
        checked=checked,
        links=tuple(bare_links(text)),
        children=children,
    )
