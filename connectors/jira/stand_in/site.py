"""The site's memory: issues, people, projects, and what people do to them without asking us."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from connectors.jira.stand_in import fields
from connectors.jira.stand_in.exchange import Log, Refusal
from connectors.jira.stand_in.faults import Faults
from connectors.jira.stand_in.workflow import DEFAULT_PRIORITY, Project, Workflow, every_move

UNSEEN = "Issue does not exist or you do not have permission to see it."


@dataclass(frozen=True, slots=True)
class Person:
    """An account of the site."""

    account_id: str
    name: str
    is_active: bool = True
    is_assignable: bool = True


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said at an issue."""

    id: str
    author: str
    body: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue at one moment; ``values`` has the fields that can be edited, by id."""

    id: int
    key: str
    creator: str
    created: datetime
    updated: datetime
    status: str
    values: Mapping[str, Any]
    resolution: str | None = None
    resolved: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    comments: tuple[Comment, ...] = ()
    is_hidden: bool = False

    @property
    def project(self) -> str:
        """The key of the project."""
        return self.key.rpartition("-")[0]


OURSELVES = Person("712020:0e1f5e7e-5a1e-4000-8000-00000000e15e", "Elsewhere")
SOMEBODY = Person("712020:50e0b0d1-5a1e-4000-8000-00000000face", "Ana Lima")


class Site:
    """A Jira Cloud site that lives in memory.

    Its attributes are its settings: change them, and it is another site. Every method is safe to call while it
    serves. ``url`` is where it is served; ``requests`` what it was asked.
    """

    def __init__(self, clock: Callable[[], datetime], *projects: str) -> None:
        keys = projects or ("OPS",)
        self.lock = threading.RLock()
        self.clock = clock
        self.url = ""
        self.user = "elsewhere@example.org"
        self.token = "stand-in-token"  # noqa: S105 - opens nothing but this
        self.token_has_expired = False
        self.time_zone = "America/New_York"
        self.projects = {
            key: Project(10000 + number, key, f"{key.title()} project") for number, key in enumerate(keys)
        }
        self.project = self.projects[keys[0]]
        self.people = {person.account_id: person for person in (OURSELVES, SOMEBODY)}
        self.workflow: Workflow = every_move()
        self.screen = set(fields.ON_EVERY_SCREEN)
        self.custom_fields: dict[str, str] = {}
        self.required_fields: set[str] = set()
        self.denied_permissions: set[str] = set()
        self.index_lag = timedelta()
        self.most_per_page = 100
        self.faults = Faults()
        self.requests = Log()
        self.pages: dict[str, tuple[str, tuple[int, ...]]] = {}
        self._issues: dict[int, Issue] = {}
        self._history: dict[int, list[tuple[datetime, Issue | None]]] = {}
        self._ids_by_key: dict[str, int] = {}
        self._last_number = dict.fromkeys(self.projects, 0)
        self._next_id = 10001

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings with which a connector works on this site, the prefix taken off."""
        return {"URL": self.url, "USER": self.user, "TOKEN": self.token, "PROJECT": self.project.key}

    # What people and tests look at

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Every issue that was not deleted, in order of id."""
        with self.lock:
            return tuple(self._issues[number] for number in sorted(self._issues))

    def issue(self, name: str | int) -> Issue:
        """Return an issue by id, key or former key. Raises `Refusal` as Jira does for one that is gone or hidden."""
        with self.lock:
            number = self._ids_by_key.get(str(name).upper())
            if number is None and str(name).isdecimal():
                number = int(name)
            issue = self._issues.get(number or 0)
            if issue is None:
                raise Refusal(404, UNSEEN)
            return issue

    def indexed(self) -> Iterator[Issue]:
        """Yield the issues as the search index knows them, which is late by ``index_lag``."""
        horizon = self.clock() - self.index_lag
        for number in sorted(self._history):
            known = [issue for at, issue in self._history[number] if at <= horizon]
            if known and known[-1] is not None:
                yield known[-1]

    # What people do

    def create(self, summary: str = "Somebody's issue", by: Person = SOMEBODY, **given: Any) -> Issue:
        """File an issue as somebody; further fields as the REST API takes them."""
        return self.add({"summary": summary, **given}, by.account_id)

    def edit(self, name: str | int, **given: Any) -> Issue:
        """Change fields of an issue as somebody, as the REST API takes them."""
        return self.change(name, fields.read(self, given, "2"))

    def transition(self, name: str | int, status: str, resolution: str | None = None) -> Issue:
        """Bring an issue into a status as somebody with all rights, whatever the workflow says."""
        with self.lock:
            issue = self.issue(name)
            is_done = self.workflow.is_done(status)
            resolution = resolution or (self.workflow.resolves_with if is_done else None)
            now = self._next_moment(issue)
            return self._keep(
                replace(
                    issue,
                    status=status,
                    resolution=resolution,
                    resolved=now if resolution else None,
                    updated=now,
                )
            )

    def comment(self, name: str | int, body: str, by: str = SOMEBODY.account_id) -> Comment:
        """Say something at an issue."""
        with self.lock:
            issue = self.issue(name)
            now = self._next_moment(issue)
            comment = Comment(str(issue.id * 1000 + len(issue.comments)), by, body, now)
            self._keep(replace(issue, comments=(*issue.comments, comment), updated=now))
            return comment

    def delete(self, name: str | int) -> None:
        """Delete an issue; its id and key are never used again."""
        with self.lock:
            issue = self.issue(name)
            del self._issues[issue.id]
            self._history[issue.id].append((self.clock(), None))

    def hide(self, name: str | int) -> None:
        """Take away our permission to see an issue."""
        with self.lock:
            self._keep(replace(self.issue(name), is_hidden=True))

    def show(self, name: str | int) -> None:
        """Give it back."""
        with self.lock:
            self._keep(replace(self.issue(name), is_hidden=False))

    def move(self, name: str | int, project: str) -> Issue:
        """Move an issue into another project: it gets a new key, and the old one goes on leading to it."""
        with self.lock:
            issue = self.issue(name)
            return self._keep(replace(issue, key=self._next_key(project), updated=self._next_moment(issue)))

    # What the REST API does with what it has read

    def add(self, given: Mapping[str, Any], creator: str, version: str = "2") -> Issue:
        """Make an issue of given fields."""
        with self.lock:
            project = {"key": self.project.key}
            values = fields.read(self, {"project": project, "issuetype": {"name": "Task"}, **given}, version)
            if "summary" not in values:
                raise Refusal(400, summary="You must specify a summary of the issue.")
            for name in sorted(self.required_fields):
                if values.get(name) in (None, "", ()):
                    raise Refusal(400, **{name: f"{self.field_names[name]} is required."})
            now, number, key = self.clock(), self._next_id, self._next_key(values.pop("project"))
            self._next_id += 1
            defaults = {"priority": DEFAULT_PRIORITY, "labels": (), "description": None}
            kept = MappingProxyType({**defaults, **values})
            return self._keep(Issue(number, key, creator, now, now, self.workflow.first, kept))

    def change(self, name: str | int, values: Mapping[str, Any]) -> Issue:
        """Set values that were read; ``updated`` moves only if one of them is another."""
        with self.lock:
            issue = self.issue(name)
            changed = MappingProxyType({**issue.values, **values})
            if changed == issue.values:
                return issue
            return self._keep(replace(issue, values=changed, updated=self._next_moment(issue)))

    def put_property(self, name: str | int, key: str, value: Any) -> bool:
        """Set an entity property, which moves nothing else; tell whether it is new."""
        with self.lock:
            issue = self.issue(name)
            self._keep(replace(issue, properties={**issue.properties, key: value}))
            return key not in issue.properties

    def delete_property(self, name: str | int, key: str) -> None:
        """Remove an entity property."""
        with self.lock:
            issue = self.issue(name)
            rest = {other: value for other, value in issue.properties.items() if other != key}
            self._keep(replace(issue, properties=rest))

    @property
    def field_names(self) -> dict[str, str]:
        """The printed name of every field, by id."""
        return {number: name for number, (name, _) in fields.SYSTEM_FIELDS.items()} | self.custom_fields

    def _keep(self, issue: Issue) -> Issue:
        self._issues[issue.id] = issue
        self._ids_by_key[issue.key] = issue.id
        self._history.setdefault(issue.id, []).append((self.clock(), issue))
        return issue

    def _next_key(self, project: str) -> str:
        self._last_number[project] += 1
        return f"{project}-{self._last_number[project]}"

    def _next_moment(self, issue: Issue) -> datetime:
        """Return the present, or just after the issue's last change where the clock stands still."""
        return max(self.clock(), issue.updated + timedelta(milliseconds=1))
