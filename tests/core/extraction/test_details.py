from datetime import date

import pytest

from tests.core.extraction.reports import item, items
from tracker.core.action_items import DocumentStatus, ItemType
from tracker.core.extraction.details import column_of, lift, suggest_type

WAYS_TO_STATE_DETAILS = [
    "Replace the fuse (owner: Runa Lie, P1, due: 2026-06-01)",
    "Replace the fuse [Runa Lie] [P1] (due 1 June 2026)",
    "Replace the fuse. Owner: Runa Lie. Due: 2026-06-01. Priority: P1.",
    "Replace the fuse; Owner: Runa Lie; Priority: P1; ETA: June 1",
    "Replace the fuse \u2013 Runa Lie, P1, 2026-06-01",
    "[P1] Replace the fuse | Assignee: Runa Lie | Deadline: 2026/06/01",
]


@pytest.mark.parametrize("entry", WAYS_TO_STATE_DETAILS)
def test_details_are_lifted_out_of_the_words_however_they_are_written(entry):
    found = item(entry)

    assert found.title.rstrip(".") == "Replace the fuse"
    assert (found.owner, found.priority, found.due) == ("Runa Lie", "P1", date(2026, 6, 1))


@pytest.mark.parametrize(
    ("entry", "status"),
    [
        ("[x] Replace the fuse", DocumentStatus.DONE),
        ("[ ] Replace the fuse", DocumentStatus.OPEN),
        ("✅ Replace the fuse", DocumentStatus.DONE),
        ("🚧 Replace the fuse", DocumentStatus.IN_PROGRESS),
        ("~~Replace the fuse~~", DocumentStatus.DONE),
        ("Replace the fuse (done)", DocumentStatus.DONE),
        ("Replace the fuse (Done during the incident)", DocumentStatus.DONE),
        ("Replace the fuse **DONE**", DocumentStatus.DONE),
        ("Replace the fuse. Done on 2026-05-09.", DocumentStatus.DONE),
        ("DONE: Replace the fuse", DocumentStatus.DONE),
        ("Replace the fuse - in progress", DocumentStatus.IN_PROGRESS),
        ("Replace the fuse (won't do)", DocumentStatus.DECLINED),
        ("Replace the fuse (status: not started)", DocumentStatus.OPEN),
        ("Replace the fuse", None),
        ("Replace the fuse when the hall is open again", None),
    ],
)
def test_status_is_what_the_document_says(entry, status):
    assert item(entry).status is status


@pytest.mark.parametrize(
    ("entry", "owner"),
    [
        ("Replace the fuse (@runa)", "runa"),
        ("@runa: replace the fuse", "runa"),
        ("[Runa] Replace the fuse", "Runa"),
        ("Replace the fuse OWNER: runa@", "runa"),
        ("Replace the fuse (Owner: J. Lie)", "J. Lie"),
        ("The kiln team will replace the fuse", "kiln team"),
        ("Replace the fuse with @runa and @ola", None),
        ("Replace the fuse (see the drawing)", None),
        ("Replace the fuse (owner: TBD)", None),
        ("Replace the fuse of Kiln House (big)", None),
    ],
)
def test_owner_is_whom_the_document_names(entry, owner):
    assert item(entry).owner == owner


def test_headings_pass_type_and_status_on():
    found = item("Replace the fuse", heading="Prevention actions")
    (done,) = items("## Action items\n\nThe following tasks have already been done:\n\n- Replace the fuse\n")

    assert (found.type, found.suggested_type) == (ItemType.PREVENT, None)
    assert done.status is DocumentStatus.DONE


def test_a_type_that_nobody_stated_is_only_suggested():
    found = item("Add an alert on kiln temperature")

    assert (found.type, found.suggested_type) == (None, ItemType.DETECT)


def test_links_and_tickets_are_kept_and_the_ones_inside_the_page_are_not():
    found = item("Replace the fuse ([drawing](https://example.org/fuse), [above](#top)) (KILN-7)")

    assert found.links == ("https://example.org/fuse", "KILN-7")


def test_an_entry_that_only_cites_a_ticket_keeps_it_as_title_and_link():
    found = item("#2127")

    assert (found.title, found.links) == ("#2127", ("#2127",))


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Who", "owner"),
        ("Action Item", "action"),
        ("ETA", "due"),
        ("Tracking bug", "link"),
        ("Done?", "status"),
        ("Time", "event"),
        ("Kiln", None),
    ],
)
def test_a_column_is_known_by_its_meaning(header, column):
    assert column_of(header) == column


def test_words_that_only_look_like_details_stay():
    text = "Set the header Content-Type: text/html (see RFC 2616) and keep P95 below 1 s"

    assert lift(text)[0] == text


@pytest.mark.parametrize(
    ("title", "suggestion"),
    [
        ("Find out why the fuse blew", ItemType.INVESTIGATE),
        ("Write a runbook for cold kilns", ItemType.PROCESS),
        ("Test the spare fuse", ItemType.PREVENT),
        ("Replace the fuse", ItemType.REPAIR),
        ("Second kiln", None),
    ],
)
def test_types_are_suggested_by_words(title, suggestion):
    assert suggest_type(title) is suggestion
