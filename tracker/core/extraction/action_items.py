"""Action items: the rules by which follow-up work is found in a document.

A rule is a function from one section to the candidates it sees there. Each candidate names its rule and says how
sure the rule is; where two rules see the same words, the earlier one in ``RULES`` wins.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.core.action_items import ActionItemCandidate
from tracker.core.documents import Block, BlockKind, Document
from tracker.core.extraction import vocabulary
from tracker.core.extraction.dates import find_due
from tracker.core.extraction.details import (
    LONGEST_SPOKEN,
    Details,
    block_details,
    column_of,
    field_details,
    lift,
    link_details,
    spoken_owner,
    spoken_status,
    status_by_heading,
    suggest_type,
    type_of,
)
from tracker.core.extraction.sections import Section, plain
from tracker.core.extraction.sentences import Sentence, first_sentence, sentences
from tracker.core.extraction.tables import follow_up_rows
from tracker.core.extraction.vocabulary import Purpose

LONGEST_ENTRY = 5_000
"""Characters above which an entry is not one piece of work, whatever it says."""

LONGEST_TITLE = 160
"""Characters above which only the first sentence of an entry is its title."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule saw: the words and their lines, the details that columns and marks gave, and how sure the rule is."""

    text: str
    line_start: int
    line_end: int
    rule: str
    confidence: float
    details: Details
    description: str | None = None


Rule = Callable[[Section], Iterator[Finding]]


def find_action_items(
    document: Document, sections: Sequence[Section], incident_date: date | None
) -> tuple[ActionItemCandidate, ...]:
    """Return the follow-up work that a document states, in document order, each piece once."""
    taken: set[int] = set()
    titles: set[str] = set()
    candidates: list[ActionItemCandidate] = []
    for rule in RULES:
        claimed: set[int] = set()
        for section in sections:
            inherited = _inherited(section)
            for finding in rule(section):
                lines = range(finding.line_start, finding.line_end + 1)
                if not taken.isdisjoint(lines):
                    continue
                candidate = _candidate(finding, section, inherited, document, incident_date)
                title = "".join(re.findall(r"\w+", candidate.title.lower()))
                if title and title not in titles:
                    titles.add(title)
                    claimed.update(lines)
                    candidates.append(candidate)
        taken |= claimed
    return tuple(sorted(candidates, key=lambda candidate: (candidate.line_start, candidate.line_end)))


def _candidate(
    finding: Finding, section: Section, inherited: Details, document: Document, incident_date: date | None
) -> ActionItemCandidate:
    words, said = lift(finding.text)
    details = finding.details.or_else(said)
    details = details.or_else(Details(owner=spoken_owner(words), status=spoken_status(words)))
    details = details.or_else(inherited)
    title = words if len(words) <= LONGEST_TITLE else first_sentence(words)
    rest = words[len(title) :].strip()
    description = "\n".join(part for part in (rest, finding.description) if part) or None
    return ActionItemCandidate(
        title=title,
        line_start=finding.line_start,
        line_end=finding.line_end,
        rule=finding.rule,
        confidence=finding.confidence,
        quote=document.quote(finding.line_start, finding.line_end),
        description=description,
        owner=details.owner,
        due=find_due(details.due, incident_date) if details.due else None,
        status=details.status,
        priority=details.priority,
        type=details.type,
        suggested_type=suggest_type(title) if details.type is None else None,
        links=details.links,
        section=section.name,
    )


def _inherited(section: Section) -> Details:
    """Return what the headings of a follow-up section say of all that stands below them."""
    inherited = Details()
    if section.purpose is Purpose.FOLLOW_UPS:
        for heading in map(plain, reversed(section.path)):
            inherited = inherited.or_else(Details(type=type_of(heading), status=status_by_heading(heading)))
    return inherited


def follow_up_bullet(section: Section) -> Iterator[Finding]:
    """Each entry of a list in a follow-up section; entries that only group others give way to those."""
    if section.purpose is not Purpose.FOLLOW_UPS:
        return
    for block in section.blocks:
        if block.kind is BlockKind.LIST:
            for item in _entries(block):
                if is_work(item.text):
                    sure = 0.95 if begins_with_order(item.text) or item.checked is not None else 0.85
                    yield _from_item(item, "follow_up_bullet", sure)


def follow_up_table_row(section: Section) -> Iterator[Finding]:
    """Each row of a table of follow-ups, its columns read by their meaning in any order."""
    for table in section.blocks:
        if table.kind is BlockKind.TABLE:
            for row in follow_up_rows(table, section.purpose is Purpose.FOLLOW_UPS):
                if is_work(row.title):
                    lines = row.block.line_start, row.block.line_end
                    yield Finding(row.title, *lines, "follow_up_table_row", 0.95, row.details)


def task_list(section: Section) -> Iterator[Finding]:
    """Each entry with a task box, wherever it stands."""
    if section.purpose in (Purpose.ADVICE, Purpose.TIMELINE):
        return
    for block in section.blocks:
        for item in block.walk():
            if item.kind is BlockKind.LIST_ITEM and item.checked is not None and is_work(item.text):
                yield _from_item(item, "task_list", 0.7)


def todo_line(section: Section) -> Iterator[Finding]:
    """Each line that announces itself: ``TODO: …``, ``Action item: …``."""
    for block in section.blocks:
        for part in block.walk():
            if part.kind not in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
                continue
            for number, line in enumerate(part.text.split("\n")):
                if (match := vocabulary.TODO_LABEL.match(line)) and is_work(match["work"]):
                    at = min(part.line_start + number, part.line_end)
                    details = Details(owner=match["owner"]).or_else(link_details(part.links))
                    yield Finding(match["work"], at, at, "todo_line", 0.8, details)


def follow_up_sentence(section: Section) -> Iterator[Finding]:
    """Each sentence in the prose of a follow-up section that commits to work, proposes it, or orders it."""
    if section.purpose is not Purpose.FOLLOW_UPS:
        return
    for sentence, block in _prose(section):
        words = _plain_sentence(sentence)
        if not is_work(sentence.text) or _only_announces(sentence.text, words):
            continue
        if vocabulary.COMMITMENT.search(words) or begins_with_order(sentence.text):
            yield _from_sentence(sentence, block, "follow_up_sentence", 0.7)
        elif vocabulary.PROPOSAL.search(words) or vocabulary.ACCOMPLISHMENT.search(words):
            yield _from_sentence(sentence, block, "follow_up_sentence", 0.6)


def commitment(section: Section) -> Iterator[Finding]:
    """Each sentence elsewhere that binds its writers to keep such an incident from coming back, and what they add to it."""
    if section.purpose in (Purpose.FOLLOW_UPS, Purpose.ADVICE, Purpose.TIMELINE):
        return
    bound: Block | None = None
    for sentence, block in _prose(section):
        words = _plain_sentence(sentence)
        if (
            not vocabulary.COMMITMENT.search(words)
            or not is_work(sentence.text)
            or _only_announces(sentence.text, words)
        ):
            continue
        if vocabulary.TO_PREVENT.search(words) or bound is block:
            bound = block
            yield _from_sentence(sentence, block, "commitment", 0.5)


RULES: tuple[Rule, ...] = (
    follow_up_table_row,
    follow_up_bullet,
    task_list,
    todo_line,
    follow_up_sentence,
    commitment,
)
"""The rules, the surest first. A new way in which people write work down is a new function here."""


def is_work(text: str) -> bool:
    """Return whether an entry can be work at all: no placeholder, no instruction to the writer, no question to the reader."""
    if len(text) > LONGEST_ENTRY:
        return False
    line = " ".join(text.split())
    return not (
        vocabulary.PLACEHOLDER.fullmatch(line)
        or (vocabulary.INSTRUCTION.match(line) and line.endswith("?"))
        or vocabulary.TO_READERS.search(line.lower())
        or not re.search(r"[^\W_]", vocabulary.BLANK_TO_FILL.sub("", line))
    )


def begins_with_order(text: str) -> bool:
    """Return whether a text begins with a verb that orders work ("Add an alert")."""
    words = re.findall(r"[a-z-]+", text.lower()[:60])
    if words and words[0] in ("also", "then", "finally", "additionally", "please"):
        words = words[1:]
    return bool(words) and words[0] in vocabulary.WORK_VERBS


def _entries(block: Block) -> Iterator[Block]:
    """Yield the items of a list that are entries of their own."""
    for item in block.children:
        lists = [child for child in item.children if child.kind is BlockKind.LIST]
        if lists and _only_groups(item, lists):
            for nested in lists:
                yield from _entries(nested)
        else:
            yield item


def _only_groups(item: Block, lists: Sequence[Block]) -> bool:
    children = [child for nested in lists for child in nested.children]
    if item.checked is not None or any(_as_field(child.text) for child in children):
        return False
    text = " ".join(item.text.split())
    if not text or text.endswith(":") or any(child.checked is not None for child in children):
        return True
    if begins_with_order(text):
        return False
    return len(text.split()) <= 6 or item.bold


def _as_field(text: str) -> tuple[str, str] | None:
    """Return the field and the value of a line such as ``Owner: Mia``, or ``None``."""
    field, separator, value = text.partition(":")
    known = (
        separator
        and len(field.split()) <= 3
        and column_of(field) in ("owner", "due", "status", "priority", "type", "link")
    )
    return (field, value) if known else None


def _from_item(item: Block, rule: str, confidence: float) -> Finding:
    details = block_details(item)
    described: list[str] = []
    for part in item.walk():
        if part is item:
            continue
        details = details.or_else(link_details(part.links))
        if field := _as_field(part.text):
            details = details.or_else(field_details(*field))
        elif part.text:
            described.append(part.text)
    return Finding(
        item.text, item.line_start, item.line_end, rule, confidence, details, "\n".join(described) or None
    )


def _from_sentence(sentence: Sentence, block: Block, rule: str, confidence: float) -> Finding:
    links = [link for link in block.links if " ".join(link.text.split()) in sentence.text]
    return Finding(
        sentence.text,
        sentence.line_start,
        sentence.line_end,
        rule,
        confidence,
        link_details(links),
    )


def _prose(section: Section) -> Iterator[tuple[Sentence, Block]]:
    for block in section.blocks:
        if block.kind is BlockKind.PARAGRAPH:
            for sentence in sentences(block):
                if not sentence.text.endswith(":"):
                    yield sentence, block


def _only_announces(text: str, words: str) -> bool:
    return bool(vocabulary.ANNOUNCEMENT.search(words) or vocabulary.INSTRUCTION.match(text))


def _plain_sentence(sentence: Sentence) -> str:
    return sentence.text[:LONGEST_SPOKEN].lower().replace("\u2019", "'")
