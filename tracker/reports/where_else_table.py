"""The where-else report for a terminal."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tracker.reports.terminal import line
from tracker.reports.where_else import ExposedShape, WhereElseShape, in_short, open_questions
from tracker.reports.wording import LONGEST_STATEMENT, brief, counted, entities, familiar, minute, score_sum

REFS_SHOWN = 12
"""How many refs one open question lists on a terminal; the other formats list all."""


def where_else_table(shape: WhereElseShape) -> RenderableType:
    """Return the report for a terminal of 80 columns or more.

    Foreign words enter as `Text`, never as markup, so that a name in brackets stays a name.
    """
    return Group(
        *_heading(shape),
        _section("Exposed", len(shape.exposed)),
        _exposed(shape),
        _section("Cannot tell", len(shape.unknown)),
        *_cannot_tell(shape),
        _section("Ruled out", shape.ruled_out.count),
        _ruled_out(shape),
    )


def _heading(shape: WhereElseShape) -> Iterator[RenderableType]:
    yield Text(brief(shape.heading), style="bold")
    if shape.lesson_statement:
        yield Text(brief(shape.lesson_statement, LONGEST_STATEMENT))
    if shape.learned_from:
        yield Text(f"Learned from: {', '.join(map(brief, shape.learned_from))}")
    if shape.origin:
        yield line(f"Origin: {shape.origin}")
    asked = (f"{brief(one.pattern)} (version {one.version})" for one in shape.patterns)
    yield Text(f"Asked: {', '.join(asked)}")
    if shape.snapshot.observed_at is not None:
        number = "" if shape.snapshot.number is None else f", snapshot {shape.snapshot.number}"
        sources = counted(len(shape.snapshot.sources), "source", "sources")
        yield Text(f"Catalog as of {minute(shape.snapshot.observed_at)}{number}, {sources}")


def _section(name: str, count: int) -> Text:
    return Text(f"\n{name}: {count:,}", style="bold")


def _exposed(shape: WhereElseShape) -> RenderableType:
    if shape.advice:
        return _below(Text(shape.advice))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Score", justify="right", no_wrap=True)
    table.add_column("Entity", overflow="fold", ratio=2)
    table.add_column("Why", overflow="fold", ratio=3)
    for one in shape.exposed:
        table.add_row(Text(str(one.score), style="bold"), _who(one), _why(one, shape).append("\n"))
    return table


def _who(one: ExposedShape) -> Text:
    place = ", ".join(
        brief(words)
        for words in (
            "" if one.platform is None else str(one.platform),
            "" if one.tier is None else f"tier {one.tier}",
            "" if one.environment is None else str(one.environment),
        )
        if words
    )
    who = line(one.ref).append(f"\n{familiar(brief(one.owner)) if one.owner else 'no owner'}")
    return who.append(f"\n{place}") if place else who


def _why(one: ExposedShape, shape: WhereElseShape) -> Text:
    why = Text()
    for reasons in in_short(one):
        for says in reasons.says:
            why.append(f"{familiar(brief(says))}\n")
        why.append(f"  {brief(reasons.source)}, {shape.age(reasons.observed_at)}\n", style="dim")
    return why.append(score_sum(one.score, one.score_parts), style="italic")


def _cannot_tell(shape: WhereElseShape) -> Iterator[RenderableType]:
    if not shape.unknown:
        yield _below(Text("Every entity has a definite answer."))
    for one in open_questions(shape):
        waiting = f"; {entities(len(one.waiting))} wait for it" if one.look_at != one.waiting else ""
        yield _below(line(f"{one.question} about {entities(len(one.look_at))}: {one.who}{waiting}"))
        yield _below(_refs(one.waiting), indent=4)
        if one.look_at != one.waiting:
            yield _below(_refs(one.look_at, "look at "), indent=4)


def _refs(refs: Sequence[str], before: str = "") -> Text:
    listed = ", ".join(familiar(brief(ref)) for ref in refs[:REFS_SHOWN])
    more = f" and {len(refs) - REFS_SHOWN:,} more" if len(refs) > REFS_SHOWN else ""
    return Text(before + listed + more, style="dim")


def _ruled_out(shape: WhereElseShape) -> RenderableType:
    if not shape.ruled_out.by_leaf:
        return _below(Text("Nothing."))
    table = Table.grid(padding=(0, 1))
    table.title, table.title_justify = "by the part of the pattern that is not so:", "left"
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for one in shape.ruled_out.by_leaf:
        asks = Text(brief(one.asks, 60)).append(f"\n{brief(one.leaf)}", style="dim")
        table.add_row(f"{one.count:,}", asks)
    return _below(table)


def _below(content: RenderableType, indent: int = 2) -> Padding:
    return Padding(content, (0, 0, 0, indent))
