"""The connector's settings, as it is handed them: the names of the environment without the prefix."""

import difflib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from tracker.core.errors import InvalidInput
from tracker.core.issues import Finding, Severity

PREFIX = "ELSEWHERE_JIRA_"
"""What people write before each name."""

DECLINING = (
    *("Won't Do", "Won't Fix", "Wont Fix", "Will Not Do", "Rejected", "Declined"),
    *("Duplicate", "Cannot Reproduce", "Can't Reproduce", "Invalid", "Not a Bug", "Obsolete", "Abandoned"),
    *("Canceled", "Cancelled", "Incomplete"),
)
"""What Jira's own schemes, and most companies, call a close without the work being done."""

USUAL_LABEL = "elsewhere"
"""The label of our issues unless somebody chose another."""

FILLED = frozenset(
    {"project", "issuetype", "summary", "description", "priority", "duedate", "assignee", "labels"}
)
"""Fields of an issue that Elsewhere fills itself."""

_EXPECTED = {
    "URL": "the address of the site, such as https://acme.atlassian.net",
    "USER": "the e-mail address of the account that Elsewhere acts as",
    "TOKEN": "an API token of that account, or TOKEN_FILE the name of a file that holds it",
    "PROJECT": "the key of the project that gets the issues, such as OPS",
}
_OPTIONAL = (
    *("TOKEN_FILE", "ISSUE_TYPE", "PRIORITIES", "ACCOUNTS", "DECLINING_RESOLUTIONS", "FIELDS", "LABEL"),
    *("TIMEOUT", "WAIT", "WAIT_TOTAL", "INDEX_LAG"),
)
_TOKEN_SIZE = 8192
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraSettings:
    """What the connector was told; every value has been checked."""

    url: str
    """Scheme and host alone."""
    user: str
    token: str = field(repr=False)
    project: str
    issue_type: str
    priorities: Mapping[str, str]
    """Our words to theirs."""
    accounts: Mapping[str, str]
    """Owners, as items name them, to account ids."""
    declining: tuple[str, ...]
    """Resolutions and statuses that close an issue without the work being done."""
    fields: Mapping[str, Any]
    """Fields that every new issue gets, in Jira's own form."""
    label: str
    timeout: float
    """Seconds that the site may stay silent."""
    wait: float
    """Seconds that one question may wait altogether because the site asks for it."""
    wait_total: float
    """Seconds that all requests of a connection may wait together."""
    index_lag: float
    """Seconds after which the search knows what was made."""


def read_settings(environment: Mapping[str, str]) -> JiraSettings:
    """Return the settings. Raises `InvalidInput` that names all that is missing or wrong, and shows no value."""
    reader = _Reader({name: value.strip() for name, value in environment.items() if value.strip()})
    token = reader.token()
    settings = JiraSettings(
        url=reader.required("URL", _site),
        user=reader.required("USER", _user),
        token=token,
        project=reader.required("PROJECT", _project),
        issue_type=reader.optional("ISSUE_TYPE", _line, "Task"),
        priorities=reader.optional("PRIORITIES", _words, {}),
        accounts=reader.optional("ACCOUNTS", _words, {}),
        declining=reader.optional("DECLINING_RESOLUTIONS", _names, DECLINING),
        fields=reader.optional("FIELDS", _fields, {}),
        label=reader.optional("LABEL", _label, USUAL_LABEL),
        timeout=reader.optional("TIMEOUT", _seconds(1, 600), 30.0),
        wait=reader.optional("WAIT", _seconds(0, 3600), 120.0),
        wait_total=reader.optional("WAIT_TOTAL", _seconds(0, 86_400), 600.0),
        index_lag=reader.optional("INDEX_LAG", _seconds(0, 86_400), 900.0),
    )
    reader.refuse_unknown_names()
    reader.finish()
    return settings


class UnsetJira:
    """A tracker whose settings are missing or wrong. Whatever is asked of it raises `InvalidInput` that says so."""

    name = "jira"

    def __init__(self, fault: InvalidInput) -> None:
        self._fault = fault

    def diagnose(self) -> Iterator[Finding]:
        """Yield each fault."""
        for line in str(self._fault).splitlines():
            yield Finding("settings", Severity.FAULT, line)

    def close(self) -> None:
        """Close nothing."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise self._fault


class _Reader:
    """Reads values one by one and keeps their faults, so that all are told at once."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.faults: list[tuple[str, str]] = []

    def required(self, name: str, read: Callable[[str], str]) -> str:
        if name not in self.values:
            self.faults.append((name, f"is not set; it must be {_EXPECTED[name]}"))
            return ""
        return self.optional(name, read, "")

    def optional(self, name: str, read: Callable[[str], _T], default: _T) -> _T:
        if name not in self.values:
            return default
        try:
            return read(self.values[name])
        except ValueError as fault:
            self.faults.append((name, str(fault)))
            return default

    def token(self) -> str:
        if "TOKEN_FILE" not in self.values:
            return self.required("TOKEN", _token)
        if "TOKEN" in self.values:
            self.faults.append(("TOKEN_FILE", f"is set beside {PREFIX}TOKEN; set one of them"))
            return ""
        return self.optional("TOKEN_FILE", _token_in_file, "")

    def refuse_unknown_names(self) -> None:
        # A misspelt setting that does nothing is found when the harm is done.
        known = (*_EXPECTED, *_OPTIONAL)
        for name in sorted(set(self.values) - set(known)):
            close = difflib.get_close_matches(name, known, 1)
            self.faults.append(
                (name, "is no setting" + (f"; {PREFIX}{close[0]} may be meant" if close else ""))
            )

    def finish(self) -> None:
        if len(self.faults) == 1:
            name, problem = self.faults[0]
            raise InvalidInput(problem, PREFIX + name)
        if self.faults:
            raise InvalidInput("\n".join(f"{PREFIX}{name}: {problem}" for name, problem in self.faults))


def _site(text: str) -> str:
    example = "; give scheme and host alone, such as https://acme.atlassian.net"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"is no address{example}") from None
    host = parts.hostname
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"must not hold a user or password, which belong in {PREFIX}USER and {PREFIX}TOKEN")
    if parts.scheme not in {"https", "http"} or not host or re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise ValueError(f"is no address of a site{example}")
    if parts.path.strip("/") or "?" in text or "#" in text:
        raise ValueError(f"goes on after the host{example}")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("must begin with https://, or the token would travel for everybody to read")
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in {None, usual} else "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _user(text: str) -> str:
    if ":" in _line(text):
        raise ValueError("must not hold a colon; it must be the account's e-mail address alone")
    return text


def _token(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("must be the token alone: letters, digits and signs without blanks")
    return text


def _token_in_file(name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            content = file.read(_TOKEN_SIZE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is none"
        raise ValueError(f"names a file that cannot be read ({reason})") from None
    if len(content) > _TOKEN_SIZE or not content.strip():
        raise ValueError("names a file that must hold the token and nothing else")
    try:
        return _token(content.decode().strip())
    except ValueError:
        raise ValueError("names a file that must hold the token and nothing else") from None


def _project(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{1,49}", text):
        raise ValueError(
            "must be the key of a project, the letters before the number of its issues, such as OPS"
        )
    return text.upper()


def _line(text: str) -> str:
    if not text.isprintable() or len(text) > 255:
        raise ValueError("must be one line of at most 255 characters")
    return text


def _label(text: str) -> str:
    if re.search(r"\s", _line(text)):
        raise ValueError("must not hold a blank; Jira's labels are single words")
    return text


def _seconds(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise ValueError(f"must be a number of seconds from {least} to {most}")
        return number

    return read


def _names(text: str) -> tuple[str, ...]:
    names: Any = text.split(",")
    if text.startswith("["):
        names = _decode(text, "a JSON array of names")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("must be a JSON array of names, or names with commas between them")
    found = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    if not found:
        raise ValueError("must name at least one, such as Won't Do, Duplicate")
    return found


def _words(text: str) -> dict[str, str]:
    shape = 'a JSON object of our words and Jira\'s, such as {"P0": "Highest"}'
    words = _decode(text, shape)
    if not isinstance(words, dict) or not all(isinstance(word, str) and word for word in words.values()):
        raise ValueError(f"must be {shape}")
    if len({folded(word) for word in words}) < len(words):
        raise ValueError("holds the same word twice, and small and capital letters make no difference")
    return words


def _fields(text: str) -> dict[str, Any]:
    shape = 'a JSON object of fields as Jira takes them, such as {"customfield_10010": {"value": "SRE"}}'
    fields = _decode(text, shape)
    if not isinstance(fields, dict):
        raise ValueError(f"must be {shape}")  # noqa: TRY004 - a value of a setting, not of a variable
    if ours := sorted(FILLED & set(fields)):
        raise ValueError(f"must not hold {', '.join(ours)}, which Elsewhere fills itself")
    return fields


def _decode(text: str, shape: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"must be {shape}") from None


def folded(word: str) -> str:
    """Return a word as words are compared here: without regard to capitals, blanks and the form of an apostrophe.

    >>> folded(" WON'T  Do ")
    "won't do"
    """
    return " ".join(word.replace("\u2019", "'").split()).casefold()
