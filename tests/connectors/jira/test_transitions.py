"""Which transitions bring an issue into a phase."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.mapping import UnexpectedAnswer
from connectors.jira.settings import DECLINING
from connectors.jira.transitions import Transition, steps_into, steps_towards, transitions
from tracker.core.issues import Phase

RESOLUTIONS = ("Duplicate", "Won't Do", "Cannot Reproduce", "Fixed", "Done")


def made(name: str, status: str, leads_to: Phase, **more: Any) -> Transition:
    return Transition(name, name, status, leads_to, **more)


def names(to: Phase, *offered: Transition, **values: Any) -> list[tuple[str, Any]]:
    return [
        (step.transition.name, step.fields.get("resolution", {}).get("name"))
        for step in steps_into(to, offered, DECLINING, values)
    ]


def test_the_phase_of_the_status_counts_and_not_the_name() -> None:
    start = made("Begin", "Doing", Phase.IN_PROGRESS)
    put_back = made("In Progress", "Backlog", Phase.TO_DO)
    assert names(Phase.IN_PROGRESS, put_back, start) == [("Begin", None)]


def test_a_screen_with_resolutions_settles_what_a_close_means() -> None:
    close = made("Close", "Closed", Phase.DONE, resolutions=RESOLUTIONS)
    assert names(Phase.DONE, close) == [("Close", "Done")]
    assert names(Phase.DECLINED, close) == [("Close", "Won't Do")]


def test_a_close_without_a_screen_means_what_it_is_called() -> None:
    close = made("Close", "Closed", Phase.DONE)
    drop = made("Won't do", "Closed", Phase.DONE)
    dropped = made("Drop", "Declined", Phase.DECLINED)
    assert names(Phase.DONE, drop, dropped, close) == [("Close", None)]
    assert names(Phase.DECLINED, close, drop, dropped) == [("Won't do", None), ("Drop", None)]


def test_the_transition_that_says_so_is_tried_before_one_that_can_be_made_to() -> None:
    drop = made("Won't do", "Closed", Phase.DONE, resolutions=RESOLUTIONS)
    close = made("Close", "Closed", Phase.DONE, resolutions=RESOLUTIONS)
    assert names(Phase.DONE, drop, close) == [("Close", "Done"), ("Won't do", "Done")]
    assert names(Phase.DECLINED, close, drop) == [("Won't do", "Won't Do"), ("Close", "Won't Do")]


def test_a_screen_without_a_fitting_resolution_is_no_way() -> None:
    close = made("Close", "Closed", Phase.DONE, resolutions=("Duplicate",))
    assert names(Phase.DONE, close) == []


def test_a_screen_that_needs_what_nobody_set_is_no_way() -> None:
    close = made("Close", "Closed", Phase.DONE, needs=("customfield_1",))
    assert names(Phase.DONE, close) == []
    (step,) = steps_into(Phase.DONE, [close], DECLINING, {"customfield_1": "x", "customfield_2": "y"})
    assert step.fields == {"customfield_1": "x"}


def test_a_way_leads_through_statuses_that_are_not_closed_and_not_visited() -> None:
    offered = [
        made("Plan", "To Do", Phase.TO_DO),
        made("Start", "Doing", Phase.IN_PROGRESS),
        made("Back", "Backlog", Phase.TO_DO),
        made("Drop", "Declined", Phase.DECLINED),
    ]
    towards = steps_towards(Phase.DONE, offered, ["Backlog"], {})
    assert [step.transition.name for step in towards] == ["Start", "Plan"]


def test_a_screen_is_read_with_what_it_asks_for() -> None:
    field = {"required": True, "allowedValues": [{"name": "Done"}]}
    answer = {
        "transitions": [
            {
                "id": "5",
                "name": "Close",
                "to": {"name": "Closed", "statusCategory": {"key": "done"}},
                "fields": {
                    "resolution": field,
                    "customfield_1": {"required": True},
                    "customfield_2": {"required": True, "hasDefaultValue": True},
                    "comment": {"required": False},
                },
            }
        ]
    }
    assert transitions(answer, DECLINING) == [
        Transition("5", "Close", "Closed", Phase.DONE, resolutions=["Done"], needs=("customfield_1",))
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["resolution", "allowedValues", "required", "name", "x"]), inner)
    ),
    max_leaves=8,
)


@given(JSON, JSON)
def test_any_json_is_transitions_or_unexpected(json: Any, fields: Any) -> None:
    to = {"name": "Closed", "statusCategory": {"key": "done"}}
    one = {"id": "5", "name": "Close", "to": to, "fields": fields}
    for answer in (json, {"transitions": json}, {"transitions": [json]}, {"transitions": [one]}):
        with contextlib.suppress(UnexpectedAnswer):
            transitions(answer, DECLINING)


@pytest.mark.parametrize("to", Phase)
def test_no_transitions_are_no_way(to: Phase) -> None:
    assert steps_into(to, [], DECLINING, {}) == []
    assert list(steps_towards(to, [], [], {})) == []
