"""How an exposure's state follows the catalog."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.errors import InvalidInput, InvalidMove
from tracker.core.exposures import Decision, ExposureState, ExposureVerdict, decide, follow
from tracker.core.patterns import Truth

S, V = ExposureState, ExposureVerdict


@pytest.mark.parametrize(
    ("state", "verdict", "evidence_changed", "expected"),
    [
        (S.UNDECIDED, V.NOT_EXPOSED, False, S.FIXED),
        (S.AFFECTED, V.NOT_EXPOSED, False, S.FIXED),
        (S.REGRESSED, V.NOT_EXPOSED, False, S.FIXED),
        (S.RETIRED, V.NOT_EXPOSED, False, S.FIXED),
        (S.NOT_AFFECTED, V.NOT_EXPOSED, False, None),
        (S.VERIFIED, V.NOT_EXPOSED, False, None),
        (S.FIXED, V.EXPOSED, False, S.REGRESSED),
        (S.VERIFIED, V.EXPOSED, True, S.REGRESSED),
        (S.RETIRED, V.EXPOSED, False, S.UNDER_INVESTIGATION),
        (S.RETIRED, V.UNKNOWN, False, S.UNDER_INVESTIGATION),
        (S.NOT_AFFECTED, V.EXPOSED, True, S.UNDER_INVESTIGATION),
        (S.RISK_ACCEPTED, V.EXPOSED, True, S.UNDER_INVESTIGATION),
        (S.AFFECTED, V.EXPOSED, False, None),
        (S.UNDECIDED, V.EXPOSED, True, None),
        (S.FIXED, V.UNKNOWN, False, None),
        (S.NOT_AFFECTED, V.UNKNOWN, False, None),
    ],
)
def test_a_state_follows_an_evaluation(
    state: ExposureState, verdict: ExposureVerdict, evidence_changed: bool, expected: ExposureState | None
) -> None:
    step = follow(state, verdict, evidence_changed=evidence_changed)
    assert (step[0] if step else None) is expected


@given(st.sampled_from(S), st.sampled_from(V))
def test_the_same_evaluation_again_changes_nothing(state: ExposureState, verdict: ExposureVerdict) -> None:
    first = follow(state, verdict, evidence_changed=True)
    assert follow(first[0] if first else state, verdict, evidence_changed=False) is None


TODAY = date(2026, 3, 2)


@given(
    st.sampled_from(S),
    st.sampled_from(Decision),
    st.none() | st.text(max_size=3),
    st.none() | st.integers(-1, 1).map(lambda days: TODAY + timedelta(days=days)),
)
def test_a_decision_is_the_state_it_names_or_is_refused(
    state: ExposureState, decision: Decision, justification: str | None, until: date | None
) -> None:
    whole = {
        Decision.NOT_AFFECTED: bool((justification or "").strip()) and until is None,
        Decision.RISK_ACCEPTED: until is not None and until > TODAY,
    }.get(decision, until is None)
    possible = state is not S.RETIRED or decision is Decision.NOT_AFFECTED
    try:
        reached = decide(state, decision, today=TODAY, justification=justification, until=until)
    except InvalidInput:
        assert not whole
    except InvalidMove:
        assert not possible
    else:
        assert (whole, possible, reached.value) == (True, True, decision.value)


def test_a_truth_value_has_a_public_name() -> None:
    assert [V.of(truth) for truth in (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN)] == [
        V.EXPOSED,
        V.NOT_EXPOSED,
        V.UNKNOWN,
    ]
