"""Takes a catalog file apart into lines, in bounded memory."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

from connectors.jsonl_catalog.line import Line
from tracker.core.errors import InvalidCatalog

LONGEST_LINE = 2**20
"""Bytes of the longest line, after decompression: an entity with ten thousand facts fits, an endless line does not."""

_GZIP = b"\x1f\x8b"


def read_lines(location: str) -> Iterator[Line]:
    """Yield the lines of a file that are not blank. Raises `InvalidCatalog` at the first that is no JSON object."""
    try:
        with Path(location).open("rb") as file:
            if file.peek(2)[:2] == _GZIP:
                with gzip.open(file) as decompressed:
                    yield from _split(decompressed, location)
            else:
                yield from _split(file, location)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidCatalog(f"is damaged gzip ({error}); fetch or compress it again", location) from error
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise InvalidCatalog(f"cannot be read ({getattr(error, 'strerror', error)})", location) from error


def _split(file: BufferedIOBase, location: str) -> Iterator[Line]:
    number = 0
    while content := file.readline(LONGEST_LINE + 1):
        number += 1
        place = f"{location}:{number}"
        if len(content) > LONGEST_LINE:
            raise InvalidCatalog(f"a line has at most {LONGEST_LINE:,} bytes, one object a line", place)
        if number == 1:
            content = content.removeprefix(codecs.BOM_UTF8)
        if content := content.rstrip():
            yield Line.parse(content, place)
