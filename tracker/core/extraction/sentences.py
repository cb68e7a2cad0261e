"""Sentences: where each begins and ends in a block, by characters and by lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tracker.core.documents import Block

# A full stop ends a sentence before white space and something that can begin one; not after an initial or these words.
_END = re.compile(
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bvs)(?<!\bapprox)(?<!\b[A-Z])[.!?]{1,3}[\"')\]*_]{0,4}(?=\s+[^\sa-z]|\s*$)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, with the source lines that it stands on (1-based, inclusive)."""

    text: str
    line_start: int
    line_end: int


def sentences(block: Block) -> Iterator[Sentence]:
    """Yield the sentences of a block's own words."""
    text = block.text
    # One line break for each source line but the last: only then do breaks tell lines.
    exact = not block.children and text.count("\n") == block.line_end - block.line_start
    start = line = 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        piece = text[start:end]
        if words := piece.strip():
            lead = len(piece) - len(piece.lstrip())
            first = line + piece.count("\n", 0, lead)
            yield Sentence(
                " ".join(words.split()),
                block.line_start + first if exact else block.line_start,
                block.line_start + first + words.count("\n") if exact else block.line_end,
            )
        line += piece.count("\n")
        start = end


def first_sentence(text: str) -> str:
    """Return the first sentence of a text on one line.

    >>> first_sentence("Add an alert, e.g. for latency. It was missing.")
    'Add an alert, e.g. for latency.'
    """
    text = " ".join(text.split())
    end = _END.search(text)
    return text[: end.end()] if end else text
