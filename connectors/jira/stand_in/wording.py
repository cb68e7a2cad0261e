"""What Jira does to text on its way in and out."""

import re
from typing import Any

from connectors.jira.stand_in.exchange import Refusal

MOST_TEXT = 32_767

_LINK = re.compile(r"\[[^\]\n]*\]|\bhttps?://[^\s|\[\](){}<>\"']+")


def normalised(text: str | None) -> str | None:
    """Return a description as it is read back after it was written.

    Line ends, blanks at the ends of lines and runs of empty lines go, dashes of lists become asterisks, and
    bare links get their markup. Doing it twice changes nothing.
    """
    if text is None:
        return None
    lines = [line.rstrip() for line in re.sub(r"\r\n?", "\n", text).split("\n")]
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    joined = re.sub(r"^- (?=\S)", "* ", joined, flags=re.MULTILINE)
    return _LINK.sub(_marked_up, joined) or None


def _marked_up(found: re.Match[str]) -> str:
    link = found[0]
    if link.startswith("["):
        return link
    bare = link.rstrip(".,;:!?")
    return f"[{bare}|{bare}]{link[len(bare) :]}"


def document(text: str | None) -> dict[str, Any] | None:
    """Return text as an Atlassian document, one paragraph a line, as version 3 answers it."""
    if text is None:
        return None
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
        for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


def text_of(document: Any) -> str | None:
    """Return the text of an Atlassian document, as version 3 takes it; refuses plain text."""
    if document is None:
        return None
    if not isinstance(document, dict) or document.get("type") != "doc":
        raise Refusal(400, description="Operation value must be an Atlassian Document")
    return "\n".join(_inline(block) for block in _content(document))


def _inline(node: Any) -> str:
    if not isinstance(node, dict) or (node.get("type") == "text" and not node.get("text")):
        raise Refusal(400, "INVALID_INPUT")
    return str(node.get("text", "")) + "".join(_inline(child) for child in _content(node))


def _content(node: dict[str, Any]) -> list[Any]:
    content = node.get("content", [])
    if not isinstance(content, list):
        raise Refusal(400, "INVALID_INPUT")
    return content
