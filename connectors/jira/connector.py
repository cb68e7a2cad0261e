"""Fulfils the port for issue trackers with Jira Cloud."""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from connectors.jira import creation
from connectors.jira.client import JiraClient, Rejected
from connectors.jira.diagnosis import diagnosis
from connectors.jira.mapping import (
    MARKER_PROPERTY,
    READ,
    UnexpectedAnswer,
    changes,
    issue,
    list_in,
    mapping_in,
    objects_in,
    phase,
    quoted,
    text_in,
)
from connectors.jira.settings import USUAL_LABEL, JiraSettings
from connectors.jira.transitions import (
    MOST_STEPS,
    Step,
    Transition,
    guessed_resolution,
    steps_into,
    steps_towards,
    transitions,
)
from tracker.core.errors import GiveUp, OutcomeUnknown, TryAgainLater
from tracker.core.issues import Created, Draft, Fields, Finding, Issue, Phase, Refused

MOST_READ = 100
"""Issues that Jira hands over at once."""

ANY_TIME_ZONE = timedelta(days=1)
"""JQL reads a time in the time zone of the account, and none is a day away from UTC."""

_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[1-9][0-9]{0,17}")
_ID = re.compile(r"[1-9][0-9]{0,17}")
_PORTS = {"https": 443, "http": 80}


class JiraTracker:
    """A project on a site of Jira Cloud."""

    name = "jira"
    creates_at_once = creation.MOST_AT_ONCE

    def __init__(self, settings: JiraSettings, pause: Callable[[float], None] = time.sleep) -> None:
        self.site = settings.url
        self.label = settings.label
        self.index_lag = settings.index_lag
        self._settings = settings
        self._client = JiraClient(settings, pause)

    def identify(self) -> str:
        """Return the id of the account that we act as."""
        myself = self._asked(self._client.get, "myself")
        if myself.get("active") is False:
            raise GiveUp(f"{self.site}: the account {self._settings.user} is not active any more")
        with self._understanding():
            return text_in(myself, "accountId")

    def cited_key(self, url: str) -> str | None:
        """Return the key that a link to this site names, or that stands there bare if its project is ours."""
        bare = url.strip().upper()
        if _KEY.fullmatch(bare):
            return bare if bare.rpartition("-")[0] == self._settings.project else None
        try:
            parts, ours = urlsplit(url.strip()), urlsplit(self.site)
            host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            return None
        if parts.scheme not in _PORTS or "\\" in url or host != ours.hostname:
            return None
        if port != (ours.port or _PORTS[ours.scheme]):
            return None
        in_path = re.search(r"/(?:browse|issues)/([^/]+)/?$", parts.path)
        names = [in_path[1]] if in_path else parse_qs(parts.query).get("selectedIssue", [])
        return next((name.upper() for name in names if _KEY.fullmatch(name.upper())), None)

    def read(self, names: Collection[str]) -> Mapping[str, Issue]:
        """Return issues, each by the name that it was asked for, be it a key that it has no longer."""
        found: dict[str, Issue] = {}
        askable = [name for name in dict.fromkeys(names) if _is_id(name) or _KEY.fullmatch(name.upper())]
        for start in range(0, len(askable), MOST_READ):
            page = askable[start : start + MOST_READ]
            issues, in_doubt = self._fetch(page)
            known = {name: one for one in issues for name in (one.id, one.key)}
            for name in page:
                one = known.get(name.upper())
                # An issue that was moved answers to its former keys too, without saying which one it answers to.
                if one is None and (name in in_doubt or not _is_id(name)):
                    one = self._fetch_one(name)
                if one is not None:
                    found[name] = one
        if len(found) < len(askable):
            self.identify()  # for a stranger, such as one whose token has expired, nothing exists
        return found

    def create(self, drafts: Sequence[Draft]) -> Sequence[Created | Refused]:
        """Make issues in bulk; one that is refused for its priority, assignee or due date alone is made without."""
        if len(drafts) > self.creates_at_once:
            raise ValueError(f"at most {self.creates_at_once} issues can be made at once")
        outcomes = creation.create(self._client, self._settings, drafts) if drafts else []
        if outcomes and all(isinstance(outcome, Refused) for outcome in outcomes):
            self.identify()  # a stranger's issues are refused one by one
        return outcomes

    def find_marked(self, markers: Collection[str], since: datetime) -> Mapping[str, Issue]:
        """Return issues by marker; of several with the same the oldest, for the others are copies that people made."""
        found: dict[str, Issue] = {}
        if not markers:
            return found
        for page in self._search(since):
            issues, _ = self._fetch(page)
            for one in sorted(issues, key=lambda one: int(one.id)):
                if one.marker is not None and one.marker in markers:
                    found.setdefault(one.marker, one)
            if len(found) == len(set(markers)):
                return found
        self.identify()
        return found

    def update(self, issue_id: str, fields: Fields) -> Refused | None:
        """Set fields of an issue and add labels to it, all or none."""
        body, unsaid = changes(fields, self._settings)
        if unsaid or not body:
            return Refused("; ".join(unsaid.values())) if unsaid else None
        try:
            self._client.change("PUT", _path(issue_id), body)
        except Rejected as rejected:
            return self._refused(rejected)
        return None

    def move(self, issue_id: str, to: Phase) -> Refused | None:
        """Walk the issue through its workflow, closing it only to get where it is to be, until it is in the phase."""
        visited: list[str] = []
        try:
            return self._walk(issue_id, to, visited)
        except Rejected as rejected:
            return self._refused(rejected)
        except TryAgainLater as later:
            if len(visited) > 1:
                raise OutcomeUnknown(f"on the way to {to}, {_itinerary(visited)}; then: {later}") from None
            raise

    def diagnose(self) -> Iterator[Finding]:
        """Yield findings, up to the first fault on which everything after it depends."""
        return diagnosis(self._settings, self._client)

    def close(self) -> None:
        """Close the connection to the site; the next request opens another."""
        self._client.close()

    def _fetch(self, names: Sequence[str]) -> tuple[list[Issue], set[str]]:
        """Return issues, and the ids of those that Jira failed to load though they may exist."""
        question = {
            "issueIdsOrKeys": list(names),
            "fields": [*READ, "updated"],
            "properties": [MARKER_PROPERTY],
        }
        answer = self._asked(self._client.look_up, "issue/bulkfetch", question)
        with self._understanding():
            issues = [issue(one, self._settings) for one in list_in(answer, "issues")]
            failed = objects_in(answer, "issueErrors") if answer.get("issueErrors") else []
        return issues, {str(one.get("id")) for one in failed}

    def _fetch_one(self, name: str) -> Issue | None:
        try:
            answer = self._client.get(
                _path(name), fields=",".join([*READ, "updated"]), properties=MARKER_PROPERTY
            )
        except Rejected as rejected:
            if rejected.status in {403, 404}:
                return None
            raise self._hopeless(rejected) from None
        with self._understanding():
            return issue(answer, self._settings)

    def _search(self, since: datetime) -> Iterator[list[str]]:
        """Yield the ids of the issues that bear our label and were made since, page by page, the oldest first.

        Neither the project nor the account restricts it: both may be others by now, and so may the label, if it was the
        usual one.
        """
        made_since = (since.astimezone(UTC) - ANY_TIME_ZONE).strftime("%Y-%m-%d %H:%M")
        labels = ", ".join(quoted(label) for label in dict.fromkeys((self.label, USUAL_LABEL)))
        jql = f"labels in ({labels}) AND created >= {quoted(made_since)} ORDER BY created ASC"
        question: dict[str, Any] = {"jql": jql, "fields": ["id"], "maxResults": MOST_READ}
        tokens: set[str] = set()
        while True:
            answer = self._asked(self._client.look_up, "search/jql", question)
            with self._understanding():
                ids = [text_in(one, "id") for one in list_in(answer, "issues")]
                token = text_in(answer, "nextPageToken") if answer.get("nextPageToken") else None
            if ids:
                yield ids
            if token is None or answer.get("isLast") is True:
                return
            if token in tokens:
                raise GiveUp(f"{self.site}: its search for {jql} goes in circles, which is a fault of Jira")
            tokens.add(token)
            question["nextPageToken"] = token

    def _walk(self, issue_id: str, to: Phase, visited: list[str]) -> Refused | None:
        extra, declining = self._settings.fields, self._settings.declining
        status, now = self._whereabouts(issue_id)
        visited.append(status)
        while now is not to and len(visited) <= MOST_STEPS:
            answer = self._client.get(f"{_path(issue_id)}/transitions", expand="transitions.fields")
            with self._understanding():
                offered = transitions(answer, declining)
            refusals: list[str] = []
            steps = steps_into(to, offered, declining, extra)
            step = self._take(issue_id, visited[-1], to, steps, refusals)
            if step is not None:
                visited.append(step.transition.status)
                return None if "resolution" in step.fields else self._arrival(issue_id, to, step)
            towards = steps_towards(to, offered, visited, extra)
            step = self._take(issue_id, visited[-1], to, towards, refusals)
            if step is None:
                back = [Step(one) for one in offered if one.status == visited[0] != visited[-1]]
                if self._take(issue_id, visited[-1], to, back, refusals):
                    visited.append(visited[0])
                return Refused(_no_way(to, visited, offered, refusals))
            visited.append(step.transition.status)
            now = step.transition.leads_to
        return (
            None if now is to else Refused(f"no {MOST_STEPS} transitions lead to {to}: {_itinerary(visited)}")
        )

    def _whereabouts(self, issue_id: str) -> tuple[str, Phase | None]:
        answer = self._client.get(_path(issue_id), fields="status,resolution")
        with self._understanding():
            fields = mapping_in(answer, "fields")
            status = mapping_in(fields, "status")
            return text_in(status, "name"), phase(status, fields.get("resolution"), self._settings.declining)

    def _arrival(self, issue_id: str, to: Phase, step: Step) -> Refused | None:
        """Look where a step led that chose no resolution, for the workflow may have chosen one."""
        status, now = self._whereabouts(issue_id)
        if now is to:
            return None
        counts = f"which counts as {now or 'nothing'} and not as {to}"
        return Refused(f"the transition {step.transition.name!r} led to {status!r}, {counts}")

    def _take(
        self, issue_id: str, status: str, to: Phase, steps: Iterable[Step], refusals: list[str]
    ) -> Step | None:
        """Take the first step that Jira lets us take, and add its reasons against the others."""
        for step in steps:
            body: dict[str, Any] = {"transition": {"id": step.transition.id}, "fields": step.fields}
            try:
                self._client.change("POST", f"{_path(issue_id)}/transitions", body)
            except Rejected as rejected:
                if rejected.status != 400:
                    raise
                if self._whereabouts(issue_id)[0] != status:
                    raise Rejected(409, "it is in another status already", {}, None) from None
                guess = guessed_resolution(to, self._settings.declining)
                if guess and "resolution" in rejected.fields and "resolution" not in step.fields:
                    guessed = Step(step.transition, {**step.fields, "resolution": {"name": guess}})
                    if self._take(issue_id, status, to, [guessed], refusals):
                        return guessed
                else:
                    refusals.append(f"{step.transition.name!r}: {rejected.words}")
            else:
                return step
        return None

    def _refused(self, rejected: Rejected) -> Refused:
        user = self._settings.user
        if rejected.status in {403, 404}:
            self.identify()
        if rejected.status == 404:
            return Refused(f"the issue was deleted, or {user} may not see it any more ({rejected.words})")
        if rejected.status == 403:
            return Refused(f"{user} may not do that: {rejected.words}")
        if rejected.status == 409:
            return Refused(f"somebody changes the same issue just now: {rejected.words}")
        if rejected.status in {400, 413, 422}:
            return Refused(rejected.words)
        raise self._hopeless(rejected)

    def _asked(self, ask: Callable[..., Any], *question: Any) -> Mapping[str, Any]:
        """Return the answer to a question that Jira has no reason to refuse, an object."""
        try:
            answer = ask(*question)
        except Rejected as rejected:
            raise self._hopeless(rejected) from None
        with self._understanding():
            return mapping_in({"answer": answer}, "answer")

    def _hopeless(self, rejected: Rejected) -> GiveUp:
        return GiveUp(
            f"{self.site}: it refuses what Jira Cloud answers ({rejected.status}): {rejected.words}"
        )

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        """Turn an answer of an unknown shape into an error that people understand."""
        try:
            yield
        except UnexpectedAnswer as unexpected:
            raise GiveUp(f"{self.site}: it does not answer as Jira Cloud does: {unexpected}") from None


def _is_id(name: str) -> bool:
    return bool(_ID.fullmatch(name))


def _path(name: str) -> str:
    return f"issue/{quote(name, safe='')}"


def _itinerary(visited: Sequence[str]) -> str:
    way = " → ".join(visited[1:])
    return f"it went {way} and stays there" if way else f"it stays {visited[0]!r}"


def _no_way(to: Phase, visited: Sequence[str], offered: Sequence[Transition], refusals: Sequence[str]) -> str:
    choices = ", ".join(f"{one.name!r} (to {one.status!r})" for one in offered) or "none"
    reasons = f"; {'; '.join(refusals)}" if refusals else ""
    return f"no transition leads to {to}: {_itinerary(visited)}; there are: {choices}{reasons}"
