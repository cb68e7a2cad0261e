"""A pattern is kept in all its versions."""

import pytest

from tests.factories import pattern
from tests.workflows.reading import everything, last_change
from tracker.core.errors import NotFound
from tracker.storage import patterns
from tracker.storage.session import Database
from tracker.workflows.context import Context
from tracker.workflows.curate_lessons import add_pattern, create_lesson
from tracker.workflows.keep_patterns import keep_pattern

NAME = "waits-for-ever"


def test_a_changed_text_is_a_new_version_and_the_old_one_stays(context: Context, database: Database) -> None:
    assert keep_pattern(context, pattern())[1]
    record, is_new = keep_pattern(context, pattern(about="Waits."))
    assert (is_new, record.version.number, record.pattern.about) == (True, 2, "Waits.")
    assert [(one.number, one.actor) for one in record.versions] == [(2, "grace"), (1, "grace")]
    with database.reading() as session:
        assert patterns.record(session, NAME, 1).version.source_text == pattern().text
    assert last_change(database, record.pattern).detail == {"version": 2}


def test_the_same_text_again_changes_nothing(context: Context, database: Database) -> None:
    keep_pattern(context, pattern())
    before = everything(database)
    record, is_new = keep_pattern(context, pattern())
    assert (is_new, record.version.number, everything(database)) == (False, 1, before)


def test_a_pattern_tells_which_lessons_use_it(context: Context) -> None:
    keep_pattern(context, pattern())
    create_lesson(context, "deadlines", "Set a deadline", "")
    add_pattern(context, "deadlines", pattern())
    assert keep_pattern(context, pattern())[0].lessons == ("deadlines",)


def test_what_is_not_there_is_named(context: Context, database: Database) -> None:
    keep_pattern(context, pattern())
    with database.reading() as session:
        with pytest.raises(NotFound, match="no pattern 'nowhere'"):
            patterns.record(session, "nowhere")
        with pytest.raises(NotFound, match="has no version 2; the newest is 1"):
            patterns.record(session, NAME, 2)
