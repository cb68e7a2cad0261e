"""The files that rules are about: those of this checkout, or those that a test has planted."""

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Tree:
    """Files below a root, by their relative paths, sorted."""

    root: Path
    paths: tuple[PurePosixPath, ...]

    def python(self, *folders: str) -> Iterator[tuple[PurePosixPath, str]]:
        """Yield path and text of each Python file in these top-level folders, or in all."""
        for path in self.paths:
            if path.suffix == ".py" and (not folders or path.parts[0] in folders):
                yield path, self.text(path)

    def pages(self) -> Iterator[tuple[PurePosixPath, str]]:
        """Yield path and text of what people read: the pages of ``docs`` and the README."""
        for path in self.paths:
            if path.suffix == ".md" and (path.parts[0] == "docs" or path == PurePosixPath("README.md")):
                yield path, self.text(path)

    def text(self, path: PurePosixPath | str) -> str:
        return (self.root / path).read_text(encoding="utf-8", errors="replace")


def checkout() -> Tree:
    """Return the files of this checkout that are, or would be, committed."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        return _tree(ROOT, (PurePosixPath(name) for name in listed.split("\0") if name))
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line]
    found = planted(ROOT).paths
    return _tree(
        ROOT, (path for path in found if not any(fnmatch(part, i) for part in path.parts for i in ignored))
    )


def planted(root: Path) -> Tree:
    """Return every file below a folder."""
    return _tree(
        root, (PurePosixPath(p.relative_to(root).as_posix()) for p in root.rglob("*") if p.is_file())
    )


def keep(faults: Iterable[str]) -> None:
    """Fail with every fault that a rule found."""
    found = list(faults)
    assert not found, "\n" + "\n".join(found)


def _tree(root: Path, paths: Iterator[PurePosixPath]) -> Tree:
    return Tree(root, tuple(sorted({path for path in paths if (root / path).is_file()})))
