"""Fulfils the port for postmortems with files and folders."""
# ruff: noqa: PTH110, PTH112, PTH113, PTH114 - os.path answers "no" where pathlib raises: at forbidden folders and names that no path can have

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tracker.core.errors import InvalidDocument, InvalidInput
from tracker.core.ports import PostmortemSource, SourceDocument, UnreadableDocument

SIZE_LIMIT = 10 * 2**20
"""Bytes of the largest file that is taken: what one document may cost in memory before anybody has looked at it."""

ENDINGS = frozenset(
    {
        *(".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd"),
        *(".txt", ".text", ".rst", ".adoc", ".asciidoc", ".org"),
        *(".html", ".htm"),
    }
)
"""Endings, in lower case, of the files that are taken from a folder."""

NAMES = frozenset({"postmortem", "readme"})
"""Names without an ending, in lower case, that are taken from a folder: what people call the one text of a folder."""


def connect(_environment: Mapping[str, str]) -> PostmortemSource:
    """Return the source. It has no settings."""
    return FilePostmortems()


class FilePostmortems:
    """Postmortems in files that are named, and in folders, which are searched with all folders in them.

    A file that is named is taken whatever it is called. In a folder hidden files and folders are passed over, and so
    is every file that is not named like a text (`ENDINGS`, `NAMES`). A link to a file is followed as long as it stays
    within the folder that was named; a link to a folder never is, so a search always ends.
    """

    name = "files"

    def documents(self, locations: Sequence[str]) -> Iterator[SourceDocument | UnreadableDocument]:
        """Yield each file once, in the order of the locations and of names in a folder.

        Raises `InvalidInput` at once for a location that does not exist.
        """
        for location in locations:
            if not os.path.exists(location):
                raise InvalidInput("there is no such file or folder", location or "''")
        return _each_once(locations)


def _each_once(locations: Sequence[str]) -> Iterator[SourceDocument | UnreadableDocument]:
    seen: set[str] = set()
    for location in locations:
        for found in _search(Path(location)):
            if isinstance(found, UnreadableDocument):
                yield found
            elif (real := os.path.realpath(found)) not in seen:
                seen.add(real)
                yield _read(found, Path(real))


def _search(location: Path) -> Iterator[Path | UnreadableDocument]:
    """Yield the files to take at one location, and what could not be searched."""
    if not os.path.isdir(location):
        yield location
        return
    top = Path(os.path.realpath(location))
    waiting = [location]
    while waiting:
        path = waiting.pop()
        if path == location or (os.path.isdir(path) and not os.path.islink(path)):
            try:
                children = sorted(child for child in path.iterdir() if not child.name.startswith("."))
            except OSError as error:
                yield _unreadable(path, f"the folder cannot be searched ({error.strerror})")
            else:
                waiting.extend(reversed(children))
        elif not os.path.isdir(path) and _is_named_like_text(path):
            if not Path(os.path.realpath(path)).is_relative_to(top):
                problem = f"a link that leads out of {_printable(location)}; to read its target, name that"
                yield _unreadable(path, problem)
            elif os.path.exists(path) and not os.path.isfile(path):
                yield _unreadable(path, "not a file, so it was not opened")
            else:
                yield path


def _is_named_like_text(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS if path.suffix else path.name.lower() in NAMES


def _read(path: Path, real: Path) -> SourceDocument | UnreadableDocument:
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        return _unreadable(path, f"the file cannot be read ({error.strerror})")
    if len(content) > SIZE_LIMIT:
        return _unreadable(path, f"more than {SIZE_LIMIT:,} bytes, which no postmortem needs; was it meant?")
    return SourceDocument(real.as_uri(), _printable(path), content)


def _unreadable(path: Path, problem: str) -> UnreadableDocument:
    name = _printable(path)
    return UnreadableDocument(name, InvalidDocument(problem, name))


def _printable(path: Path) -> str:
    """Return a path as text that can be printed and stored, even where its bytes are no UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")
