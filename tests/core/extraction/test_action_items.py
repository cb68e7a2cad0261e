import pytest

from tests.core.extraction.reports import item, items, titles

FOLLOW_UP_HEADINGS = [
    "Action items", "Action Items:", "3. Follow-up actions", "☑️ Follow-up tasks", "Next steps", "Corrective actions",
    "Preventive measures", "What are we doing to prevent this in the future?", "How will we make sure this never happens again?",
    "Remediation", "Planned improvements", "Looking forward", "To-dos", "Long-term fixes", "Maßnahmen", "Tiltak",
]  # fmt: skip
OTHER_HEADINGS = [
    "Timeline", "Impact", "Root cause", "Background", "What went well", "Immediate actions", "Actions taken",
    "Resolution", "Recommendations for users", "Why did nobody notice?", "Why did we not prevent this?", "Appendix",
]  # fmt: skip


@pytest.mark.parametrize("heading", FOLLOW_UP_HEADINGS)
def test_entries_below_a_heading_that_means_follow_ups_are_items(heading):
    assert titles(
        f"# Kiln outage\n\n## {heading}\n\n- Replace the fuse\n- Second thermometer for hall 3\n"
    ) == [
        "Replace the fuse",
        "Second thermometer for hall 3",
    ]


@pytest.mark.parametrize("heading", OTHER_HEADINGS)
def test_entries_below_other_headings_are_not(heading):
    assert titles(f"# Kiln outage\n\n## {heading}\n\n- Replace the fuse\n- The kiln was cold\n") == []


@pytest.mark.parametrize(
    "heading",
    [
        "## Action items",
        "**Action items**",
        "**Action items:**",
        "Action items:",
        "ACTION ITEMS\n------------",
    ],
)
def test_people_write_headings_in_many_ways(heading):
    assert titles(f"# Kiln outage\n\nIt went cold.\n\n{heading}\n\n- Replace the fuse\n") == [
        "Replace the fuse"
    ]


def test_a_list_item_can_be_the_heading_of_what_is_nested_in_it():
    text = """
        # Kiln outage

        - What went well
          - The alarm rang
        - Action items
          - Replace the fuse
    """

    assert titles(text) == ["Replace the fuse"]


def test_groups_below_a_follow_up_heading_belong_to_it_but_lessons_do_not():
    text = """
        # Kiln outage

        ## Action items

        ### Detection

        - Fit a second thermometer

        ### Kiln house

        - Replace the fuse

        ### Lessons learned

        - Fuses age

        ## Timeline

        - Fuse replaced
    """

    found = items(text)

    assert [(found.title, found.section) for found in found] == [
        ("Fit a second thermometer", "Action items > Detection"),
        ("Replace the fuse", "Action items > Kiln house"),
    ]


def test_the_title_of_a_document_is_no_heading_of_follow_ups():
    assert titles("# How we prevent kiln outages\n\n## Impact\n\n- Forty pots broke\n") == []


def test_a_parent_that_only_groups_gives_way_to_its_entries():
    assert titles(
        "## Action items\n\n- Kiln:\n  - Replace the fuse\n  - Label the switch\n- Sweep the hall\n"
    ) == [
        "Replace the fuse",
        "Label the switch",
        "Sweep the hall",
    ]


def test_a_parent_that_is_work_takes_what_is_nested_as_its_description():
    (found,) = items("## Action items\n\n- Replace the fuse\n  - it is ten years old\n  - see the drawing\n")

    assert (found.title, found.description) == ("Replace the fuse", "it is ten years old\nsee the drawing")
    assert (found.line_start, found.line_end) == (3, 5)


def test_nested_fields_are_details_and_no_description():
    (found,) = items("## Action items\n\n- Kiln fuses\n  - Owner: Runa\n  - Status: in progress\n")

    assert (found.title, found.owner, found.status, found.description) == (
        "Kiln fuses",
        "Runa",
        "in_progress",
        None,
    )


def test_a_long_entry_is_titled_by_its_first_sentence():
    rest = "It has failed three times since the hall was rebuilt, and each time a whole night of firing was lost to it."
    found = item(f"Replace the fuse of the big kiln before the next glaze firing. {rest}")

    assert found.title == "Replace the fuse of the big kiln before the next glaze firing."
    assert found.description == rest


TABLE = """
    ## Action items

    | Ticket | Due | Who | State | What to do | Priority |
    |---|---|---|---|---|---|
    | KILN-7 | 2026-06-01 | @runa | in progress | Replace the fuse | P1 |
    | [KILN-8](https://tracker.example/KILN-8) | | Ola Nordby | Done | ~~Label the switch~~ | |
    | | | TBD | | | |
"""


def test_rows_of_a_table_are_items_whatever_the_order_of_its_columns():
    first, second = items(TABLE)

    assert (first.title, first.owner, first.status, first.priority) == (
        "Replace the fuse",
        "runa",
        "in_progress",
        "P1",
    )
    assert (str(first.due), first.links, first.line_start) == ("2026-06-01", ("KILN-7",), 6)
    assert (second.title, second.owner, second.status) == ("Label the switch", "Ola Nordby", "done")
    assert second.links == ("https://tracker.example/KILN-8",)


def test_a_table_of_work_is_seen_outside_follow_up_sections_by_its_columns():
    table = "| Action item | Owner |\n|---|---|\n| Replace the fuse | Runa |\n"

    assert titles(f"# Kiln outage\n\n## Notes\n\n{table}") == ["Replace the fuse"]


@pytest.mark.parametrize("header", ["| Time | Action |", "| Metric | Value |", "| | |"])
def test_a_table_of_something_else_is_not(header):
    assert titles(f"# Kiln outage\n\n## Notes\n\n{header}\n|---|---|\n| 12:05 | Replace the fuse |\n") == []


def test_task_boxes_are_items_outside_follow_up_sections_too():
    found = items("# Kiln outage\n\n## Notes\n\n- [ ] Replace the fuse\n- [x] Sweep the hall\n- cold\n")

    assert [(found.title, found.status, found.rule) for found in found] == [
        ("Replace the fuse", "open", "task_list"),
        ("Sweep the hall", "done", "task_list"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "TODO: replace the fuse",
        "TODO(Runa): replace the fuse",
        "Action item: replace the fuse",
        "Follow-up - replace the fuse",
    ],
)
def test_a_line_that_announces_itself_as_work_is_an_item(line):
    (found,) = items(f"# Kiln outage\n\n## Notes\n\nIt went cold.\n{line}\n")

    assert (found.title, found.line_start, found.rule) == ("replace the fuse", 6, "todo_line")


def test_sentences_of_a_follow_up_section_that_commit_or_propose_are_items_with_their_lines():
    text = """\
        ## Next steps

        The night was long. We will replace the fuse
        before the next firing. The switch should
        be labelled as well. Thanks to everybody!
    """

    assert [(found.title, found.line_start, found.line_end) for found in items(text)] == [
        ("We will replace the fuse before the next firing.", 3, 4),
        ("The switch should be labelled as well.", 4, 5),
    ]


def test_elsewhere_only_a_sentence_about_keeping_it_from_coming_back_is_an_item():
    text = """
        # Kiln outage

        ## Summary

        We will never forget that night. The kiln should have been warm.

        To prevent a recurrence, we are replacing all fuses. We will also label the switches.
    """

    assert titles(text) == [
        "To prevent a recurrence, we are replacing all fuses.",
        "We will also label the switches.",
    ]


def test_a_paragraph_can_announce_a_list_of_work_anywhere():
    text = "# Kiln outage\n\n## Summary\n\nWe have decided to do three things:\n\n- new fuses\n\nIt held since:\n\n- two nights\n"

    assert titles(text) == ["new fuses"]


@pytest.mark.parametrize(
    "entry",
    [
        "TBD",
        "N/A",
        "None.",
        "...",
        "Action item 1",
        "[ ] Action",
        "{{ summary }} [link to issue]",
        "<what to do>",
        "Please restart your kiln",
    ],
)
def test_placeholders_and_advice_are_not_items(entry):
    assert titles(f"# Kiln outage\n\n## Action items\n\n- {entry}\n- Replace the fuse\n") == [
        "Replace the fuse"
    ]


def test_prompts_of_a_template_that_stay_in_a_filled_document_are_not_items():
    text = "# Kiln outage\n\nCold.\n\n## Next steps\n\n_List any tasks that we created after this incident._\n\n- Replace the fuse\n"

    assert titles(text) == ["Replace the fuse"]


def test_what_is_said_twice_is_one_item():
    assert titles("## Next steps\n\n- Replace the fuse.\n\n## Action items\n\n- [ ] replace the fuse\n") == [
        "Replace the fuse."
    ]


def test_each_item_quotes_its_lines_and_says_its_rule_and_how_sure_it_is():
    found = item("Replace\n  the fuse")

    assert found.quote == "- Replace\n  the fuse"
    assert (found.rule, found.line_start, found.line_end) == ("follow_up_bullet", 5, 6)
    assert 0.5 < found.confidence <= 1


def test_work_in_code_and_in_quotes_is_not_ours():
    text = "# Kiln outage\n\n## Next steps\n\n```\n- Replace the fuse\n```\n\n> We will replace the fuse.\n"

    assert titles(text) == []


def test_plain_text_gains_from_the_same_rules():
    text = "Kiln outage\n===========\n\nFollow-ups\n----------\n\n* Replace the fuse (owner: Runa)\n"
    (found,) = items(text, "report.txt")

    assert (found.title, found.owner, found.line_start) == ("Replace the fuse", "Runa", 7)
