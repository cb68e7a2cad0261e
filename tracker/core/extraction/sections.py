"""Sections: the outline of a document, and what each part of it is for."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracker.core.documents import Block, BlockKind, Document
from tracker.core.extraction import vocabulary
from tracker.core.extraction.vocabulary import Purpose

_NUMBERING = re.compile(r"^(?:\(?(?:\d{1,2}|[ivx]{1,4}|[a-z])[.):]\)?)+\s+|^\d+(?:\.\d+)*\s+", re.IGNORECASE)
_BOLD_LEVEL = 7
_LEAD_IN_LEVEL = 8
_LONGEST_LABEL = 90
_LONGEST_LEAD_IN = 300


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks that stand directly below one heading.

    ``path`` holds the headings from the outermost to the nearest; ``purpose`` is that of the nearest heading that has one.
    """

    path: tuple[str, ...]
    purpose: Purpose | None
    blocks: tuple[Block, ...]

    @property
    def name(self) -> str | None:
        """The section's headings as people would say them, or ``None`` before the first."""
        return " > ".join(self.path) or None


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    text: str
    purpose: Purpose | None
    announces: bool = False
    """It ends in a colon, so it speaks of the next list or table only."""
    in_prose: bool = False
    """It is the end of a paragraph, which is read as such too."""


def purpose_of(heading: str) -> Purpose | None:
    """Return what a heading says that its section is for, or ``None`` when it does not say.

    >>> purpose_of("7. Follow-up actions & tasks").value, purpose_of("What went well?").value, purpose_of("Kafka")
    ('follow_ups', 'learnings', None)
    """
    words = plain(heading)[:_LONGEST_LEAD_IN]
    return next((purpose for purpose, phrases in vocabulary.HEADINGS if phrases.search(words)), None)


def plain(heading: str) -> str:
    """Return the words of a heading in lower case, without its numbering, signs and emoji.

    >>> plain("☑️ 3) Follow-up tasks:")
    'follow-up tasks'
    """
    text = re.sub(r"^[^\w(]+", "", heading.strip())
    text = _NUMBERING.sub("", text)
    return " ".join(text.lower().replace("\u2019", "'").replace("\u2018", "'").split()).rstrip(" :.-*_")


def title_block(document: Document) -> Block | None:
    """Return the heading that is the document's title: the first, unless it is the heading of a section."""
    first = next((block for block in document.blocks if block.kind is BlockKind.HEADING), None)
    if first is None:
        return None
    names_document = purpose_of(first.text) is None or vocabulary.INCIDENT_WORDS.search(first.text.lower())
    return first if names_document else None


def outline(document: Document) -> tuple[Section, ...]:
    """Cut a document into sections, in order.

    Headings are also what people use for headings: bold lines, lines that end in a colon before a list, and list
    items that only name a group.
    """
    return tuple(_sections(document.blocks, (), title_block(document)))


def _sections(blocks: Sequence[Block], above: tuple[_Heading, ...], title: Block | None) -> Iterator[Section]:
    path = above
    gathered: list[Block] = []
    for number, block in enumerate(blocks):
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        heading = _heading(block, following)
        if heading is not None:
            if heading.in_prose:
                gathered.append(block)
            yield from _section(path, gathered)
            gathered = []
            path = () if block is title else _below(path, heading)
        elif block.kind is BlockKind.LIST:
            for part in _named_groups(block):
                if isinstance(part, _Group):
                    yield from _section(path, gathered)
                    gathered = []
                    yield from _sections(part.item.children, _below(path, part.heading), None)
                else:
                    gathered.append(part)
        else:
            gathered.append(block)
        if block.kind in (BlockKind.LIST, BlockKind.TABLE) and path and path[-1].announces:
            yield from _section(path, gathered)
            gathered = []
            path = path[:-1]
    yield from _section(path, gathered)


def _below(path: tuple[_Heading, ...], heading: _Heading) -> tuple[_Heading, ...]:
    return (*(upper for upper in path if upper.level < heading.level), heading)


def _section(path: Sequence[_Heading], blocks: Iterable[Block]) -> Iterator[Section]:
    gathered = tuple(blocks)
    if gathered or path:
        yield Section(tuple(heading.text for heading in path), _purpose(path), gathered)


def _purpose(path: Sequence[_Heading]) -> Purpose | None:
    purpose = None
    for heading in path:
        own = heading.purpose
        if own is None or (purpose is Purpose.FOLLOW_UPS and own not in vocabulary.NOT_FOLLOW_UPS):
            continue
        purpose = own
    return purpose


def _heading(block: Block, following: Block | None) -> _Heading | None:
    text = " ".join(block.text.split())
    if block.kind is BlockKind.HEADING:
        return _Heading(block.level, text, purpose_of(text))
    if block.kind is not BlockKind.PARAGRAPH or not text:
        return None
    if block.bold and len(text) <= _LONGEST_LABEL and not text.endswith("."):
        return _Heading(_BOLD_LEVEL, text.rstrip(":"), purpose_of(text))
    if "\n" not in block.text and len(text) <= _LONGEST_LABEL and _is_label(text):
        return _Heading(_LEAD_IN_LEVEL, text.rstrip(":"), purpose_of(text), announces=text.endswith(":"))
    if following is not None and following.kind in (BlockKind.LIST, BlockKind.TABLE) and text.endswith(":"):
        return _announcement(text[-_LONGEST_LEAD_IN:].rpartition(". ")[2].rstrip(":"))
    return None


def _announcement(sentence: str) -> _Heading | None:
    """Return what a sentence before a list says that the list is, if it is work or advice."""
    words = sentence.lower().replace("\u2019", "'")
    if vocabulary.TO_READERS.search(words):
        purpose = Purpose.ADVICE
    elif vocabulary.LEAD_IN.search(words):
        purpose = Purpose.FOLLOW_UPS
    else:
        return None
    return _Heading(_LEAD_IN_LEVEL, sentence, purpose, announces=True, in_prose=True)


def _is_label(text: str) -> bool:
    """Whether a line is a heading without the marks of one: it names a purpose and says nothing else."""
    words = plain(text)
    if len(words.split()) > (12 if text.endswith(":") else 5):
        return False
    return any(
        phrases.match(words) if text.endswith(":") else phrases.fullmatch(words)
        for _, phrases in vocabulary.HEADINGS
    )


@dataclass(frozen=True, slots=True)
class _Group:
    heading: _Heading
    item: Block


def _named_groups(block: Block) -> Iterator[Block | _Group]:
    """Tell the items of a list that are headings of what is nested in them from ordinary items."""
    groups = [item for item in block.children if _is_group(item)]
    if not groups:
        yield block
        return
    for item in block.children:
        text = " ".join(item.text.split())
        if _is_group(item):
            yield _Group(_Heading(_LEAD_IN_LEVEL, text.rstrip(":"), purpose_of(text)), item)
        else:
            yield Block(
                BlockKind.LIST, item.line_start, item.line_end, ordered=block.ordered, children=(item,)
            )


def _is_group(item: Block) -> bool:
    return bool(item.children) and item.checked is None and _is_label(" ".join(item.text.split()))
