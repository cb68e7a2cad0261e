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
from tracker.core.catalog import parse_ref
from tracker.core.errors import ElsewhereError

commands = group(
    "catalog",
    "The catalog: what there is, what depends on what, and who has looked.",
    "catalog import catalog.jsonl",
)


@commands.command("sources")
def sources_(context: typer.Context, how: FormatOption = Format.TABLE) -> None:
    """List the sources of the catalog, with what each said last and when.

    Example: elsewhere catalog sources
    """
    from tracker.reports.catalog import source_shape, sources_table
    from tracker.storage import catalog_entities
    from tracker.storage.pages import every

    with application(context).context.database.reading() as session:
        shapes = [
            source_shape(*one)
            for one in every(lambda paging: catalog_entities.page_of_sources(session, paging))
        ]
    show(lambda: sources_table(shapes), shapes, how)


@commands.command("show")
def show_(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF", help="An entity, such as component:default/checkout.")],
    how: FormatOption = Format.TABLE,
) -> None:
    """Show all that the sources say of one entity.

    Example: elsewhere catalog show component:default/checkout
    """
    from tracker.reports.catalog import entity_page, entity_shape
    from tracker.storage import catalog_entities

    entity = parse_ref(ref)
    with application(context).context.database.reading() as session:
        shape = entity_shape(catalog_entities.record(session, entity))
    show(lambda: entity_page(shape), shape, how)


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
