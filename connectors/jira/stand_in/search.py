"""Search: by JQL, a page at a time, from an index that may be late."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.jira.stand_in import jql
from connectors.jira.stand_in.call import Call, Routes
from connectors.jira.stand_in.exchange import Answer, Refusal
from connectors.jira.stand_in.site import Issue, Site

MOST_ASKED = 5000
MOST_RECONCILED = 50

routes = Routes()

_MEMBERS = (
    *("jql", "nextPageToken", "maxResults", "fields", "expand", "properties", "fieldsByKeys", "failFast"),
    "reconcileIssues",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    jql: str
    token: str
    most: int
    fields: list[str]
    properties: list[str] | None
    reconciled: list[int]


@routes.on("GET", "/search/jql", is_public=True)
def search(call: Call) -> Answer:
    """Search by the query string."""
    if unknown := set(call.request.query) - set(_MEMBERS):
        raise Refusal(400, f"Unknown parameters: {', '.join(sorted(unknown))}.")
    one, listed = call.request.one, call.request.listed
    return _page(
        call,
        _Asked(
            jql=one("jql"),
            token=one("nextPageToken"),
            most=call.number("maxResults", 50),
            fields=listed("fields") or ["id"],
            properties=listed("properties"),
            reconciled=[int(number) for number in listed("reconcileIssues") or () if number.isdecimal()],
        ),
    )


@routes.on("POST", "/search/jql", is_public=True)
def search_by_body(call: Call) -> Answer:
    """Search by the body, which has no members but those that are known."""
    body = call.body(*_MEMBERS)
    return _page(
        call,
        _Asked(
            jql=call.member(body, "jql", str, ""),
            token=call.member(body, "nextPageToken", str, ""),
            most=call.member(body, "maxResults", int, 50),
            fields=call.names_in(body, "fields") or ["id"],
            properties=call.names_in(body, "properties"),
            reconciled=[
                number for number in call.member(body, "reconcileIssues", list, []) if isinstance(number, int)
            ],
        ),
    )


@routes.on("GET", "/search", is_public=True)
@routes.on("POST", "/search", is_public=True)
def removed_search(_: Call) -> Answer:
    """Say that Atlassian has removed this search."""
    raise Refusal(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
        "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
    )


def _page(call: Call, asked: _Asked) -> Answer:
    if not 1 <= asked.most <= MOST_ASKED:
        raise Refusal(400, f"The value of maxResults must be between 1 and {MOST_ASKED}.")
    if len(asked.reconciled) > MOST_RECONCILED:
        raise Refusal(400, f"At most {MOST_RECONCILED} issues can be reconciled.")
    site = call.site
    if not call.may("BROWSE_PROJECTS"):
        return Answer(200, {"issues": [], "isLast": True})
    known = {issue.id: issue for issue in site.indexed()}
    known |= {issue.id: issue for issue in site.issues if issue.id in asked.reconciled}
    if asked.token:
        query, numbers = site.pages.get(asked.token, ("", ()))
        if query != asked.jql:
            raise Refusal(400, "The provided next page token is invalid or expired.")
    else:
        numbers = _found(site, asked.jql, known.values())
    is_bare = set(asked.fields) <= {"id", "key"}
    size = asked.most if is_bare else min(asked.most, site.most_per_page)
    now, later = numbers[:size], numbers[size:]
    issues = [
        call.shapes.issue(known[number], asked.fields, asked.properties) for number in now if number in known
    ]
    if not later:
        return Answer(200, {"issues": issues, "isLast": True})
    token = secrets.token_urlsafe(24)
    site.pages[token] = (asked.jql, later)
    return Answer(200, {"issues": issues, "isLast": False, "nextPageToken": token})


def _found(site: Site, text: str, known: Iterable[Issue]) -> tuple[int, ...]:
    query = jql.parse(text, site)
    hidden = {issue.id for issue in site.issues if issue.is_hidden}
    found = [issue for issue in known if issue.id not in hidden and query.matches(issue)]
    return tuple(issue.id for issue in query.sorted(found))
