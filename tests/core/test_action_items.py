from itertools import product

import pytest

from tracker.core.action_items import DocumentStatus, ItemState, accept, allowed_moves, move
from tracker.core.errors import InvalidMove

ONWARDS = {
    ("proposed", "accepted"),
    ("accepted", "in_progress"),
    ("accepted", "blocked"),
    ("accepted", "done"),
    ("in_progress", "blocked"),
    ("in_progress", "done"),
    ("blocked", "in_progress"),
    ("blocked", "done"),
    ("done", "verified"),
}
BACK = {("done", "in_progress"), ("verified", "in_progress"), ("declined", "proposed")}


@pytest.mark.parametrize(("state", "to"), list(product(ItemState, ItemState)))
def test_an_item_moves_on_back_or_out_and_no_other_way(state: ItemState, to: ItemState) -> None:
    declining = to is ItemState.DECLINED and state is not ItemState.DECLINED
    if declining or (state, to) in ONWARDS | BACK:
        assert move(state, to) is to
    else:
        with pytest.raises(InvalidMove, match=f"an item that is {state} cannot become {to}"):
            move(state, to)


def test_a_refused_move_names_the_moves_that_are_allowed() -> None:
    with pytest.raises(InvalidMove, match="only accepted, declined"):
        move(ItemState.PROPOSED, ItemState.DONE)


def test_every_state_can_be_left() -> None:
    assert all(allowed_moves(state) for state in ItemState)


@pytest.mark.parametrize("status", [None, *DocumentStatus])
def test_accepting_what_its_document_calls_done_makes_it_done(status: DocumentStatus | None) -> None:
    expected = ItemState.DONE if status is DocumentStatus.DONE else ItemState.ACCEPTED
    assert accept(ItemState.PROPOSED, status) is expected


@pytest.mark.parametrize("state", [state for state in ItemState if state != "proposed"])
def test_only_a_proposed_item_can_be_accepted(state: ItemState) -> None:
    with pytest.raises(InvalidMove):
        accept(state, DocumentStatus.DONE)
