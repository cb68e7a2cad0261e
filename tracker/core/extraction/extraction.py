"""Extraction: one document in, all that it states out."""

from tracker.core.documents import Document
from tracker.core.extraction import vocabulary
from tracker.core.extraction.action_items import find_action_items
from tracker.core.extraction.document_fields import (
    document_fields,
    incident_date_of,
    names_in,
    severity_of,
    title_of,
)
from tracker.core.extraction.document_kind import kind_of
from tracker.core.extraction.learnings import find_learnings
from tracker.core.extraction.sections import outline
from tracker.core.extraction.vocabulary import Purpose
from tracker.core.postmortems import DocumentKind, Extraction


def extract(document: Document) -> Extraction:
    """Return what a document states. A template states nothing, whatever stands in it."""
    sections = outline(document)
    fields = document_fields(document)
    title = title_of(document)
    severity, severity_level = severity_of(document, fields, title)
    kind = kind_of(document, sections, title, graded=severity is not None)
    if kind is DocumentKind.TEMPLATE:
        return Extraction(kind, title)
    incident_date = incident_date_of(document, fields, title)
    return Extraction(
        kind,
        title,
        incident_date,
        severity,
        severity_level,
        find_action_items(document, sections, incident_date),
        find_learnings(sections),
        names_in(Purpose.SERVICES, vocabulary.SERVICES_LABEL, sections, fields),
        names_in(Purpose.PROGRAMS, vocabulary.PROGRAMS_LABEL, sections, fields),
    )
