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
