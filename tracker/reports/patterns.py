"""Patterns as machines read them, and as a terminal shows them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.core.patterns import Pattern as ParsedPattern
from tracker.reports.shape import Shape
from tracker.reports.terminal import fields, line, table
from tracker.reports.wording import minute
from tracker.storage.patterns import PatternRecord
from tracker.storage.tables import Pattern


class PatternRowShape(Shape):
    """One pattern in a list, with the number of its newest version; 0 is one that is not stored."""

    pattern: str
    version: int
    about: str


class PatternEditionShape(Shape):
    """When a version of a pattern was kept, and by whom."""

    version: int
    created_at: datetime
    actor: str


class StoredPatternShape(PatternRowShape):
    """A pattern in one of its versions: as its author wrote it, as it was understood, and who uses it."""

    source_text: str
    definition: dict[str, Any]
    lessons: list[str]
    versions: list[PatternEditionShape]


def pattern_row(row: tuple[Pattern, int]) -> PatternRowShape:
    """Return one pattern of a list, with the number of its newest version, in its public shape."""
    pattern, version = row
    return PatternRowShape(pattern=pattern.name, version=version, about=pattern.about)


def checked_pattern(pattern: ParsedPattern) -> PatternRowShape:
    """Return a pattern that was read and not kept in its public shape."""
    return PatternRowShape(pattern=pattern.name, version=0, about=pattern.about)


def pattern_shape(record: PatternRecord) -> StoredPatternShape:
    """Return a stored pattern in its public shape."""
    version = record.version
    about = version.definition.get("about")
    return StoredPatternShape(
        pattern=record.pattern.name,
        version=version.number,
        about=str(about).strip() if about else "",
        source_text=version.source_text,
        definition=version.definition,
        lessons=list(record.lessons),
        versions=[
            PatternEditionShape(version=one.number, created_at=one.created_at, actor=one.actor)
            for one in record.versions
        ],
    )


def patterns_table(shapes: Iterable[PatternRowShape]) -> RenderableType:
    """Return stored patterns for a terminal, one a line."""
    rows = [(one.pattern, one.version, one.about) for one in shapes]
    if not rows:
        return Text("No patterns yet. `elsewhere lessons add-pattern LESSON FILE` keeps one.")
    return table(("Pattern", "Version", "About"), rows, numbers=("Version",))


def pattern_page(shape: StoredPatternShape) -> RenderableType:
    """Return one pattern for a terminal: what it says, and its versions."""
    return Group(
        Text(f"Pattern {shape.pattern}, version {shape.version}: ", style="bold").append(line(shape.about)),
        fields([("lessons", ", ".join(shape.lessons))]),
        *(Text("  ").append(line(one)) for one in shape.source_text.splitlines()),
        *(line(f"version {one.version}: {minute(one.created_at)} {one.actor}") for one in shape.versions),
    )
