"""Document fields: what kind of document it is, its title, date and severity, the services and programs it names."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.core.documents import Block, BlockKind, Document
from tracker.core.extraction import vocabulary
from tracker.core.extraction.dates import find_date
from tracker.core.extraction.sections import Section, plain, title_block
from tracker.core.extraction.vocabulary import Purpose
from tracker.core.postmortems import DocumentKind

_LABEL = re.compile(
    r"(?:[-*]\s*)?(?:\*\*|__)?(?P<label>[A-Za-z][\w /'-]{1,40}?)(?:\*\*|__)?\s*[:=](?:\*\*|__)?\s*(?P<says>\S.*)"
)
_SEVERITY = re.compile(
    r"\b(?P<words>(?:sev(?:erity)?|priority|p|s)[ -]?(?:level )?[ :-]{0,2}(?P<number>[0-5])|(?:sev)[ -]?(?P<roman>i{1,3}|iv|v))\b",
    re.IGNORECASE,
)
_NAMED_LEVELS = {
    "critical": 1,
    "blocker": 1,
    "catastrophic": 1,
    "high": 2,
    "major": 2,
    "severe": 2,
    "medium": 3,
    "moderate": 3,
    "minor": 4,
    "low": 4,
}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_NONE = re.compile(r"(?i)^(?:none|n/?a|tbd|-|no\b.*)?$")
_FIRST_WORDS = 40


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
            for line in block.text.split("\n"):
                if match := _LABEL.match(line):
                    yield Field(match["label"].lower().strip(), match["says"].strip())
            if heading and block.text:
                yield Field(heading, block.text.split("\n")[0])
                heading = ""


def title_of(document: Document) -> str | None:
    """Return the title that a document gives itself."""
    stated = document.front_matter.get("title")
    if isinstance(stated, str) and stated.strip():
        return " ".join(stated.split())
    block = title_block(document)
    if block is not None and not _generic(block.text):
        return " ".join(block.text.split())
    for field in _body_fields(document):
        if field.label in ("title", "event", "incident", "incident name", "incident title", "name"):
            return field.value
    return None


def _generic(heading: str) -> bool:
    return any(phrases.fullmatch(plain(heading)) for _, phrases in vocabulary.HEADINGS)


def incident_date_of(document: Document, fields: Sequence[Field], title: str | None) -> date | None:
    """Return the day on which the incident began, by the surest place that states it."""
    publication = None
    for field in fields:
        if vocabulary.DATE_LABEL.fullmatch(field.label) and (day := find_date(field.value)):
            return day
        if publication is None and vocabulary.PUBLICATION_LABEL.fullmatch(field.label):
            publication = find_date(field.value)
    if title and (day := find_date(title, publication)):
        return day
    for block in document.blocks[:_FIRST_WORDS]:
        if block.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING) and (
            day := find_date(block.text, publication)
        ):
            return day
    return publication or find_date(document.name.rpartition("/")[2])


def severity_of(fields: Sequence[Field], title: str | None) -> tuple[str | None, int | None]:
    """Return the severity as printed, and its level (1 the worst) where the words tell one."""
    for field in fields:
        if (
            vocabulary.SEVERITY_LABEL.fullmatch(field.label)
            and len(field.value) <= 60
            and not _is_choice(field.value)
        ):
            return field.value, severity_level(field.value)
    if title and (match := _SEVERITY.search(title)) and match["words"].lower().startswith("sev"):
        return match["words"], severity_level(match["words"])
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
    named = [level for name, level in _NAMED_LEVELS.items() if re.search(rf"\b{name}\b", words.lower())]
    return named[0] if named else None


def _is_choice(value: str) -> bool:
    """Whether a value still lists what could be chosen ("Minor, Major, Critical")."""
    named = [name for name in _NAMED_LEVELS if re.search(rf"\b{name}\b", value.lower())]
    return len(named) > 1 or len(_SEVERITY.findall(value)) > 1 or not is_filled(value)


def is_filled(value: str) -> bool:
    """Return whether a value was written by somebody, and is not a gap that a template leaves."""
    return not (vocabulary.PLACEHOLDER.match(value) or vocabulary.BLANK_TO_FILL.search(value))


def names_in(
    purpose: Purpose, label: re.Pattern[str], sections: Sequence[Section], fields: Sequence[Field]
) -> tuple[str, ...]:
    """Return the names that a document lists under a heading or a label of one purpose, as printed, each once."""
    names: dict[str, None] = {}
    for field in fields:
        if label.fullmatch(field.label):
            names.update(dict.fromkeys(_split(field.value)))
    for section in sections:
        if section.purpose is purpose:
            for block in section.blocks:
                names.update(dict.fromkeys(_listed(block)))
    return tuple(names)


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
    for part in re.split(r"[,;\n]|\sand\s", value):
        name = part.strip(" .`*_")
        if name and len(name.split()) <= 5 and is_filled(name) and not _NONE.match(name):
            yield name


def kind_of(document: Document, sections: Sequence[Section], title: str | None) -> DocumentKind:
    """Return what a document is: a template shows more gaps and instructions than words, a postmortem tells of an incident."""
    if _is_template(document, title):
        return DocumentKind.TEMPLATE
    told = {section.purpose for section in sections} - {None, Purpose.ADVICE}
    opening = " ".join([title or "", *(block.text for block in document.blocks[:_FIRST_WORDS])]).lower()
    if len(told) >= 2 and vocabulary.INCIDENT_WORDS.search(opening):
        return DocumentKind.POSTMORTEM
    if title and vocabulary.INCIDENT_WORDS.search(title.lower()):
        return DocumentKind.POSTMORTEM
    return DocumentKind.POSTMORTEM if len(told) >= 4 else DocumentKind.OTHER


def _is_template(document: Document, title: str | None) -> bool:
    name = document.name.rpartition("/")[2].lower()
    named = bool(vocabulary.TEMPLATE_TITLE.search(f"{title or ''} {name}".lower().replace("_", " ")))
    gaps = written = empty = headings = 0
    last_was_heading = False
    if title and vocabulary.BLANK_TO_FILL.search(title):
        gaps += 3
    for block in document.walk():
        if block.kind is BlockKind.HEADING:
            headings += 1
            empty += last_was_heading
        last_was_heading = block.kind is BlockKind.HEADING
        text = " ".join(block.text.split())
        if not text or block.kind is BlockKind.CODE:
            continue
        if vocabulary.BLANK_TO_FILL.search(text) or vocabulary.INSTRUCTION.match(text):
            gaps += 1
        elif (
            block.kind not in (BlockKind.HEADING, BlockKind.TABLE_CELL)
            and not vocabulary.PLACEHOLDER.match(text)
            and len(text.split()) > 4
        ):
            written += 1
    if named:
        return True
    return gaps + empty >= 3 and gaps + empty > written or (gaps == 0 and written == 0 and headings >= 3)
