"""Postmortems: what was ingested, and what was taken from it."""

import re
from collections.abc import Sequence
from typing import Annotated, cast
from urllib.parse import quote

from fastapi import Form, Query, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, Field

from tracker.api.authentication import Reader, Writer, WriterOnce
from tracker.api.inputs import Day, Title, ref_at
from tracker.api.nouns import ROOT, routes_of
from tracker.api.preconditions import IfMatch, tell_version
from tracker.api.problems import problems
from tracker.api.queries import Input, Listing, Number, Page, page_shape
from tracker.api.turns import UPLOADS
from tracker.core.errors import ChangedMeanwhile
from tracker.core.ports import SourceDocument
from tracker.reports.ingested import IngestedShape, ingested_shape
from tracker.reports.postmortems import (
    PostmortemRowShape,
    PostmortemShape,
    RevisionShape,
    postmortem_row,
    postmortem_shape,
    revision_shape,
)
from tracker.storage import postmortems
from tracker.storage.postmortems import PostmortemRecord, Wanted
from tracker.workflows import edit_postmortems
from tracker.workflows.edit_postmortems import PostmortemEdit
from tracker.workflows.ingest_postmortems import Ingested, Outcome, ingest_documents

router = routes_of("postmortems")

SOURCE = "upload"
"""The source that uploaded documents come from; each is known by its name, unless it is sent with a URI."""

# Pages show it as a link, so it must be one that opens a document and does nothing else.
_URI = re.compile(r"(https?|file|upload)://\S+", re.IGNORECASE)
_LONGEST_NAME = 200


def _checked_uri(text: str) -> str:
    if not _URI.fullmatch(text) or not text.isprintable():
        raise ValueError("expected an address such as https://wiki.example/incidents/41")
    return text


class Upload(Input):
    """Documents to ingest; several share what else is said."""

    file: Annotated[list[UploadFile], Field(min_length=1, max_length=50)]
    uri: Annotated[
        str | None,
        Field(
            max_length=2000,
            description="Names the one document for ever; without it, its file name does.",
            examples=["https://wiki.example/incidents/41"],
        ),
        AfterValidator(lambda text: text if text is None else _checked_uri(text)),
    ] = None
    confidential: Annotated[
        bool, Field(description="Only administrators see it and what comes out of it.")
    ] = False


class PostmortemChange(Input):
    """What of a postmortem is to change: absent leaves a field, null clears it."""

    title: Title | None = None
    incident_date: Day | None = None
    severity_level: Annotated[int | None, Field(strict=True, ge=1, le=9, description="1 is the worst.")] = (
        None
    )
    # It has no null; what stands for absent is never read.
    confidential: Annotated[
        bool, Field(strict=True, default_factory=bool, description="For administrators to say.")
    ]


class NamedService(Input):
    """A service, as the postmortem prints it."""

    printed: Annotated[str, Field(min_length=1, max_length=1000, examples=["Checkout"])]


class ConfirmedService(NamedService):
    """A service that was impacted, and which one it is."""

    ref: Annotated[
        str | None,
        Field(
            max_length=1000,
            description="The entity that is meant, where its match in the catalog is wrong or missing.",
            examples=["component:default/checkout"],
        ),
    ] = None


@router.get("")
def list_(
    context: Reader,
    paging: Listing,
    *,
    text: Annotated[str | None, Query(max_length=200, description="Words in the title or the name.")] = None,
    severity_level: Annotated[int | None, Query(ge=1, le=9, description="1 is the worst.")] = None,
    incident_from: Annotated[Day | None, Query(description="The incident was on this day or later.")] = None,
    incident_until: Annotated[
        Day | None, Query(description="The incident was on this day or earlier.")
    ] = None,
    confidential: Annotated[bool | None, Query(description="Those that are, or those that are not.")] = None,
) -> Page[PostmortemRowShape]:
    """List the postmortems, the latest incident first.

    They can be sorted by id, incident_date, title, severity_level, created_at and updated_at.
    """
    wanted = Wanted(text, severity_level, incident_from, incident_until, confidential)
    with context.database.reading() as session:
        found = postmortems.page(session, wanted, paging, sees_confidential=context.sees_confidential)
        return page_shape(found, lambda row: postmortem_row(*row))


@router.post(
    "",
    status_code=201,
    responses={
        200: {"model": list[IngestedShape], "description": "None of them is new."},
        **problems(400, 409, 413, 415),
    },
)
def ingest(
    context: WriterOnce, upload: Annotated[Upload, Form(media_type="multipart/form-data")], response: Response
) -> list[IngestedShape]:
    """Take action items and learnings from documents, each by itself: some may be taken and others refused.

    The format is told by the ending of the file name, as on the command line. A file of a name that was uploaded before,
    or a document with a `uri` that is known, is its next revision. When all are refused, nothing was changed.
    """
    with UPLOADS.one():
        outcomes = list(
            ingest_documents(context, SOURCE, _documents(upload), confidential=upload.confidential)
        )
    _refuse_if_nothing_was_taken(outcomes)
    new = [one.postmortem_id for one in outcomes if one.outcome is Outcome.NEW]
    if not new:
        response.status_code = 200
    elif len(outcomes) == 1:
        response.headers["Location"] = f"{ROOT}/postmortems/{new[0]}"
    return [ingested_shape(one) for one in outcomes]


@router.get("/{number}", responses=problems(404))
def read(context: Reader, number: Number, response: Response) -> PostmortemShape:
    """Return a postmortem with all that was taken from it."""
    with context.database.reading() as session:
        found = postmortems.record(
            session, number, today=context.now.date(), sees_confidential=context.sees_confidential
        )
        return _answer(response, found)


@router.patch("/{number}", responses=problems(404, 409, 412, 413, 415, 428))
def update(
    context: Writer, number: Number, change: PostmortemChange, expected: IfMatch, response: Response
) -> PostmortemShape:
    """Change what people know better than the document; a later revision of it does not undo that."""
    edit = cast("PostmortemEdit", change.model_dump(exclude_unset=True))
    return _answer(
        response, edit_postmortems.edit_postmortem(context, number, edit, expected_version=expected)
    )


@router.post("/{number}/services/confirm", responses=problems(404, 409, 413, 415))
def confirm_service(
    context: WriterOnce, number: Number, service: ConfirmedService, response: Response
) -> PostmortemShape:
    """Agree that a service that the postmortem names was impacted."""
    ref = None if service.ref is None else ref_at(service.ref, "/body/ref")
    return _answer(response, edit_postmortems.confirm_service(context, number, service.printed, ref))


@router.post("/{number}/services/reject", responses=problems(404, 409, 413, 415))
def reject_service(
    context: WriterOnce, number: Number, service: NamedService, response: Response
) -> PostmortemShape:
    """Say that a service that the postmortem names was not impacted."""
    return _answer(response, edit_postmortems.reject_service(context, number, service.printed))


@router.get("/{number}/revisions", responses=problems(404))
def list_revisions(context: Reader, number: Number, paging: Listing) -> Page[RevisionShape]:
    """List the revisions of the document, the newest first."""
    with context.database.reading() as session:
        postmortem = postmortems.get(session, number, sees_confidential=context.sees_confidential)
        return page_shape(
            postmortems.revisions(session, postmortem, paging), lambda row: revision_shape(*row)
        )


@router.get(
    "/{number}/revisions/{revision}/content",
    response_class=Response,
    responses={
        200: {
            "description": "The document, byte for byte.",
            "content": {"text/plain": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems(404),
    },
)
def read_content(context: Reader, number: Number, revision: Number) -> Response:
    """Return the document as it was once ingested."""
    with context.database.reading() as session:
        postmortem = postmortems.get(session, number, sees_confidential=context.sees_confidential)
        content = postmortems.revision(session, postmortem, revision).content
        name = quote(_plain_name(postmortem.name) or "postmortem", safe="")
    headers = {
        # In the encoding that it came in, which it says itself; never as a page.
        "Content-Type": "text/plain",
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
    }
    return Response(content, headers=headers)


def _answer(response: Response, record: PostmortemRecord) -> PostmortemShape:
    tell_version(response, record.postmortem.version)
    return postmortem_shape(record)


def _documents(upload: Upload) -> list[SourceDocument]:
    """Return the uploaded documents; raises `RequestValidationError` for a name or a URI that cannot be theirs."""
    if upload.uri is not None and len(upload.file) > 1:
        raise _refusal([(("uri",), "names one document; send each file with its own")])
    documents = []
    for index, file in enumerate(upload.file):
        name = _plain_name(file.filename or "")
        if not name:
            raise _refusal([(("file", index), "has no file name; its ending tells the format")])
        documents.append(
            SourceDocument(upload.uri or f"upload:///{quote(name, safe='')}", name, file.file.read())
        )
    return documents


def _plain_name(name: str) -> str:
    """Return the last part of a file name, without what would act or hide; the ending stays, as it tells the format."""
    plain = "".join(one for one in re.split(r"[/\\]", name)[-1] if one.isprintable()).strip(" .")
    return (
        plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME // 2] + plain[-_LONGEST_NAME // 2 :]
    )


def _refuse_if_nothing_was_taken(outcomes: Sequence[Ingested]) -> None:
    if all(one.outcome is Outcome.FAILED for one in outcomes):
        raise ChangedMeanwhile(outcomes[0].problem)
    words = {
        Outcome.TEMPLATE: "is a template that nobody has filled in yet",
        Outcome.NOT_A_POSTMORTEM: "does not read like a postmortem; `GET /api/v1/postmortem-template` shows one",
    }
    refused = [
        (("file", index), one.problem or words[one.outcome])
        for index, one in enumerate(outcomes)
        if one.outcome not in (Outcome.NEW, Outcome.REVISED, Outcome.UNCHANGED)
    ]
    if len(refused) == len(outcomes):
        raise _refusal(refused)


def _refusal(parts: Sequence[tuple[tuple[str | int, ...], str]]) -> RequestValidationError:
    return RequestValidationError(
        [{"type": "upload", "loc": ("body", *where), "msg": what} for where, what in parts]
    )
