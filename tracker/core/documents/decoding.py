"""Decoding: bytes to text, or a refusal that names the place."""

import codecs

from tracker.core.errors import InvalidDocument

SIZE_LIMIT = 4 * 2**20
"""Bytes of the largest document that is read: about a hundred times the longest postmortem that people write."""


def decode(name: str, content: bytes) -> str:
    r"""Return the text of a document, its line ends all ``\n``.

    UTF-8 with or without a byte order mark, and UTF-16 with one. Raises `InvalidDocument` otherwise, and for
    a document that is too large.
    """
    if len(content) > SIZE_LIMIT:
        raise InvalidDocument(
            f"{len(content):,} bytes is more than a postmortem may have ({SIZE_LIMIT:,}); split it, or take images out",
            name,
        )
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_at(content, error.start)
        raise InvalidDocument(
            f"byte {error.start} is not {'UTF-16' if encoding == 'utf-16' else 'UTF-8'}; save the file as UTF-8",
            f"{name}:{line}",
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InvalidDocument(
            "a NUL character says that this is not a text file; export it as text first",
            f"{name}:{line}",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line_at(content: bytes, offset: int) -> int:
    before = content[:offset].replace(b"\r\n", b"\n")
    return before.count(b"\n") + before.count(b"\r") + 1
