"""Runs the command in processes that kill themselves at a chosen moment, as ``kill -9`` or a power cut would.

``python -m tests.cli.mortals`` reads orders, one JSON object a line, and answers each with another. For each it
forks a process, so that the program is loaded once only. A moment is a statement that is about to be sent to the database,
or a commit that is about to be, or has just been made.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
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
    """Processes that run the command; use it as a context."""

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

    def run(self, *arguments: object, killed_at: int | None = None) -> End:
        """Run the command, to its end or to the moment with this number; the first is 0."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"arguments": [str(one) for one in arguments], "killed_at": killed_at}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return End(**json.loads(self._process.stdout.readline()))


def both(*started: tuple[Mortals, Sequence[object]]) -> list[End]:
    """Run commands at the same time."""
    with ThreadPoolExecutor(len(started)) as pool:
        return list(pool.map(lambda one: one[0].run(*one[1]), started))


def _obey(arguments: list[str], killed_at: int | None) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as report:
            json.dump(_live(arguments, killed_at), report)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as report:
        last_words = report.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return {"code": None, "moments": None, "said": ""}
    words: dict[str, Any] = json.loads(last_words)
    return words


def _live(arguments: list[str], killed_at: int | None) -> dict[str, Any]:
    from io import StringIO

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


def main() -> None:
    """Load what the commands need, then obey."""
    import tracker.core.extraction
    import tracker.reports.catalog
    import tracker.reports.ingested
    import tracker.workflows.import_catalog
    import tracker.workflows.ingest_postmortems  # noqa: F401

    for line in sys.stdin:
        order = json.loads(line)
        sys.stdout.write(json.dumps(_obey(order["arguments"], order["killed_at"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
