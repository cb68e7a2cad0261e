"""Versions: a change that was made for one version of a row is not made to another."""

from datetime import datetime

from sqlalchemy.orm.attributes import flag_modified

from tracker.core.errors import VersionChanged
from tracker.storage.tables import Lesson, Postmortem, VersionedRow


def expect(row: VersionedRow, version: int | None) -> None:
    """Raise `VersionChanged` unless a row is in the version that a change was made for; ``None`` expects nothing."""
    if version is not None and row.version != version:
        raise VersionChanged(
            f"it is in version {row.version}, not {version}; look at it again and repeat the change"
        )


def touch(row: Lesson | Postmortem, at: datetime) -> None:
    """Make a new version of a row of which something has changed that hangs on it."""
    row.updated_at = at
    flag_modified(row, "updated_at")  # it may have been changed before at the same moment
