"""Texts that an issue tracker keeps for us: they come back in its own spelling, with a region in them that is ours."""

import re
import unicodedata
from collections.abc import Sequence

_BEGIN = "Kept by Elsewhere; please write above this line."
_END = "End of what Elsewhere keeps."
_MOST_SERVICES = 40
_MOST_POSTMORTEMS = 3
_LONGEST_LINE = 600  # a tracker that cuts a description keeps its end, not all of it
_DECORATION = r"[ \t*_+~{}\\]*"  # what editors and markup put around a line
_REGION = re.compile(
    rf"^{_DECORATION}{re.escape(_BEGIN)}{_DECORATION}$(?P<region>.*?)(?:^{_DECORATION}{re.escape(_END)}{_DECORATION}$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"\[(?P<text>[^|\[\]\n]+)\|(?P<address>[^|\[\]\n]+)(?:\|[^\[\]\n]*)?\]")
CUT = "… (the item in Elsewhere has the rest)"
"""What stands at the end of a description that was cut to the length which a tracker takes."""

_CUT = re.compile(rf"(?:{re.escape(CUT)}|…)\s*\Z")
_SURELY_CUT = 100  # letters and digits: whoever writes anew does not begin with so many that are the same


def region(
    item_id: int, *, postmortems: Sequence[str] = (), program: str | None = None, services: Sequence[str] = ()
) -> str:
    """Return what an issue says of its item: where it came from, and what it concerns.

    >>> print(region(7, postmortems=["Checkout stopped"], services=["cart", "checkout"]))
    Item 7 in Elsewhere.
    From the postmortem: Checkout stopped
    Services concerned: cart, checkout
    """
    named = ", ".join(services[:_MOST_SERVICES])
    more = f", {len(services)} in all" if len(services) > _MOST_SERVICES else ""
    lines = [
        f"Item {item_id} in Elsewhere.",
        *(f"From the postmortem: {title}" for title in postmortems[:_MOST_POSTMORTEMS]),
        f"Part of the program: {program}" if program else "",
        f"Services concerned{more}: {named}" if services else "",
    ]
    return "\n".join(_plain(line) for line in lines if line)


def _plain(line: str) -> str:
    """Return a line without signs that a tracker would take for markup, and so would not give back."""
    return " ".join(re.sub(r"[^\w\s.,:;/%'&-]+", " ", line).split())[:_LONGEST_LINE]


def compose(words: str | None, region: str) -> str:
    """Return a description: people's words, then our region between its two lines. Regions within the words are left out.

    >>> split(compose("Set a timeout.", "Item 7"))
    ('Set a timeout.', 'Item 7')
    """
    kept, _ = split(words)
    return "\n\n".join(part for part in (kept, f"{_BEGIN}\n\n{region}\n\n{_END}") if part)


def split(text: str | None) -> tuple[str | None, str | None]:
    """Return people's words in a description, wherever they stand, and our region; ``None`` for what is not there."""
    text = _in_lines(text or "")
    regions = [found["region"].strip() for found in _REGION.finditer(text)]
    parts = [part.strip("\n").rstrip() for part in _REGION.split(text)[:: _REGION.groups + 1]]
    return "\n\n".join(part for part in parts if part) or None, regions[0] if regions else None


def tidy(text: str | None) -> str | None:
    r"""Return a text without what editors add and take away: blanks at the ends of lines, empty lines, ``\r``.

    >>> tidy("Set a timeout. \r\n\r\n\r\nAnd a test.\n")
    'Set a timeout.\n\nAnd a test.'
    """
    lines = "\n".join(line.rstrip() for line in _in_lines(text or "").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip() or None


def alike(sent: str | None, read: str | None) -> bool:
    """Return whether a text that was read may be one that was sent, as a tracker prints it or cut to its length.

    Only letters and digits count; a link that a tracker made of an address is that address.

    >>> alike("see https://a.example -- *now*", "see [https://a.example|https://a.example|smart-link] - now ")
    True
    """
    return _bare(sent) == _bare(read) or is_cut(sent, read)


def alike_in_a_line(sent: str | None, read: str | None) -> bool:
    """Return the same of a text of one line, in which no tracker changes more than blanks.

    >>> alike_in_a_line("keep  p99 < 10% ", "keep p99 < 10%"), alike_in_a_line("p99 < 10%", "p99 > 10%")
    (True, False)
    """
    return _line(sent) == _line(read) or is_cut(sent, read)


def is_cut(whole: str | None, read: str | None) -> bool:
    """Return whether a text that was read is the beginning of a longer one, with our mark at its end."""
    mark = _CUT.search(read or "")
    start = _bare((read or "")[: mark.start()]) if mark else ""
    return len(start) >= _SURELY_CUT and _bare(whole).startswith(start) and _bare(whole) != _bare(read)


def holds(text: str | None, words: str | None) -> bool:
    """Return whether a text has these words in it, whatever else it says.

    >>> holds("[SRE] rotate the key!", "Rotate the key")
    True
    """
    return bool(_bare(words)) and _bare(words).casefold() in _bare(text).casefold()


def _in_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _bare(text: str | None) -> str:
    def address(link: re.Match[str]) -> str:
        same = _letters(link["text"]) in _letters(link["address"])
        return link["address"] if same else f"{link['text']} {link['address']}"

    return _letters(_LINK.sub(address, text or ""))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))


def _line(text: str | None) -> str:
    unseen = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return " ".join(
        "".join(" " if unicodedata.category(one) in unseen else one for one in text or "").split()
    )
