"""Plans and runs of the sync as a terminal shows them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from tracker.core.issue_sync import DecisionKind
from tracker.reports.issue_sync import (
    SyncDecisionRowShape,
    SyncDecisionShape,
    SyncPlanShape,
    SyncRunDetailShape,
    person_lines,
    plan_page,
    run_page,
)

THEN = datetime(2026, 11, 2, 4, tzinfo=UTC)
SITE = "https://acme.example.org"


def decision(kind: str = "push", **values: Any) -> SyncDecisionRowShape:
    given: dict[str, Any] = {
        "id": 1,
        "run_id": 1,
        "at": THEN,
        "item_id": 12,
        "title": "Set a timeout",
        "issue": "OPS-4",
        "url": f"{SITE}/browse/OPS-4",
        "kind": kind,
        "field": "due",
        "ours": "2026-05-15",
        "theirs": "2026-06-01",
        "agreed": None,
        "reason": "it was changed here",
        "needs_a_person": False,
    }
    return SyncDecisionRowShape(**{**given, **values})


def run(*decisions: SyncDecisionRowShape, waiting: Any = (), **values: Any) -> SyncRunDetailShape:
    given: dict[str, Any] = {
        "id": 3,
        "state": "finished",
        "site": SITE,
        "actor": "Ada",
        "account": "elsewhere",
        "counts": {"items": 5},
        "started_at": THEN,
        "finished_at": THEN,
        "problem": None,
        "decisions": list(decisions),
        "waiting": list(waiting),
    }
    return SyncRunDetailShape(**{**given, **values})


def plan(one: SyncDecisionRowShape) -> SyncPlanShape:
    planned = SyncDecisionShape(**one.model_dump(exclude={"id", "run_id", "at"}))
    return SyncPlanShape(site=SITE, account="elsewhere", items=1, decisions=[planned])


def printed(shape: SyncRunDetailShape | SyncPlanShape, width: int = 160) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(plan_page(shape) if isinstance(shape, SyncPlanShape) else run_page(shape))
    return captured.get()


@pytest.mark.parametrize("kind", DecisionKind)
def test_every_kind_of_decision_is_shown_with_its_reason_and_counted(kind: DecisionKind) -> None:
    page = printed(run(decision(kind), counts={"items": 5, str(kind): 1}))
    assert "it was changed here" in page
    assert "did      5 items, 1 " in page


def test_what_waits_is_shown_once_and_last_whichever_run_decided_it() -> None:
    ours, old = decision("conflict", id=2, needs_a_person=True), decision("hold", id=1, needs_a_person=True)
    page = printed(run(decision(id=3), ours, waiting=[old, ours]))
    assert page.index("Field from here to its issue: 1") < page.index("Need a person: 2")
    assert "Changed on both sides" not in page


def test_a_quiet_run_says_how_many_items_agree() -> None:
    assert f"Nothing to do: 5 items agree with {SITE}." in printed(run())
    assert f"Nothing to do: 1 item agrees with {SITE}." in printed(run(counts={"items": 1}))


@pytest.mark.parametrize("state", ["stopped", "interrupted", "running"])
def test_a_run_that_did_not_finish_does_not_say_that_all_agree(state: str) -> None:
    page = printed(run(state=state, problem="the token has run out", finished_at=None))
    assert "agree" not in page
    assert "the token has run out" in page
    assert "Nothing was done." in page


def test_long_and_empty_values_stay_readable_in_a_narrow_window() -> None:
    long = decision(field="description", ours="word " * 5000, theirs=None)
    page = printed(plan(long), width=80)
    assert len(page.splitlines()) < 20
    assert "(none)" in page
    assert max(map(len, page.splitlines())) <= 80


def test_labels_are_shown_as_words() -> None:
    assert "a, b" in printed(plan(decision(field="labels", ours=["a", "b"], theirs=[])))


def test_a_person_is_told_which_item_which_issue_and_what_to_do() -> None:
    shapes = [
        decision("conflict", needs_a_person=True, reason="say which one holds"),
        decision("hold", field=None, issue=None, needs_a_person=True, reason="correct the link"),
        decision("refused", field="due", needs_a_person=True, reason="due: no such day"),
        decision(),
    ]
    assert person_lines(shapes) == [
        "item 12 (OPS-4): due: say which one holds",
        "item 12: correct the link",
        "item 12 (OPS-4): due: no such day",
    ]
