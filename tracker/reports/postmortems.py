"""Postmortems as machines read them, and as a terminal shows them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.reports.shape import Shape
from tracker.reports.terminal import fields, line, table
from tracker.storage.lessons import LearningRecord
from tracker.storage.postmortems import PostmortemRecord
from tracker.storage.tables import Learning, Postmortem, PostmortemRevision


class PostmortemRowShape(Shape):
    """One postmortem in a list."""

    id: int
    title: str | None
    name: str
    uri: str
    incident_date: date | None
    severity: str | None
    severity_level: int | None
    confidential: bool
    action_items: int
    learnings: int
    created_at: datetime
    updated_at: datetime
    version: int


class LearningShape(Shape):
    """A remark that a postmortem makes about what it taught."""

    id: int
    text: str
    section: str | None
    line_start: int
    line_end: int
    withdrawn: bool


class LearningRecordShape(LearningShape):
    """A learning with its postmortem and the lessons that it led to."""

    rule: str
    postmortem_id: int
    postmortem: str
    confidential: bool
    lessons: list[str]
    created_at: datetime


class MentionShape(Shape):
    """A service or program as printed, with what it was matched to."""

    printed: str
    matched: str | None
    state: str | None = None


class PostmortemItemShape(Shape):
    """An action item as its postmortem lists it."""

    id: int
    title: str
    state: str
    owner: str | None
    due: date | None
    line_start: int
    withdrawn: bool


class PostmortemShape(PostmortemRowShape):
    """A postmortem with all that was taken from it."""

    revisions: int
    items: list[PostmortemItemShape]
    learned: list[LearningShape]
    services: list[MentionShape]
    programs: list[MentionShape]


class RevisionShape(Shape):
    """The bytes of a postmortem as they were once ingested."""

    number: int
    content_hash: str
    size: int
    ingested_at: datetime
    actor: str


def postmortem_row(postmortem: Postmortem, items: int, learnings: int) -> PostmortemRowShape:
    """Return one postmortem of a list in its public shape."""
    return PostmortemRowShape(action_items=items, learnings=learnings, **_own(postmortem))


def postmortem_shape(record: PostmortemRecord) -> PostmortemShape:
    """Return a postmortem with all that was taken from it in its public shape."""
    return PostmortemShape(
        **_own(record.postmortem),
        action_items=sum(origin.withdrawn_at is None for _, origin in record.items),
        learnings=sum(learning.withdrawn_at is None for learning in record.learnings),
        revisions=record.revisions,
        items=[
            PostmortemItemShape(
                id=item.id,
                title=item.title,
                state=item.state,
                owner=item.owner,
                due=item.due,
                line_start=origin.line_start,
                withdrawn=origin.withdrawn_at is not None,
            )
            for item, origin in record.items
        ],
        learned=[LearningShape(**_learning(learning)) for learning in record.learnings],
        services=[
            MentionShape(printed=mention.printed, matched=ref, state=mention.state)
            for mention, ref in record.services
        ],
        programs=[MentionShape(printed=mention.printed, matched=key) for mention, key in record.programs],
    )


def learning_shape(record: LearningRecord) -> LearningRecordShape:
    """Return a learning in its public shape."""
    learning, postmortem = record.learning, record.postmortem
    return LearningRecordShape(
        **_learning(learning),
        rule=learning.rule,
        postmortem_id=postmortem.id,
        postmortem=postmortem.title or postmortem.name,
        confidential=postmortem.confidential,
        lessons=list(record.lessons),
        created_at=learning.created_at,
    )


def revision_shape(revision: PostmortemRevision, size: int) -> RevisionShape:
    """Return a revision in its public shape."""
    fields = {name: getattr(revision, name) for name in RevisionShape.model_fields if name != "size"}
    return RevisionShape(size=size, **fields)


def _learning(learning: Learning) -> dict[str, Any]:
    own = {name: getattr(learning, name) for name in LearningShape.model_fields if name != "withdrawn"}
    return own | {"withdrawn": learning.withdrawn_at is not None}


def _own(postmortem: Postmortem) -> dict[str, Any]:
    counted = ("action_items", "learnings")
    return {
        name: getattr(postmortem, name) for name in PostmortemRowShape.model_fields if name not in counted
    }


def postmortems_table(shapes: Iterable[PostmortemRowShape]) -> RenderableType:
    """Return postmortems for a terminal, one a line; an empty list says what to do next."""
    rows = [
        (
            one.id,
            one.incident_date,
            one.severity,
            f"{one.title or one.name}{' [confidential]' if one.confidential else ''}",
            one.action_items,
            one.learnings,
        )
        for one in shapes
    ]
    if not rows:
        return Text("No postmortems yet. `elsewhere ingest PATH` reads files and folders.")
    columns = ("Id", "Date", "Severity", "Title", "Items", "Learnings")
    return table(columns, rows, numbers=("Id", "Items", "Learnings"))


def postmortem_page(shape: PostmortemShape) -> RenderableType:
    """Return one postmortem with all that was taken from it for a terminal."""
    revisions = f"{shape.revisions} revisions" if shape.revisions > 1 else None
    parts: list[RenderableType] = [
        Text(f"Postmortem {shape.id}: ", style="bold").append(line(shape.title or shape.name)),
        fields(
            [
                ("date", shape.incident_date),
                ("severity", shape.severity),
                ("document", shape.uri),
                ("revisions", revisions),
                ("confidential", "yes" if shape.confidential else None),
                ("services", ", ".join(_mention(one) for one in shape.services)),
                ("programs", ", ".join(_mention(one) for one in shape.programs)),
            ]
        ),
        Text("\nAction items", style="bold"),
    ]
    items = [
        (
            one.id,
            "withdrawn in source" if one.withdrawn else one.state,
            one.title,
            one.owner,
            one.due,
            one.line_start,
        )
        for one in shape.items
    ]
    columns = ("Item", "State", "Title", "Owner", "Due", "Line")
    parts.append(table(columns, items, numbers=("Item", "Line")) if items else Text("  None was found."))
    parts.append(Text("\nLearnings", style="bold"))
    learned = [
        (one.id, f"{one.text}{' (withdrawn)' if one.withdrawn else ''}", one.line_start)
        for one in shape.learned
    ]
    parts.append(
        table(("Learning", "Text", "Line"), learned, numbers=("Learning", "Line"))
        if learned
        else Text("  None was found.")
    )
    return Group(*parts)


def _mention(one: MentionShape) -> str:
    return f"{one.printed} ({one.matched})" if one.matched else f"{one.printed} (not in the catalog)"
