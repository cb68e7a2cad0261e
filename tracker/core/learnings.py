"""Learnings: remarks that a postmortem makes about what it taught, the raw material of lessons."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LearningCandidate:
    """A remark as a document states it. Lines are 1-based and inclusive."""

    text: str
    line_start: int
    line_end: int
    rule: str
    section: str | None = None
