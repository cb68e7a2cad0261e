"""Issues in Jira's JSON and in our words."""

import contextlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.mapping import (
    DESCRIPTION_LIMIT,
    MARKER_PROPERTY,
    SUMMARY_LIMIT,
    UnexpectedAnswer,
    harmless,
    issue,
    new_issue,
    payload,
    quoted,
)
from connectors.jira.settings import JiraSettings, read_settings
from connectors.jira.stand_in import jql
from tracker.core.issue_text import alike, compose, split
from tracker.core.issues import Draft, FieldValue, IssueField, Phase

ANA = "712020:ana"


def settings(**changes: str) -> JiraSettings:
    return read_settings(
        {
            "URL": "https://acme.atlassian.net",
            "USER": "bot@acme.example",
            "TOKEN": "secret",
            "PROJECT": "OPS",
            "PRIORITIES": '{"P0": "Highest", "urgent": "Highest"}',
            "ACCOUNTS": f'{{"Ana Lima": "{ANA}"}}',
            **changes,
        }
    )


def answer(**fields: Any) -> dict[str, Any]:
    return {
        "id": "10001",
        "key": "OPS-7",
        "fields": {
            "summary": "Set a timeout",
            "status": {"name": "Selected", "statusCategory": {"key": "new"}},
            "updated": "2026-03-02T09:30:00.120+0100",
            **fields,
        },
        "properties": {MARKER_PROPERTY: {"marker": "m-1"}},
    }


def test_an_issue_is_read_in_our_words() -> None:
    read = issue(
        answer(
            description="Line\r\nline",
            priority={"name": "highest"},
            duedate="2026-03-31",
            assignee={"accountId": ANA, "displayName": "A. Lima"},
            labels=["b", "a"],
            resolution=None,
        ),
        settings(),
    )
    assert (read.id, read.key, read.status, read.marker) == ("10001", "OPS-7", "Selected", "m-1")
    assert read.url == "https://acme.atlassian.net/browse/OPS-7"
    assert read.updated_at == datetime(2026, 3, 2, 8, 30, 0, 120_000, tzinfo=UTC)
    assert read.fields == {
        IssueField.SUMMARY: "Set a timeout",
        IssueField.DESCRIPTION: "Line\nline",
        IssueField.STATUS: Phase.TO_DO,
        IssueField.PRIORITY: "highest",
        IssueField.DUE: date(2026, 3, 31),
        IssueField.ASSIGNEE: "Ana Lima",
        IssueField.LABELS: frozenset({"a", "b"}),
    }
    assert read.words == {IssueField.PRIORITY: ("P0", "urgent")}


def test_a_field_that_was_not_sent_is_left_out_and_an_empty_one_is_none() -> None:
    assert set(issue(answer(), settings()).fields) == {IssueField.SUMMARY, IssueField.STATUS}
    read = issue(answer(description="", priority=None, duedate=None, assignee=None), settings())
    for field in (IssueField.DESCRIPTION, IssueField.PRIORITY, IssueField.DUE, IssueField.ASSIGNEE):
        assert read.fields[field] is None


def test_words_without_a_translation_stay_theirs() -> None:
    read = issue(
        answer(priority={"name": "Blocker"}, assignee={"accountId": "x", "displayName": "Bo"}), settings()
    )
    assert read.fields[IssueField.PRIORITY] == "Blocker"
    assert read.fields[IssueField.ASSIGNEE] == "Bo"


@pytest.mark.parametrize(
    ("category", "status", "resolution", "expected"),
    [
        ("new", "Backlog", None, Phase.TO_DO),
        ("indeterminate", "Blocked", None, Phase.IN_PROGRESS),
        ("done", "Closed", "Done", Phase.DONE),
        ("done", "Closed", None, Phase.DONE),
        ("done", "Closed", "Won't Do", Phase.DECLINED),
        ("done", "Closed", "WON\u2019T  do", Phase.DECLINED),
        ("done", "Won't do", "Done", Phase.DECLINED),
        ("indeterminate", "Duplicate", None, Phase.IN_PROGRESS),
        ("new", "Reopened", "Duplicate", Phase.TO_DO),
    ],
)
def test_a_phase_follows_from_category_and_resolution(
    category: str, status: str, resolution: str | None, expected: Phase
) -> None:
    read = issue(
        answer(
            status={"name": status, "statusCategory": {"key": category}},
            resolution=resolution and {"name": resolution},
        ),
        settings(),
    )
    assert read.fields[IssueField.STATUS] is expected
    assert read.status == status


def test_a_status_in_no_category_says_nothing() -> None:
    read = issue(answer(status={"name": "?", "statusCategory": {"key": "undefined"}}), settings())
    assert IssueField.STATUS not in read.fields


@pytest.mark.parametrize(
    "properties", [None, {}, {MARKER_PROPERTY: "m"}, {MARKER_PROPERTY: {"marker": 1}}, []]
)
def test_what_others_write_into_the_property_is_no_marker(properties: Any) -> None:
    assert issue({**answer(), "properties": properties}, settings()).marker is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"updated": "yesterday"},
        {"updated": 1},
        {"status": None},
        {"status": {"name": "Done"}},
        {"status": {"name": "Done", "statusCategory": {"key": "done"}}, "resolution": "Done"},
    ],
)
def test_another_shape_is_not_guessed_at(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswer):
        issue(answer(**wrong), settings())


@pytest.mark.parametrize(
    "odd",
    [
        {"summary": None},
        {"duedate": "2026-02-30"},
        {"duedate": "20226-01-01"},
        {"duedate": 20260230},
        {"labels": "a"},
        {"labels": [1]},
        {"priority": "High"},
        {"assignee": {"displayName": "Bo"}},
        {"description": {"type": "doc"}},
    ],
)
def test_a_field_that_makes_no_sense_was_not_read(odd: dict[str, Any]) -> None:
    fields = {"duedate": "2026-03-31", "labels": [], "priority": None, "assignee": None, "description": "x"}
    whole = issue(answer(**fields), settings()).fields
    ((name, _),) = odd.items()
    kept = {field: value for field, value in whole.items() if not name.startswith(field.value)}
    assert len(kept) == len(whole) - 1
    assert issue(answer(**{**fields, **odd}), settings()).fields == kept


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "key", "fields", "status", "name", "statusCategory"]), inner)
    ),
    max_leaves=12,
)


@given(
    JSON, st.sampled_from(["status", "priority", "assignee", "labels", "resolution", "duedate", "updated"])
)
def test_any_json_is_an_issue_or_unexpected(json: Any, field: str) -> None:
    for given_answer in (json, {**answer(), "fields": json}, answer(**{field: json})):
        with contextlib.suppress(UnexpectedAnswer):
            issue(given_answer, settings())


def sent(field: IssueField, value: FieldValue) -> Any:
    taken, unsaid = payload({field: value}, settings())
    assert unsaid == {}
    return next(iter(taken.values()))


def test_fields_are_sent_in_their_words() -> None:
    assert sent(IssueField.PRIORITY, "p0") == {"name": "Highest"}
    assert sent(IssueField.PRIORITY, "Blocker") == {"name": "Blocker"}
    assert sent(IssueField.ASSIGNEE, "ana  lima") == {"accountId": ANA}
    assert sent(IssueField.DUE, date(2026, 3, 1)) == "2026-03-01"
    assert sent(IssueField.LABELS, frozenset({"two words", "b", " "})) == ["b", "two-words"]
    for field in (IssueField.DESCRIPTION, IssueField.PRIORITY, IssueField.DUE, IssueField.ASSIGNEE):
        assert sent(field, None) is None


def test_an_owner_without_an_account_stays_behind() -> None:
    taken, unsaid = payload({IssueField.ASSIGNEE: "team payments"}, settings())
    assert taken == {}
    assert unsaid == {IssueField.ASSIGNEE: "ELSEWHERE_JIRA_ACCOUNTS has no account for 'team payments'"}


def test_a_new_issue_is_marked_labelled_and_complete() -> None:
    given_fields = {IssueField.SUMMARY: "Set a timeout", IssueField.DUE: None, IssueField.STATUS: Phase.TO_DO}
    body, unsaid = new_issue(Draft("m-1", given_fields), settings(FIELDS='{"customfield_1": "SRE"}'))
    assert unsaid == {}
    assert body == {
        "fields": {
            "customfield_1": "SRE",
            "summary": "Set a timeout",
            "labels": ["elsewhere"],
            "project": {"key": "OPS"},
            "issuetype": {"name": "Task"},
        },
        "properties": [{"key": "elsewhere.item", "value": {"marker": "m-1"}}],
    }


def test_a_type_of_issue_may_be_an_id() -> None:
    body, _ = new_issue(Draft("m", {}), settings(ISSUE_TYPE="10101"))
    assert body["fields"]["issuetype"] == {"id": "10101"}


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(st.text())
def test_any_summary_is_one_line_that_fits(text: str) -> None:
    for words in (text, text * 300):
        line = sent(IssueField.SUMMARY, words)
        assert units(line) <= SUMMARY_LIMIT
        assert not any(letter in line for letter in "\n\r\0\x1b\u2028\u202e")
        line.encode()


def test_a_summary_that_is_too_long_shows_that_it_was_cut() -> None:
    line = sent(IssueField.SUMMARY, "wörd " * 100)
    assert line.endswith("wörd…")
    assert line.startswith("wörd wörd")
    assert sent(IssueField.SUMMARY, "x" * 255) == "x" * 255
    assert sent(IssueField.SUMMARY, "😀" * 128) == "😀" * 127 + "…"


@given(st.text(), st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1))
def test_any_description_fits(text: str, region: str) -> None:
    for words in (text, text * 3000, compose(text * 3000, region)):
        fitting = sent(IssueField.DESCRIPTION, words)
        assert units(fitting) <= DESCRIPTION_LIMIT
        fitting.encode()


def test_a_description_is_cut_in_peoples_words_and_not_in_our_part() -> None:
    words = "Every client of the cache waits for ever. " * 2000
    cut, region = split(sent(IssueField.DESCRIPTION, compose(words, "Item 7\nAffected: cart, checkout")))
    assert region == "Item 7\nAffected: cart, checkout"
    assert cut is not None
    assert cut.endswith("… (the item in Elsewhere has the rest)")
    assert alike(words, cut)


def test_a_part_of_ours_that_is_too_long_by_itself_is_cut_too() -> None:
    assert units(sent(IssueField.DESCRIPTION, compose("words", "service " * 9000))) <= DESCRIPTION_LIMIT


@given(st.text(min_size=1).filter(lambda word: "\n" not in word))
def test_a_quoted_word_is_one_value_whatever_it_holds(word: str) -> None:
    tokens = list(jql._tokens(f"labels = {quoted(word)}"))
    assert [token.text for token in tokens] == ["labels", "=", word]


def test_others_words_are_made_harmless() -> None:
    assert harmless("a\x1b[31m\n\tb\u202ec") == "a [31m b c"
    assert harmless("x" * 1000) == "x" * 299 + "…"
