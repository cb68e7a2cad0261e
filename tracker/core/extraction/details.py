"""Details: owner, due date, status, priority, type and links, lifted out of an item's words or columns."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace

from tracker.core.action_items import DocumentStatus, ItemType
from tracker.core.documents import Block, Link
from tracker.core.extraction import vocabulary
from tracker.core.extraction.dates import tells_date

_TICKET = re.compile(r"(?<![\w/#-])(?:[A-Z][A-Z0-9]{1,9}-\d{1,6}|(?:[\w.-]+/[\w.-]+)?#\d{1,6})(?![\w-])")
_EDGE = " \t\n-\u2013\u2014:;,|"
_NAME = r"@?[^\W\d_][\w.'-]*@?(?: [^\W\d_][\w.'-]*){0,3}"
_NAMES = rf"{_NAME}(?:(?:,| and| &|/) ?{_NAME}){{0,3}}"

# "(Owner: Mia)", "Owner: Mia" at the end, "due 2027-01-31": a field, its sign, and what it says up to the next mark.
_FIELD = re.compile(
    r"(?P<open>[(\[{])?(?<![\w-])(?:\*\*)?(?P<field>owners?|assignees?|assigned to|responsible|dri|due(?: date| by| on)?|deadline|eta|target date|"
    r"status|state|priority|prio|type|category|tickets?|issue|tracking)(?:\*\*)?\s*[:=](?:\*\*)?\s*(?P<says>[^()\[\]{}\n;|]{1,80}?)"
    r"(?P<close>[)\]}])?(?=\s*(?:$|[\n;|)\]}(\[]|,\s*\w+\s*[:=]|\.\s*$|(?<=[)\]}])|(?:owner|due|status|priority|type|eta)\s*[:=]))",
    re.IGNORECASE,
)
_DUE_PHRASE = re.compile(
    r"[(\[]?\b(?:due|by|before|until|eta|no later than|deadline)\b:?\s+(?P<says>[^()\[\];|]{2,40}?)\s*(?:[)\]]|[.;,]|$)",
    re.IGNORECASE,
)
_PRIORITY = re.compile(
    r"[(\[]?(?<![\w/-])(?P<says>P[0-5]|(?:high|medium|low|critical|urgent)[ -]prio(?:rity)?)(?![\w/-])[)\]]?:?",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"(?:\*{1,2}|_)?[(\[{](?P<says>[^()\[\]{}\n]{1,60})[)\]}](?:\*{1,2}|_)?(?![(\w])")
_SIGN = re.compile("|".join(re.escape(sign) for sign in vocabulary.STATUS_SIGNS) + "|\ufe0f")
_EDGE_STATUS = re.compile(
    r"^(?:DONE|OPEN|WIP|CLOSED|IN[ -]PROGRESS|FIXED|COMPLETED)\b[\s:\u2013-]+|[\s.:;,\u2013-]+(?:DONE|WIP|CLOSED|IN[ -]PROGRESS|FIXED|COMPLETED)[!.]?$"
    r"|^(?:done|completed|in progress|ongoing|open|pending)\s*[:\u2013-]\s+|\s[\u2013\u2014-]\s*(?:done|completed|fixed|in progress|ongoing|open|pending)[!.]?$",
    re.MULTILINE,
)
_MENTION = re.compile(r"(?<![\w/.])@(?P<name>[A-Za-z][\w-]*(?:\.[\w-]+)*)")
_NOT_A_NAME = re.compile(
    r"(?i)\b(?:the|this|see|optional|new|todo|issue|pr|link|long|short|medium|term|now|all|monitoring|process|prevention|detection|mitigation|backend|frontend|docs?|documentation|testing|infra(?:structure)?|security)\b|\d|https?:"
)


@dataclass(frozen=True, slots=True)
class Details:
    """What is said of an item beside its title; empty where nothing is said. ``due`` is a date as written."""

    owner: str | None = None
    due: str | None = None
    status: DocumentStatus | None = None
    priority: str | None = None
    type: ItemType | None = None
    links: tuple[str, ...] = ()

    def or_else(self, other: "Details") -> "Details":
        """Return these details, the gaps filled from others; links are joined."""
        gaps = {
            name: getattr(other, name)
            for name in (field.name for field in fields(self))
            if name != "links" and getattr(self, name) is None
        }
        return replace(self, **gaps, links=tuple(dict.fromkeys(self.links + other.links)))


def lift(text: str) -> tuple[str, Details]:
    """Take the details that are marked as such out of an item's words; return what is left, on one line.

    >>> title, details = lift("Alert on queue depth (owner: Mia, P1) [done]")
    >>> title, details.owner, details.priority, details.status.value
    ('Alert on queue depth', 'Mia', 'P1', 'done')
    """
    found = Details()

    def keep(details: Details) -> str:
        nonlocal found
        found = found.or_else(details)
        return " "

    def take_field(match: re.Match[str]) -> str:
        details = field_details(match["field"], match["says"])
        return match[0] if details == Details() else keep(details)

    def take_bracket(match: re.Match[str]) -> str:
        details = _bracket_details(match["says"])
        return match[0] if details == Details() else keep(details)

    def take_priority(match: re.Match[str]) -> str:
        return keep(Details(priority=_priority(match["says"])))

    def take_sign(match: re.Match[str]) -> str:
        return keep(Details(status=vocabulary.STATUS_SIGNS.get(match[0])))

    def take_status(match: re.Match[str]) -> str:
        return keep(Details(status=status(match[0])))

    text = _SIGN.sub(take_sign, text)
    text = _BRACKETED.sub(take_bracket, text)
    text = _FIELD.sub(take_field, text)
    text = _PRIORITY.sub(take_priority, text)
    text = _EDGE_STATUS.sub(take_status, text)
    if found.due is None and (match := _DUE_PHRASE.search(text)) and tells_date(match["says"]):
        found = replace(found, due=match["says"])
    return re.sub(r"\s*[(\[]\s*[)\]]", "", " ".join(text.split())).strip(_EDGE), found


def field_details(field: str, says: str) -> Details:
    """Return what a named field (a column, or a word before a colon) says; nothing for a field that is not known."""
    says = " ".join(says.split()).strip(" *_`.")
    column = column_of(field)
    if vocabulary.PLACEHOLDER.match(says) or says in ("-", "\u2014", "\u2013"):
        return Details()
    if column == "owner":
        return Details(owner=says.strip("@ ").removesuffix("@") or None)
    if column == "due":
        return Details(due=says if tells_date(says) else None)
    if column == "status":
        return Details(status=status(says))
    if column == "priority":
        return Details(priority=_priority(says))
    if column == "type":
        return Details(type=type_of(says))
    if column == "link":
        return Details(links=tuple(tickets(says)), status=_bracketed_status(says))
    return Details()


def column_of(header: str) -> str | None:
    """Return what a column is for, by its header: a key of ``vocabulary.COLUMNS``, or ``None``."""
    words = " ".join(header.lower().split()).strip(" :*_?.")
    return next(
        (name for name, phrases in vocabulary.COLUMNS.items() if phrases.fullmatch(words)),
        next((name for name, phrases in vocabulary.COLUMNS.items() if phrases.search(words)), None),
    )


def status(words: str) -> DocumentStatus | None:
    """Return the status that a status cell or bracket states, or ``None``."""
    for sign, meaning in vocabulary.STATUS_SIGNS.items():
        if sign in words:
            return meaning
    lowered = words.lower()
    return next((meaning for meaning, phrases in vocabulary.STATUS_WORDS if phrases.search(lowered)), None)


def type_of(words: str) -> ItemType | None:
    """Return the type of work that a type cell or a heading names, or ``None``."""
    lowered = words.lower()
    return next((meaning for meaning, phrases in vocabulary.TYPES if phrases.search(lowered)), None)


def suggest_type(title: str) -> ItemType | None:
    """Return our guess at the type of an item, by the words of its title."""
    lowered = title.lower()
    return next((meaning for meaning, phrases in vocabulary.SUGGESTED_TYPES if phrases.search(lowered)), None)


def tickets(text: str) -> Iterator[str]:
    """Yield ticket keys and issue numbers written in a text: ``OPS-12``, ``#34``, ``team/project#56``."""
    yield from _TICKET.findall(text)


def link_details(links: Iterable[Link], text: str) -> Details:
    """Return the links of an item; one that only cites numbers has those numbers for links."""
    urls = [link.url for link in links if not link.url.startswith(("#", "mailto:"))]
    if not urls and not re.sub(r"[\W_]", "", _TICKET.sub("", text)):
        urls = list(tickets(text))
    return Details(links=tuple(dict.fromkeys(urls)))


def block_details(block: Block) -> Details:
    """Return what the marks on a block say: its task box, its strike-through, its links."""
    if block.checked is not None:
        state: DocumentStatus | None = DocumentStatus.DONE if block.checked else DocumentStatus.OPEN
    else:
        state = DocumentStatus.DONE if block.struck else None
    return replace(link_details(block.links, block.text), status=state)


def mentioned(text: str) -> str | None:
    """Return the person that an item mentions by handle, if it is the only one."""
    names = list(dict.fromkeys(match["name"] for match in _MENTION.finditer(text)))
    return names[0] if len(names) == 1 else None


def _priority(says: str) -> str | None:
    words = re.sub(r"(?i)[ -]*prio(?:rity)?$", "", says).strip()
    return words if 0 < len(words) <= 20 else None


def _bracketed_status(says: str) -> DocumentStatus | None:
    match = _BRACKETED.search(says)
    return status(match["says"]) if match else None


def _bracket_details(says: str) -> Details:
    """Return what a bracket says, if each of its comma-separated parts is a detail."""
    found = Details()
    for part in re.split(r"[;,|]", says):
        details = _part_details(part.strip(" *_"))
        if details == Details():
            return Details()
        found = found.or_else(details)
    return found


def _part_details(part: str) -> Details:
    field, separator, value = part.partition(":")
    if separator and (details := field_details(field, value)) != Details():
        return details
    if _PRIORITY.fullmatch(part):
        return Details(priority=_priority(part))
    lowered = part.lower()
    for meaning, phrases in vocabulary.STATUS_WORDS:
        if (match := phrases.search(lowered)) and match.start() <= len("already ") and len(part.split()) <= 5:
            return Details(status=meaning)
    for meaning, phrases in vocabulary.TYPES:
        if phrases.fullmatch(lowered):
            return Details(type=meaning)
    if match := re.match(r"(?:due|by|eta|before)\b:?\s*(.+)", lowered):
        return Details(due=match[1] if tells_date(match[1]) else None)
    if (
        re.fullmatch(_NAMES, part)
        and len(part) <= 40
        and part[:1] in "@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        and not _NOT_A_NAME.search(part)
    ):
        return Details(owner=part.strip("@"))
    return Details()
