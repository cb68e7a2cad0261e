"""Exposures: lesson by catalog entity; what the patterns say of it, and what people decided."""

from datetime import date
from enum import StrEnum

from tracker.core.errors import InvalidInput, InvalidMove
from tracker.core.patterns import Truth


class ExposureVerdict(StrEnum):
    """What a lesson's patterns say of an entity."""

    EXPOSED = "exposed"
    NOT_EXPOSED = "not_exposed"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, truth: Truth) -> "ExposureVerdict":
        """Return the verdict that a truth value is called in public."""
        return {Truth.TRUE: cls.EXPOSED, Truth.FALSE: cls.NOT_EXPOSED, Truth.UNKNOWN: cls.UNKNOWN}[truth]


class ExposureState(StrEnum):
    """Where an exposure stands: decided by people up to ``risk_accepted``, derived from the catalog after it."""

    UNDECIDED = "undecided"
    UNDER_INVESTIGATION = "under_investigation"
    AFFECTED = "affected"
    NOT_AFFECTED = "not_affected"
    RISK_ACCEPTED = "risk_accepted"
    FIXED = "fixed"
    VERIFIED = "verified"
    REGRESSED = "regressed"
    RETIRED = "retired"


class Decision(StrEnum):
    """What a person may decide about an exposure."""

    UNDER_INVESTIGATION = "under_investigation"
    AFFECTED = "affected"
    NOT_AFFECTED = "not_affected"
    RISK_ACCEPTED = "risk_accepted"


_DECIDED = frozenset({ExposureState.AFFECTED, ExposureState.NOT_AFFECTED, ExposureState.RISK_ACCEPTED})
"""Decisions that rested on evidence: when it changes, people have to look again."""

_STANDS_WHEN_RULED_OUT = frozenset({ExposureState.NOT_AFFECTED, ExposureState.FIXED, ExposureState.VERIFIED})


def follow(
    state: ExposureState, verdict: ExposureVerdict, *, evidence_changed: bool, patterns_changed: bool = False
) -> tuple[ExposureState, str] | None:
    """Return the state that an evaluation leads to, and why; ``None`` if the exposure stays where it stands.

    ``evidence_changed`` says that the evidence is not that of the last time the entity was exposed, ``patterns_changed``
    that the patterns are not those of the last evaluation: an entity that they no longer match was not fixed by that, so
    a person decides. Where nobody can tell, what was known last stands.

    >>> follow(ExposureState.FIXED, ExposureVerdict.EXPOSED, evidence_changed=False)
    (<ExposureState.REGRESSED: 'regressed'>, 'the pattern matches again')
    >>> follow(ExposureState.FIXED, ExposureVerdict.UNKNOWN, evidence_changed=False)
    """
    if verdict is ExposureVerdict.NOT_EXPOSED:
        if state in _STANDS_WHEN_RULED_OUT:
            return None
        if patterns_changed:
            return ExposureState.UNDER_INVESTIGATION, "the patterns were changed, and no longer match"
        return ExposureState.FIXED, "the pattern no longer matches"
    if state is ExposureState.RETIRED:
        return ExposureState.UNDER_INVESTIGATION, "the entity is back in the catalog"
    if verdict is ExposureVerdict.EXPOSED and state in (ExposureState.FIXED, ExposureState.VERIFIED):
        return ExposureState.REGRESSED, "the pattern matches again"
    if evidence_changed and state in _DECIDED:
        return ExposureState.UNDER_INVESTIGATION, "the evidence changed"
    return None


def decide(
    state: ExposureState,
    decision: Decision,
    *,
    today: date,
    justification: str | None = None,
    until: date | None = None,
) -> ExposureState:
    """Return the state that a person's decision leads to.

    Raises `InvalidInput` for a decision without what it has to say, and `InvalidMove` where the exposure leaves no such choice.

    >>> decide(ExposureState.UNDECIDED, Decision.AFFECTED, today=date(2026, 3, 2)).value
    'affected'
    """
    if decision is Decision.NOT_AFFECTED and not (justification or "").strip():
        raise InvalidInput(
            "say why it is not affected, so that the next reader need not ask", "--justification"
        )
    if decision is Decision.RISK_ACCEPTED and until is None:
        raise InvalidInput("say until when the risk is accepted", "--until")
    if decision is not Decision.RISK_ACCEPTED and until is not None:
        raise InvalidInput(f"only risk_accepted has an end, not {decision}", "--until")
    if until is not None and until <= today:
        raise InvalidInput(f"{until} is not in the future", "--until")
    if state is ExposureState.RETIRED and decision is not Decision.NOT_AFFECTED:
        raise InvalidMove(
            "its entity is gone from the catalog: decide not_affected once you know that it is switched off, "
            "or import what still runs it"
        )
    return ExposureState(decision)
