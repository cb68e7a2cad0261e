"""The catalog: what there is, what depends on what, and who has looked."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import File, Form, Query, Response, UploadFile

from tracker.api.authentication import Reader, WriterOnce
from tracker.api.inputs import ref_at
from tracker.api.nouns import routes_of
from tracker.api.problems import problems
from tracker.api.queries import Listing, Page, page_shape
from tracker.api.surroundings import Connected
from tracker.api.turns import UPLOADS
from tracker.core.catalog import EntityKind, SourceSnapshot
from tracker.core.errors import InvalidCatalog, InvalidInput, NotFound
from tracker.core.ports import CatalogSource
from tracker.reports.catalog import (
    CatalogSourceShape,
    EntityRowShape,
    EntityShape,
    ImportedShape,
    entity_row,
    entity_shape,
    imported_shape,
    source_shape,
)
from tracker.reports.wording import brief
from tracker.storage import catalog_entities
from tracker.workflows.import_catalog import import_catalog

router = routes_of("catalog")


@dataclass
class _Uploaded:
    """A catalog source that reads an uploaded file, and calls it by the name that it has where it came from."""

    source: CatalogSource
    path: Path
    name: str

    def read(self, location: str) -> SourceSnapshot:
        try:
            return self.source.read(str(self.path))
        except InvalidCatalog as error:
            here = str(self.path)
            place = (error.place or location).replace(here, location)
            raise InvalidCatalog(error.problem.replace(here, location), place) from None


@contextmanager
def _on_disk(file: UploadFile) -> Iterator[Path]:
    with TemporaryDirectory(prefix="elsewhere-") as folder:
        path = Path(folder) / "catalog"
        with path.open("wb") as copy:
            shutil.copyfileobj(file.file, copy)
        yield path


def _called(file: UploadFile) -> str:
    """Return what an uploaded file is called in messages: the end of its name, harmless and of bearable length."""
    return brief(PurePosixPath((file.filename or "").replace("\\", "/")).name) or "upload"


@router.post(
    "/imports",
    status_code=201,
    responses={
        200: {"model": ImportedShape, "description": "Its source had said the same before."},
        **problems(400, 409, 413),
    },
)
def import_(
    context: WriterOnce,
    connected: Connected,
    response: Response,
    file: Annotated[
        UploadFile, File(description="The whole of what one source says, in the form that its kind reads.")
    ],
    kind: Annotated[
        str,
        Form(
            pattern="^[a-z][a-z0-9_-]*$",
            max_length=50,
            description="The connector that reads the file.",
            examples=["jsonl"],
        ),
    ] = "jsonl",
) -> ImportedShape:
    """Import what one source says of the estate; it replaces what the same source said before, and nothing else."""
    try:
        source = connected.catalog_source(kind)
    except NotFound as error:
        raise InvalidInput(str(error), "/body/kind") from None
    name = _called(file)
    with UPLOADS.one(), _on_disk(file) as path:
        snapshot, difference = import_catalog(context, _Uploaded(source, path, source.name), name)
    if difference.unchanged:
        response.status_code = 200
    return imported_shape(name, snapshot, difference)


@router.get("/sources")
def list_sources(context: Reader, paging: Listing) -> Page[CatalogSourceShape]:
    """List the sources of the catalog, with what each said last and when."""
    with context.database.reading() as session:
        return page_shape(catalog_entities.page_of_sources(session, paging), lambda row: source_shape(*row))


@router.get("/entities", responses=problems(404))
def list_entities(
    context: Reader,
    paging: Listing,
    *,
    kind: Annotated[list[EntityKind], Query(description="Of any of these kinds.")] = [],  # noqa: B006 - FastAPI copies it
    text: Annotated[str | None, Query(max_length=200, description="A part of the ref.")] = None,
    source: Annotated[str | None, Query(max_length=200, description="Listed by this source.")] = None,
    owner: Annotated[
        str | None,
        Query(
            max_length=500, description="Owned by this group or user.", examples=["group:default/payments"]
        ),
    ] = None,
) -> Page[EntityRowShape]:
    """List the entities that are in the catalog now."""
    with context.database.reading() as session:
        return page_shape(
            catalog_entities.page(
                session,
                paging,
                kinds=kind,
                text=text,
                source=source,
                owner=ref_at(owner, "/query/owner") if owner is not None else None,
            ),
            entity_row,
        )


@router.get("/entity", responses=problems(404))
def read_entity(
    context: Reader,
    ref: Annotated[
        str,
        Query(
            max_length=500,
            description="The entity, by its ref or an alias.",
            examples=["component:default/checkout"],
        ),
    ],
) -> EntityShape:
    """Return all that the sources say of one entity; of its edges the first 200 in each direction, and how many there are."""
    with context.database.reading() as session:
        return entity_shape(catalog_entities.record(session, ref_at(ref, "/query/ref")))
