"""Keeps work in Jira Cloud, through the port for issue trackers."""

from collections.abc import Mapping
from typing import cast

from tracker.core.errors import InvalidInput
from tracker.core.ports import IssueTracker


def connect(environment: Mapping[str, str]) -> IssueTracker:
    """Return the tracker. It asks nobody yet; what is missing or wrong in its settings is said at its first use."""
    from connectors.jira.connector import JiraTracker  # noqa: PLC0415 - loads requests, which only a sync needs
    from connectors.jira.settings import UnsetJira, read_settings  # noqa: PLC0415

    try:
        return JiraTracker(read_settings(environment))
    except InvalidInput as fault:
        return cast("IssueTracker", UnsetJira(fault))
