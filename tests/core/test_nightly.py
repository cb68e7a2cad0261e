"""What a nightly run has left to do, how it ends, and how long people let it take."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.errors import InvalidInput
from tracker.core.nightly import (
    RESUMABLE,
    Problem,
    RunState,
    Step,
    StepReport,
    ends_as,
    is_resumable,
    left,
    parse_duration,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_all_is_left_of_a_run_that_has_begun_nothing():
    assert left(list(Step), {}) == tuple(Step)


@pytest.mark.parametrize("state", RunState)
def test_a_step_is_left_unless_it_came_to_its_end(state: RunState):
    cut_short = {RunState.RUNNING, RunState.INTERRUPTED, RunState.STOPPED}
    assert left([Step.SYNC], {Step.SYNC: state}) == ((Step.SYNC,) if state in cut_short else ())


@pytest.mark.parametrize(
    ("states", "end"),
    [
        ([], RunState.DONE),
        ([RunState.SKIPPED, RunState.SKIPPED], RunState.DONE),
        ([RunState.DONE, RunState.NEEDS_A_PERSON], RunState.NEEDS_A_PERSON),
        ([RunState.FAILED, RunState.NEEDS_A_PERSON], RunState.FAILED),
        ([RunState.STOPPED, RunState.FAILED], RunState.STOPPED),
    ],
)
def test_a_run_ends_as_its_worst_step(states: list[RunState], end: RunState):
    assert ends_as(states) is end


def test_what_was_cut_short_tonight_is_taken_up_and_what_was_last_night_is_not():
    tonight, last_night = NOW - timedelta(hours=1), NOW - RESUMABLE
    assert is_resumable(RunState.RUNNING, tonight, NOW)
    assert is_resumable(RunState.STOPPED, tonight, NOW)
    assert not is_resumable(RunState.RUNNING, last_night, NOW)
    assert not is_resumable(RunState.DONE, tonight, NOW)
    assert not is_resumable(RunState.FAILED, tonight, NOW)


@pytest.mark.parametrize(
    ("report", "state"),
    [
        (StepReport(), RunState.DONE),
        (StepReport(skipped="nothing there"), RunState.SKIPPED),
        (StepReport(problems=[Problem("a", "b", needs_a_person=True)]), RunState.NEEDS_A_PERSON),
        (
            StepReport(problems=[Problem("a", "b", True), Problem("a", "b", False)]),
            RunState.FAILED,
        ),
        (
            StepReport(stopped="late", problems=[Problem("a", "b", needs_a_person=False)]),
            RunState.STOPPED,
        ),
    ],
)
def test_a_step_ends_as_its_report_says(report: StepReport, state: RunState):
    assert report.state is state


@given(st.integers(0, 6), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_length_of_time_is_the_sum_of_its_parts(days: int, hours: int, minutes: int, seconds: int):
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    text = "".join(
        f"{number}{unit}"
        for number, unit in zip((days, hours, minutes, seconds), "dhms", strict=True)
        if number
    )
    if text:
        assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "0s", "2", "h", "2 hours", "-2h", "2.5h", "30m1h", "8d", "99999h", "1h1h"]
)
def test_what_is_no_bearable_length_of_time_is_refused(text: str):
    with pytest.raises(InvalidInput, match="such as 2h"):
        parse_duration(text)


@given(st.text(max_size=20))
def test_any_text_is_a_length_of_time_or_refused(text: str):
    with suppress(InvalidInput):
        assert timedelta(0) < parse_duration(text) <= timedelta(days=7)
