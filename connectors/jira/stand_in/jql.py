"""JQL, as far as a sync needs it: restrictions joined by AND, and an order."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from connectors.jira.stand_in.exchange import Refusal
from connectors.jira.stand_in.site import OURSELVES, Issue, Site

UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
MOST_ORDERS = 7

_TOKEN = re.compile(
    r"""\s*(?:
        "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>(?:[^'\\]|\\.)*)'
      | (?P<sign> >= | <= | != | !~ | [=<>~(),])
      | (?P<word> [\w:-]+)
      | (?P<wrong> \S)
    )""",
    re.VERBOSE,
)
_RESERVED = {"and", "or", "not", "in", "is", "empty", "null", "order", "by", "was", "changed"}
_DATES = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_AGO = re.compile(r"-(\d{1,4})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

_MOMENTS = ("created", "updated")
_NAMES = ("key", "issuekey", "issue", "id")

_VALUES: Mapping[str, Callable[[Site, Issue], Iterable[Any]]] = {
    "project": lambda _, issue: [issue.project],
    "labels": lambda _, issue: [label.lower() for label in issue.values["labels"]],
    "creator": lambda _, issue: [issue.creator],
    "reporter": lambda _, issue: [issue.creator],
    "assignee": lambda _, issue: _if_any(issue.values.get("assignee")),
    "status": lambda _, issue: [issue.status.lower()],
    "statuscategory": lambda site, issue: [
        word.lower() for word in site.workflow.statuses[issue.status].value[1:3]
    ],
    "resolution": lambda _, issue: _if_any(issue.resolution and issue.resolution.lower()),
    "issuetype": lambda _, issue: [issue.values["issuetype"].lower()],
    "created": lambda _, issue: [issue.created],
    "updated": lambda _, issue: [issue.updated],
    **dict.fromkeys(_NAMES, lambda _, issue: [issue.id]),
}
"""How the fields that can be searched are read off an issue, in the form that a value is translated to."""


def _if_any(value: Any) -> list[Any]:
    return [value] if value else []


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood."""

    conditions: Sequence[Callable[[Issue], bool]]
    order: Sequence[tuple[Callable[[Issue], Any], bool]]

    def matches(self, issue: Issue) -> bool:
        """Tell whether an issue fulfils every condition."""
        return all(condition(issue) for condition in self.conditions)

    def sorted(self, issues: list[Issue]) -> list[Issue]:
        """Return issues in the order asked for, newest first where none was."""
        issues = sorted(issues, key=lambda issue: -issue.id)
        for value, is_descending in reversed(self.order):
            issues = sorted(issues, key=value, reverse=is_descending)
        return issues


def parse(text: str, site: Site) -> Query:
    """Return what a query asks for. Refuses it as Jira does, or because this stand-in does not know that much JQL."""
    return _Parser(text, site).query()


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    is_quoted: bool = False
    is_sign: bool = False

    def says(self, word: str) -> bool:
        return not self.is_quoted and self.text.lower() == word


_END = _Token("", is_sign=True)


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        if found["wrong"]:
            _refuse(
                f"Error in the JQL Query: The character '{found['wrong']}' is a reserved JQL character. You must "
                "enclose it in a string or use the escape '\\u' instead."
            )
        quoted = found["double"] if found["double"] is not None else found["single"]
        if quoted is not None:
            yield _Token(re.sub(r"\\(.)", r"\1", quoted), is_quoted=True)
        else:
            yield _Token(found["sign"] or found["word"], is_sign=bool(found["sign"]))


class _Parser:
    def __init__(self, text: str, site: Site) -> None:
        self.site = site
        self._left = [*_tokens(text), _END]

    def query(self) -> Query:
        conditions: list[Callable[[Issue], bool]] = []
        order: list[tuple[Callable[[Issue], Any], bool]] = []
        while not (self._peek() is _END or self._peek().says("order")):
            if conditions and not self._take().says("and"):
                _refuse(
                    "Error in the JQL Query: Expecting either 'AND' or 'ORDER BY' (this stand-in joins by AND only)."
                )
            conditions.append(self._condition())
        if not conditions:
            _refuse(UNBOUNDED)
        if self._take().says("order"):
            if not self._take().says("by"):
                _refuse("Error in the JQL Query: Expecting 'by' after 'order'.")
            order = list(self._order())
        if len(order) > MOST_ORDERS:
            _refuse(f"The order clause has more than {MOST_ORDERS} fields.")
        return Query(conditions, order)

    def _peek(self) -> _Token:
        return self._left[0]

    def _take(self) -> _Token:
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]

    def _condition(self) -> Callable[[Issue], bool]:
        name = self._take().text.lower()
        if name not in _VALUES:
            _refuse(f"Field '{name}' does not exist or you do not have permission to view it.")
        values_of = partial(_VALUES[name], self.site)
        verb = self._take()
        is_negated = verb.says("not")
        if is_negated:
            verb = self._take()
        if verb.says("in"):
            wanted = self._list()
        elif verb.says("is"):
            is_negated = self._peek().says("not") and self._take().says("not")
            if not (self._peek().says("empty") or self._peek().says("null")):
                _refuse("Error in the JQL Query: Expecting EMPTY after IS.")
            self._take()
            return lambda issue: bool(values_of(issue)) == is_negated
        elif verb.is_sign and verb.text in ("=", "!="):
            wanted, is_negated = [self._value()], verb.text == "!="
        elif verb.is_sign and verb.text in _SIGNS:
            return self._comparison(name, verb.text, self._value())
        else:
            _refuse(f"Error in the JQL Query: Expecting operator but got '{verb.text}'.")
        looked_for = {self._meant(name, value) for value in wanted}
        return lambda issue: looked_for.isdisjoint(values_of(issue)) == is_negated

    def _comparison(self, name: str, sign: str, value: str) -> Callable[[Issue], bool]:
        if name not in (*_MOMENTS, *_NAMES):
            _refuse(f"The operator '{sign}' is not supported by the '{name}' field.")
        bound, compares = self._meant(name, value), _SIGNS[sign]
        return lambda issue: all(compares(mine, bound) for mine in _VALUES[name](self.site, issue))

    def _list(self) -> list[str]:
        if self._take().text != "(":
            _refuse("Error in the JQL Query: Expecting '(' after IN.")
        values = [self._value()]
        while (token := self._take()).text == ",":
            values.append(self._value())
        if token.text != ")":
            _refuse("Error in the JQL Query: Expecting ')' or ',' in a list.")
        return values

    def _value(self) -> str:
        token = self._take()
        if token.is_sign or (not token.is_quoted and token.text.lower() in _RESERVED):
            _refuse(f"Error in the JQL Query: Expecting either a value or a function but got '{token.text}'.")
        if self._peek().text == "(" and not token.is_quoted:
            if token.text.lower() != "currentuser":
                _refuse(f"Unable to find JQL function '{token.text}()'.")
            if (self._take().text, self._take().text) != ("(", ")"):
                _refuse("Error in the JQL Query: currentUser takes no arguments.")
            return OURSELVES.account_id
        return token.text

    def _order(self) -> Iterator[tuple[Callable[[Issue], Any], bool]]:
        while True:
            name = self._take().text.lower()
            if name not in (*_MOMENTS, *_NAMES):
                _refuse(f"Not able to sort using field '{name}'.")
            is_descending = self._peek().says("desc")
            if is_descending or self._peek().says("asc"):
                self._take()
            yield attrgetter(name if name in _MOMENTS else "id"), is_descending
            if self._peek() is _END:
                return
            if self._take().text != ",":
                _refuse("Error in the JQL Query: Expecting ',' or the end of the query.")

    def _meant(self, name: str, value: str) -> Any:
        """Return what a value means for a field; unknown projects and issues are refused, as Jira does."""
        if name == "project":
            for project in self.site.projects.values():
                if value.lower() in (project.key.lower(), project.name.lower(), str(project.id)):
                    return project.key
            _refuse(f"The value '{value}' does not exist for the field 'project'.")
        if name in _NAMES:
            try:
                issue = self.site.issue(value)
            except Refusal:
                issue = None
            if issue is None or issue.is_hidden:
                _refuse(f"An issue with key '{value}' does not exist for field '{name}'.")
            return issue.id
        if name in _MOMENTS:
            return self._moment(value)
        return value if name in ("creator", "reporter", "assignee") else value.lower()

    def _moment(self, value: str) -> datetime:
        """Return the moment that a date means in the time zone of the account's profile."""
        if re.fullmatch(r"\d{1,14}", value):
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        if ago := _AGO.fullmatch(value):
            return self.site.clock() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        for form in _DATES:
            with suppress(ValueError):
                return datetime.strptime(value, form).replace(tzinfo=ZoneInfo(self.site.time_zone))
        raise Refusal(
            400,
            f"Date value '{value}' for field 'created' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
        )


def _refuse(problem: str) -> NoReturn:
    raise Refusal(400, problem)
