"""The work that a lesson means, and how far it got."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.action_items import ItemState
from tracker.core.catalog import Ref
from tracker.core.errors import InvalidMove
from tracker.core.exposures import ExposureState
from tracker.core.programs import (
    SETTLED,
    Coverage,
    ProgramState,
    Progress,
    coverage,
    move,
    progress,
    propose_work,
)

CHECKOUT, BASKET, SEARCH = (Ref(f"component:default/{name}") for name in ("checkout", "basket", "search"))
BUYING, FINDING = Ref("group:default/buying"), Ref("group:default/finding")


def test_each_owning_team_has_one_piece_of_work_and_the_unowned_are_last() -> None:
    owners = {CHECKOUT: BUYING, BASKET: BUYING, SEARCH: None}
    work = propose_work("Set a deadline", "Slow is worse than down.", owners, owners.get)
    assert [(one.team, one.refs) for one in work] == [(BUYING, (BASKET, CHECKOUT)), (None, (SEARCH,))]


def test_work_is_named_after_its_one_service_or_how_many_there_are() -> None:
    work = propose_work("Set a deadline", "Slow is worse.", [CHECKOUT, BASKET, SEARCH], {SEARCH: FINDING}.get)
    assert [one.title for one in work] == ["Set a deadline in search", "Set a deadline in 2 services"]
    assert (
        work[1].description
        == "Slow is worse.\n\nServices:\n- component:default/basket\n- component:default/checkout"
    )


@given(st.dictionaries(st.sampled_from([CHECKOUT, BASKET, SEARCH]), st.sampled_from([BUYING, FINDING, None])))
def test_no_exposure_is_left_out_or_doubled(owners: dict[Ref, Ref | None]) -> None:
    work = propose_work("Set a deadline", "Slow is worse.", owners, owners.get)
    assert sorted(ref for one in work for ref in one.refs) == sorted(owners)
    assert len({one.team for one in work}) == len(work)


@pytest.mark.parametrize(
    ("state", "items", "expected"),
    [
        (ExposureState.UNDECIDED, [], Progress.UNPLANNED),
        (ExposureState.UNDECIDED, ["proposed"], Progress.PROPOSED),
        (ExposureState.AFFECTED, ["done", "blocked"], Progress.BLOCKED),
        (ExposureState.UNDECIDED, ["declined"], Progress.DECLINED),
        (ExposureState.UNDECIDED, ["declined", "done"], Progress.DONE),
        (ExposureState.UNDECIDED, ["in_progress"], Progress.IN_PROGRESS),
        (ExposureState.FIXED, ["proposed"], Progress.FIXED),
        (ExposureState.NOT_AFFECTED, ["proposed"], Progress.NOT_AFFECTED),
        (ExposureState.RETIRED, ["proposed"], Progress.RETIRED),
        (ExposureState.REGRESSED, ["done"], Progress.UNPLANNED),
        (ExposureState.REGRESSED, ["verified"], Progress.UNPLANNED),
        (ExposureState.REGRESSED, ["done", "proposed"], Progress.PROPOSED),
        (ExposureState.REGRESSED, ["declined"], Progress.DECLINED),
    ],
)
def test_an_exposure_has_come_as_far_as(state: ExposureState, items: list[str], expected: Progress) -> None:
    assert progress(state, [ItemState(item) for item in items]) is expected


@given(
    st.sampled_from(ExposureState),
    st.lists(st.sampled_from(ItemState), max_size=3),
)
def test_only_verification_the_catalog_or_a_decision_settles(
    state: ExposureState, items: list[ItemState]
) -> None:
    if progress(state, items) in SETTLED:
        assert ItemState.VERIFIED in items or state.value in {one.value for one in SETTLED}


def test_coverage_counts_by_progress_in_order() -> None:
    counted = coverage([Progress.FIXED, Progress.UNPLANNED, Progress.FIXED, Progress.DONE])
    assert list(counted.by_progress.items()) == [
        (Progress.UNPLANNED, 1),
        (Progress.DONE, 1),
        (Progress.FIXED, 2),
    ]
    assert (counted.total, counted.settled, counted.share) == (4, 2, 0.5)


def test_nothing_to_settle_has_no_share() -> None:
    assert coverage([]) == Coverage({})
    assert coverage([]).share is None


@pytest.mark.parametrize("state", ProgramState)
def test_a_program_goes_from_draft_to_a_standing_rule_and_back_to_work(state: ProgramState) -> None:
    follows = {
        ProgramState.DRAFT: {"draft", "active"},
        ProgramState.ACTIVE: {"active", "done"},
        ProgramState.DONE: {"done", "active", "standing_rule"},
        ProgramState.STANDING_RULE: {"standing_rule", "active"},
    }
    for to in ProgramState:
        if to.value in follows[state]:
            assert move(state, to) is to
        else:
            with pytest.raises(InvalidMove, match=f"a program that is {state} cannot become {to}"):
                move(state, to)
