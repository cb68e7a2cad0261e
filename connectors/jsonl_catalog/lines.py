"""Takes a catalog file apart into lines, in bounded memory."""

import codecs
import gzip
import math
import os
import re
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

from connectors.jsonl_catalog.line import Line
from tracker.core.errors import InvalidCatalog

LONGEST_LINE = 2**20
"""Bytes of the longest line, after decompression: an entity with ten thousand facts fits, an endless line does not."""

_GZIP = b"\x1f\x8b"
_CHUNK = 2**20
_UNPACKED = 64 * 2**20
"""Bytes that any file may unpack to; beyond them only so many for each byte of the file, as no catalog repeats itself more."""
_RATIO = 200

_WORDS = re.compile(rb"\S[^\n]*")


def read_lines(location: str) -> Iterator[Line]:
    """Yield the lines of a file that are not blank. Raises `InvalidCatalog` at the first that is no JSON object."""
    try:
        with Path(location).open("rb") as file:
            if file.peek(2)[:2] == _GZIP:
                size = os.fstat(
                    file.fileno()
                ).st_size  # 0 for a pipe, which only who may start programs hands over
                with gzip.open(file) as unpacked:
                    yield from _split(unpacked, location, _UNPACKED + _RATIO * size if size else math.inf)
            else:
                yield from _split(file, location, math.inf)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidCatalog(f"is damaged gzip ({error}); fetch or compress it again", location) from error
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise InvalidCatalog(f"cannot be read ({getattr(error, 'strerror', error)})", location) from error


def _split(file: BufferedIOBase, location: str, most: float) -> Iterator[Line]:
    number, read = 1, 0
    rest = file.read(len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)
    while chunk := file.read(_CHUNK):
        read += len(chunk)
        if read > most:
            raise InvalidCatalog(
                "unpacks to far more than a catalog does; send it unpacked", f"{location}:{number}"
            )
        whole, end, rest = (rest + chunk).rpartition(b"\n")
        yield from _lines(whole + end, location, number)
        number += whole.count(b"\n") + len(end)
        _check_length(rest, f"{location}:{number}")
    yield from _lines(rest, location, number)


def _lines(content: bytes, location: str, number: int) -> Iterator[Line]:
    """Yield the lines of some content that begins with a certain one; blank ones cost no more than their bytes."""
    counted = 0
    for found in _WORDS.finditer(content):
        number += content.count(b"\n", counted, found.start())
        counted = found.start()
        line, place = content[content.rfind(b"\n", 0, counted) + 1 : found.end()], f"{location}:{number}"
        _check_length(line, place)
        yield Line.parse(line.rstrip(), place)


def _check_length(content: bytes, place: str) -> None:
    if len(content) > LONGEST_LINE:
        raise InvalidCatalog(f"a line has at most {LONGEST_LINE:,} bytes, one object a line", place)
