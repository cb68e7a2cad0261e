"""How reports look on a terminal: plain tables whose foreign words never act."""

from collections.abc import Iterable, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from tracker.reports.wording import brief, familiar


def line(text: object) -> Text:
    """Return foreign text for a terminal: harmless, of bearable length; a list has a line each, ``None`` nothing."""
    if isinstance(text, list):
        return Text("\n").join(line(one) for one in text)
    return Text("" if text is None else familiar(brief(str(text))))


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Sequence[str] = (),
    widest: Mapping[str, int] | None = None,
    gap: int = 2,
) -> Table:
    """Return a table of foreign text, ``gap`` blanks apart.

    The columns in ``numbers`` stand to the right; those in ``widest`` are folded before others have to be.
    """
    made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, gap, 0, 0))
    for name in columns:
        right = name in numbers
        made.add_column(
            name,
            justify="right" if right else "left",
            no_wrap=right,
            overflow="fold",
            max_width=(widest or {}).get(name),
        )
    for row in rows:
        made.add_row(*(line(value) for value in row))
    return made


def fields(rows: Iterable[tuple[str, object]]) -> Table:
    """Return names and values, one pair a line, without those that have no value."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True, style="dim")
    made.add_column(overflow="fold")
    for name, value in rows:
        if value not in (None, "", [], ()):
            made.add_row(name, line(value))
    return made
