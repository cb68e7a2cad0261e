"""The shape that ``elsewhere extract`` prints: a contract, later only added to."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from tracker.core.action_items import DocumentStatus, ItemType
from tracker.core.postmortems import DocumentKind, Extraction


class ExtractedActionItem(BaseModel):
    """One piece of follow-up work as the document states it; ``null`` where it says nothing."""

    model_config = ConfigDict(from_attributes=True)

    title: str
    description: str | None
    owner: str | None
    due: date | None
    status: DocumentStatus | None
    priority: str | None
    type: ItemType | None
    suggested_type: ItemType | None
    links: list[str]
    section: str | None
    line_start: int = Field(ge=1)
    line_end: int = Field(ge=1)
    rule: str
    confidence: float = Field(ge=0, le=1)


class ExtractedLearning(BaseModel):
    """One remark about what the incident taught."""

    model_config = ConfigDict(from_attributes=True)

    text: str
    line_start: int = Field(ge=1)
    line_end: int = Field(ge=1)


class ExtractedDocument(BaseModel):
    """All that was read out of one document."""

    path: str
    kind: DocumentKind
    title: str | None
    incident_date: date | None
    severity: str | None
    severity_level: int | None
    action_items: list[ExtractedActionItem]
    learnings: list[ExtractedLearning]
    services: list[str]
    programs: list[str]


def extraction_json(path: str, extraction: Extraction) -> str:
    """Return what was read out of the document at a path as one line of JSON."""
    return ExtractedDocument(
        path=path,
        kind=extraction.kind,
        title=extraction.title,
        incident_date=extraction.incident_date,
        severity=extraction.severity,
        severity_level=extraction.severity_level,
        action_items=[ExtractedActionItem.model_validate(item) for item in extraction.action_items],
        learnings=[ExtractedLearning.model_validate(learning) for learning in extraction.learnings],
        services=list(extraction.services),
        programs=list(extraction.programs),
    ).model_dump_json()
