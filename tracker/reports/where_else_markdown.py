"""The where-else report in Markdown, for a ticket, a wiki page or a chat."""

import re
from collections.abc import Iterable, Iterator, Sequence

from tracker.core.catalog import Value
from tracker.reports.where_else import ExposedShape, WhereElseShape, in_short, open_questions
from tracker.reports.wording import LONGEST, LONGEST_STATEMENT, brief, counted, entities, minute, score_sum

_ACTIVE = re.compile(r"^[#+-]|[\\`*_\[\]|~$@]|(?<=:)/(?=/)")
_AS_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def where_else_markdown(shape: WhereElseShape) -> str:
    """Return the report as CommonMark with tables. Foreign words are escaped: they make no links, tags or cells."""
    blocks = (
        *_heading(shape),
        f"## Exposed: {len(shape.exposed):,}",
        *_exposed(shape),
        f"## Cannot tell: {len(shape.unknown):,}",
        *_cannot_tell(shape),
        f"## Ruled out: {shape.ruled_out.count:,}",
        *_ruled_out(shape),
        "## Sources",
        *_sources(shape),
    )
    return "\n\n".join(blocks) + "\n"


def escaped(text: str, longest: int = LONGEST) -> str:
    r"""Return foreign text that Markdown shows as it is written, in a table's cell too.

    >>> print(escaped("<b>|[x](y)"))
    &lt;b&gt;\|\[x\](y)
    """
    return _ACTIVE.sub(r"\\\g<0>", brief(text, longest).translate(_AS_ENTITIES))


def _heading(shape: WhereElseShape) -> Iterator[str]:
    yield f"# Where else: {escaped(shape.heading)}"
    if shape.lesson_statement:
        yield f"> {escaped(shape.lesson_statement, LONGEST_STATEMENT)}"
    asked = ", ".join(f"{escaped(one.pattern)} (version {one.version})" for one in shape.patterns)
    lines = [f"- Asked: {asked}"]
    if shape.learned_from:
        lines.append(f"- Learned from: {', '.join(map(escaped, shape.learned_from))}")
    if shape.origin:
        lines.append(f"- Origin: {escaped(shape.origin)}")
    if shape.snapshot.observed_at is not None:
        number = "" if shape.snapshot.number is None else f", snapshot {shape.snapshot.number}"
        lines.append(f"- Catalog as of {minute(shape.snapshot.observed_at)}{number}")
    yield "\n".join(lines)


def _exposed(shape: WhereElseShape) -> Iterator[str]:
    if shape.advice:
        yield escaped(shape.advice)
        return
    header = ("Score", "Entity", "Owner", "Platform", "Environment", "Tier", "Why", "Score is")
    yield _table(
        header,
        (
            (
                str(one.score),
                escaped(one.ref),
                _cell(one.owner),
                _cell(one.platform),
                _cell(one.environment),
                _cell(one.tier),
                _why(one, shape),
                escaped(score_sum(one.score, one.score_parts)),
            )
            for one in shape.exposed
        ),
    )


def _why(one: ExposedShape, shape: WhereElseShape) -> str:
    return "; ".join(
        f"{'; '.join(map(escaped, reasons.says))} "
        f"({escaped(reasons.source)}, {shape.age(reasons.observed_at)})"
        for reasons in in_short(one)
    )


def _cannot_tell(shape: WhereElseShape) -> Iterator[str]:
    if not shape.unknown:
        yield "Every entity has a definite answer."
        return
    for one in open_questions(shape):
        lines = [f"**{escaped(one.question)}** about {entities(len(one.look_at))}: {escaped(one.who)}\n"]
        lines.extend(f"- {escaped(ref)}" for ref in one.waiting)
        if one.look_at != one.waiting:
            lines.append(f"- to look at: {', '.join(map(escaped, one.look_at))}")
        yield "\n".join(lines)


def _ruled_out(shape: WhereElseShape) -> Iterator[str]:
    if not shape.ruled_out.by_leaf:
        yield "Nothing."
        return
    yield _table(
        ("Entities", "Decided by", "Leaf"),
        ((f"{one.count:,}", escaped(one.asks), escaped(one.leaf)) for one in shape.ruled_out.by_leaf),
    )


def _sources(shape: WhereElseShape) -> Iterator[str]:
    if not shape.snapshot.sources:
        yield "None: the catalog is empty."
        return
    yield counted(len(shape.snapshot.sources), "source has", "sources have") + " looked:"
    yield _table(
        ("Source", "Kind", "Looked at", "Age"),
        (
            (escaped(one.source), escaped(one.kind), minute(one.observed_at), shape.age(one.observed_at))
            for one in shape.snapshot.sources
        ),
    )


def _cell(value: Value) -> str:
    return "" if value is None else escaped(str(value))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (header, ["---"] * len(header), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
