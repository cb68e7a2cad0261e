"""What goes over the wire: a request, its answer, and the log of both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_READING_POSTS = ("/search/jql", "/issue/bulkfetch")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived, its path still quoted; ``body`` is the decoded JSON, or the bytes where they are none."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Any = None

    def one(self, name: str, default: str = "") -> str:
        """Return the last value of a query parameter."""
        return self.query.get(name, (default,))[-1]

    def listed(self, name: str) -> list[str] | None:
        """Return the values of a list in the query, repeated or with commas; ``None`` if it is absent."""
        if name not in self.query:
            return None
        return [part.strip() for value in self.query[name] for part in value.split(",") if part.strip()]

    def to(self, method: str, ending: str) -> bool:
        """Tell whether this is such a request, by the end of its path: ``to("POST", "/issue/bulk")``."""
        return self.method == method and self.path.endswith(ending)

    @property
    def is_write(self) -> bool:
        """Whether Jira would change something on it."""
        return self.method != "GET" and not (self.method == "POST" and self.path.endswith(_READING_POSTS))


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a JSON body (bytes go out as they are), and headers beyond the usual."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """Jira says no, in its usual shape: messages, and faults by field."""

    def __init__(self, status: int, /, *messages: str, **errors: str) -> None:
        super().__init__(status, messages, errors)
        self.status = status
        self.messages = messages
        self.errors = errors

    @property
    def body(self) -> dict[str, Any]:
        """The refusal as Jira prints it."""
        return {"errorMessages": list(self.messages), "errors": dict(self.errors)}


@dataclass(slots=True)
class Exchange:
    """One request and what became of it. ``answer`` is ``None`` while it is being made, or if none was made."""

    request: Request
    answer: Answer | None = None
    is_faulty: bool = False
    """A fault was injected: the answer may have been made up, spoiled or lost."""

    @property
    def status(self) -> int | None:
        """The status that was answered, if any was."""
        return self.answer.status if self.answer else None


class Log(list[Exchange]):
    """Every exchange since the start (or since ``clear()``), in the order of arrival."""

    @property
    def reads(self) -> list[Exchange]:
        """The requests that change nothing."""
        return [exchange for exchange in self if not exchange.request.is_write]

    @property
    def writes(self) -> list[Exchange]:
        """The requests that change something, whether or not Jira did as asked."""
        return [exchange for exchange in self if exchange.request.is_write]
