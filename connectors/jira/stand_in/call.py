"""A request on its way to whoever answers it, and the paths that lead there."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

from connectors.jira.stand_in.exchange import Answer, Refusal, Request
from connectors.jira.stand_in.shapes import Shapes
from connectors.jira.stand_in.site import UNSEEN, Issue, Site
from connectors.jira.stand_in.workflow import Project

Kind = TypeVar("Kind")

_VERSIONED = re.compile(r"/rest/api/(2|3|latest)(/.*)")
_BAD_PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way to a handler."""

    site: Site
    request: Request
    shapes: Shapes
    is_signed_in: bool
    names: Mapping[str, str]
    """The variable parts of the path."""

    @property
    def version(self) -> str:
        """The version of the API that was asked for."""
        return self.shapes.version

    def issue(self) -> Issue:
        """Return the issue that the path names."""
        return self.visible(self.names["issue"])

    def visible(self, name: str | int) -> Issue:
        """Return an issue that this caller may see; anybody else's is as absent as a deleted one."""
        issue = self.site.issue(name)
        if issue.is_hidden or not self.may("BROWSE_PROJECTS"):
            raise Refusal(404, UNSEEN)
        return issue

    def project(self) -> Project:
        """Return the project that the path names."""
        for project in self.site.projects.values():
            if self.names["project"].upper() in (project.key, str(project.id)) and self.may(
                "BROWSE_PROJECTS"
            ):
                return project
        raise Refusal(404, f"No project could be found with key '{self.names['project']}'.")

    def may(self, permission: str) -> bool:
        """Tell whether this caller has a permission."""
        return self.is_signed_in and permission not in self.site.denied_permissions

    def body(self, *members: str) -> dict[str, Any]:
        """Return the body, an object; with ``members``, one that has no others, as strict resources want it."""
        body = self.request.body
        if not isinstance(body, dict):
            raise Refusal(400, _BAD_PAYLOAD)
        if members and set(body) - set(members):
            raise Refusal(400, _BAD_PAYLOAD)
        return body

    def member(self, body: Mapping[str, Any], name: str, kind: type[Kind], default: Kind) -> Kind:
        """Return a member of an object in the body; refuses one of another kind, and takes null as absent."""
        value = body.get(name)
        if value is None:
            return default
        if not isinstance(value, kind) or isinstance(value, bool):
            raise Refusal(400, _BAD_PAYLOAD)
        return value

    def names_in(self, body: Mapping[str, Any], name: str) -> list[str] | None:
        """Return a list of names in the body, ``None`` if it is absent."""
        names = self.member(body, name, list, [])
        if not all(isinstance(one, str) for one in names):
            raise Refusal(400, _BAD_PAYLOAD)
        return names if body.get(name) is not None else None

    def number(self, name: str, default: int) -> int:
        """Return a whole number from the query."""
        text = self.request.one(name, str(default))
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise Refusal(400, f"The value '{text}' of the parameter '{name}' is not a number.")
        return int(text)

    def page(self, name: str, entries: list[Any], most: int = 50) -> dict[str, Any]:
        """Return one page of a list that is asked for by ``startAt`` and ``maxResults``."""
        start, size = self.number("startAt", 0), min(self.number("maxResults", most), 200)
        return {
            "startAt": start,
            "maxResults": size,
            "total": len(entries),
            name: entries[start : start + size],
        }


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers a method of a path; a public one answers strangers too, the others refuse them."""

    method: str
    pattern: re.Pattern[str]
    is_public: bool
    handler: Handler


class Routes(list[Route]):
    """Routes, in order: of two that fit a path, the first answers."""

    def on(self, method: str, template: str, *, is_public: bool = False) -> Callable[[Handler], Handler]:
        """Register the function below for a path; ``{name}`` stands for one part of it."""

        def register(handler: Handler) -> Handler:
            pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template))
            self.append(Route(method, pattern, is_public, handler))
            return handler

        return register


def _page(request: Request) -> str:
    """Return the path of a page for people, which has no version; nothing for any other."""
    return request.path if request.path.startswith("/browse/") else ""


def answer(routes: Iterable[Route], site: Site, request: Request, *, is_signed_in: bool) -> Answer:
    """Return what Jira answers to a request."""
    versioned = _VERSIONED.fullmatch(request.path)
    version, path = versioned.groups() if versioned else ("", _page(request))
    fitting = [(route, found) for route in routes if (found := route.pattern.fullmatch(path))]
    for route, found in fitting:
        if route.method != request.method:
            continue
        if not (route.is_public or is_signed_in):
            return Answer(401, Refusal(401, "You are not authenticated. Authentication required.").body)
        shapes = Shapes(site, "3" if version == "3" else "2")
        try:
            names = {name: unquote(part) for name, part in found.groupdict().items()}
            return route.handler(Call(site, request, shapes, is_signed_in, names))
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body)
    if fitting:
        allowed = {"Allow": ", ".join(route.method for route, _ in fitting)}
        return Answer(405, Refusal(405, "Method Not Allowed").body, allowed)
    return Answer(404, {"message": f"null for uri: {site.url}{request.path}", "status-code": 404})
