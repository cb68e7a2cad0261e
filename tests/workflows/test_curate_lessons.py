"""From learnings to a lesson with its patterns."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from tests.factories import InMemoryPostmortems, pattern, postmortem_text
from tests.workflows.reading import everything, history, rows
from tracker.core.errors import AlreadyExists, InvalidInput, NotFound
from tracker.storage import lessons, patterns
from tracker.storage.session import Database
from tracker.storage.tables import Lesson, LessonPattern, Pattern, PatternVersion
from tracker.workflows.context import Context
from tracker.workflows.curate_lessons import add_learning, add_pattern, create_lesson
from tracker.workflows.ingest_postmortems import ingest


@pytest.fixture
def learnings(context: Context) -> tuple[int, int]:
    """The numbers of two learnings."""
    text = postmortem_text(learnings=["Slow is worse than down.", "Restarting hid the evidence."])
    list(ingest(context, InMemoryPostmortems({"a.md": text}), ["a.md"]))
    return (1, 2)


def create(context: Context, key: str = "deadlines", **given: object) -> lessons.LessonRecord:
    values = {"title": "Set a deadline", "statement": "Slow is worse than down."} | given
    return create_lesson(context, key, **values)  # type: ignore[arg-type]


def test_a_lesson_is_curated_from_learnings(context: Context, learnings: tuple[int, int]) -> None:
    record = create(context, learnings=learnings)
    assert (record.lesson.key, record.lesson.title) == ("deadlines", "Set a deadline")
    assert [(one.text, document.name) for one, document in record.learnings] == [
        ("Slow is worse than down.", "a.md"),
        ("Restarting hid the evidence.", "a.md"),
    ]
    assert [(entry.action, entry.actor) for entry in history(context.database, record.lesson)] == [
        ("lesson created", "grace"),
        ("learning added to lesson", "grace"),
        ("learning added to lesson", "grace"),
    ]


def test_a_learning_that_is_named_twice_is_attached_once(
    context: Context, learnings: tuple[int, int]
) -> None:
    assert len(create(context, learnings=(learnings[0], learnings[0])).learnings) == 1


def test_a_lesson_without_a_statement_says_its_title(context: Context) -> None:
    assert create(context, statement="  ").lesson.statement == "Set a deadline"


def test_a_key_is_taken_once(context: Context, database: Database) -> None:
    create(context)
    before = everything(database)
    with pytest.raises(AlreadyExists, match="elsewhere lessons show deadlines"):
        create(context, title="Another")
    assert everything(database) == before


def test_of_two_that_take_a_key_at_once_one_has_it(context: Context, database: Database) -> None:
    def attempt(title: str) -> bool:
        try:
            create(context, title=title)
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, ["One", "Two"])) == [False, True]
    assert len(rows(database, Lesson)) == 1


def test_a_key_is_lower_case_words_joined_by_hyphens(
    context: Context, database: Database, subtests: pytest.Subtests
) -> None:
    for key in ("", "Deadlines", "set a deadline", "-x", "x_y", "x" * 101, "é"):
        with subtests.test(key), pytest.raises(InvalidInput, match="lesson key: "):
            create(context, key)
    assert rows(database, Lesson) == []


def test_a_lesson_has_a_title(context: Context) -> None:
    with pytest.raises(InvalidInput, match="--title: "):
        create(context, title=" \n")


def test_a_learning_that_is_not_there_is_named_and_no_lesson_is_left(
    context: Context, database: Database
) -> None:
    with pytest.raises(NotFound, match="no learning 9"):
        create(context, learnings=(9,))
    assert rows(database, Lesson) == []


def test_attaching_a_learning_twice_changes_nothing(
    context: Context, database: Database, learnings: tuple[int, int]
) -> None:
    create(context)
    add_learning(context, "deadlines", learnings[0])
    before = everything(database)
    record = add_learning(context, "deadlines", learnings[0])
    assert [one.id for one, _ in record.learnings] == [learnings[0]]
    assert everything(database) == before


def test_what_a_learning_is_attached_to_must_be_there(context: Context, learnings: tuple[int, int]) -> None:
    with pytest.raises(NotFound, match="no lesson 'deadlines'"):
        add_learning(context, "deadlines", learnings[0])
    create(context)
    with pytest.raises(NotFound, match="no learning 9"):
        add_learning(context, "deadlines", 9)


def test_a_pattern_is_kept_and_attached(context: Context, database: Database) -> None:
    create(context)
    record, version, is_new = add_pattern(context, "deadlines", pattern())
    assert (record.patterns, version, is_new) == (("waits-for-ever",), 1, True)
    last = history(database, record.lesson)[-1]
    assert (last.action, last.detail) == (
        "pattern added to lesson",
        {"pattern": "waits-for-ever", "version": 1},
    )


def test_the_same_pattern_again_changes_nothing(context: Context, database: Database) -> None:
    create(context)
    add_pattern(context, "deadlines", pattern())
    before = everything(database)
    _, version, is_new = add_pattern(context, "deadlines", pattern())
    assert (version, is_new) == (1, False)
    assert everything(database) == before


def test_a_changed_pattern_is_a_new_version_and_a_return_is_one_more(
    context: Context, database: Database
) -> None:
    create(context)
    versions = [
        add_pattern(context, "deadlines", pattern(about=about))[1]
        for about in ("One.", "Two.", "Two.", "One.")
    ]
    assert versions == [1, 2, 2, 3]
    assert [version.number for version in rows(database, PatternVersion)] == [1, 2, 3]
    assert rows(database, Pattern)[0].about == "One."
    with database.reading() as session:
        assert patterns.current(session, "waits-for-ever").version == 3


def test_two_lessons_may_share_a_pattern(context: Context, database: Database) -> None:
    for key in ("deadlines", "patience"):
        create(context, key)
        _, version, _ = add_pattern(context, key, pattern())
        assert version == 1
    with database.reading() as session:
        assert [(lesson.key, count) for lesson, _, count in lessons.listing(session)] == [
            ("deadlines", 1),
            ("patience", 1),
        ]
        assert len(session.exec(select(LessonPattern)).all()) == 2


def test_a_pattern_for_a_lesson_that_is_not_there_is_not_kept(context: Context, database: Database) -> None:
    with pytest.raises(NotFound, match="no lesson 'deadlines'"):
        add_pattern(context, "deadlines", pattern())
    assert rows(database, Pattern) == []


def test_lessons_and_patterns_are_listed_with_what_hangs_on_them(
    context: Context, database: Database, learnings: tuple[int, int]
) -> None:
    create(context, "b", learnings=learnings)
    create(context, "a")
    add_pattern(context, "b", pattern("two"))
    add_pattern(context, "b", pattern("one"))
    with database.reading() as session:
        assert [(one.key, a, b) for one, a, b in lessons.listing(session)] == [("a", 0, 0), ("b", 2, 2)]
        assert lessons.record(session, "b").patterns == ("one", "two")
        assert [(one.name, number) for one, number in patterns.listing(session)] == [("one", 1), ("two", 1)]
        with pytest.raises(NotFound, match="no pattern 'three'"):
            patterns.current(session, "three")
