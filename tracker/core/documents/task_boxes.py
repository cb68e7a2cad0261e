"""Task boxes: ``[ ]``, ``[x]`` and their typographic sisters before the words of a list item."""

import re

_BOX = re.compile(r"(?:\\?\[(?P<mark>[ \txX✓✔✅]?)\\?\]|(?P<sign>[☐☑☒]))(?:[ \t]+|$)")


def take_task_box(text: str) -> tuple[bool | None, str]:
    """Return the state of the box that a text begins with (``None`` without one), and the text after it.

    >>> take_task_box("[x] Add an alert"), take_task_box("Add an alert")
    ((True, 'Add an alert'), (None, 'Add an alert'))
    """
    match = _BOX.match(text)
    if match is None:
        return None, text
    ticked = match["sign"] in ("☑", "☒") if match["sign"] else bool(match["mark"].strip())
    return ticked, text[match.end() :]
