"""Version ranges of packages, each in its package's own scheme.

The notation is VERS (https://github.com/package-url/vers-spec), read and compared by the ``univers`` library.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from univers.version_range import RANGE_CLASS_BY_SCHEMES
from univers.version_range import VersionRange as UniversalRange
from univers.versions import InvalidVersion

from tracker.core.catalog import Ref
from tracker.core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A set of versions of one package type. A pre-release of 5.0 is below 5.0."""

    text: str

    def contains(self, version: str) -> bool | None:
        """Return whether a version lies in the range; ``None`` if it is no version of this scheme."""
        universal = _parsed(self.text)
        try:
            return bool(universal.contains(universal.version_class(version)))
        except (InvalidVersion, ValueError, TypeError, NotImplementedError):
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
    except (InvalidVersion, ValueError, TypeError, AttributeError, NotImplementedError) as error:
        raise InvalidInput(
            f"{text!r} is not a version range such as '<5.0' or 'vers:{scheme}/>=1.0|<2.0'"
        ) from error
    return VersionRange(text)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    return UniversalRange.from_string(text)
