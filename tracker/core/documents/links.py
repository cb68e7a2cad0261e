"""Links: addresses that stand bare in a text."""

import re

from tracker.core.documents.blocks import Link

_ADDRESS = re.compile(r"https?://[^\s<>\"'`|\[\]{}]+")


def bare_links(text: str) -> list[Link]:
    """Return the web addresses written out in a text, without the punctuation of the sentence around them.

    >>> [link.url for link in bare_links("Seen before (https://example.org/a_(b)), see https://example.org/c.")]
    ['https://example.org/a_(b)', 'https://example.org/c']
    """
    return [Link(url, url) for url in map(_without_punctuation, _ADDRESS.findall(text))]


def _without_punctuation(address: str) -> str:
    open_brackets = 0
    for at, character in enumerate(address):
        open_brackets += (character == "(") - (character == ")")
        if open_brackets < 0:  # this bracket closes one that the sentence opened
            address = address[:at]
            break
    return address.rstrip(".,;:!?*_~")
