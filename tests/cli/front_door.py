"""Runs the command as a person or a script does: in this process, because that is quick, or in one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from tracker.cli.command import run

ROOT = Path(__file__).parents[2]
ELSEWHERE = (sys.executable, "-c", "from tracker.cli import main; main()")


@dataclass(frozen=True)
class Answer:
    """What a command answered. Whatever it was asked, it neither crashed nor coloured what no terminal reads."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        assert "Traceback" not in self.err, self.err
        assert "\x1b" not in self.out + self.err

    @property
    def json(self) -> Any:
        assert self.code in (0, 3), self
        return json.loads(self.out)

    def done(self) -> "Answer":
        assert self.code == 0, self
        return self

    def refused(self, *words: str) -> "Answer":
        """Assert that the command was refused, with one line that holds these words, and printed nothing else."""
        assert (self.code, self.out) == (2, ""), self
        [line] = self.errors
        assert [word for word in words if word not in line] == [], line
        return self

    @property
    def errors(self) -> list[str]:
        """The errors; how to call a command, which leads an error of usage, is left out."""
        lines = self.err.splitlines()
        assert lines == [] or lines[-1].strip(), "an error ends with its words"
        return [line for line in lines if line.lower().startswith("error: ")]


class Elsewhere:
    """The command on one database; calling it runs it in this process."""

    def __init__(self, database_url: str | None = None) -> None:
        self.database_url = database_url

    def __call__(self, *arguments: object) -> Answer:
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([*self._database, *map(str, arguments)])
        return Answer(code, out.getvalue(), err.getvalue())

    def json(self, *arguments: object) -> Any:
        """Run a command with ``--format json`` and return what it printed."""
        return self(*arguments, "--format", "json").json

    def started(self, *arguments: object, **popen: Any) -> "subprocess.Popen[str]":
        """Start the command in a process of its own."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
        return subprocess.Popen(
            [*ELSEWHERE, *self._database, *map(str, arguments)], **{"env": environment(), **pipes, **popen}
        )

    def by_itself(self, *arguments: object, **popen: Any) -> Answer:
        """Run the command in a process of its own."""
        return ended(self.started(*arguments, **popen))

    @property
    def _database(self) -> Sequence[str]:
        return ["--database", self.database_url] if self.database_url else []


def ended(process: "subprocess.Popen[str]") -> Answer:
    """Wait until a command that was started has answered."""
    out, err = process.communicate(timeout=120)
    return Answer(process.returncode, out or "", err or "")


def environment(**more: str) -> dict[str, str]:
    """The variables for a process of its own, which finds the program although it is started elsewhere."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, **more}
