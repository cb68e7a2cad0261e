"""What a catalog import changed, as machines read it, and as a terminal shows it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.core.catalog import SourceSnapshot
from tracker.core.catalog_difference import CatalogDifference, Changes
from tracker.reports.shape import Shape
from tracker.reports.terminal import line, table
from tracker.reports.wording import minute


class ChangesShape(Shape):
    """How many things changed in one way, and the first of their names."""

    count: int
    first: list[str]


class DifferenceShape(Shape):
    """What became of one sort of assertions; ``total`` is how many of them the source makes now."""

    total: int
    added: ChangesShape
    gone: ChangesShape
    changed: ChangesShape


class ImportedShape(Shape):
    """One import: its file, its source, and how it differs from what that source said before."""

    file: str
    source: str
    kind: str
    observed_at: datetime
    snapshot: int
    unchanged: bool
    differences: dict[str, DifferenceShape]


def imported_shape(file: str, snapshot: SourceSnapshot, difference: CatalogDifference) -> ImportedShape:
    """Return one import in its public shape."""
    return ImportedShape(
        file=file,
        source=snapshot.source,
        kind=snapshot.kind,
        observed_at=snapshot.observed_at,
        snapshot=difference.snapshot,
        unchanged=difference.unchanged,
        differences={
            sort: DifferenceShape(
                total=one.total,
                added=_changes(one.added),
                gone=_changes(one.gone),
                changed=_changes(one.changed),
            )
            for sort, one in difference.by_sort().items()
        },
    )


def imported_table(shapes: Sequence[ImportedShape]) -> RenderableType:
    """Return imports for a terminal: per source and sort what was added, went and changed, with the first names."""
    rows = [
        (one.source, sort, part.total, part.added.count, part.gone.count, part.changed.count)
        for one in shapes
        for sort, part in one.differences.items()
        if part.total or part.gone.count
    ]
    numbers = ("Now", "Added", "Gone", "Changed")
    columns = ("Source", "What", *numbers)
    return Group(table(columns, rows, numbers=numbers), *_remarks(shapes))


def _remarks(shapes: Sequence[ImportedShape]) -> Iterator[RenderableType]:
    for one in shapes:
        if one.unchanged:
            yield line(f"{one.source}: the same as before, observed {minute(one.observed_at)}")
            continue
        yield line(f"{one.source}: observed {minute(one.observed_at)}, snapshot {one.snapshot}")
        first_import = not any(part.gone.count or part.changed.count for part in one.differences.values())
        for sort, part in one.differences.items() if not first_import else ():
            for how, changes in (("added", part.added), ("gone", part.gone), ("changed", part.changed)):
                if changes.count:
                    more = (
                        f" and {changes.count - len(changes.first)} more"
                        if changes.count > len(changes.first)
                        else ""
                    )
                    yield Text("  ").append(line(f"{sort} {how}: {', '.join(changes.first)}{more}"))


def _changes(changes: Changes) -> ChangesShape:
    return ChangesShape(count=changes.count, first=list(changes.first))
