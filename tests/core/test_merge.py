"""One three-way merge for everything."""

from hypothesis import given
from hypothesis import strategies as st

from tracker.core.merge import Merged, Policy, Winner, merge

VALUES = st.one_of(st.none(), st.sampled_from(["Mon", "Tue", "Wed"]))
POLICIES = st.sampled_from(Policy)


@given(VALUES, VALUES, POLICIES)
def test_only_a_changed_side_can_win(base: str | None, ours: str | None, policy: Policy) -> None:
    assert merge(base, ours, base, policy).value == (base if ours is None else ours)
    assert merge(base, base, ours, policy).value == (base if ours is None else ours)


@given(VALUES, VALUES, VALUES, POLICIES)
def test_silence_never_erases(base: str | None, ours: str | None, theirs: str | None, policy: Policy) -> None:
    if ours is not None or theirs is not None or base is not None:
        assert merge(base, ours, theirs, policy).value is not None


@given(VALUES, VALUES, VALUES, POLICIES)
def test_nothing_that_a_side_changed_is_lost_silently(
    base: str | None, ours: str | None, theirs: str | None, policy: Policy
) -> None:
    merged = merge(base, ours, theirs, policy)
    for changed in {ours, theirs} - {None, base}:
        assert changed in {merged.value, merged.lost}
    assert merged.conflict == (merged.lost is not None)


@given(VALUES, VALUES, VALUES, POLICIES)
def test_merging_again_changes_nothing(
    base: str | None, ours: str | None, theirs: str | None, policy: Policy
) -> None:
    first = merge(base, ours, theirs, policy)
    agreed = theirs if theirs is not None else base
    assert merge(agreed, first.value, theirs, policy).value == first.value
    assert not merge(agreed, first.value, theirs, policy).conflict


@given(VALUES, VALUES, VALUES)
def test_the_two_policies_mirror_each_other(base: str | None, ours: str | None, theirs: str | None) -> None:
    one, other = merge(base, ours, theirs, Policy.OURS), merge(base, theirs, ours, Policy.THEIRS)
    assert (one.value, one.conflict, one.lost) == (other.value, other.conflict, other.lost)


def test_two_that_made_the_same_change_agree() -> None:
    assert merge("Mon", "Tue", "Tue", Policy.ASK) == Merged("Tue", Winner.BOTH)


def test_the_policy_decides_where_both_changed() -> None:
    assert merge("Mon", "Tue", "Wed", Policy.OURS) == Merged("Tue", Winner.OURS, conflict=True, lost="Wed")
    assert merge("Mon", "Tue", "Wed", Policy.THEIRS) == Merged(
        "Wed", Winner.THEIRS, conflict=True, lost="Tue"
    )


def test_where_a_person_has_to_be_asked_ours_stands_until_then() -> None:
    assert merge("Mon", "Tue", "Wed", Policy.ASK) == Merged("Tue", Winner.OURS, conflict=True, lost="Wed")
