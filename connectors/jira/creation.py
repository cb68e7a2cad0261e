"""Makes issues in bulk, and says of each draft what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.jira.client import JiraClient, Rejected
from connectors.jira.mapping import DISPENSABLE, UnexpectedAnswer, list_in, new_issue, text_in
from connectors.jira.settings import JiraSettings
from tracker.core.errors import GiveUp, OutcomeUnknown, TryAgainLater
from tracker.core.issues import Created, Draft, IssueField, Refused

MOST_AT_ONCE = 50
"""Issues that Jira makes at once."""


@dataclass(frozen=True, slots=True)
class _Made:
    id: str
    key: str


@dataclass(frozen=True, slots=True)
class _Failed:
    words: str
    fields: Mapping[str, str]


def create(client: JiraClient, settings: JiraSettings, drafts: Sequence[Draft]) -> list[Created | Refused]:
    """Make issues. One that Jira refuses for its priority, assignee or due date alone is made without.

    Raises `OutcomeUnknown` also if a fault comes after the first of them were made.
    """
    asked = [new_issue(draft, settings) for draft in drafts]
    bodies = [body for body, _ in asked]
    outcomes = _make(client, settings, bodies)
    curable = {
        place: outcome.fields
        for place, outcome in enumerate(outcomes)
        if isinstance(outcome, _Failed) and _is_curable(bodies[place], outcome)
    }
    if curable:
        second = _make_after(
            outcomes, client, settings, [_without(bodies[place], curable[place]) for place in curable]
        )
        for place, outcome in zip(curable, second, strict=True):
            outcomes[place] = outcome
    return [
        Refused(outcome.words)
        if isinstance(outcome, _Failed)
        else Created(outcome.id, outcome.key, {**unsaid, **_by_field(curable.get(place, {}))})
        for place, (outcome, (_, unsaid)) in enumerate(zip(outcomes, asked, strict=True))
    ]


def _is_curable(body: Mapping[str, Any], failed: _Failed) -> bool:
    return bool(failed.fields) and set(failed.fields) <= set(DISPENSABLE) & set(body["fields"])


def _without(body: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {**body, "fields": {name: value for name, value in body["fields"].items() if name not in names}}


def _by_field(reasons: Mapping[str, str]) -> dict[IssueField, str]:
    return {DISPENSABLE[name]: reason for name, reason in reasons.items()}


def _make(
    client: JiraClient, settings: JiraSettings, bodies: Sequence[Mapping[str, Any]]
) -> list[_Made | _Failed]:
    """Ask once for all, and align the answer with what was asked."""
    try:
        answer = client.change("POST", "issue/bulk", {"issueUpdates": bodies})
    except Rejected as rejected:
        if rejected.status not in {400, 413}:
            raise GiveUp(f"{settings.url}: no issues can be made there: {rejected.words}") from None
        failed = _failures(client, rejected.body)
        if len(failed) < len(bodies) > 1:  # the request as a whole, maybe for one of them
            half = len(bodies) // 2
            first = _make(client, settings, bodies[:half])
            return first + _make_after(first, client, settings, bodies[half:])
        return [failed.get(place, _Failed(rejected.words, rejected.fields)) for place in range(len(bodies))]
    failed = _failures(client, answer)
    try:
        made = [_Made(text_in(one, "id"), text_in(one, "key")) for one in list_in(answer, "issues")]
    except UnexpectedAnswer as unexpected:
        raise OutcomeUnknown(
            f"{settings.url}: its answer to making issues cannot be read ({unexpected})"
        ) from None
    if len(made) + len(failed) != len(bodies):
        problem = f"asked for {len(bodies)} issues, it speaks of {len(made)} made and {len(failed)} refused"
        raise OutcomeUnknown(f"{settings.url}: {problem}")
    left = iter(made)
    return [failed[place] if place in failed else next(left) for place in range(len(bodies))]


def _make_after(
    outcomes: Sequence[_Made | _Failed],
    client: JiraClient,
    settings: JiraSettings,
    bodies: Sequence[Mapping[str, Any]],
) -> list[_Made | _Failed]:
    """Ask for more. A fault must not hide what was made before it, nor say that nothing was done."""
    try:
        return _make(client, settings, bodies)
    except (TryAgainLater, GiveUp) as fault:
        if any(isinstance(outcome, _Made) for outcome in outcomes):
            raise OutcomeUnknown(f"some issues were made, then: {fault}") from None
        raise


def _failures(client: JiraClient, answer: Any) -> dict[int, _Failed]:
    """Return the drafts that Jira refused, by their place in the request."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return {
        error["failedElementNumber"]: _Failed(*client.reasons(error.get("elementErrors")))
        for error in (errors if isinstance(errors, list) else ())
        if isinstance(error, dict) and type(error.get("failedElementNumber")) is int
    }
