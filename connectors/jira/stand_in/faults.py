"""Faults on demand: what networks, gateways and a busy Jira do to a client.

``site.faults.add(LoseAnswer(), when=lambda request: request.to("POST", "/issue/bulk"))`` strikes the next such
request, once. Of several that fit, the one added first strikes. A fault is anything with ``strike(wire)``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from connectors.jira.stand_in.exchange import Answer, Request


class Wire(Protocol):
    """One request in progress, as a fault may handle it."""

    def perform(self) -> Answer:
        """Let Jira do what was asked, and return its answer, which is not sent yet."""
        ...

    def send(self, answer: Answer) -> None:
        """Send an answer."""
        ...

    def drip(self, answer: Answer, pause: float) -> None:
        """Send an answer byte by byte, with a pause before each, until it is sent or the server stops."""
        ...

    def reset(self) -> None:
        """Break the connection, as a crashed gateway does."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass; returns early when the server stops."""
        ...


class Fault(Protocol):
    """Something that goes wrong with one request."""

    def strike(self, wire: Wire) -> None:
        """Handle the request instead of an ordinary answer."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerInstead:
    """Jira never sees the request; this is answered."""

    answer: Answer

    def strike(self, wire: Wire) -> None:
        """Send the made-up answer."""
        wire.send(self.answer)


def failing(status: int, headers: Mapping[str, str] | None = None) -> AnswerInstead:
    """Return a gateway's error page: 429, 500, 502, 503, 504, with headers such as ``Retry-After``."""
    return AnswerInstead(Answer(status, b"<html>The gateway is sorry.</html>", headers or {}))


def garbage(status: int = 200) -> AnswerInstead:
    """Return an answer that claims to be JSON and is broken off."""
    return AnswerInstead(Answer(status, b'{"issues": [{"id": "100'))


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The connection breaks after the work was done, or before Jira saw the request."""

    after_the_work: bool = True

    def strike(self, wire: Wire) -> None:
        """Do the work or not, and break the connection."""
        if self.after_the_work:
            wire.perform()
        wire.reset()


@dataclass(frozen=True, slots=True)
class SpoilAnswer:
    """The work is done, and what comes back says nothing of it."""

    answer: Answer = field(default_factory=lambda: garbage().answer)

    def strike(self, wire: Wire) -> None:
        """Do the work and send something else."""
        wire.perform()
        wire.send(self.answer)


@dataclass(frozen=True, slots=True)
class Hang:
    """The answer is late: the work is done, then this many seconds pass."""

    seconds: float
    before_the_work: bool = False

    def strike(self, wire: Wire) -> None:
        """Answer late."""
        if self.before_the_work:
            wire.wait(self.seconds)
        answer = wire.perform()
        if not self.before_the_work:
            wire.wait(self.seconds)
        wire.send(answer)


@dataclass(frozen=True, slots=True)
class Drip:
    """The answer comes byte by byte, so that no pause is ever long enough for a read timeout."""

    pause: float

    def strike(self, wire: Wire) -> None:
        """Answer slowly."""
        wire.drip(wire.perform(), self.pause)


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Something happens just before Jira does the work, or just after, before the answer goes out."""

    happens: Callable[[], object]
    after_the_work: bool = False

    def strike(self, wire: Wire) -> None:
        """Let it happen, and answer as usual."""
        if not self.after_the_work:
            self.happens()
        answer = wire.perform()
        if self.after_the_work:
            self.happens()
        wire.send(answer)


class Faults:
    """The faults that wait for their request."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[_Waiting] = []

    def add(
        self,
        what: Fault,
        *,
        when: Callable[[Request], bool] = lambda _: True,
        times: int = 1,
        after: int = 0,
    ) -> None:
        """Let a fault strike the next ``times`` requests that fit, after ``after`` of them went well."""
        with self._lock:
            self._waiting.append(_Waiting(what, when, times, after))

    def take(self, request: Request) -> Fault | None:
        """Return the fault that strikes this request, if one does."""
        with self._lock:
            for waiting in self._waiting:
                if waiting.when(request):
                    if waiting.spared < waiting.after:
                        waiting.spared += 1
                        continue
                    waiting.times -= 1
                    if not waiting.times:
                        self._waiting.remove(waiting)
                    return waiting.what
        return None

    def clear(self) -> None:
        """Let everything go well from now on."""
        with self._lock:
            self._waiting.clear()


@dataclass(slots=True)
class _Waiting:
    what: Fault
    when: Callable[[Request], bool]
    times: int
    after: int
    spared: int = 0
