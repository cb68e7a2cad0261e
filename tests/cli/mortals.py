"""Runs the command in processes that kill themselves at a chosen moment, as ``kill -9`` or a power cut would.

``python -m tests.cli.mortals`` reads orders, one a line, and answers each with two: the numbers of the processes, and how
they ended. For every command in an order it forks a process, so that the program is loaded only once; those of one order run
at the same time. A moment is a statement that is about to be sent to the database, or a commit that is about to be made, or
has just been. Whoever is told the number of a process may kill it at other moments.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from tests.cli.front_door import environment


@dataclass(frozen=True)
class End:
    """How a process ended: with a code, after so many moments; or killed, with neither."""

    code: int | None
    moments: int | None
    said: str


class Mortals:
    """Runs the command in processes of their own; use it as a context."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=60)

    def run(
        self,
        *arguments: object,
        killed_at: int | None = None,
        environment: Mapping[str, str] | None = None,
        begun: Callable[[int], object] = lambda _: None,
    ) -> End:
        """Run the command, to its end or to the moment with this number; the first is 0.

        ``environment`` are further variables of this process, and ``begun`` is told its number.
        """
        [end] = self._order([arguments], killed_at, environment or {}, begun)
        return end

    def at_once(self, *commands: Sequence[object]) -> list[End]:
        """Run commands at the same time."""
        return self._order(commands, None)

    def _order(
        self,
        commands: Iterable[Sequence[object]],
        killed_at: int | None,
        environment: Mapping[str, str] | None = None,
        begun: Callable[[int], object] = lambda _: None,
    ) -> list[End]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {
            "commands": [[str(one) for one in words] for words in commands],
            "killed_at": killed_at,
            "environment": dict(environment or {}),
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        for number in json.loads(self._process.stdout.readline()):
            begun(number)
        return [End(**end) for end in json.loads(self._process.stdout.readline())]


def _begin(arguments: list[str], order: Mapping[str, Any]) -> tuple[int, int]:
    """Fork a process that runs the command; return its number, and where its last words can be read."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.environ.update(order["environment"])
        with os.fdopen(writer, "w") as report:
            json.dump(_live(arguments, order["killed_at"]), report)
        os._exit(0)
    os.close(writer)
    return child, reader


def _live(arguments: list[str], killed_at: int | None) -> dict[str, Any]:
    from tracker.cli.command import run

    passed = 0

    def moment(*_: object) -> None:
        nonlocal passed
        if passed == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1

    event.listen(Engine, "before_cursor_execute", moment)
    event.listen(Engine, "commit", moment)
    event.listen(Session, "after_commit", moment)
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = run(arguments)
    return {"code": code, "moments": passed, "said": said.getvalue()}


def _end(child: int, reader: int) -> dict[str, Any]:
    with os.fdopen(reader) as report:
        last_words = report.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return {"code": None, "moments": None, "said": ""}
    words: dict[str, Any] = json.loads(last_words)
    return words


def main() -> None:
    """Do all that the commands do once, so that each process has it loaded, then obey."""
    import psycopg  # noqa: F401

    import connectors.jira.connector  # noqa: F401
    import tracker.reports.issue_sync  # noqa: F401
    from tracker.cli.command import run

    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        assert run(["demo", folder]) == 0
    for line in sys.stdin:
        order = json.loads(line)
        begun = [_begin(arguments, order) for arguments in order["commands"]]
        _answer([number for number, _ in begun])
        _answer([_end(*one) for one in begun])


def _answer(words: Sequence[Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
