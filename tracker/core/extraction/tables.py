"""Tables: what the columns of a table are for, and what each row says of one piece of follow-up work."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tracker.core.documents import Block
from tracker.core.extraction.details import Details, block_details, column_of, field_details, link_details


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table of follow-ups: the words of its work, and what its other columns say."""

    block: Block
    title: str
    details: Details


def follow_up_rows(table: Block, in_follow_ups: bool) -> Iterator[Row]:
    """Yield the rows of a table of follow-ups; a table of something else has none.

    Outside a follow-up section a table must name both the work and who, when or where it is tracked.
    """
    if not table.children or not table.children[0].header:
        return
    columns = _columns(table, in_follow_ups)
    if "action" in columns.values():
        for row in table.children[1:]:
            yield _row(row, columns)


def _columns(table: Block, in_follow_ups: bool) -> dict[int, str]:
    columns: dict[int, str] = {}
    for number, cell in enumerate(table.children[0].children):
        column = column_of(cell.text)
        if column and column not in columns.values():
            columns[number] = column
    said = set(columns.values())
    if "event" in said or not (in_follow_ups or said & {"owner", "due", "status", "link"}):
        return {}
    if "action" not in said and in_follow_ups and said:
        columns[_wordiest(table, columns)] = "action"
    return columns


def _wordiest(table: Block, known: dict[int, str]) -> int:
    """Return the column with most words among those whose headers say nothing."""
    lengths: dict[int, int] = {}
    for row in table.children[1:]:
        for number, cell in enumerate(row.children):
            if number not in known:
                lengths[number] = lengths.get(number, 0) + len(cell.text)
    return max(lengths, key=lambda number: lengths[number], default=0)


def _row(row: Block, columns: dict[int, str]) -> Row:
    title = ""
    details = Details()
    for number, cell in enumerate(row.children):
        column = columns.get(number)
        if column == "action":
            title = cell.text
            details = details.or_else(block_details(cell))
        elif column:
            details = details.or_else(_cell_details(cell, column))
    return Row(row, title, details)


def _cell_details(cell: Block, column: str) -> Details:
    if column != "link" or not cell.links:
        return field_details(column, cell.text).or_else(link_details(cell.links))
    beside = cell.text
    for link in cell.links:  # a ticket's link says more than its key, which is the link's text
        beside = beside.replace(link.text, " ")
    return replace(field_details(column, beside), links=()).or_else(link_details(cell.links))
