"""Runs the commands that a page shows, in the order and with the files that it shows.

A code block with a title is a file. A block of language ``console`` holds commands after ``$ ``, each followed by what it
prints. `rerun` returns the page with what the commands print now; ``python -m tests.docs.consoles PAGE`` writes it.
"""

import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from datetime import UTC, datetime
from pathlib import Path

_BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')

HOME = "/home/you/elsewhere"
"""What stands in a page for the folder in which its commands were run."""

NOW = "2026-11-24 09:30 UTC"
"""What stands in a page for any time of today."""


def rerun(page: str, folder: Path) -> str:
    """Return a page with what its commands print when they are run in an empty folder."""
    environment = {
        "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "COLUMNS": "88",
        "LC_ALL": "C.UTF-8",
    }

    def replay(block: re.Match[str]) -> str:
        if title := _TITLE.search(block["info"]):
            (folder / title[1]).write_text(block["body"], encoding="utf-8")
        if not block["info"].startswith("console"):
            return block[0]
        lines = []
        for command in _commands(block["body"]):
            lines.append(f"$ {command}")
            lines.extend(_run(command, folder, environment))
        return "\n".join([f"```{block['info']}", *lines, "```"])

    return _BLOCK.sub(replay, page)


def _commands(body: str) -> list[str]:
    return [line.removeprefix("$ ") for line in body.splitlines() if line.startswith("$ ")]


def _run(command: str, folder: Path, environment: dict[str, str]) -> list[str]:
    words = shlex.split(command)
    if words[0] == "export":
        name, _, value = words[1].partition("=")
        environment[name] = value
        return []
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 3):
        raise AssertionError(f"$ {command}\n{done.stdout}\nended with exit code {done.returncode}")
    said = re.sub(rf"{datetime.now(UTC).date()} \d\d:\d\d UTC", NOW, done.stdout.replace(str(folder), HOME))
    return [line.rstrip() for line in said.splitlines()]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        with tempfile.TemporaryDirectory() as empty:
            path.write_text(rerun(path.read_text(encoding="utf-8"), Path(empty)), encoding="utf-8")
