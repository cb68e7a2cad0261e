"""Exposures: lesson by catalog entity; what the patterns say of it, and what people decided."""

from enum import StrEnum

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
