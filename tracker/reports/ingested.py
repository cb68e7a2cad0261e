"""What an ingest did, document by document."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.reports.shape import Shape
from tracker.reports.terminal import table
from tracker.workflows.ingest_postmortems import Ingested, Outcome


class IngestedShape(Shape):
    """One document's outcome, with how many items are new, updated and withdrawn, and how many learnings it has."""

    name: str
    outcome: str
    postmortem_id: int | None
    new: int
    updated: int
    withdrawn: int
    learnings: int
    problem: str | None


def ingested_shape(ingested: Ingested) -> IngestedShape:
    """Return one document's outcome in its public shape."""
    return IngestedShape(**{name: getattr(ingested, name) for name in IngestedShape.model_fields})


def ingested_table(shapes: Sequence[IngestedShape]) -> RenderableType:
    """Return outcomes for a terminal: the documents that changed something, and a count of all."""
    if not shapes:
        return Text(
            "No documents there. Markdown, text and other document files are read; hidden ones are not."
        )
    rows = [
        (
            one.postmortem_id,
            one.outcome,
            PurePath(one.name).name,
            one.new,
            one.updated,
            one.withdrawn,
            one.learnings,
        )
        for one in shapes
        if one.outcome != Outcome.UNCHANGED
    ]
    counts = Counter(one.outcome for one in shapes)
    summary = Text(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())), style="bold")
    columns = ("Id", "Outcome", "Document", "New", "Updated", "Withdrawn", "Learnings")
    numbers = ("Id", "New", "Updated", "Withdrawn", "Learnings")
    return Group(table(columns, rows, numbers=numbers), summary) if rows else summary
