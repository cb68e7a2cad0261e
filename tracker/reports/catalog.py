"""What a catalog import changed, as machines read it, and as a terminal shows it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.core.catalog import SourceSnapshot, Value
from tracker.core.catalog_difference import CatalogDifference, Changes
from tracker.reports.shape import Shape
from tracker.reports.terminal import fields, line, table
from tracker.reports.wording import minute
from tracker.storage.catalog_entities import EdgeRow, EntityRecord, EntityRow
from tracker.storage.tables import CatalogSnapshot, Source


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


class CatalogSourceShape(Shape):
    """A source of the catalog with its newest snapshot; ``counts`` is what that changed, by sort of assertion."""

    name: str
    kind: str
    snapshot: int
    observed_at: datetime
    imported_at: datetime
    actor: str
    counts: dict[str, dict[str, int]]


class EntityRowShape(Shape):
    """An entity in a list: who lists it, and what the sources agree on. Nobody lists what is only an edge's end."""

    ref: str
    kind: str
    sources: list[str]
    owner: str | None
    attributes: dict[str, Value]


class EntitySaidShape(Shape):
    """What one source says of an entity under one of its names; without ``tags`` it says nothing of tags."""

    source: str
    observed_at: datetime
    ref: str
    attributes: dict[str, Value]
    tags: list[str] | None
    facts: dict[str, Value]


class AliasShape(Shape):
    """Another name of an entity, and the source that says so."""

    alias: str
    source: str


class EdgeShape(Shape):
    """One source's word for an edge; ``ref`` is its other end."""

    relation: str
    ref: str
    source: str
    facts: dict[str, Value]


class EdgesShape(Shape):
    """The first edges of one direction; ``total`` is how many there are."""

    total: int
    first: list[EdgeShape]


class EntityShape(Shape):
    """All that is known of an entity."""

    ref: str
    kind: str
    created_at: datetime
    aliases: list[AliasShape]
    said: list[EntitySaidShape]
    relations_out: EdgesShape
    relations_in: EdgesShape


def source_shape(source: Source, snapshot: CatalogSnapshot) -> CatalogSourceShape:
    """Return a source in its public shape."""
    return CatalogSourceShape(
        name=source.name,
        kind=source.kind,
        snapshot=snapshot.number,
        observed_at=snapshot.observed_at,
        imported_at=snapshot.imported_at,
        actor=snapshot.actor,
        counts=snapshot.counts,
    )


def entity_row(row: EntityRow) -> EntityRowShape:
    """Return one entity of a list in its public shape."""
    return EntityRowShape(
        ref=row.entity.ref,
        kind=row.entity.kind,
        sources=list(row.sources),
        owner=row.owners[0] if len(row.owners) == 1 else None,
        attributes=row.attributes,
    )


def entity_shape(record: EntityRecord) -> EntityShape:
    """Return an entity in its public shape."""
    return EntityShape(
        ref=record.entity.ref,
        kind=record.entity.kind,
        created_at=record.entity.created_at,
        aliases=[AliasShape(alias=alias, source=source) for alias, source in record.aliases],
        said=[EntitySaidShape(**asdict(one)) for one in record.said],
        relations_out=_edges(record.edges_out, record.edges_out_total),
        relations_in=_edges(record.edges_in, record.edges_in_total),
    )


def _edges(rows: Sequence[EdgeRow], total: int) -> EdgesShape:
    return EdgesShape(total=total, first=[EdgeShape(**asdict(one)) for one in rows])


def sources_table(shapes: Sequence[CatalogSourceShape]) -> RenderableType:
    """Return the catalog's sources for a terminal, one a line; an empty list says what to do next."""
    if not shapes:
        return Text("No catalog yet. `elsewhere catalog import FILE` brings one in.")
    rows = [
        (one.name, one.kind, one.snapshot, minute(one.observed_at), *(_total(one, of) for of in _COUNTED))
        for one in shapes
    ]
    numbers = ("Snapshot", "Entities", "Relations")
    return table(("Source", "Kind", "Snapshot", "Observed", "Entities", "Relations"), rows, numbers=numbers)


_COUNTED = ("entities", "relations")


def _total(shape: CatalogSourceShape, sort: str) -> int:
    return shape.counts.get(sort, {}).get("total", 0)


def entity_page(shape: EntityShape) -> RenderableType:
    """Return one entity for a terminal: what each source says of it, and what it is joined to."""
    parts: list[RenderableType] = [
        Text(f"{shape.kind.capitalize()} ", style="bold").append(line(shape.ref)),
        fields([("aliases", ", ".join(sorted({one.alias for one in shape.aliases})))]),
    ]
    rows = [
        (said.source, sort, name, "unset" if value is None else value)
        for said in shape.said
        for sort, values in (("attribute", said.attributes), ("fact", said.facts))
        for name, value in values.items()
    ]
    rows += [(one.source, "tags", "", ", ".join(one.tags)) for one in shape.said if one.tags]
    if rows:
        parts.append(table(("Source", "What", "Name", "Value"), rows))
    for title, edges in (("Edges out", shape.relations_out), ("Edges in", shape.relations_in)):
        if edges.first:
            parts.append(Text(f"\n{title}: {edges.total:,}", style="bold"))
            parts.append(
                table(
                    ("Relation", "Entity", "Source"),
                    [(one.relation, one.ref, one.source) for one in edges.first],
                )
            )
        if edges.total > len(edges.first):
            parts.append(Text(f"and {edges.total - len(edges.first):,} more", style="dim"))
    return Group(*parts)


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
