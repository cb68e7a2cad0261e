import pytest

from tracker.core.documents import read_document
from tracker.core.extraction.sections import outline, plain, purpose_of, title_block
from tracker.core.extraction.vocabulary import Purpose


@pytest.mark.parametrize(
    ("heading", "purpose"),
    [
        ("Lessons learned and action items", Purpose.FOLLOW_UPS),
        ("What went well?", Purpose.LEARNINGS),
        ("Where we got lucky", Purpose.LEARNINGS),
        ("Takeaways", Purpose.LEARNINGS),
        ("Affected services", Purpose.SERVICES),
        ("Services impacted", Purpose.SERVICES),
        ("Related SRE programs", Purpose.PROGRAMS),
        ("Timeline of actions", Purpose.TIMELINE),
        ("Resolution and recovery", Purpose.RESOLUTION),
        ("How did we fix it?", Purpose.RESOLUTION),
        ("Guidance for customers", Purpose.ADVICE),
        ("Root cause analysis", Purpose.OTHER),
        ("Kiln house", None),
        ("The night shift jumped into action", None),
    ],
)
def test_headings_are_understood_by_what_they_are_for(heading, purpose):
    assert purpose_of(heading) is purpose


@pytest.mark.parametrize(
    "heading", ["Next steps", "4. Next steps", "IV) Next steps:", "🔧 **Next   steps**", "2.1 Next steps"]
)
def test_numbers_signs_and_emoji_are_no_part_of_a_heading(heading):
    assert plain(heading) == "next steps"


def test_sections_nest_by_level_and_inherit_what_they_are_for():
    text = b"# Kiln outage\n\nCold.\n\n## Learnings\n\n### Kiln\n\n- old\n\n#### Next steps\n\n- new\n\n## Timeline\n\n- noon\n"

    assert [(section.path, section.purpose) for section in outline(read_document("a.md", text))] == [
        ((), None),
        (("Learnings",), Purpose.LEARNINGS),
        (("Learnings", "Kiln"), Purpose.LEARNINGS),
        (("Learnings", "Kiln", "Next steps"), Purpose.FOLLOW_UPS),
        (("Timeline",), Purpose.TIMELINE),
    ]


def test_every_block_below_a_heading_is_in_one_section():
    text = b"a\n\n# B\n\nc\n\n- d\n- e:\n  - f\n\n**Next steps**\n\n- g\n\nTo prevent this:\n\n- h\n\ni\n"
    sections = outline(read_document("a.md", text))

    words = [
        part.text for section in sections for block in section.blocks for part in block.walk() if part.text
    ]

    assert words == ["a", "c", "d", "e:", "f", "g", "To prevent this:", "h", "i"]


@pytest.mark.parametrize(
    ("text", "title"),
    [(b"# Kiln outage\n\n# Impact\n", "Kiln outage"), (b"# Impact\n\n# Causes\n", None), (b"cold\n", None)],
)
def test_the_title_is_the_first_heading_unless_it_heads_a_section(text, title):
    block = title_block(read_document("a.md", text))

    assert (block.text if block else None) == title
