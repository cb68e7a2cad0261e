"""Issues: a piece of work as an issue tracker tells it, in words that every tracker shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Phase(StrEnum):
    """How far a piece of work is, whatever the tracker calls its many statuses."""

    TO_DO = "to_do"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DECLINED = "declined"
    """Closed without the work being done, as the resolution says."""


class IssueField(StrEnum):
    """A field that an item here and its issue there both have."""

    SUMMARY = "summary"
    DESCRIPTION = "description"
    STATUS = "status"
    PRIORITY = "priority"
    DUE = "due"
    ASSIGNEE = "assignee"
    LABELS = "labels"


FieldValue = str | date | Phase | frozenset[str] | None
"""The value of a field; ``None`` is an empty field. A field that was not read at all is left out of a mapping."""

Fields = Mapping[IssueField, FieldValue]


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as it was read.

    ``id`` never changes, ``key`` may. ``fields`` and ``status`` are as printed there, but for an assignee whose name with
    us is known. ``words`` are those of ours that stand for what is printed, the usual one first: settings translate them,
    and when settings change, nobody has changed the issue. ``marker`` is what we wrote into it.
    """

    id: str
    key: str
    url: str
    status: str
    fields: Fields
    updated_at: datetime
    marker: str | None = None
    words: Mapping[IssueField, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue to be made. ``marker`` is unique to the one item that it is for."""

    marker: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class Created:
    """A draft became an issue. ``without`` names the fields that the tracker would not take, with its reasons."""

    id: str
    key: str
    without: Mapping[IssueField, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """The tracker did not do as asked, and will not before a person acts; ``problem`` says what that person can do."""

    problem: str


class Severity(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a connector found when it looked at its own settings: what was looked at, how it is, what to do."""

    subject: str
    severity: Severity
    says: str
