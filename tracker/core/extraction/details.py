"""Details: owner, due date, status, priority, type and links, lifted out of an item's words or columns."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from tracker.core.action_items import DocumentStatus, ItemType
from tracker.core.documents import Block, Link
from tracker.core.extraction import vocabulary
from tracker.core.extraction.dates import find_date, tells_date

_TICKET = re.compile(r"(?<![\w/#-])(?:[A-Z][A-Z0-9]{1,9}-\d{1,6}|(?:[\w.-]+/[\w.-]+)?#\d{1,6})(?![\w-])")
_EDGE = " \t\n-\u2013\u2014:;,|"
_NAME = r"@?[^\W\d_][\w.'-]*@?(?: [^\W\d_][\w.'-]*){0,3}"
_NAMES = rf"{_NAME}(?:(?:,| and| &|/) ?{_NAME}){{0,3}}"

_FIELDS = (
    r"(?:owners?|assignees?|assigned to|responsible|dri|due(?: date| by| on)?|deadline|eta|target date|status|state|"
    r"priority|prio|type|category|tickets?|issue|tracking)"
)
# A full stop ends a field, but not the one after an initial ("Owner: J. Doe").
_FIELD_END = rf"[()\[\]{{}}\n;|]|(?<!\b[A-Z])\.(?:\s|$)|,?\s+{_FIELDS}\s*[:=]"
_FIELD = re.compile(
    rf"(?<![\w-])(?P<field>{_FIELDS})\s*[:=]\s*(?P<says>(?:(?!{_FIELD_END}).){{1,80}})(?={_FIELD_END}|\s*$)[.;|,]?",
    re.IGNORECASE,
)
# What follows a last dash: "Add an alert - Mia Berg, 2027-01-31, OPS-12"
_TAIL = re.compile(r"\s[-\u2013\u2014]{1,2}\s(?P<says>[^\u2013\u2014\n]{2,80})$")
_DUE_PHRASE = re.compile(
    r"[(\[]?\b(?:due|by|before|until|eta|no later than|deadline)\b:?\s+(?P<says>[^()\[\];|]{2,40}?)\s*(?:[)\]]|[.;,]|$)",
    re.IGNORECASE,
)
_PRIORITY = re.compile(
    r"[(\[]?(?<![\w/-])(?P<says>P[0-5]|(?:high|medium|low|critical|urgent)[ -]prio(?:rity)?)(?![\w/-])[)\]]?:?",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"(?:\*{1,2}|_)?[(\[{](?P<says>[^()\[\]{}\n]{1,60})[)\]}](?:\*{1,2}|_)?(?![(\w])")
_SIGN = re.compile("|".join(re.escape(sign) for sign in vocabulary.STATUS_SIGNS))
_DONE = r"(?:done|completed|fixed|closed|in[ -]progress|ongoing|open|pending)"
_EDGE_STATUS = re.compile(
    r"^(?:DONE|OPEN|WIP|CLOSED|IN[ -]PROGRESS|FIXED|COMPLETED)\b[\s:\u2013-]+"
    r"|[\s.:;,\u2013-]+(?:DONE|WIP|CLOSED|TODO|IN[ -]PROGRESS|FIXED|COMPLETED)[!.]?$"
    rf"|^{_DONE}\s*[:\u2013-]\s+|\s[\u2013\u2014-]\s*{_DONE}[!.]?$"
    rf"|(?<=[.;)]\s)(?i:{_DONE})(?: (?:on|in|at|since|as of) [^.;]{{1,30}})?(?:[.;](?=\s|$)|$)",
    re.MULTILINE,
)
_MENTION = re.compile(r"(?<![\w/.])@(?P<name>[A-Za-z][\w-]*(?:\.[\w-]+)*)")
_TEAM_SUBJECT = re.compile(
    r"(?:The |the |Our |our )?(?P<team>(?:[\w.&-]+ ){1,4}(?:team|squad|maintainers|engineers|developers))"
    r" (?:(?:should|will|must|shall|plans?|continues?) |(?:is|are|needs?) (?:going to|working|planning|to) )"
)
LONGEST_SPOKEN = 1_000
"""Characters of a sentence that are searched for what it says beside its words."""


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
        return Details(
            self.owner or other.owner,
            self.due or other.due,
            self.status or other.status,
            self.priority or other.priority,
            self.type or other.type,
            tuple(dict.fromkeys(self.links + other.links)),
        )


# In this order: a bracket may hold what would be a field or a priority by itself.
_MARKS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Details]], ...] = (
    (_SIGN, lambda match: Details(status=vocabulary.STATUS_SIGNS[match[0]])),
    (_BRACKETED, lambda match: _bracket_details(match["says"])),
    (_TAIL, lambda match: _tail_details(match["says"])),
    (_FIELD, lambda match: field_details(match["field"], match["says"])),
    (_PRIORITY, lambda match: Details(priority=_priority(match["says"]))),
    (_EDGE_STATUS, lambda match: Details(status=status(match[0]))),
)


def lift(text: str) -> tuple[str, Details]:
    """Take the details that are marked as such out of an item's words; return what is left, on one line.

    >>> title, details = lift("Alert on queue depth (owner: Mia, P1) [done]")
    >>> title, details.owner, details.priority, details.status.value
    ('Alert on queue depth', 'Mia', 'P1', 'done')
    """
    text = text.replace("\ufe0f", "")
    found = Details()
    for mark, read in _MARKS:
        marked: Details | None = None
        for match in reversed(list(mark.finditer(text))):
            details = read(match)
            if details != Details():
                marked = details.or_else(marked) if marked else details
                text = f"{text[: match.start()].rstrip(' ')} {text[match.end() :].lstrip(' ')}"
        found = found.or_else(marked) if marked else found
    if found.due is None and (phrase := _DUE_PHRASE.search(text)) and tells_date(phrase["says"]):
        found = replace(found, due=phrase["says"])
    rest = re.sub(r"\s*[(\[]\s*[)\]]|\s+[.;](?=\s|$)", "", " ".join(text.split()))
    return rest.strip(_EDGE), found


def field_details(field: str, says: str) -> Details:
    """Return what a named field (a column, or a word before a colon) says; nothing for a field that is not known."""
    says = " ".join(says.split()).strip(" *_`.")
    column = column_of(field)
    if column == "status":
        return Details(status=status(says))
    if column == "link":
        return Details(links=tuple(tickets(says)), status=_closing_status(says))
    if column == "notes":
        return Details(status=_part_details(says).status)
    if vocabulary.PLACEHOLDER.fullmatch(says):
        return Details()
    if column == "owner":
        return Details(owner=says.strip("@ ").removesuffix("@") or None)
    if column == "due":
        return Details(due=says if tells_date(says) else None)
    if column == "priority":
        return Details(priority=_priority(says))
    if column == "type":
        return Details(type=type_of(says))
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


def link_details(links: Iterable[Link]) -> Details:
    """Return the addresses that links lead to, without those inside the document."""
    return Details(
        links=tuple(dict.fromkeys(link.url for link in links if not link.url.startswith(("#", "mailto:"))))
    )


def block_details(block: Block) -> Details:
    """Return what the marks on a block say: its task box, its strike-through, its links.

    A block that only cites tickets has those for links.
    """
    state = None
    if block.checked is not None:
        state = DocumentStatus.DONE if block.checked else DocumentStatus.OPEN
    elif block.struck:
        state = DocumentStatus.DONE
    details = replace(link_details(block.links), status=state)
    only_tickets = not details.links and not re.sub(r"[\W_]", "", _TICKET.sub("", block.text))
    return replace(details, links=tuple(tickets(block.text))) if only_tickets else details


def spoken_owner(text: str) -> str | None:
    """Return the owner that a sentence names as its subject ("The search team will …") or by a single handle."""
    if match := _TEAM_SUBJECT.match(text):
        return match["team"]
    names = list(dict.fromkeys(match["name"] for match in _MENTION.finditer(text)))
    return names[0] if len(names) == 1 else None


def spoken_status(text: str) -> DocumentStatus | None:
    """Return the progress that a sentence reports of the work it names."""
    lowered = text[:LONGEST_SPOKEN].lower().replace("\u2019", "'")
    return next(
        (meaning for meaning, phrases in vocabulary.STATUS_BY_SENTENCE if phrases.search(lowered)), None
    )


def status_by_heading(heading: str) -> DocumentStatus | None:
    """Return the progress that a heading states for all that stands below it."""
    lowered = heading[:LONGEST_SPOKEN].lower()
    return next(
        (meaning for meaning, phrases in vocabulary.STATUS_BY_HEADING if phrases.search(lowered)), None
    )


def _priority(says: str) -> str | None:
    words = re.sub(r"(?i)[ -]*prio(?:rity)?$", "", says).strip()
    return words if 0 < len(words) <= 20 else None


def _closing_status(says: str) -> DocumentStatus | None:
    """Return the status in the brackets or capitals that a ticket cell ends with."""
    match = _BRACKETED.search(says) or _EDGE_STATUS.search(says)
    return status(match[0]) if match else _part_details(says).status


def _bracket_details(says: str) -> Details:
    """Return what a bracket says, if each of its comma-separated parts is a detail."""
    found = Details()
    for part in re.split(r"[;,|]", says):
        details = _part_details(part.strip(" *_"))
        if details == Details():
            return Details()
        found = found.or_else(details)
    return found


def _tail_details(says: str) -> Details:
    """Return what the words after a last dash say, if they are several details or one person's handle."""
    if "," in says or says.lstrip().startswith("@"):
        return _bracket_details(says)
    return Details()


def _part_details(part: str) -> Details:
    field, separator, value = part.partition(":")
    if separator and (details := field_details(field, value)) != Details():
        return details
    if _TICKET.fullmatch(part):
        return Details(links=(part,))
    if _PRIORITY.fullmatch(part):
        return Details(priority=_priority(part))
    lowered = part.lower()
    for meaning, phrases in vocabulary.STATUS_WORDS:
        if (match := phrases.search(lowered)) and match.start() <= len("already ") and len(part.split()) <= 5:
            return Details(status=meaning)
    for type_meaning, phrases in vocabulary.TYPES:
        if phrases.fullmatch(lowered):
            return Details(type=type_meaning)
    return _bare_details(part)


def _bare_details(part: str) -> Details:
    """Return what a part without a label says by its shape alone: a date or a name."""
    if (match := _DUE_PHRASE.fullmatch(part)) and tells_date(match["says"]):
        return Details(due=match["says"])
    if len(part.split()) <= 3 and find_date(part):
        return Details(due=part)
    named = re.fullmatch(_NAMES, part) and (part[0] == "@" or part[0].isupper())
    return (
        Details(owner=part.strip("@"))
        if named and len(part) <= 40 and not vocabulary.NOT_A_NAME.search(part.lower())
        else Details()
    )
