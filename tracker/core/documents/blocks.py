"""The block tree: what every format becomes before anything is extracted from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class BlockKind(StrEnum):
    """What a block is in its document."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    LIST_ITEM = "list_item"
    TABLE = "table"
    TABLE_ROW = "table_row"
    TABLE_CELL = "table_cell"
    QUOTE = "quote"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Link:
    """An inline link: the words it stands on, and where it leads."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a document, with the source lines that it came from.

    ``text`` is the block's own words with the markup taken out; a container's words are in its ``children``
    (a list item may have both). Lines are 1-based and inclusive.
    """

    kind: BlockKind
    line_start: int
    line_end: int
    text: str = ""
    level: int = 0
    """Of a heading: 1 to 6."""
    ordered: bool = False
    """Of a list: numbered."""
    header: bool = False
    """Of a table row: it names the columns."""
    checked: bool | None = None
    """Of a list item: the state of its task box, ``None`` without one."""
    bold: bool = False
    """The whole text is emphasised strongly, as headings are where people have no headings."""
    struck: bool = False
    """The whole text is struck through."""
    links: tuple[Link, ...] = ()
    children: tuple["Block", ...] = ()

    def walk(self) -> Iterator["Block"]:
        """Yield this block and all below it, in document order."""
        waiting = [self]
        while waiting:
            block = waiting.pop()
            yield block
            waiting.extend(reversed(block.children))


@dataclass(frozen=True, slots=True)
class Document:
    """A document as a tree of blocks, beside its source lines."""

    name: str
    blocks: tuple[Block, ...]
    lines: tuple[str, ...]
    front_matter: dict[str, object] = field(default_factory=dict)

    def walk(self) -> Iterator[Block]:
        """Yield every block, in document order."""
        for block in self.blocks:
            yield from block.walk()

    def quote(self, line_start: int, line_end: int) -> str:
        """Return the source text of a range of lines, 1-based and inclusive."""
        return "\n".join(self.lines[line_start - 1 : line_end])
