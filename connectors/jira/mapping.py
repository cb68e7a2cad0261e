"""Maps issues between Jira's JSON (version 2, where texts are text) and ours. Pure.

What Jira answers is looked at with suspicion: whatever is not as Jira describes it raises `UnexpectedAnswer`, but for
single fields of an issue, which are left out.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from connectors.jira.settings import PREFIX, JiraSettings, folded
from tracker.core.issue_text import CUT, compose, split
from tracker.core.issues import Draft, Fields, FieldValue, Issue, IssueField, Phase

MARKER_PROPERTY = "elsewhere.item"
"""The entity property that says for which item an issue was made."""

READ = ("summary", "description", "status", "resolution", "priority", "duedate", "assignee", "labels")
"""Fields of an issue that are read, besides when it changed and who made it."""

SUMMARY_LIMIT = 255
DESCRIPTION_LIMIT = 32_767
LABEL_LIMIT = 255

_ID = {
    IssueField.SUMMARY: "summary",
    IssueField.DESCRIPTION: "description",
    IssueField.PRIORITY: "priority",
    IssueField.DUE: "duedate",
    IssueField.ASSIGNEE: "assignee",
    IssueField.LABELS: "labels",
}
DISPENSABLE = {_ID[field]: field for field in (IssueField.PRIORITY, IssueField.DUE, IssueField.ASSIGNEE)}
"""By Jira's name, the fields without which an issue is still worth having."""

_CATEGORIES = {"new": Phase.TO_DO, "indeterminate": Phase.IN_PROGRESS, "done": Phase.DONE}


class UnexpectedAnswer(ValueError):
    """The site answered in another shape than Jira does."""


def issue(answer: Any, settings: JiraSettings) -> Issue:
    """Return an issue as we know issues. A field that the site did not send, or that makes no sense, is left out."""
    fields = mapping_in(answer, "fields")
    key = text_in(answer, "key")
    number = text_in(answer, "id")
    if not number.isascii() or not number.isdecimal():
        raise UnexpectedAnswer("'id' is no number")
    status = text_in(mapping_in(fields, "status"), "name")
    read = _fields(fields, settings)
    return Issue(
        id=number,
        key=key,
        url=f"{settings.url}/browse/{key}",
        status=status,
        fields=read,
        updated_at=_time(text_in(fields, "updated")),
        marker=_marker(answer),
        words={IssueField.PRIORITY: _ours(read.get(IssueField.PRIORITY), settings.priorities)},
    )


def phase(status: Any, resolution: Any, declining: Sequence[str]) -> Phase | None:
    """Return how far an issue is, or ``None`` where its status is in no category.

    A status that says so by its own name declines too: many projects have no resolutions.
    """
    found = _CATEGORIES.get(text_in(mapping_in(status, "statusCategory"), "key"))
    if found is Phase.DONE and declines((text_in(status, "name"), _name(resolution)), declining):
        return Phase.DECLINED
    return found


def declines(names: Sequence[str | None], declining: Sequence[str]) -> bool:
    """Tell whether one of these names of statuses, resolutions or transitions says that the work is not done."""
    words = {folded(word) for word in declining}
    return any(name is not None and folded(name) in words for name in names)


def payload(fields: Fields, settings: JiraSettings) -> tuple[dict[str, Any], dict[IssueField, str]]:
    """Return fields as Jira takes them, and those that cannot be put into Jira's words, with the reason."""
    taken: dict[str, Any] = {}
    without: dict[IssueField, str] = {}
    for field, value in fields.items():
        if field is IssueField.ASSIGNEE and value is not None:
            account = _translated(str(value), settings.accounts)
            if account is None:
                without[field] = f"{PREFIX}ACCOUNTS has no account for {str(value)!r}"
            else:
                taken["assignee"] = {"accountId": account}
        elif field is not IssueField.STATUS:
            taken[_ID[field]] = _sent(field, value, settings)
    return taken, without


def changes(fields: Fields, settings: JiraSettings) -> tuple[dict[str, Any], dict[IssueField, str]]:
    """Return what sets fields of an issue, or nothing, and the fields that had to stay behind.

    Labels are added one by one, so that those that people add meanwhile stay.
    """
    taken, without = payload(fields, settings)
    labels = [{"add": label} for label in taken.pop("labels", None) or ()]
    body = {"fields": taken, "update": {"labels": labels} if labels else {}}
    return {name: some for name, some in body.items() if some}, without


def new_issue(draft: Draft, settings: JiraSettings) -> tuple[dict[str, Any], dict[IssueField, str]]:
    """Return what makes an issue of a draft, marked and labelled, and the fields that had to stay behind."""
    labels = draft.fields.get(IssueField.LABELS) or frozenset()
    labelled = {**draft.fields, IssueField.LABELS: frozenset(labels) | {settings.label}}  # type: ignore[arg-type]
    fields, without = payload(labelled, settings)
    kind = "id" if settings.issue_type.isdecimal() else "name"
    fields = {
        **settings.fields,
        **{name: value for name, value in fields.items() if value is not None},
        "project": {"key": settings.project},
        "issuetype": {kind: settings.issue_type},
    }
    return {
        "fields": fields,
        "properties": [{"key": MARKER_PROPERTY, "value": {"marker": draft.marker}}],
    }, without


def quoted(word: str) -> str:
    r"""Return a word as JQL takes it: one value, whatever it holds.

    >>> print(quoted('a" OR key = "B-1'))
    "a\" OR key = \"B-1"
    """
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def harmless(text: str, limit: int = 300) -> str:
    """Return another system's words as one short line without control characters."""
    words = " ".join(_without_controls(text, " ").split())
    return words if len(words) <= limit else words[: limit - 1] + "…"


def mapping_in(answer: Any, name: str) -> Mapping[str, Any]:
    """Return a member that must be an object."""
    value = _member(answer, name)
    if not isinstance(value, dict):
        raise UnexpectedAnswer(f"{name!r} is no object")
    return value


def list_in(answer: Any, name: str) -> Sequence[Any]:
    """Return a member that must be an array."""
    value = _member(answer, name)
    if not isinstance(value, list):
        raise UnexpectedAnswer(f"{name!r} is no array")
    return value


def objects_in(answer: Any, name: str) -> list[Mapping[str, Any]]:
    """Return a member that must be an array of objects."""
    values = list_in(answer, name)
    if not all(isinstance(value, dict) for value in values):
        raise UnexpectedAnswer(f"{name!r} holds what is no object")
    return list(values)


def text_in(answer: Any, name: str) -> str:
    """Return a member that must be a text that is not empty."""
    value = _member(answer, name)
    if not isinstance(value, str) or not value:
        raise UnexpectedAnswer(f"{name!r} is no text")
    return value


def _member(answer: Any, name: str) -> Any:
    if not isinstance(answer, dict) or name not in answer:
        raise UnexpectedAnswer(f"{name!r} is missing")
    return answer[name]


def _name(value: Any) -> str | None:
    return None if value is None else text_in(value, "name")


def _fields(sent: Mapping[str, Any], settings: JiraSettings) -> dict[IssueField, FieldValue]:
    fields: dict[IssueField, FieldValue] = {}
    found = phase(sent["status"], sent.get("resolution"), settings.declining)
    if found is not None:
        fields[IssueField.STATUS] = found
    for field, read in _READERS.items():
        if _ID[field] in sent:
            with suppress(UnexpectedAnswer):  # one odd value must not stop the work on all other issues
                fields[field] = read(sent[_ID[field]], settings)
    return fields


def _read_summary(value: Any, _: JiraSettings) -> str:
    return text_in({"summary": value}, "summary")


def _read_description(value: Any, _: JiraSettings) -> str | None:
    if value is not None and not isinstance(value, str):
        raise UnexpectedAnswer("'description' is no text")
    return value.replace("\r\n", "\n") if value else None


def _read_priority(value: Any, _: JiraSettings) -> str | None:
    return _name(value)


def _read_date(value: Any, _: JiraSettings) -> date | None:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise UnexpectedAnswer("'duedate' is no date")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UnexpectedAnswer("'duedate' is no date") from None


def _read_assignee(value: Any, settings: JiraSettings) -> str | None:
    if value is None:
        return None
    account = text_in(value, "accountId")
    owner = next((ours for ours, theirs in settings.accounts.items() if theirs == account), None)
    return owner or str(value.get("displayName") or account)


def _read_labels(value: Any, _: JiraSettings) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise UnexpectedAnswer("'labels' is no array of texts")
    return frozenset(value)


_READERS: Mapping[IssueField, Callable[[Any, JiraSettings], FieldValue]] = {
    IssueField.SUMMARY: _read_summary,
    IssueField.DESCRIPTION: _read_description,
    IssueField.PRIORITY: _read_priority,
    IssueField.DUE: _read_date,
    IssueField.ASSIGNEE: _read_assignee,
    IssueField.LABELS: _read_labels,
}


def _ours(name: object, words: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(ours for ours, theirs in words.items() if folded(theirs) == folded(str(name)))


def _translated(word: str, words: Mapping[str, str]) -> str | None:
    return next((theirs for ours, theirs in words.items() if folded(ours) == folded(word)), None)


def _sent(field: IssueField, value: FieldValue, settings: JiraSettings) -> Any:
    if value is None:
        return None
    match field:
        case IssueField.SUMMARY:
            return _cut(" ".join(_without_controls(str(value), " ").split()), SUMMARY_LIMIT)
        case IssueField.DESCRIPTION:
            return _fitting(_without_controls(str(value), "", kept="\n\t"))
        case IssueField.PRIORITY:
            return {"name": _translated(str(value), settings.priorities) or str(value)}
        case IssueField.DUE if isinstance(value, date):
            return value.isoformat()
        case IssueField.LABELS if isinstance(value, frozenset):
            return sorted(filter(None, map(_label, value)))
    raise TypeError(f"{field} cannot be {value!r}")


def _label(word: str) -> str:
    return _cut("-".join(_without_controls(word, " ").split()), LABEL_LIMIT)


def _cut(text: str, limit: int) -> str:
    return text if _size(text) <= limit else _start(text, limit - 1).rstrip() + "…"


def _fitting(text: str) -> str:
    """Cut a description that is too long, in people's words and not in the part that is ours."""
    if _size(text) <= DESCRIPTION_LIMIT:
        return text
    words, region = split(text)
    kept = "" if region is None else compose(None, region)
    room = DESCRIPTION_LIMIT - _size(kept) - _size(CUT) - 2
    if words is None or room <= 0:
        return _cut(text, DESCRIPTION_LIMIT)
    return "\n\n".join(part for part in (_start(words, room).rstrip() + CUT, kept) if part)


def _size(text: str) -> int:
    """Return the length as Java counts it: a character beyond the basic plane is two."""
    return len(text.encode("utf-16-le")) // 2


def _start(text: str, size: int) -> str:
    return text.encode("utf-16-le")[: size * 2].decode("utf-16-le", "ignore")


def _without_controls(text: str, instead: str, kept: str = "") -> str:
    """Replace what is not printed, or cannot be sent: controls, marks that turn the direction, halves of characters."""
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    joiners = "\u200c\u200d"  # parts of words and of emoji
    return "".join(
        one if one in kept or one in joiners or unicodedata.category(one) not in hidden else instead
        for one in text
    )


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UnexpectedAnswer("'updated' is no time") from None


def _marker(answer: Any) -> str | None:
    """Return what we wrote into an issue, if it still stands there; people can write properties too."""
    properties = answer.get("properties")
    value = properties.get(MARKER_PROPERTY) if isinstance(properties, dict) else None
    marker = value.get("marker") if isinstance(value, dict) else None
    return marker if isinstance(marker, str) else None
