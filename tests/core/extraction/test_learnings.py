from tests.core.extraction.reports import read


def test_entries_about_what_was_learned_are_learnings_with_their_lines():
    text = """\
        # Kiln outage

        ## Lessons learned

        Fuses age.

        ### What went well

        - The alarm rang
          at once
        - Runa was there
          - by chance

        ## Timeline

        - cold
    """

    assert [(found.text, found.line_start, found.line_end) for found in read(text).learnings] == [
        ("Fuses age.", 5, 5),
        ("The alarm rang at once", 9, 10),
        ("Runa was there by chance", 11, 12),
    ]


def test_placeholders_prompts_and_lead_ins_are_no_learnings():
    text = "# Kiln outage\n\nCold.\n\n## Lessons\n\nWhat did we learn?\n\nWe learned two things:\n\n- TBD\n- Fuses age\n"

    assert [found.text for found in read(text).learnings] == ["Fuses age"]


def test_follow_ups_inside_the_lessons_are_not_learnings():
    text = "# Kiln outage\n\n## Lessons learned\n\n- Fuses age\n\n### Action items\n\n- Replace the fuse\n"
    found = read(text)

    assert [learning.text for learning in found.learnings] == ["Fuses age"]
    assert [item.title for item in found.action_items] == ["Replace the fuse"]
