"""Document fields: a document's title, date and severity, and the services and programs that it names."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.core.documents import Block, BlockKind, Document
from tracker.core.extraction import vocabulary
from tracker.core.extraction.dates import find_date
from tracker.core.extraction.sections import Section, plain, title_block
from tracker.core.extraction.vocabulary import Purpose

_LABEL = re.compile(
    r"(?:[-*]\s*)?(?:\*\*|__)?(?P<label>[A-Za-z][\w /'-]{1,40}?)(?:\*\*|__)?\s*[:=](?:\*\*|__)?\s*(?P<says>\S.*)"
)
_LABEL_START = re.compile(r"\n|(?<=\.)[ \t]+(?=[A-Z][\w ]{1,30}:\s)")
_SEVERITY = re.compile(
    r"\b(?P<words>(?:sev(?:erity)?|priority|p|s)[ -]?(?:level )?[ :-]{0,2}(?P<number>[0-5])|(?:sev)[ -]?(?P<roman>i{1,3}|iv|v))\b",
    re.IGNORECASE,
)
_SEV = re.compile(r"\bsev(?:erity)?[ -]?(?:[0-5]|i{1,3}|iv|v)\b", re.IGNORECASE)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_FIRST_BLOCKS = 4
_OPENING = 40
_LISTED = 200
_LONGEST_OPENING = 2_000


@dataclass(frozen=True, slots=True)
class Field:
    """A labelled value of a document: a line ``Date: …``, a row of a two-column table, or a front matter entry."""

    label: str
    value: str


def document_fields(document: Document) -> tuple[Field, ...]:
    """Return the labelled values of a document, front matter first."""
    return (*_front_matter_fields(document), *_body_fields(document))


def _front_matter_fields(document: Document) -> Iterator[Field]:
    for key, value in document.front_matter.items():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str) and part.strip():
                yield Field(key.lower().replace("_", " ").replace("-", " "), part.strip())


def _body_fields(document: Document) -> Iterator[Field]:
    heading = ""
    for block in document.walk():
        if block.kind is BlockKind.HEADING:
            heading = plain(block.text)
            if match := _LABEL.fullmatch(block.text.strip()):
                yield Field(match["label"].lower().strip(), match["says"].strip())
        elif block.kind is BlockKind.TABLE_ROW:
            cells = [" ".join(cell.text.split()) for cell in block.children]
            if len(cells) >= 2 and cells[0] and cells[1]:
                yield Field(plain(cells[0]), cells[1])
        elif block.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
            for line in _LABEL_START.split(block.text):
                if match := _LABEL.match(line):
                    yield Field(match["label"].lower().strip(), match["says"].strip(" ."))
            if heading and block.text:
                yield Field(heading, block.text.split("\n")[0])
                heading = ""


def title_of(document: Document) -> str | None:
    """Return the title that a document gives itself."""
    stated = document.front_matter.get("title")
    if isinstance(stated, str) and stated.strip():
        return " ".join(stated.split())
    block = title_block(document)
    heading = " ".join(block.text.split()) if block else None
    if heading and not _generic(heading):
        return heading
    for field in _body_fields(document):
        if vocabulary.TITLE_LABEL.fullmatch(field.label):
            return field.value
    return heading


def _generic(heading: str) -> bool:
    return heading.endswith(":") or any(
        phrases.fullmatch(plain(heading)) for _, phrases in vocabulary.HEADINGS
    )


def incident_date_of(document: Document, fields: Sequence[Field], title: str | None) -> date | None:
    """Return the day on which the incident began, by the surest place that states it.

    A day of publication is the last resort, but tells the year of days that are written without one.
    """
    of_publication = [
        field
        for field in _front_matter_fields(document)
        if vocabulary.PUBLICATION_LABEL.fullmatch(field.label)
    ]
    published = _labelled(vocabulary.PUBLICATION_LABEL, of_publication, None)
    return (
        _labelled(
            vocabulary.DATE_LABEL, (field for field in fields if field not in of_publication), published
        )
        or (find_date(title, published) if title else None)
        or _labelled(vocabulary.DETECTION_LABEL, fields, published)
        or _first_told(document, published)
        or published
        or find_date(document.name.rpartition("/")[2])
    )


def _labelled(labels: re.Pattern[str], fields: Iterable[Field], published: date | None) -> date | None:
    days = (find_date(field.value, published) for field in fields if labels.fullmatch(field.label))
    return next((day for day in days if day), None)


def _first_told(document: Document, published: date | None) -> date | None:
    """Return the first day that a document tells: in the paragraphs and headings of its opening, else anywhere in its blocks."""
    opening = [
        block
        for block in document.blocks[:_OPENING]
        if block.kind in (BlockKind.HEADING, BlockKind.PARAGRAPH)
    ]
    listed = [block for block in document.walk() if block.kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_CELL)]
    for block in (*opening, *listed[:_LISTED]):
        day = find_date(block.text[:_LONGEST_OPENING], published)
        if day and not (published and day > published):
            return day
    return None


def severity_of(
    document: Document, fields: Sequence[Field], title: str | None
) -> tuple[str | None, int | None]:
    """Return the severity as printed, and its level (1 the worst) where the words tell one."""
    for field in fields:
        if (
            vocabulary.SEVERITY_LABEL.fullmatch(field.label)
            and len(field.value) <= 60
            and not _is_choice(field.value)
        ):
            return field.value, severity_level(field.value)
    opening = [title or "", *(block.text for block in document.blocks[:_FIRST_BLOCKS])]
    for text in opening:
        if match := _SEV.search(text[:_LONGEST_OPENING]):
            return match[0], severity_level(match[0])
    return None, None


def severity_level(words: str) -> int | None:
    """Return the level that a printed severity tells, 1 the worst.

    >>> severity_level("SEV-1"), severity_level("P2 (major)"), severity_level("High"), severity_level("unclear")
    (1, 2, 2, None)
    """
    if match := _SEVERITY.search(words):
        return max(1, int(match["number"])) if match["number"] else _ROMAN[match["roman"].lower()]
    if match := re.match(r"[1-5]\b", words):
        return int(match[0])
    named = [
        level for name, level in vocabulary.SEVERITY_NAMES.items() if re.search(rf"\b{name}\b", words.lower())
    ]
    return named[0] if named else None


def _is_choice(value: str) -> bool:
    """Whether a value still lists what could be chosen ("Minor, Major, Critical")."""
    named = [name for name in vocabulary.SEVERITY_NAMES if re.search(rf"\b{name}\b", value.lower())]
    return len(named) > 1 or len(_SEVERITY.findall(value)) > 1 or not is_filled(value)


def is_filled(value: str) -> bool:
    """Return whether a value was written by somebody, and is not a gap that a template leaves."""
    return not (vocabulary.PLACEHOLDER.fullmatch(value) or vocabulary.BLANK_TO_FILL.search(value))


def names_in(
    purpose: Purpose, label: re.Pattern[str], sections: Sequence[Section], fields: Sequence[Field]
) -> tuple[str, ...]:
    """Return the names that a document lists under a heading of one purpose, or else beside a label, as printed, each once."""
    listed = [
        name
        for section in sections
        if section.purpose is purpose
        for block in section.blocks
        for name in _listed(block)
    ]
    labelled = [name for field in fields if label.fullmatch(field.label) for name in _split(field.value)]
    return tuple(dict.fromkeys(listed or labelled))


def _listed(block: Block) -> Iterator[str]:
    if block.kind is BlockKind.LIST:
        for item in block.children:
            yield from _named(item.text)
    elif block.kind is BlockKind.TABLE:
        for row in block.children:
            if row.children and not row.header:
                yield from _named(row.children[0].text)
    elif block.kind is BlockKind.PARAGRAPH and len(block.text) <= 120:
        yield from _split(block.text)


def _named(entry: str) -> Iterator[str]:
    """Yield the name that a list entry begins with, up to what explains it."""
    name = re.split(r"\s[-\u2013\u2014]\s|:\s|\s\(", " ".join(entry.split()), maxsplit=1)[0].strip(" .`")
    if name and len(name) <= 80 and is_filled(name):
        yield name


def _split(value: str) -> Iterator[str]:
    for part in re.split(r"[,;\n]|\sand\s", re.sub(r"\([^()]*\)", "", value)):
        name = part.strip(" .`*_")
        if name and len(name.split()) <= 5 and is_filled(name):
            yield name
