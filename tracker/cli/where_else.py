"""The command that reports where else a lesson applies."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.patterns import read_pattern
from tracker.cli.terminal import application, note, out, parse_ref_option, write
from tracker.core.errors import InvalidInput

if TYPE_CHECKING:
    from tracker.core.patterns import Pattern
    from tracker.workflows.find_where_else import Answer


class ReportFormat(StrEnum):
    """How the report is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


def add_to(app: typer.Typer) -> None:
    """Add the commands that stand on their own."""
    app.command("where-else")(where_else)


def where_else(
    context: typer.Context,
    pattern: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|NAME", help="A pattern file or a kept pattern; may be repeated."),
    ] = None,
    lesson: Annotated[str | None, typer.Option(metavar="KEY", help="All patterns of this lesson.")] = None,
    origin: Annotated[
        str | None, typer.Option(metavar="REF", help="Where it was learned: what is like it ranks higher.")
    ] = None,
    why: Annotated[
        str | None, typer.Option(metavar="REF", help="Explain the answer for this entity alone.")
    ] = None,
    how: Annotated[ReportFormat, typer.Option("--format")] = ReportFormat.TABLE,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there, not to the terminal.")
    ] = None,
    keep: Annotated[
        bool, typer.Option(help="Keep what was found for a lesson as exposures; --no-keep only looks.")
    ] = True,
) -> None:
    """Report where else a lesson applies: exposed, cannot tell, and ruled out, with evidence for every line.

    Examples:

        elsewhere where-else --lesson command-timeouts --origin component:default/checkout

        elsewhere where-else --pattern redis.yaml --format html --output report.html

        elsewhere where-else --lesson command-timeouts --why component:default/search
    """
    from tracker.workflows import find_where_else

    if bool(pattern) == bool(lesson):
        raise InvalidInput("name either a lesson or patterns", "--lesson, --pattern")
    _check_output(how, output, explains=why is not None)
    opened = application(context)
    asked = [_pattern(one) for one in pattern or ()]
    about, ref = parse_ref_option(origin, "--origin"), parse_ref_option(why, "--why")
    if ref is not None:
        from tracker.reports.shape import as_json
        from tracker.reports.why import why_shape, why_tree

        shape = why_shape(*find_where_else.why(opened.context, asked, lesson, ref))
        if how is ReportFormat.JSON:
            _deliver(as_json(shape), output)
        else:
            out.print(why_tree(shape))
        return
    weights = opened.settings.rank
    answer = (
        find_where_else.by_lesson(opened.context, lesson, origin=about, weights=weights, keep=keep)
        if lesson
        else find_where_else.by_patterns(opened.context, asked, origin=about, weights=weights)
    )
    _print(answer, how, output)


def _check_output(how: ReportFormat, output: Path | None, *, explains: bool) -> None:
    """Refuse what could not be delivered before anything is kept."""
    if explains and how not in (ReportFormat.TABLE, ReportFormat.JSON):
        raise InvalidInput(f"--why is printed as table or json, not {how}", "--format")
    if output is None:
        return
    if how is ReportFormat.TABLE:
        raise InvalidInput(
            "a table is for the terminal; choose markdown, html or json for a file", "--format"
        )
    if output.is_dir():
        raise InvalidInput("cannot be written (Is a directory)", str(output))
    if not output.absolute().parent.is_dir():
        raise InvalidInput("cannot be written (No such file or directory)", str(output))


def _pattern(named: str) -> "Pattern | str":
    from tracker.core.patterns.reader import NAME

    path = Path(named)
    if path.exists() or not NAME.fullmatch(named):
        return read_pattern(path)
    return named


def _print(answer: "Answer", how: ReportFormat, output: Path | None) -> None:
    if how is ReportFormat.TABLE:
        from tracker.reports.where_else import answer_shape
        from tracker.reports.where_else_table import where_else_table

        out.print(where_else_table(answer_shape(answer)))
        return
    _deliver(render(answer, how), output)


def render(answer: "Answer", how: ReportFormat) -> str:
    """Return a report as text of a format."""
    from tracker.reports.where_else import answer_shape

    shape = answer_shape(answer)
    match how:
        case ReportFormat.JSON:
            from tracker.reports.shape import as_json

            return as_json(shape)
        case ReportFormat.MARKDOWN:
            from tracker.reports.where_else_markdown import where_else_markdown

            return where_else_markdown(shape)
        case ReportFormat.HTML:
            from tracker.reports.where_else_html import where_else_html

            return where_else_html(shape, answer.graph)
    raise AssertionError(how)


def _deliver(text: str, output: Path | None) -> None:
    if output is None:
        write(text)
        return
    write_file(output, text)
    note(f"{output} is written")


def write_file(path: Path, text: str) -> None:
    """Write a report where a person asked for it; raises `InvalidInput` naming the file when that cannot be."""
    try:
        path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"cannot be written ({error.strerror})", str(path)) from error
