"""The fields that a request may set, and how Jira reads each: what it takes, changes silently, or refuses."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.jira.stand_in.exchange import Refusal
from connectors.jira.stand_in.wording import MOST_TEXT, normalised, text_of
from connectors.jira.stand_in.workflow import DEFAULT_PRIORITY, PRIORITIES

if TYPE_CHECKING:
    from connectors.jira.stand_in.site import Site

MOST_SUMMARY = 255
MOST_LABEL = 255

SYSTEM_FIELDS = {
    "summary": ("Summary", "string"),
    "description": ("Description", "string"),
    "issuetype": ("Issue Type", "issuetype"),
    "project": ("Project", "project"),
    "priority": ("Priority", "priority"),
    "labels": ("Labels", "array"),
    "assignee": ("Assignee", "user"),
    "duedate": ("Due date", "date"),
    "status": ("Status", "status"),
    "resolution": ("Resolution", "resolution"),
    "resolutiondate": ("Resolved", "datetime"),
    "creator": ("Creator", "user"),
    "reporter": ("Reporter", "user"),
    "created": ("Created", "datetime"),
    "updated": ("Updated", "datetime"),
    "comment": ("Comment", "comments-page"),
}
ON_EVERY_SCREEN = (
    "summary",
    "description",
    "issuetype",
    "project",
    "priority",
    "labels",
    "assignee",
    "duedate",
)

_NO_TEXT = "Operation value must be a string"
NOT_ON_THE_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


class _Fault(Exception):
    """What is wrong with the value of one field."""


def read(site: "Site", given: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return the values that a request sets, as the site keeps them. Refuses all of it, naming every fault."""
    values, faults = {}, {}
    for name, value in given.items():
        if name not in site.screen:
            faults[name] = NOT_ON_THE_SCREEN.format(name)
            continue
        try:
            if not (name == "assignee" and _names_nobody(value)):
                is_document = version == "3" and name == "description"
                reader = _READERS.get(name, _anything)
                values[name] = reader(site, text_of(value) if is_document else value)
        except Refusal as refusal:
            faults |= refusal.errors
            if refusal.messages:
                raise
        except _Fault as problem:
            faults[name] = str(problem)
    if faults:
        raise Refusal(400, **faults)
    return values


def fold(update: Mapping[str, Any], labels: tuple[str, ...]) -> dict[str, Any]:
    """Return what ``update`` comes to, as ``fields`` would say it: ``set`` anywhere, ``add`` and ``remove`` on labels."""
    given: dict[str, Any] = {}
    for name, steps in update.items():
        for step in steps if isinstance(steps, list) else [steps]:
            now = given.get(name, list(labels))
            match name, step:
                case _, {"set": value}:
                    given[name] = value
                case "labels", {"add": label}:
                    given[name] = [*now, label]
                case "labels", {"remove": label}:
                    given[name] = [other for other in now if other != label]
                case _:
                    raise Refusal(
                        400, **{name: f"Field with id '{name}' and operation '{step}' is not supported."}
                    )
    return given


def _names_nobody(value: Any) -> bool:
    """Tell whether Jira silently ignores an assignee: Cloud knows account ids only."""
    return isinstance(value, dict) and not {"accountId", "id"} & set(value)


def _summary(_: "Site", value: Any) -> str:
    if not isinstance(value, str):
        raise _Fault(_NO_TEXT)
    if not value.strip():
        raise _Fault("You must specify a summary of the issue.")
    if "\n" in value or "\r" in value:
        raise _Fault("The summary is invalid because it contains newline characters.")
    if len(value.encode("utf-16-le", "surrogatepass")) // 2 > MOST_SUMMARY:
        raise _Fault("Summary can't exceed 255 characters.")
    return value.strip()


def _description(_: "Site", value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _Fault(_NO_TEXT)
    text = normalised(value)
    if text and len(text) > MOST_TEXT:
        raise _Fault(
            f"The entered text is too long. It exceeds the allowed limit of {MOST_TEXT:,} characters."
        )
    return text


def _labels(_: "Site", value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise _Fault("Operation value must be an array of strings")
    for label in value:
        if not label or re.search(r"\s", label):
            raise _Fault(f"The label '{label}' contains spaces which is invalid.")
        if len(label) > MOST_LABEL:
            raise _Fault(f"The label '{label}' exceeds the limit of {MOST_LABEL} characters.")
    return tuple(sorted(set(value)))


def _priority(_: "Site", value: Any) -> str:
    if value is None:
        return DEFAULT_PRIORITY
    for name, number in PRIORITIES.items():
        if isinstance(value, dict) and (value.get("name") == name or str(value.get("id")) == number):
            return name
    raise _Fault("The priority selected is invalid.")


def _assignee(site: "Site", value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _Fault("data was not an object")
    account = value.get("accountId") or value.get("id")
    if account is None:
        return None
    person = site.people.get(str(account))
    if person is None or not person.is_active or not person.is_assignable:
        raise _Fault(f"User '{account}' cannot be assigned issues.")
    return person.account_id


def _due(_: "Site", value: Any) -> str | None:
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007 - a day has no zone
    except (TypeError, ValueError):
        raise _Fault(f"Error parsing date string: {value}") from None


def _issue_type(site: "Site", value: Any) -> str:
    for name, number in site.project.issue_types.items():
        if isinstance(value, dict) and (value.get("name") == name or str(value.get("id")) == number):
            return name
    raise _Fault("Specify a valid issue type")


def _project(site: "Site", value: Any) -> str:
    for project in site.projects.values():
        if isinstance(value, dict) and (
            value.get("key") == project.key or str(value.get("id")) == str(project.id)
        ):
            return project.key
    raise _Fault("valid project is required")


def _anything(_: "Site", value: Any) -> Any:
    return value


_READERS: Mapping[str, Callable[["Site", Any], Any]] = {
    "summary": _summary,
    "description": _description,
    "labels": _labels,
    "priority": _priority,
    "assignee": _assignee,
    "duedate": _due,
    "issuetype": _issue_type,
    "project": _project,
}
