"""Commands about Jira: whether its settings are right. Also how the commands that need it get it."""

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import typer

from tracker.cli.terminal import (
    NEEDS_A_PERSON,
    REFUSED,
    Format,
    FormatOption,
    application,
    group,
    note,
    show,
    stop,
    waiting,
)
from tracker.core.errors import InvalidInput
from tracker.core.issues import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tracker.bootstrap import Application
    from tracker.core.ports import IssueTracker

commands = group("jira", "Jira: whether the settings and the account's permissions are right.", "jira doctor")


@contextmanager
def connected(opened: "Application") -> "Iterator[IssueTracker]":
    """Yield Jira as it is configured, and close it; raises `InvalidInput` that says what to set, if it is not."""
    if not opened.is_configured("jira"):
        raise InvalidInput(
            "no Jira is configured: set ELSEWHERE_JIRA_URL, ELSEWHERE_JIRA_USER, ELSEWHERE_JIRA_TOKEN and "
            "ELSEWHERE_JIRA_PROJECT, or a table [jira] in the settings file; `elsewhere jira doctor` says if they work"
        )
    with closing(opened.issue_tracker("jira")) as tracker:
        yield tracker


@commands.command()
def doctor(context: typer.Context, how: FormatOption = Format.TABLE) -> None:
    """Look at the settings, sign in, and try the permissions that a sync needs; changes nothing.

    Exit code 3 when there is something to repair, 2 when a setting is missing or malformed.

    Example: elsewhere jira doctor
    """
    from tracker.reports.issue_sync import finding_shape, findings_table

    with connected(application(context)) as tracker, waiting("Asking Jira"):
        shapes = [finding_shape(one) for one in tracker.diagnose()]
        is_usable = _is_usable(tracker)
    show(lambda: findings_table(shapes), shapes, how)
    wrong = [one for one in shapes if one.severity != Severity.OK]
    for one in wrong:
        note(f"{one.severity}: {one.subject}: {one.says}")
    if wrong:
        stop(NEEDS_A_PERSON if is_usable else REFUSED)


def _is_usable(tracker: "IssueTracker") -> bool:
    try:
        return bool(tracker.site)
    except InvalidInput:  # its settings are no good, as it has told
        return False
