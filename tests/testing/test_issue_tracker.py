"""Each promise of the contract of issue trackers is broken here once, and the suite notices."""

import inspect
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest

from tracker.core.errors import ConnectorError, OutcomeUnknown, TryAgainLater
from tracker.core.issues import (
    Created,
    Draft,
    Fields,
    Finding,
    Issue,
    IssueField,
    Phase,
    Refused,
    Severity,
)
from tracker.testing.issue_tracker import IssueTrackerContract, Surroundings

NOW = datetime(2026, 11, 2, tzinfo=UTC)
STUCK = "1"
NUMBERS = count()


class Board:
    """An issue tracker on a wall, which keeps every promise."""

    def __init__(self, **changes: Any) -> None:
        self.name = "board"
        self.site = "https://board.example"
        self.creates_at_once = 10
        self.label = "elsewhere"
        self.index_lag = 0.0
        self.issues = {STUCK: self.card(STUCK, "", {IssueField.STATUS: Phase.TO_DO})}
        self.loses_answers = False
        vars(self).update(changes)

    def identify(self) -> str:
        return "us"

    def cited_key(self, url: str) -> str | None:
        start, _, key = url.strip().rpartition("/browse/")
        return key if start == self.site else None

    def read(self, names: Collection[str]) -> Mapping[str, Issue]:
        by_name = {name: issue for issue in self.issues.values() for name in (issue.id, issue.key)}
        return {name: by_name[name] for name in names if name in by_name}

    def create(self, drafts: Sequence[Draft]) -> Sequence[Created | Refused]:
        return self.answered([self.make(draft) for draft in drafts]) if drafts else []

    def make(self, draft: Draft) -> Created | Refused:
        if not draft.fields.get(IssueField.SUMMARY):
            return Refused("write a summary")
        number = str(len(self.issues) + 1)
        self.issues[number] = self.card(
            number, draft.marker, {IssueField.STATUS: Phase.TO_DO, **draft.fields}
        )
        return Created(number, f"B-{number}", {})

    def card(self, number: str, marker: str, fields: Fields) -> Issue:
        named: Any = fields.get(IssueField.LABELS, frozenset())
        fields = {**fields, IssueField.LABELS: frozenset({self.label}) | named}
        return Issue(number, f"B-{number}", f"{self.site}/browse/B-{number}", "Open", fields, NOW, marker)

    def find_marked(self, markers: Collection[str], since: datetime) -> Mapping[str, Issue]:
        assert since <= NOW
        return {one.marker: one for one in self.issues.values() if one.marker and one.marker in markers}

    def update(self, issue_id: str, fields: Fields) -> Refused | None:
        if issue_id not in self.issues:
            return Refused("it fell off")
        issue = self.issues[issue_id]
        named: Any = fields.get(IssueField.LABELS, frozenset())
        joined: Any = issue.fields[IssueField.LABELS]
        fields = {**issue.fields, **fields, IssueField.LABELS: named | joined}
        self.issues[issue_id] = replace(issue, fields=fields)
        return self.answered(None)

    def move(self, issue_id: str, to: Phase) -> Refused | None:
        if issue_id == STUCK:
            return Refused("it is glued on")
        return self.update(issue_id, {IssueField.STATUS: to})

    def diagnose(self) -> Iterator[Finding]:
        yield Finding("wall", Severity.OK, "stands")

    def answered(self, answer: Any) -> Any:
        if self.loses_answers:
            raise OutcomeUnknown("the light went out")
        return answer


def overriding(**methods: Callable[..., Any]) -> Board:
    """Return a board with other methods; each is handed the board, and the method as it should be."""

    def bound(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        right = getattr(board, name)
        return lambda *arguments: method(board, right, *arguments)

    board = Board()
    for name, method in methods.items():
        setattr(board, name, bound(name, method))
    return board


def carded(change: Callable[[Issue], Issue]) -> Board:
    return overriding(card=lambda _, right, *arguments: change(right(*arguments)))


def with_fields(**changes: Any) -> Board:
    return carded(
        lambda issue: replace(
            issue, fields={**issue.fields, **{IssueField(name): value for name, value in changes.items()}}
        )
    )


def twice(_: Board, right: Callable[..., Any], drafts: Sequence[Draft]) -> Any:
    """Repeat blindly what may have been done."""
    try:
        return right(drafts)
    except OutcomeUnknown:
        return right(drafts)


def quiet(_: Board, __: Callable[..., Any], answer: Any) -> Any:
    return answer


def later(board: Board, _: Callable[..., Any], answer: Any) -> Any:
    if board.loses_answers:
        raise TryAgainLater("the light went out")
    return answer


def unseen(board: Board, right: Callable[..., Any], name: str, fields: Fields) -> Any:
    """Say that the answer was lost, and do nothing."""
    return board.answered(None) if board.loses_answers else right(name, fields)


def failing(*_: Any) -> Any:
    raise ConnectorError("no")


BROKEN: list[tuple[str, Board]] = [
    ("test_it_has_a_name", Board(name="black board")),
    ("test_its_site_is_an_address_and_nothing_more", Board(site="https://board.example/wall")),
    ("test_its_site_is_an_address_and_nothing_more", Board(site="https://board.example/")),
    ("test_its_site_is_an_address_and_nothing_more", Board(site="board.example")),
    ("test_it_says_how_it_is_to_be_used", Board(creates_at_once=0)),
    ("test_it_says_how_it_is_to_be_used", Board(index_lag=float("inf"))),
    ("test_it_says_how_it_is_to_be_used", Board(label="")),
    ("test_it_says_how_it_is_to_be_used", Board(label="our own")),
    ("test_it_knows_who_we_are", overriding(identify=lambda *_: " ")),
    ("test_it_knows_who_we_are", overriding(identify=lambda *_: str(next(NUMBERS)))),
    ("test_good_settings_have_no_faults", overriding(diagnose=lambda *_: iter([]))),
    ("test_good_settings_have_no_faults", overriding(diagnose=lambda *_: iter([Finding("wall", Severity.FAULT, "fell")]))),
    ("test_good_settings_have_no_faults", overriding(diagnose=lambda *_: iter([Finding("wall", Severity.OK, " ")]))),
    ("test_an_issue_reads_as_it_was_made", with_fields(summary="Other")),
    ("test_an_issue_reads_as_it_was_made", with_fields(due=None)),
    ("test_an_issue_reads_as_it_was_made", with_fields(status=Phase.DONE)),
    ("test_an_issue_reads_as_it_was_made", with_fields(labels=frozenset({"elsewhere"}))),
    ("test_an_issue_reads_as_it_was_made", with_fields(description="Other")),
    ("test_an_issue_reads_as_it_was_made", carded(lambda issue: replace(issue, status=""))),
    (
        "test_an_issue_reads_as_it_was_made",
        overriding(create=lambda _, right, drafts: [replace(one, without={IssueField.DUE: "no"}) for one in right(drafts)]),
    ),
    ("test_times_are_in_utc", carded(lambda issue: replace(issue, updated_at=NOW.replace(tzinfo=None)))),
    (
        "test_times_are_in_utc",
        carded(lambda issue: replace(issue, updated_at=NOW.astimezone(timezone(timedelta(hours=1))))),
    ),
    ("test_each_draft_is_told_what_became_of_it", overriding(create=lambda _, right, drafts: right(drafts)[::-1])),
    (
        "test_each_draft_is_told_what_became_of_it",
        overriding(create=lambda _, right, drafts: sorted(right(drafts), key=lambda one: isinstance(one, Refused))),
    ),
    (
        "test_each_draft_is_told_what_became_of_it",
        overriding(make=lambda _, right, draft: right(draft) if draft.fields[IssueField.SUMMARY] else Refused(" ")),
    ),
    ("test_an_issue_is_found_by_its_marker", overriding(find_marked=lambda *_: {})),
    ("test_an_issue_is_found_by_its_marker", carded(lambda issue: replace(issue, marker=None))),
    (
        "test_a_marker_that_nobody_wrote_is_not_found",
        overriding(find_marked=lambda board, _, markers, __: dict.fromkeys(markers, board.issues[STUCK]) if markers else {}),
    ),
    (
        "test_an_issue_is_read_by_its_id_and_by_its_key",
        overriding(read=lambda _, right, names: {one.id: one for one in right(names).values()}),
    ),
    (
        "test_an_issue_that_does_not_exist_is_absent",
        overriding(read=lambda _, right, names: right(names) if "99" not in names else failing()),
    ),
    ("test_nothing_asked_is_nothing_done", overriding(read=lambda board, right, names: right(names or board.issues))),
    (
        "test_nothing_asked_is_nothing_done",
        overriding(create=lambda _, right, drafts: right(drafts or [Draft("", {IssueField.SUMMARY: "x"})]) and []),
    ),
    (
        "test_nothing_asked_is_nothing_done",
        overriding(find_marked=lambda board, right, markers, since: right(markers, since) or {"": board.issues[STUCK]}),
    ),
    ("test_changed_fields_are_read_back_and_the_others_stay", overriding(update=lambda *_: None)),
    (
        "test_changed_fields_are_read_back_and_the_others_stay",
        overriding(update=lambda _, right, name, fields: right(name, {IssueField.DUE: None, **fields})),
    ),
    ("test_changed_fields_are_read_back_and_the_others_stay", overriding(update=lambda *_: Refused("no"))),
    (
        "test_a_field_can_be_emptied",
        overriding(update=lambda _, right, name, fields: right(name, {k: v for k, v in fields.items() if v})),
    ),
    (
        "test_labels_join_those_that_are_there",
        overriding(
            update=lambda board, _, name, fields: board.issues.update(
                {name: replace(board.issues[name], fields={**board.issues[name].fields, **fields})}
            )
        ),
    ),
    ("test_labels_join_those_that_are_there", overriding(update=lambda *_: None)),
    ("test_a_change_of_no_issue_is_refused", overriding(update=lambda *_: None)),
    ("test_a_change_of_no_issue_is_refused", overriding(move=lambda *_: Refused(""))),
    ("test_an_issue_is_brought_into_each_phase", overriding(move=lambda *_: None)),
    (
        "test_an_issue_is_brought_into_each_phase",
        overriding(move=lambda _, right, name, to: right(name, to) if to is not Phase.DECLINED else Refused("no")),
    ),
    (
        "test_an_issue_stays_in_the_phase_that_it_is_in",
        overriding(move=lambda *_: Refused("it is there")),
    ),
    (
        "test_an_issue_stays_in_the_phase_that_it_is_in",
        overriding(
            move=lambda board, _, name, __: board.issues.update({name: replace(board.issues[name], status="Moved")})
        ),
    ),
    ("test_a_move_that_nothing_allows_is_refused", overriding(move=lambda *_: None)),
    ("test_a_move_that_nothing_allows_is_refused", overriding(move=lambda *_: Refused(" "))),
    (
        "test_a_move_that_nothing_allows_is_refused",
        overriding(
            move=lambda board, _, name, to: board.update(name, {IssueField.STATUS: to}) or Refused("not quite")
        ),
    ),
    ("test_a_link_to_an_issue_names_its_key", overriding(cited_key=lambda *_: None)),
    ("test_a_link_to_an_issue_names_its_key", carded(lambda issue: replace(issue, url="https://other.example/1"))),
    (
        "test_a_link_to_an_issue_names_its_key",
        overriding(cited_key=lambda _, right, url: right(url) if url == url.strip() else None),
    ),
    (
        "test_a_link_to_something_else_names_none",
        overriding(cited_key=lambda _, __, url: url.rpartition("/browse/")[2] or None),
    ),
    (
        "test_a_link_to_something_else_names_none",
        overriding(cited_key=lambda board, right, url: "B-0" if url == board.site else right(url)),
    ),
    ("test_a_lost_answer_makes_no_twin", overriding(create=twice)),
    ("test_a_lost_answer_makes_no_twin", overriding(answered=quiet)),
    ("test_a_lost_answer_makes_no_twin", overriding(answered=later)),
    ("test_a_lost_answer_to_a_change_is_told", overriding(answered=quiet)),
    ("test_a_lost_answer_to_a_change_is_told", overriding(update=unseen)),
]  # fmt: skip


def check(promise: str, tracker: Board) -> None:
    """Call one test of the contract as pytest would, with each of its parameters."""

    @contextmanager
    def losing_answers() -> Iterator[None]:
        tracker.loses_answers = True
        yield
        tracker.loses_answers = False

    surroundings = Surroundings(
        began=NOW - timedelta(minutes=1),
        unknown_name="99",
        hopeless={IssueField.SUMMARY: ""},
        stuck=STUCK,
        out_of_reach=Phase.DONE,
        losing_answers=losing_answers,
        count_issues=lambda: len(tracker.issues),
    )
    test = getattr(IssueTrackerContract(), promise)
    fixtures = {"tracker": tracker, "surroundings": surroundings}
    wanted = {name: value for name, value in fixtures.items() if name in inspect.signature(test).parameters}
    (cases,) = [mark.args for mark in getattr(test, "pytestmark", ())] or [("", [None])]
    for case in cases[1]:
        test(**wanted, **({cases[0]: case} if cases[0] else {}))


PROMISES = [name for name in vars(IssueTrackerContract) if name.startswith("test_")]


@pytest.mark.parametrize("promise", PROMISES)
def test_a_tracker_that_keeps_a_promise_passes(promise: str) -> None:
    check(promise, Board())


@pytest.mark.parametrize(("promise", "tracker"), BROKEN)
def test_a_tracker_that_breaks_a_promise_fails(
    promise: str, tracker: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises((AssertionError, ConnectorError, pytest.fail.Exception)):
        check(promise, tracker)


def test_every_promise_is_broken_once() -> None:
    assert {promise for promise, _ in BROKEN} == set(PROMISES)
