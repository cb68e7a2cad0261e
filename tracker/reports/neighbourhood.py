"""The picture of a where-else report: what is exposed on the left, and what it touches to the right.

The layout is made here and has no chance in it. Columns are the distance from what is exposed, so that an edge joins
neighbouring columns or stays in one; within a column, each node stands near the middle of its neighbours on the left.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import mean

from packageurl import PackageURL

from tracker.core.catalog import DEPENDENCIES, EntityKind, Ref, kind_of, short_name
from tracker.core.dependency_graph import CatalogGraph
from tracker.reports.where_else import ExposedShape, WhereElseShape
from tracker.reports.wording import brief, visible

MOST_NODES, MOST_EXPOSED = 150, 40
"""A picture with more is a hedge, and a left column with more is a wall; the tables of the report have everything."""

WIDTH, HEIGHT = 250, 38
"""The size of a node."""

_GAP, _BETWEEN_COLUMNS, _MARGIN, _GROUP_LABEL = 10, 120, 64, 26
_LABEL_LENGTH, _NOTE_LENGTH, _FRAME_LENGTH = 28, 38, 34


@dataclass(frozen=True, slots=True)
class Node:
    """A drawn entity: its place, its words, and how it stands in the report (a CSS class and a word)."""

    ref: str
    x: float
    y: float
    label: str
    note: str
    standing: str
    kind: str


@dataclass(frozen=True, slots=True)
class Link:
    """A drawn edge; ``course`` is the ``d`` of an SVG path."""

    from_ref: str
    relation: str
    to_ref: str
    course: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A box around the exposed entities of one platform and owner."""

    label: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A picture, ready to be written as SVG. ``left_out`` counts the entities that it has no room for."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    frames: tuple[Frame, ...]
    width: float
    height: float
    left_out: int


_Edge = tuple[str, str, str]


def neighbourhood(shape: WhereElseShape, graph: CatalogGraph) -> Neighbourhood:
    """Return the picture of the exposed entities with the origin and the paths of their evidence, best ranked first."""
    drawn, edges, left_out = _chosen(shape)
    if shape.origin and shape.origin in drawn:
        origins = graph.edges_out(Ref(shape.origin), DEPENDENCIES)
        edges |= dict.fromkeys((e.from_ref, str(e.relation), e.to_ref) for e in origins if e.to_ref in drawn)
    exposed = {one.ref: one for one in shape.exposed if one.ref in drawn}
    first = [*exposed] if not shape.origin or shape.origin in exposed else [shape.origin, *exposed]
    columns = _columns(first, edges)
    frames, heights = _first_column(first, exposed)
    for before, column in pairwise(columns):
        heights |= _stacked(column, edges, {ref: heights[ref] for ref in before})
    distance = {ref: n for n, column in enumerate(columns) for ref in column}
    unknown = {one.ref for one in shape.unknown}
    nodes = tuple(
        Node(
            ref,
            _x(column),
            heights[ref],
            _label(ref),
            *_standing(ref, exposed.get(ref), shape.origin, unknown),
        )
        for ref, column in distance.items()
    )
    links = tuple(
        Link(*edge, _course((distance[edge[0]], heights[edge[0]]), (distance[edge[2]], heights[edge[2]])))
        for edge in sorted(edges)
    )
    right = _x(len(columns) - 1) + WIDTH + _MARGIN
    bottom = (
        max([*heights.values(), *(frame.y + frame.height - HEIGHT for frame in frames)], default=0) + HEIGHT
    )
    return Neighbourhood(nodes, links, frames, right, bottom + _GAP, left_out)


def _chosen(shape: WhereElseShape) -> tuple[set[str], dict[_Edge, None], int]:
    """Return the refs and edges that fit, the best ranked exposure with all its paths first."""
    drawn = {shape.origin} if shape.origin and shape.exposed else set()
    wanted, edges = set(drawn), dict[_Edge, None]()
    for rank, one in enumerate(shape.exposed):
        paths = [step for line in one.evidence for step in line.path]
        wanted |= {one.ref, *(ref for step in paths for ref in (step.from_ref, step.to_ref))}
        if rank >= MOST_EXPOSED or len(drawn | {one.ref}) > MOST_NODES:
            continue
        drawn.add(one.ref)
        for step in paths:
            ends = {step.from_ref, step.to_ref}
            # A step whose way here had no room stays out too: a picture in one piece has its columns by distance.
            if ends & drawn and len(drawn | ends) <= MOST_NODES:
                drawn |= ends
                edges[step.from_ref, step.relation, step.to_ref] = None
    return drawn, edges, len(wanted) - len(drawn)


def _columns(first: Sequence[str], edges: Iterable[_Edge]) -> list[list[str]]:
    """Return the refs by their distance from the first column, whichever way the edges point."""
    near: dict[str, set[str]] = defaultdict(set)
    for from_ref, _, to_ref in edges:
        near[from_ref].add(to_ref)
        near[to_ref].add(from_ref)
    columns, seen = [list(first)], set(first)
    while found := sorted({far for ref in columns[-1] for far in near[ref]} - seen):
        columns.append(found)
        seen.update(found)
    return columns


def _first_column(
    first: Sequence[str], exposed: dict[str, ExposedShape]
) -> tuple[tuple[Frame, ...], dict[str, float]]:
    """Stack the exposed entities in frames, a frame for each platform and owner, in the order of the best of each."""

    def place(ref: str) -> str:
        if ref not in exposed:
            return "Where it happened"
        one = exposed[ref]
        owner = short_name(Ref(one.owner)) if one.owner else "no owner"
        return f"{one.platform} / {owner}" if one.platform is not None else owner

    order = {label: n for n, label in reversed(list(enumerate(map(place, first))))}
    frames, heights, y = [], {}, 0.0
    for label, refs in groupby(sorted(first, key=lambda ref: order[place(ref)]), key=place):
        top, y = y, y + _GROUP_LABEL
        for ref in refs:
            heights[ref] = y
            y += HEIGHT + _GAP
        frames.append(Frame(brief(label, _FRAME_LENGTH), _MARGIN - _GAP, top, WIDTH + 2 * _GAP, y - top))
        y += _GAP
    return tuple(frames), heights


def _stacked(column: Sequence[str], edges: Iterable[_Edge], before: dict[str, float]) -> dict[str, float]:
    """Place a column's refs at the mean height of their neighbours in the column before, as near as there is room."""
    beside: dict[str, list[float]] = defaultdict(list)
    for from_ref, _, to_ref in edges:
        for ref, other in ((from_ref, to_ref), (to_ref, from_ref)):
            if other in before:
                beside[ref].append(before[other])
    middle = {ref: mean(beside[ref]) for ref in column}
    order = sorted(column, key=lambda ref: (middle[ref], ref))
    heights: dict[str, float] = {}
    y = 0.0
    for ref in order:
        heights[ref] = y = max(y, middle[ref])
        y += HEIGHT + _GAP
    # Making room pushed refs downwards only; moving all up by the mean push puts them back around the middle.
    push = min(mean(heights[ref] - middle[ref] for ref in order), heights[order[0]])
    return {ref: round(height - push, 1) for ref, height in heights.items()}


def _standing(
    ref: str, exposed: ExposedShape | None, origin: str | None, unknown: Container[str]
) -> tuple[str, str, str]:
    """Return a node's note, its standing and its kind."""
    kind = str(kind_of(Ref(ref)))
    words = [f"{PackageURL.from_string(ref).type} package" if kind == EntityKind.PACKAGE else kind]
    if ref == origin:
        words.insert(0, "origin")
    if exposed is not None:
        words += [] if exposed.tier is None else [f"tier {exposed.tier}"]
        words.append(f"score {exposed.score}")
        standing = "exposed"
    elif ref in unknown:
        words.append("cannot tell")
        standing = "unknown"
    else:
        standing = "touched"
    return brief(", ".join(words), _NOTE_LENGTH), standing, kind


def _label(ref: str) -> str:
    """Return what people call an entity, with its namespace where that is not the default one.

    A long name loses its middle: names that begin alike often differ at the end.
    """
    if kind_of(Ref(ref)) is EntityKind.PACKAGE:
        package = PackageURL.from_string(ref)
        name = "/".join(filter(None, (package.namespace, package.name)))
    else:
        name = ref.partition(":")[2].removeprefix("default/")
    name = visible(name)
    return (
        name
        if len(name) <= _LABEL_LENGTH
        else f"{name[: _LABEL_LENGTH // 2]}…{name[1 - _LABEL_LENGTH // 2 :]}"
    )


def _x(column: int) -> float:
    return _MARGIN + column * (WIDTH + _BETWEEN_COLUMNS)


def _course(start: tuple[int, float], end: tuple[int, float]) -> str:
    """Return a curve between two nodes, each a column and a height; within one column it swings out at the side."""
    (from_column, from_y), (to_column, to_y) = start, end
    from_y, to_y = from_y + HEIGHT / 2, to_y + HEIGHT / 2
    if from_column == to_column:
        side = _x(from_column) + (WIDTH if from_column else 0)
        swing = min(30 + abs(to_y - from_y) / 8, 1.25 * _MARGIN) * (1 if from_column else -1)
        return f"M{side} {from_y} C{side + swing} {from_y} {side + swing} {to_y} {side} {to_y}"
    rightward = from_column < to_column
    x1 = _x(from_column) + (WIDTH if rightward else 0)
    x2 = _x(to_column) + (0 if rightward else WIDTH)
    half = (x1 + x2) / 2
    return f"M{x1} {from_y} C{half} {from_y} {half} {to_y} {x2} {to_y}"
