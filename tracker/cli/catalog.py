"""Commands about the catalog: import what a source says."""

from typing import Annotated

import typer

from tracker.cli.terminal import (
    NEEDS_A_PERSON,
    Format,
    FormatOption,
    application,
    complain,
    err,
    group,
    note,
    show,
    stop,
)
from tracker.core.errors import ElsewhereError

commands = group("catalog", "The catalog: what there is, what depends on what, and who has looked.")


@commands.callback()
def _of_several() -> None:
    """Keep `catalog` a group while it has one command."""


@commands.command("import")
def import_(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Catalog files in the neutral JSON Lines format.")
    ],
    source: Annotated[str, typer.Option("--reader", help="The connector that reads them.")] = "jsonl",
    how: FormatOption = Format.TABLE,
) -> None:
    """Import what sources say of the estate, and print what differs from before.

    Each file replaces what its own source said before, in one transaction, and nothing else.

    Example: elsewhere catalog import catalog/*.jsonl
    """
    from tracker.reports.catalog import imported_shape, imported_table
    from tracker.reports.terminal import line
    from tracker.workflows.import_catalog import import_catalog

    opened = application(context)
    reader = opened.catalog_source(source)
    shapes, codes = [], []
    said_by: dict[str, str] = {}
    with err.status("Importing") as status:
        for file in files:
            status.update(line(f"Importing {file}"))
            try:
                shapes.append(imported_shape(file, *import_catalog(opened.context, reader, file)))
            except ElsewhereError as error:
                codes.append(complain(error))
                continue
            source_name = shapes[-1].source
            if source_name in said_by:
                first = said_by[source_name]
                note(f"error: {file}: replaced what {first} said, for both are of the source {source_name!r}")
                codes.append(NEEDS_A_PERSON)
            said_by[source_name] = file
    if shapes:
        show(lambda: imported_table(shapes), shapes, how)
    if codes:
        stop(NEEDS_A_PERSON if shapes else max(codes))
