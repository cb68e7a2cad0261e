from datetime import date

import pytest

from tests.core.extraction.reports import read
from tracker.core.extraction.document_fields import severity_level
from tracker.core.postmortems import DocumentKind, Extraction

WAYS_TO_STATE_FIELDS = [
    "# Kiln outage\n\nDate: 4 May 2026\nSeverity: SEV-2\nImpacted services: kiln-control, hall-3\nSRE program: Warm kilns\n",
    "# Kiln outage\n\n- **Date:** 2026-05-04\n- **Severity:** SEV-2\n- **Services:** kiln-control, hall-3\n- **Related programs:** Warm kilns\n",
    "# Kiln outage\n\n| | |\n|--|--|\n| **Date** | 2026-05-04 10:00 |\n| **Severity** | SEV-2 |\n| Affected systems | kiln-control, hall-3 |\n| Program | Warm kilns |\n",
    "---\ntitle: Kiln outage\nincident_date: 2026-05-04\nseverity: SEV-2\nservices: [kiln-control, hall-3]\nprogram: Warm kilns\n---\n\nThe outage began at ten.\n",
    "# Kiln outage\n\n## Date\n\n4 May 2026\n\n## Severity\n\nSEV-2\n\n## Affected services\n\n- kiln-control\n- hall-3 (its lamps)\n\n## Related SRE programs\n\n- Warm kilns\n",
]  # fmt: skip


@pytest.mark.parametrize("text", WAYS_TO_STATE_FIELDS)
def test_fields_are_read_wherever_a_document_states_them(text):
    found = read(text)

    assert (found.kind, found.title, found.incident_date) == (
        DocumentKind.POSTMORTEM,
        "Kiln outage",
        date(2026, 5, 4),
    )
    assert (found.severity, found.severity_level) == ("SEV-2", 2)
    assert (found.services, found.programs) == (("kiln-control", "hall-3"), ("Warm kilns",))


def test_a_document_that_states_nothing_has_no_fields():
    assert read("It was a quiet day.\n") == Extraction(DocumentKind.OTHER)


@pytest.mark.parametrize(
    ("words", "level"),
    [("SEV1", 1), ("SEV-0", 1), ("Sev 3", 3), ("severity 4", 4), ("P2", 2), ("SEV-II", 2), ("2", 2), ("Critical", 1), ("major", 2), ("minor", 4), ("bad", None), ("", None)],
)  # fmt: skip
def test_a_printed_severity_has_a_level_where_its_words_tell_one(words, level):
    assert severity_level(words) == level


def test_a_severity_that_still_lists_its_choices_is_none():
    assert read("# Kiln outage\n\nSeverity: minor, major or critical\n").severity is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("# Kiln outage on May 4th, 2026\n\nWritten on 7 May 2026.\n", date(2026, 5, 4)),
        ("---\ndate: 2026-05-09\n---\n# Kiln outage of May 4th\n", date(2026, 5, 4)),
        ("---\ndate: 2026-05-09\n---\n# Kiln outage\n\nIt was cold.\n", date(2026, 5, 9)),
        ("# Kiln outage\n\nOn 4 May 2026 the kiln went cold. We met on 7 May 2026.\n", date(2026, 5, 4)),
        ("# Kiln outage\n\n## Timeline\n\n- 2026-05-04 10:00 cold\n", date(2026, 5, 4)),
        ("# Kiln outage\n\nIt was cold.\n", None),
    ],
)
def test_the_incident_date_is_the_day_it_began_and_not_the_day_of_writing(text, day):
    assert read(text).incident_date == day


def test_the_name_of_a_file_dates_it_where_the_words_do_not():
    assert read("# Kiln outage\n\nIt was cold.\n", "reports/2026-05-04-kiln.md").incident_date == date(
        2026, 5, 4
    )


TEMPLATES = [
    "# {{ title }}\n\n## Summary\n\n{{ summary }}\n\n## Action items\n\n- [ ] {{ action }}\n",
    "# Incident postmortem template\n\n## Action items\n\n- Replace the fuse\n",
    "# <Title>\n\n## Summary\n\n<What happened, in a few words>\n\n## Impact\n\n<Who noticed it>\n\n## Action items\n\n- [ ] <what to do>\n- Add an alert\n",
    "# Report\n\n## Summary\n\nDescribe what happened in short sentences.\n\n## Impact\n\nHow many people were affected?\n\n## Root cause\n\nA short description of the root cause.\n\n## Action items\n\n- Each item here\n",
    "---\nname: Postmortem\nabout: Write down an outage\nlabels: incident\n---\n\n## Action items\n\n- [ ] replace the fuse\n",
    "## Date: YYYY-MM-DD\n\n## Impact\n\n## Cause\n\n## Next steps\n\n- [ ] Action\n",
]  # fmt: skip


@pytest.mark.parametrize("text", TEMPLATES)
def test_a_template_yields_nothing(text):
    found = read(text)

    assert found.kind is DocumentKind.TEMPLATE
    assert (found.action_items, found.learnings, found.services, found.programs) == ((), (), (), ())
    assert (found.incident_date, found.severity) == (None, None)


def test_a_filled_template_with_a_few_gaps_left_is_a_postmortem():
    text = """
        # Kiln outage

        <!-- Replace every <placeholder>. -->

        ## Summary

        On 4 May 2026 the big kiln went cold for two hours.

        ## Impact

        Forty pots broke and the night shift went home.

        ## Root cause

        A fuse was ten years old and nobody had looked at it.

        ## Lessons learned

        TBD

        ## Action items

        - [ ] Replace the fuse
        - [ ] <what to do>
    """

    found = read(text)

    assert found.kind is DocumentKind.POSTMORTEM
    assert [item.title for item in found.action_items] == ["Replace the fuse"]


@pytest.mark.parametrize(
    "text", ["# Opening hours\n\nWe open at nine.\n", "# Recipes\n\n## Soup\n\n- salt\n", "", "just words"]
)
def test_a_document_that_tells_of_no_incident_is_something_else(text):
    assert read(text).kind is DocumentKind.OTHER
