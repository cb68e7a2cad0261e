"""Commands about postmortems: ingest, extract, template, list and show."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.terminal import (
    DONE,
    LARGEST,
    NEEDS_A_PERSON,
    REFUSED,
    Format,
    FormatOption,
    application,
    complain,
    err,
    group,
    note,
    out,
    show,
    stop,
    write,
)

commands = group("postmortems", "What was ingested, and what was taken from it.", "postmortems show 3")


def add_to(app: typer.Typer) -> None:
    """Add the commands that stand on their own."""
    app.command()(ingest)
    app.command()(extract)
    app.command()(template)


def ingest(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files and folders.")],
    confidential: Annotated[
        bool, typer.Option(help="Nothing of these documents leaves through reports or other systems.")
    ] = False,
    how: FormatOption = Format.TABLE,
) -> None:
    """Take action items and learnings from postmortems into the database.

    Each document is saved by itself, so a run that was cut short is completed by running it again; an unchanged
    document changes nothing. Exit code 3 when somebody has to look at some documents; each is named.

    Examples:

        elsewhere ingest postmortems/

        elsewhere ingest 2026-11-02-checkout.md --confidential
    """
    from rich.progress import Progress

    from tracker.core.errors import ElsewhereError
    from tracker.reports.ingested import ingested_shape, ingested_table
    from tracker.workflows.ingest_postmortems import Ingested, Outcome
    from tracker.workflows.ingest_postmortems import ingest as ingest_all

    opened = application(context)
    outcomes: list[Ingested] = []
    fault: ElsewhereError | None = None
    source = opened.postmortem_source("files")
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("Reading postmortems", total=None)
        try:
            for outcome in ingest_all(opened.context, source, paths, confidential=confidential):
                outcomes.append(outcome)
                progress.update(task, advance=1, description=f"Reading postmortems: {len(outcomes)}")
        except ElsewhereError as error:
            if not outcomes:
                raise
            fault = error  # what was saved before it is told all the same
    shapes = [ingested_shape(outcome) for outcome in outcomes]
    show(lambda: ingested_table(shapes), shapes, how)
    troubled = [outcome for outcome in outcomes if outcome.needs_a_person]
    for outcome in troubled:
        note(f"error: {outcome.problem}")
    if fault is not None:
        stop(complain(fault))
    if troubled:
        unreadable = all(outcome.outcome is Outcome.UNREADABLE for outcome in outcomes)
        stop(REFUSED if unreadable else NEEDS_A_PERSON)


def extract(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Documents to read.")],
    how: Annotated[
        str, typer.Option("--format", help="jsonl: one JSON object per document, in order.")
    ] = "jsonl",
) -> None:
    """Print what would be taken from documents, without a database.

    An unreadable file gives a message on standard error and no line; the exit code is then 3.

    Examples:

        elsewhere extract postmortems/*.md --format jsonl

        elsewhere extract review.md | jq '.action_items[].title'
    """
    from tracker.core.documents import read_document
    from tracker.core.documents.decoding import SIZE_LIMIT
    from tracker.core.errors import ElsewhereError, InvalidInput
    from tracker.core.extraction import extract as extract_from
    from tracker.reports.extraction import extraction_json

    if how != "jsonl":
        raise InvalidInput(f"{how!r} is not known; only jsonl is", "--format")
    failed = 0
    for file in files:
        name = os.fsencode(file).decode("utf-8", "replace")
        try:
            with file.open("rb") as opened:
                content = opened.read(SIZE_LIMIT + 1)  # what is longer is refused for it
            line = extraction_json(name, extract_from(read_document(name, content)))
        except OSError as error:
            note(f"error: {name}: cannot be read ({error.strerror})")
            failed += 1
        except ElsewhereError as error:
            complain(error)
            failed += 1
        else:
            write(line)
    sys.stdout.flush()
    stop(NEEDS_A_PERSON if failed else DONE)


def template() -> None:
    """Print a postmortem template that Elsewhere reads well.

    Example:

        elsewhere template > 2026-11-02-checkout.md
    """
    from tracker import samples

    write(samples.template())


@commands.command("list")
def list_(context: typer.Context, how: FormatOption = Format.TABLE) -> None:
    """List the postmortems, the latest incident first.

    Example: elsewhere postmortems list --format json
    """
    from tracker.reports.postmortems import postmortem_row, postmortems_table
    from tracker.storage import postmortems

    with application(context).context.database.reading() as session:
        shapes = [postmortem_row(*row) for row in postmortems.listing(session)]
    show(lambda: postmortems_table(shapes), shapes, how)


@commands.command("show")
def show_(
    context: typer.Context,
    postmortem_id: Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST)],
    source: Annotated[
        bool, typer.Option("--source", help="Print the document as it was last ingested.")
    ] = False,
    how: FormatOption = Format.TABLE,
) -> None:
    """Show one postmortem with all that was taken from it.

    Example: elsewhere postmortems show 3
    """
    from tracker.core.documents.decoding import decode
    from tracker.reports.postmortems import postmortem_page, postmortem_shape
    from tracker.reports.wording import visible
    from tracker.storage import postmortems

    with application(context).context.database.reading() as session:
        if source:
            postmortem = postmortems.get(session, postmortem_id)
            text = decode(postmortem.name, postmortems.latest_revision(session, postmortem_id).content)
            # What would act on a terminal is spelled out there; a file gets it as it was.
            write("\n".join(map(visible, text.splitlines())) if out.is_terminal else text)
            return
        shape = postmortem_shape(postmortems.record(session, postmortem_id))
    show(lambda: postmortem_page(shape), shape, how)
