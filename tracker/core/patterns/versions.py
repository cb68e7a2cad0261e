"""Version ranges of packages, each in its package's own scheme.

The notation is VERS (https://github.com/package-url/vers-spec), read and compared by the ``univers`` library.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from univers.nuget import InvalidNuGetVersion
from univers.version_constraint import InvalidConstraintsError, validate_comparators
from univers.version_range import RANGE_CLASS_BY_SCHEMES
from univers.version_range import VersionRange as UniversalRange
from univers.versions import InvalidVersion

from tracker.core.catalog import Ref
from tracker.core.errors import InvalidInput

_UNREADABLE = (
    InvalidVersion,
    InvalidNuGetVersion,
    InvalidConstraintsError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
)
"""What ``univers`` raises for a range or a version that it cannot read."""

_ONE_VERSION = re.compile(r"[vV]?\d(?!.*\.[xX](\.|$))[\w.+:~!-]*")
"""One version, and no range, wildcard or unresolved variable, which some schemes would compare as if it were one."""


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A set of versions of one package type. A pre-release of 5.0 is below 5.0."""

    text: str

    def contains(self, version: str) -> bool | None:
        """Return whether a version lies in the range; ``None`` if it is no version of this scheme."""
        if not _ONE_VERSION.fullmatch(version):
            return None
        universal = _parsed(self.text)
        try:
            return bool(universal.contains(universal.version_class(version)))
        except _UNREADABLE:
            return None


def parse_range(text: str, package: Ref) -> VersionRange:
    """Read a range: VERS in full, or its constraints alone (``<5.0``, ``>=1.2|<2``) in the package's own scheme.

    Raises `InvalidInput` for an unknown scheme, one of another package type, or a malformed version.

    >>> parse_range("<5.0", Ref("pkg:pypi/redis")).contains("4.5.1")
    True
    """
    scheme = package.removeprefix("pkg:").partition("/")[0]
    text = "".join(text.split())
    if not text.startswith("vers:"):
        text = f"vers:{scheme}/{text.replace(',', '|')}"
    stated = text.removeprefix("vers:").partition("/")[0]
    if stated not in RANGE_CLASS_BY_SCHEMES:
        raise InvalidInput(
            f"versions of {stated!r} packages cannot be compared; use a fact of the contains relation"
        )
    if stated not in (scheme, "all", "none", "generic"):
        raise InvalidInput(f"the range {text!r} is of scheme {stated!r}, but the package is {package}")
    try:
        _parsed(text)
    except _UNREADABLE as error:
        raise InvalidInput(
            f"{text!r} is not a version range such as '<5.0' or 'vers:{scheme}/>=1.0|<2.0'"
        ) from error
    return VersionRange(text)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    universal = UniversalRange.from_string(text)
    # ``from_string(validate=True)`` would do, were the versions of every scheme hashable.
    validate_comparators(universal.constraints)
    if any(one.version == following.version for one, following in pairwise(universal.constraints)):
        raise ValueError(text)
    return universal
