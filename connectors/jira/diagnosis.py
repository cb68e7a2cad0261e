"""Looks at the settings with Jira's own eyes, and says what is wrong with them and what to do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.jira.client import JiraClient, Rejected
from connectors.jira.mapping import UnexpectedAnswer, mapping_in, objects_in, text_in
from connectors.jira.settings import DECLINING, FILLED, PREFIX, JiraSettings, folded
from connectors.jira.transitions import is_to_be_filled
from tracker.core.errors import ConnectorError
from tracker.core.issues import Finding, Severity

_PERMISSIONS = {
    "BROWSE_PROJECTS": (Severity.FAULT, "see its issues"),
    "CREATE_ISSUES": (Severity.FAULT, "make issues"),
    "EDIT_ISSUES": (Severity.FAULT, "edit issues"),
    "TRANSITION_ISSUES": (Severity.FAULT, "move issues through the workflow"),
    "ASSIGN_ISSUES": (Severity.WARNING, "assign issues"),
    "SCHEDULE_ISSUES": (Severity.WARNING, "set due dates"),
}
_NICE_TO_HAVE = {
    "description": "descriptions",
    "priority": "priorities",
    "duedate": "due dates",
    "assignee": "owners",
}
_PAGE = 200


def diagnosis(settings: JiraSettings, client: JiraClient) -> Iterator[Finding]:
    """Yield what is right and wrong, in the order in which to repair it; stops where nothing after it makes sense."""
    return _Diagnosis(settings, client).findings()


class _Stop(Exception):
    """A fault on which everything after it depends."""


class _Diagnosis:
    def __init__(self, settings: JiraSettings, client: JiraClient) -> None:
        self.settings = settings
        self.client = client
        self.fields: Sequence[Mapping[str, Any]] = ()

    def findings(self) -> Iterator[Finding]:
        vital = (self.server, self.account, self.project, self.issue_type)
        steps: tuple[Callable[[], Iterator[Finding]], ...] = (
            *(self.server, self.account, self.project, self.permissions, self.issue_type, self.screen),
            *(self.priorities, self.accounts, self.resolutions),
        )
        for step in steps:
            subject = step.__name__.replace("_", " ")
            try:
                yield from step()
            except Rejected as rejected:
                says = f"the site does not tell us: {rejected.words}"
                yield _fault(subject, says) if step in vital else _warning(subject, says)
                if step in vital:
                    return
            except (_Stop, ConnectorError) as fault:
                yield _fault(subject, str(fault))
                return
            except UnexpectedAnswer as unexpected:
                problem = f"the site does not answer as Jira Cloud does: {unexpected}; look at {PREFIX}URL"
                yield _fault(subject, problem)
                return

    def server(self) -> Iterator[Finding]:
        answer = self.client.get("serverInfo")
        kind = text_in(answer, "deploymentType")
        if kind != "Cloud":
            raise _Stop(
                f"{self.settings.url} is Jira {self.client.masked(kind)}; this connector speaks with Jira Cloud",
            )
        base = answer.get("baseUrl")
        if isinstance(base, str) and base.rstrip("/").casefold() != self.settings.url.casefold():
            yield _warning(
                "server",
                f"the site calls itself {self.client.masked(base)}: links to that address are not recognised; "
                f"set {PREFIX}URL to it",
            )
        yield _ok("server", f"{self.settings.url} is Jira Cloud")

    def account(self) -> Iterator[Finding]:
        answer = self.client.get("myself")
        text_in(answer, "accountId")
        if answer.get("active") is False:
            raise _Stop(f"the account {self.settings.user} is not active; use another as {PREFIX}USER")
        shown = self.client.masked(str(answer.get("displayName") or self.settings.user))
        yield _ok("account", f"signed in as {shown}")

    def project(self) -> Iterator[Finding]:
        key = self.settings.project
        try:
            answer = self.client.get(f"project/{quote(key, safe='')}")
        except Rejected as rejected:
            if rejected.status not in {403, 404}:
                raise
            raise _Stop(
                f"there is no project {key}, or {self.settings.user} may not see it: correct {PREFIX}PROJECT, "
                f"or let an administrator give the account the permission to browse it",
            ) from None
        current = text_in(answer, "key")
        if answer.get("archived") is True:
            raise _Stop(f"{key} is archived: restore it, or name another project in {PREFIX}PROJECT")
        if current != key:
            yield _warning("project", f"{key} is called {current} now; set {PREFIX}PROJECT to it")
        yield _ok("project", f"{current} ({self.client.masked(str(answer.get('name', '')))})")

    def permissions(self) -> Iterator[Finding]:
        answer = self.client.get(
            "mypermissions", projectKey=self.settings.project, permissions=",".join(_PERMISSIONS)
        )
        known = mapping_in(answer, "permissions")
        lacking = [
            name
            for name in _PERMISSIONS
            if name in known and not mapping_in(known, name).get("havePermission")
        ]
        for name in lacking:
            severity, deed = _PERMISSIONS[name]
            says = f"{self.settings.user} may not {deed} in {self.settings.project}: let an administrator give it {name}"
            yield Finding("permissions", severity, says)
        if not lacking:
            yield _ok("permissions", f"may do in {self.settings.project} all that is needed")

    def issue_type(self) -> Iterator[Finding]:
        wanted = self.settings.issue_type
        path = f"issue/createmeta/{quote(self.settings.project, safe='')}/issuetypes"
        types = list(self._pages(path, "issueTypes"))
        found = [
            one for one in types if wanted == one.get("id") or folded(text_in(one, "name")) == folded(wanted)
        ]
        if not found or found[0].get("subtask"):
            names = ", ".join(
                self.client.masked(text_in(one, "name")) for one in types if not one.get("subtask")
            )
            reason = "is a type of sub-tasks" if found else "is no type of issue there"
            raise _Stop(
                f"{wanted!r} {reason}; set {PREFIX}ISSUE_TYPE to one of those that {self.settings.project} has: "
                f"{names or 'none that the account may make'}",
            )
        self.fields = list(self._pages(f"{path}/{quote(text_in(found[0], 'id'), safe='')}", "fields"))
        yield _ok("issue type", text_in(found[0], "name"))

    def screen(self) -> Iterator[Finding]:
        on_screen = {str(one.get("fieldId") or one.get("key")): one for one in self.fields}
        given = FILLED | set(self.settings.fields) | {"reporter"}
        faults = [
            _fault(
                "screen",
                f"new issues must have {self.client.masked(str(one.get('name')))} ({self.client.masked(name)}): give it "
                f"a default in Jira, or a value in {PREFIX}FIELDS",
            )
            for name, one in on_screen.items()
            if is_to_be_filled(one) and name not in given
        ]
        if "labels" not in on_screen:
            says = "new issues cannot have labels, so that ours would not be found again: add Labels to the screen"
            faults.append(_fault("screen", says))
        faults += [
            _fault(
                "screen",
                f"{PREFIX}FIELDS sets {name}, which is not on the screen: add it there, or take it out",
            )
            for name in sorted(set(self.settings.fields) - set(on_screen))
        ]
        yield from faults
        missing = [shown for name, shown in _NICE_TO_HAVE.items() if name not in on_screen]
        if missing:
            yield _warning("screen", f"new issues get no {', '.join(missing)}: they are not on the screen")
        if not faults:
            yield _ok("screen", "every required field has a value")

    def priorities(self) -> Iterator[Finding]:
        words = self.settings.priorities
        if not words:
            yield _ok("priorities", f"go by their own names; {PREFIX}PRIORITIES translates them")
            return
        known = self._priority_names()
        if unknown := sorted({name for name in words.values() if folded(name) not in map(folded, known)}):
            yield _warning(
                "priorities",
                f"{PREFIX}PRIORITIES names {', '.join(unknown)}, which this project does not have; it has: "
                f"{', '.join(map(self.client.masked, known))}",
            )
        else:
            yield _ok("priorities", "all known")

    def accounts(self) -> Iterator[Finding]:
        if not self.settings.accounts:
            yield _ok("accounts", f"none are set, so new issues get no assignee; {PREFIX}ACCOUNTS names them")
            return
        usable = {account for account in set(self.settings.accounts.values()) if self._is_usable(account)}
        lost = [owner for owner, account in self.settings.accounts.items() if account not in usable]
        if lost:
            yield _warning(
                "accounts",
                f"{PREFIX}ACCOUNTS gives {', '.join(map(repr, lost))} an account that is unknown or not active; their "
                "issues get no assignee",
            )
        else:
            yield _ok("accounts", "all known and active")

    def _is_usable(self, account: str) -> bool:
        try:
            answer = self.client.get("user", accountId=account)
        except Rejected as rejected:
            if rejected.status != 404:
                raise
            return False
        return text_in(answer, "accountId") == account and answer.get("active") is not False

    def resolutions(self) -> Iterator[Finding]:
        known = [text_in(one, "name") for one in self._listed("resolution")]
        declining = {folded(name) for name in self.settings.declining}
        found = [self.client.masked(name) for name in known if folded(name) in declining]
        own = self.settings.declining != DECLINING
        absent = (
            [name for name in self.settings.declining if folded(name) not in map(folded, known)]
            if own
            else []
        )
        if absent:
            yield _warning(
                "resolutions",
                f"{PREFIX}DECLINING_RESOLUTIONS names {', '.join(absent)}, which is no resolution here (a status may be "
                f"called so); there are: {', '.join(map(self.client.masked, known))}",
            )
        elif not found:
            yield _warning(
                "resolutions",
                f"none of the resolutions here counts as declined: {', '.join(map(self.client.masked, known)) or 'none'}; "
                f"name those that do in {PREFIX}DECLINING_RESOLUTIONS",
            )
        else:
            yield _ok(
                "resolutions", f"closed as {', '.join(found)} counts as declined, closed otherwise as done"
            )

    def _priority_names(self) -> list[str]:
        """Return the priorities of the project, if the screen tells them; those of the site otherwise."""
        for field in self.fields:
            if field.get("fieldId") == "priority" and field.get("allowedValues"):
                return [text_in(one, "name") for one in objects_in(field, "allowedValues")]
        return [text_in(one, "name") for one in self._listed("priority")]

    def _listed(self, path: str) -> Sequence[Mapping[str, Any]]:
        return objects_in({"answer": self.client.get(path)}, "answer")

    def _pages(self, path: str, name: str) -> Iterator[Mapping[str, Any]]:
        start = 0
        while True:
            answer = self.client.get(path, startAt=str(start), maxResults=str(_PAGE))
            values = objects_in(answer, name)
            yield from values
            start += len(values)
            total = answer.get("total")
            if not values or not isinstance(total, int) or start >= total:
                return


def _ok(subject: str, says: str) -> Finding:
    return Finding(subject, Severity.OK, says)


def _warning(subject: str, says: str) -> Finding:
    return Finding(subject, Severity.WARNING, says)


def _fault(subject: str, says: str) -> Finding:
    return Finding(subject, Severity.FAULT, says)
