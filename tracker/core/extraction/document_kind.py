"""Document kinds: whether a document is a postmortem, the template of one, or something else."""

from collections.abc import Sequence

from tracker.core.documents import Block, BlockKind, Document
from tracker.core.extraction import vocabulary
from tracker.core.extraction.sections import Section
from tracker.core.extraction.vocabulary import Purpose
from tracker.core.postmortems import DocumentKind

_OPENING = 40
"""Blocks, and lines, of the opening of a document."""
_LONGEST_OPENING = 2_000


def kind_of(
    document: Document, sections: Sequence[Section], title: str | None, *, graded: bool = False
) -> DocumentKind:
    """Return what a document is: a template has more gaps and instructions than words, a postmortem tells of an incident.

    ``graded`` says that the document states a severity, which nothing but an incident has.
    """
    if _is_template(document, title):
        return DocumentKind.TEMPLATE
    told = {section.purpose for section in sections} - {None, Purpose.ADVICE}
    opening = " ".join([title or "", *(block.text for block in document.blocks[:_OPENING])])
    about_incident = bool(vocabulary.INCIDENT_WORDS.search(opening[:_LONGEST_OPENING].lower()))
    if len(told) + about_incident + graded >= 2 or (
        title and vocabulary.INCIDENT_WORDS.search(title.lower())
    ):
        return DocumentKind.POSTMORTEM
    return DocumentKind.OTHER


def _is_template(document: Document, title: str | None) -> bool:
    named = f"{title or ''} {document.name.rpartition('/')[2]}".lower().replace("_", " ")
    if vocabulary.TEMPLATE_TITLE.search(named) or vocabulary.TEMPLATE_KEYS & document.front_matter.keys():
        return True
    opening = "\n".join(document.lines[:_OPENING]).lstrip()
    if opening.startswith("<!--") and vocabulary.TEMPLATE_COMMENT.match(opening):
        return True
    gaps = 3 if title and vocabulary.BLANK_TO_FILL.search(title) else 0
    written = 0
    before = None
    for block in document.walk():
        if block.kind is BlockKind.HEADING and before is BlockKind.HEADING:
            gaps += 1
        if block.text and block.kind is not BlockKind.CODE:
            gap, words = _gap_or_words(block)
            gaps += gap
            written += words
        before = block.kind
    return gaps >= 3 and gaps > written


def _gap_or_words(block: Block) -> tuple[int, int]:
    """Return whether a block is a gap that a template leaves, and whether somebody wrote it."""
    text = " ".join(block.text[:_LONGEST_OPENING].split())
    if vocabulary.BLANK_TO_FILL.search(text) or vocabulary.INSTRUCTION.match(text):
        return 1, 0
    if block.kind is BlockKind.HEADING or vocabulary.PLACEHOLDER.fullmatch(text):
        return 0, 0
    return 0, int(len(text.split()) > 3)
