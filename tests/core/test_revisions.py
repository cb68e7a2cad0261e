"""Which of what a document says now is what it said before."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.revisions import Wording, match_wordings

WORDS = st.text(alphabet="abc ?", max_size=12)
LINKS = st.lists(st.sampled_from(["PAY-1", "PAY-2", "https://wiki.example/x"]), max_size=2).map(tuple)
WORDINGS = st.lists(st.builds(Wording, WORDS, LINKS, st.booleans()), max_size=6)


def said(*texts: str) -> list[Wording]:
    return [Wording(text) for text in texts]


@given(WORDINGS, WORDINGS)
def test_nothing_is_matched_twice(before: list[Wording], after: list[Wording]) -> None:
    matched = match_wordings(before, after)
    assert len(set(matched.values())) == len(matched)
    assert set(matched) <= set(range(len(after)))
    assert set(matched.values()) <= set(range(len(before)))


@given(WORDINGS.filter(lambda said: not any(one.withdrawn for one in said)))
def test_a_document_that_did_not_change_is_matched_line_by_line(said: list[Wording]) -> None:
    unique = list({(one.text, one.links): one for one in said}.values())
    texts = [one.text for one in unique]
    matched = match_wordings(unique, unique)
    assert set(matched) == set(range(len(unique)))
    if len(set(texts)) == len(texts):
        assert all(new == old for new, old in matched.items())


@given(st.lists(WORDS, unique=True, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_what_did_not_change_does_not_matter(texts: list[str], random: Random) -> None:
    shuffled = random.sample(texts, len(texts))
    matched = match_wordings(said(*texts), said(*shuffled))
    assert [texts[matched[index]] for index in range(len(shuffled))] == shuffled


def test_a_rewording_is_the_same_and_another_thing_is_not() -> None:
    before = said("Add an alert on the depth of the order queue", "Write a runbook for the cache")
    after = said("Alert on the depth of the order queue, by team", "Train the call leaders")
    assert match_wordings(before, after) == {0: 0}


def test_what_did_not_change_is_not_taken_by_a_similar_neighbour() -> None:
    before = said("gamma delta epsilon zeta", "alpha gamma delta epsilon")
    after = said("gamma delta epsilon zeta", "delta epsilon zeta theta kappa")
    assert match_wordings(before, after)[0] == 0


def test_a_link_decides_before_the_words() -> None:
    before = [Wording("Fix the client", ("PAY-1",)), Wording("Never wait for ever")]
    after = [Wording("Fix the client"), Wording("Never wait for ever", ("PAY-1",))]
    assert match_wordings(before, after)[1] == 0


def test_a_link_that_several_cite_decides_nothing() -> None:
    before = [Wording("Fix the client", ("PAY-1",)), Wording("Never wait for ever", ("PAY-1",))]
    after = [Wording("Never wait for ever", ("PAY-1",)), Wording("Fix the client", ("PAY-1",))]
    assert match_wordings(before, after) == {0: 1, 1: 0}


@pytest.mark.parametrize("now", ["Fix the client", "Fix the clients"], ids=["unchanged", "reworded"])
def test_of_two_alike_the_one_that_still_stands_is_meant(now: str) -> None:
    before = [Wording("Fix the client", withdrawn=True), Wording("Fix the client")]
    assert match_wordings(before, said(now)) == {0: 1}


def test_what_was_withdrawn_is_found_again() -> None:
    before = [Wording("Fix the client", withdrawn=True), Wording("Write a runbook")]
    assert match_wordings(before, said("Write a runbook", "Fix the client")) == {0: 1, 1: 0}


def test_an_empty_document_matches_nothing() -> None:
    assert match_wordings([], said("Fix the client")) == {}
    assert match_wordings(said("Fix the client"), []) == {}
