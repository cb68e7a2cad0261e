"""Picks the reader of a document by the ending of its name."""

from collections.abc import Callable

from tracker.core.documents import markdown, plain_text
from tracker.core.documents.blocks import Document

Reader = Callable[[str, bytes], Document]
"""Makes a document of its name and content, or raises `InvalidDocument` naming the place."""

READERS: dict[str, Reader] = {
    "md": markdown.read,
    "markdown": markdown.read,
    "mdown": markdown.read,
    "mkd": markdown.read,
    "mdx": markdown.read,
    "qmd": markdown.read,
}
"""Readers by the ending of a name, in lower case; a document with any other ending is plain text."""


def read_document(name: str, content: bytes) -> Document:
    """Read a document into blocks, in the format that the ending of its name tells.

    Raises `InvalidDocument`, naming the place, for content that is not text or is too large.
    """
    ending = name.rpartition(".")[2].lower()
    return READERS.get(ending, plain_text.read)(name, content)
