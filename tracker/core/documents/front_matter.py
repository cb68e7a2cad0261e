"""Front matter: the YAML mapping that may stand between ``---`` lines before a document's first word."""

from collections.abc import Sequence

import yaml

LONGEST = 200
"""Lines of the longest front matter; what is longer is a document that begins with a rule."""


def read_front_matter(lines: Sequence[str]) -> tuple[dict[str, object], int]:
    """Return the front matter and how many lines it takes: ``({}, 0)`` where there is none.

    Values are the words as written: YAML would make a number of ``1:30`` and a truth of ``no``. Front matter
    that is not YAML says nothing, and is no reason to refuse the document.
    """
    if not lines or lines[0].rstrip() != "---":
        return {}, 0
    end = next(
        (at for at in range(1, min(len(lines), LONGEST)) if lines[at].rstrip() in ("---", "...")), None
    )
    if end is None:
        return {}, 0
    try:
        content = yaml.load("\n".join(lines[1:end]), Loader=yaml.BaseLoader)  # noqa: S506 - makes words, lists and mappings only
    except (yaml.YAMLError, RecursionError):
        return {}, end + 1
    if content is None or content == "":
        return {}, end + 1
    if isinstance(content, dict) and all(isinstance(key, str) for key in content):
        return content, end + 1
    return {}, 0
