"""The shape that `elsewhere extract` prints is a contract: exact keys, in this order, `null` where nothing is said."""

import json
from datetime import date

import pytest
from pydantic import ValidationError

from tracker.core.action_items import ActionItemCandidate, DocumentStatus, ItemType
from tracker.core.learnings import LearningCandidate
from tracker.core.postmortems import DocumentKind, Extraction
from tracker.reports.extraction import extraction_json

FULL = Extraction(
    DocumentKind.POSTMORTEM,
    "Kiln outage",
    date(2026, 5, 4),
    "SEV-2",
    2,
    (
        ActionItemCandidate(
            "Skift sikringen på «ovnen»",
            9,
            11,
            "follow_up_bullet",
            0.95,
            quote="- Skift sikringen",
            description="it is old",
            owner="Runa",
            due=date(2026, 6, 1),
            status=DocumentStatus.IN_PROGRESS,
            priority="P1",
            type=ItemType.REPAIR,
            links=("KILN-7",),
            section="Next steps",
        ),
    ),
    (LearningCandidate("Fuses age\nand fail", 5, 6, "learning_bullet"),),
    ("kiln-control",),
    ("Warm kilns",),
)


def test_a_document_is_printed_with_exactly_these_keys_and_values():
    assert extraction_json("reports/kiln.md", FULL) == (
        '{"path":"reports/kiln.md","kind":"postmortem","title":"Kiln outage","incident_date":"2026-05-04",'
        '"severity":"SEV-2","severity_level":2,"action_items":[{"title":"Skift sikringen på «ovnen»",'
        '"description":"it is old","owner":"Runa","due":"2026-06-01","status":"in_progress","priority":"P1",'
        '"type":"repair","suggested_type":null,"links":["KILN-7"],"section":"Next steps","line_start":9,"line_end":11,'
        '"rule":"follow_up_bullet","confidence":0.95}],"learnings":[{"text":"Fuses age\\nand fail","line_start":5,'
        '"line_end":6}],"services":["kiln-control"],"programs":["Warm kilns"]}'
    )


def test_what_a_document_does_not_say_is_null_or_an_empty_list():
    assert json.loads(extraction_json("notes.md", Extraction(DocumentKind.OTHER))) == {
        "path": "notes.md",
        "kind": "other",
        "title": None,
        "incident_date": None,
        "severity": None,
        "severity_level": None,
        "action_items": [],
        "learnings": [],
        "services": [],
        "programs": [],
    }


def test_a_document_is_one_line_whatever_its_words():
    extraction = Extraction(DocumentKind.POSTMORTEM, "two\nlines \u2028 and \r more")

    assert len(extraction_json("a\nb.md", extraction).split("\n")) == 1


@pytest.mark.parametrize(("line", "confidence"), [(0, 0.5), (1, 1.5)])
def test_a_line_before_the_first_or_a_confidence_above_one_is_not_printed(line, confidence):
    candidate = ActionItemCandidate("Replace the fuse", line, 1, "task_list", confidence)

    with pytest.raises(ValidationError):
        extraction_json("a.md", Extraction(DocumentKind.POSTMORTEM, action_items=(candidate,)))
