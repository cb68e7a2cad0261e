"""Postmortems: what is read out of one incident document."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.core.action_items import ActionItemCandidate
from tracker.core.learnings import LearningCandidate


class DocumentKind(StrEnum):
    """What a document turned out to be."""

    POSTMORTEM = "postmortem"
    TEMPLATE = "template"
    OTHER = "other"


class MentionState(StrEnum):
    """Whether people agree that a service that a postmortem names was impacted."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that was read out of one document; every field is the document's own word, or empty.

    ``severity`` is as printed ("SEV-1"); ``severity_level`` is its number, 1 the worst. ``services`` and
    ``programs`` are names as printed: matching them to the catalog is for whoever stores them.
    """

    kind: DocumentKind
    title: str | None = None
    incident_date: date | None = None
    severity: str | None = None
    severity_level: int | None = None
    action_items: tuple[ActionItemCandidate, ...] = ()
    learnings: tuple[LearningCandidate, ...] = ()
    services: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
