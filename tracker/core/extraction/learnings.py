"""Learnings: the remarks that a document makes about what it taught."""

from collections.abc import Iterator, Sequence

from tracker.core.documents import Block, BlockKind
from tracker.core.extraction import vocabulary
from tracker.core.extraction.sections import Section
from tracker.core.extraction.vocabulary import Purpose
from tracker.core.learnings import LearningCandidate


def find_learnings(sections: Sequence[Section]) -> tuple[LearningCandidate, ...]:
    """Return the entries of the sections about what was learned, in document order."""
    return tuple(learning for section in sections for learning in _learnings(section))


def _learnings(section: Section) -> Iterator[LearningCandidate]:
    if section.purpose is not Purpose.LEARNINGS:
        return
    for block in section.blocks:
        if block.kind is BlockKind.LIST:
            for item in block.children:
                yield from _remark(item, "learning_bullet", section)
        elif block.kind is BlockKind.PARAGRAPH and not block.text.rstrip().endswith(":"):
            yield from _remark(block, "learning_paragraph", section)


def _remark(block: Block, rule: str, section: Section) -> Iterator[LearningCandidate]:
    text = " ".join(" ".join(part.text.split()) for part in block.walk() if part.text).strip()
    if vocabulary.PLACEHOLDER.fullmatch(text) or vocabulary.INSTRUCTION.match(text):
        return
    yield LearningCandidate(text, block.line_start, block.line_end, rule, section.name)
