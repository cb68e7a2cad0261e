"""Ingests postmortems: each document in one transaction of its own, so that a crash between two loses neither."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

import structlog
from sqlmodel import Session

from tracker.core.action_items import ActionItemCandidate, DocumentStatus, ItemState, ItemType
from tracker.core.documents import read_document
from tracker.core.errors import ChangedMeanwhile, InvalidDocument
from tracker.core.extraction import extract
from tracker.core.learnings import LearningCandidate
from tracker.core.merge import Policy, Said, merge
from tracker.core.ports import PostmortemSource, SourceDocument, UnreadableDocument
from tracker.core.postmortems import DocumentKind, Extraction
from tracker.core.revisions import Wording, match_wordings
from tracker.storage import action_items, audit, idempotency, mentions, people, postmortems, sources
from tracker.storage.mentions import CatalogNames
from tracker.storage.tables import (
    ActionItem,
    ActionItemOrigin,
    Learning,
    Postmortem,
    PostmortemRevision,
    SourcePurpose,
)
from tracker.workflows.context import Context

MERGED_FIELDS = ("title", "description", "owner", "due", "priority", "type", "document_status")
"""Fields of an item that both the document and people may write; people win where both did."""

_log = structlog.get_logger()  # numbers, never words: a document may be confidential


class Outcome(StrEnum):
    """What became of one document."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    TEMPLATE = "template"
    NOT_A_POSTMORTEM = "not a postmortem"
    UNREADABLE = "unreadable"
    NOT_PERMITTED = "not permitted"
    FAILED = "failed"
    """Others kept changing the same things; the next run takes it up."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """One document's outcome. The counts say what changed: items and learnings that are new, updated, withdrawn."""

    name: str
    outcome: Outcome
    postmortem_id: int | None = None
    new: int = 0
    updated: int = 0
    withdrawn: int = 0
    learnings: int = 0
    problem: str | None = None

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to look: nothing was taken, or a known postmortem no longer reads like one."""
        gone = self.outcome in (Outcome.TEMPLATE, Outcome.NOT_A_POSTMORTEM) and self.postmortem_id is not None
        return gone or self.outcome in (Outcome.UNREADABLE, Outcome.NOT_PERMITTED, Outcome.FAILED)


def ingest(
    context: Context, source: PostmortemSource, locations: Sequence[str], *, confidential: bool = False
) -> Iterator[Ingested]:
    """Ingest all documents at the given locations, yielding each one's outcome as soon as it is saved.

    A document that cannot be read is an outcome, not an error: the others go on. The same bytes at another place are the
    same document. Raises `InvalidInput` for a location that does not exist, before anything is saved.
    """
    yield from ingest_documents(context, source.name, source.documents(locations), confidential=confidential)


def ingest_documents(
    context: Context,
    source: str,
    documents: Iterable[SourceDocument | UnreadableDocument],
    *,
    confidential: bool = False,
) -> Iterator[Ingested]:
    """Ingest the documents that a source handed over, yielding each one's outcome as soon as it is saved.

    Whoever does not see what is confidential can make a new document so, but none that is known, and changes none that is.
    """
    names = CatalogNames()
    with context.database.reading() as session:
        copies = postmortems.by_content(session, source, sees_confidential=context.sees_confidential)
    for document in documents:
        if isinstance(document, UnreadableDocument):
            yield Ingested(document.name, Outcome.UNREADABLE, problem=str(document.problem))
        else:
            digest = sha256(document.content).hexdigest()
            original = replace(document, uri=copies.setdefault(digest, document.uri))
            try:
                ingested = _ingest_one(context, source, document, original, names, confidential=confidential)
            except ChangedMeanwhile as error:
                _log.warning("document not ingested", problem=str(error))
                problem = (
                    f"{document.name}: others kept changing the same things; ingest it again in a moment"
                )
                ingested = Ingested(document.name, Outcome.FAILED, problem=problem)
            _log.info(
                "document ingested",
                outcome=str(ingested.outcome),
                postmortem=ingested.postmortem_id,
                items_new=ingested.new,
                items_updated=ingested.updated,
                items_withdrawn=ingested.withdrawn,
            )
            yield ingested


def _ingest_one(
    context: Context,
    source: str,
    document: SourceDocument,
    original: SourceDocument,
    names: CatalogNames,
    *,
    confidential: bool,
) -> Ingested:
    """Ingest one document; ``original`` is it at the first place where the same bytes stood, often its own."""
    digest = sha256(document.content).hexdigest()
    with context.database.reading() as session:
        known = postmortems.at_uri(session, document.uri)
        if known is None:
            document = original
            known = postmortems.at_uri(session, document.uri)
    refusal = _refusal(context, document, known, confidential=confidential)
    if refusal is not None:
        known = None  # what cannot be read is answered as if nothing stood at its place
    known_id = known.id if known else None
    if known is not None and confidential and not known.confidential:
        # At once: whatever becomes of the document must not decide whether this is heeded.
        context.database.transact(
            lambda session: _Ingestion(session, context).make_confidential(document.uri)
        )
    if known is not None and known.content_hash == digest:
        return Ingested(document.name, Outcome.UNCHANGED, known_id)
    extraction = _extraction(document, known_id)
    if isinstance(extraction, Ingested):
        return extraction
    if refusal is not None:
        return refusal

    def save(session: Session) -> Ingested:
        # Asked again: another may have made the postmortem, or made it confidential, since then.
        now_there = postmortems.at_uri(session, document.uri)
        if (refused := _refusal(context, document, now_there, confidential=confidential)) is not None:
            return refused
        ingestion = _Ingestion(session, context)
        ingested = ingestion.save(document, digest, extraction, source, names)
        if confidential:
            ingestion.make_confidential(document.uri)
        return ingested

    return context.database.transact(save)


def _extraction(document: SourceDocument, known_id: int | None) -> Extraction | Ingested:
    """Return what a document says, or what became of it if that is nothing."""
    try:
        extraction = extract(read_document(document.name, document.content))
    except InvalidDocument as error:
        return Ingested(document.name, Outcome.UNREADABLE, known_id, problem=str(error))
    if extraction.kind is not DocumentKind.POSTMORTEM:
        is_template = extraction.kind is DocumentKind.TEMPLATE
        outcome = Outcome.TEMPLATE if is_template else Outcome.NOT_A_POSTMORTEM
        problem = (
            f"{document.name}: was postmortem {known_id}, and no longer reads like one; its items stand as they were"
            if known_id
            else None
        )
        return Ingested(document.name, outcome, known_id, problem=problem)
    return extraction


def _refusal(
    context: Context, document: SourceDocument, known: Postmortem | None, *, confidential: bool
) -> Ingested | None:
    """Return why a document is not taken from somebody who does not see what is confidential, if so."""
    if known is None or context.sees_confidential or not (known.confidential or confidential):
        return None
    problem = (
        "what stands at its place is not yours to change; give it a uri of its own"
        if known.confidential
        else f"is postmortem {known.id}, and only an administrator makes a known one confidential"
    )
    return Ingested(document.name, Outcome.NOT_PERMITTED, problem=f"{document.name}: {problem}")


class _Ingestion:
    """Saves one document's extraction in one session."""

    def __init__(self, session: Session, context: Context) -> None:
        self.session = session
        self.actor = context.actor
        self.at = context.now

    def make_confidential(self, uri: str) -> None:
        postmortem = postmortems.at_uri(self.session, uri)
        if postmortem is not None and not postmortem.confidential:
            postmortem.confidential = True
            postmortem.updated_at = self.at
            self.session.add(postmortem)
            idempotency.forget_answers(self.session)
            self._audit("postmortem made confidential", postmortem, {})

    def save(
        self, document: SourceDocument, digest: str, extraction: Extraction, source: str, names: CatalogNames
    ) -> Ingested:
        postmortem = postmortems.at_uri(self.session, document.uri)
        if postmortem is not None and postmortem.content_hash == digest:  # another run was first
            return Ingested(document.name, Outcome.UNCHANGED, postmortem.id)
        outcome = Outcome.NEW if postmortem is None else Outcome.REVISED
        if postmortem is None:
            kept = sources.known_as(self.session, SourcePurpose.POSTMORTEMS, source, source, self.at)
            postmortem = Postmortem(
                source_id=kept.id,
                uri=document.uri,
                name=document.name,
                content_hash=digest,
                created_at=self.at,
                updated_at=self.at,
            )
        changes, overruled = _describe(postmortem, document.name, extraction)
        postmortem.content_hash = digest
        postmortem.updated_at = self.at
        self.session.add(postmortem)
        self.session.flush()
        revision = postmortems.add_revision(
            self.session, postmortem, document.content, actor=self.actor, at=self.at
        )
        detail = {"revision": revision.number, "changes": changes}
        detail |= {"overruled": overruled} if overruled else {}
        self._audit(f"postmortem {outcome}", postmortem, detail)
        new, updated, withdrawn = self._save_items(postmortem, revision, extraction)
        self._save_learnings(postmortem, revision, extraction)
        mentions.name_services(self.session, postmortem, extraction.services, names)
        mentions.name_programs(self.session, postmortem, extraction.programs)
        return Ingested(
            document.name, outcome, postmortem.id, new, updated, withdrawn, len(extraction.learnings)
        )

    def _save_items(
        self, postmortem: Postmortem, revision: PostmortemRevision, extraction: Extraction
    ) -> tuple[int, int, int]:
        known = action_items.origins_in(self.session, postmortem.id)
        matched = match_wordings(
            [
                Wording(
                    origin.document_values["title"],
                    tuple(origin.document_values["links"]),
                    withdrawn=origin.withdrawn_at is not None,
                )
                for _, origin in known
            ],
            [Wording(candidate.title, candidate.links) for candidate in extraction.action_items],
        )
        updated = 0
        for index, candidate in enumerate(extraction.action_items):
            if index in matched:
                updated += self._update_item(*known[matched[index]], candidate, revision)
            else:
                self._add_item(candidate, postmortem, revision)
        withdrawn = 0
        for index, (item, origin) in enumerate(known):
            if index not in matched.values() and origin.withdrawn_at is None:
                origin.withdrawn_at = self.at
                self.session.add(origin)
                self._audit("item withdrawn in source", item, {"revision": revision.number})
                withdrawn += 1
        return len(extraction.action_items) - len(matched), updated, withdrawn

    def _add_item(
        self, candidate: ActionItemCandidate, postmortem: Postmortem, revision: PostmortemRevision
    ) -> None:
        item = ActionItem(
            **{field: _from_document(candidate, field) for field in MERGED_FIELDS},
            suggested_type=candidate.suggested_type,
            created_at=self.at,
            updated_at=self.at,
        )
        action_items.resolve_owner(self.session, item)
        self.session.add(item)
        self.session.flush()
        origin = ActionItemOrigin(
            action_item_id=item.id, postmortem_id=postmortem.id, **_place(candidate, revision, {})
        )
        self.session.add(origin)
        action_items.cite(self.session, item, candidate.links)
        self._audit("item proposed", item, {"rule": candidate.rule, "line": candidate.line_start})

    def _update_item(
        self,
        item: ActionItem,
        origin: ActionItemOrigin,
        candidate: ActionItemCandidate,
        revision: PostmortemRevision,
    ) -> bool:
        """Merge what the document now says into an item; returns whether anything about the item changed."""
        changes, overruled = self._merge(item, origin, candidate)
        cited = action_items.cite(self.session, item, candidate.links)
        returned = origin.withdrawn_at is not None
        origin.withdrawn_at = None
        for field, value in _place(candidate, revision, origin.document_values).items():
            setattr(origin, field, value)
        self.session.add(origin)
        if not (changes or overruled or cited or returned):
            return False
        item.updated_at = self.at
        self.session.add(item)
        detail = {
            "changes": changes,
            "overruled": overruled,
            "cited": cited,
            "returned": returned,
            "revision": revision.number,
        }
        self._audit("item revised by document", item, detail)
        return True

    def _merge(
        self, item: ActionItem, origin: ActionItemOrigin, candidate: ActionItemCandidate
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the fields of an item that the document changed, and its words that people's overruled."""
        changes: dict[str, Any] = {}
        overruled: dict[str, Any] = {}
        base = _values_from_json(origin.document_values)
        for field in MERGED_FIELDS:
            ours, theirs = getattr(item, field), _from_document(candidate, field)
            value, conflict = _merged(base.get(field), ours, None if theirs is None else Said(theirs))
            unchanged = value == ours
            if conflict or (not unchanged and field == "owner" and self._has_verified(theirs, item)):
                overruled[field] = _json(theirs)
            elif not unchanged:
                changes[field] = {"from": _json(ours), "to": _json(value)}
                setattr(item, field, value)
        if "owner" in changes:
            action_items.resolve_owner(self.session, item)
        return changes, overruled

    def _has_verified(self, owner: str | None, item: ActionItem) -> bool:
        return item.state is ItemState.VERIFIED and people.are_same(self.session, owner, item.verified_by)

    def _save_learnings(
        self, postmortem: Postmortem, revision: PostmortemRevision, extraction: Extraction
    ) -> None:
        known = postmortems.learnings_of(self.session, postmortem.id)
        matched = match_wordings(
            [Wording(learning.text, withdrawn=learning.withdrawn_at is not None) for learning in known],
            [Wording(candidate.text) for candidate in extraction.learnings],
        )
        for index, candidate in enumerate(extraction.learnings):
            if index in matched:
                self._update_learning(known[matched[index]], candidate, revision)
            else:
                learning = Learning(
                    postmortem_id=postmortem.id,
                    created_at=self.at,
                    **asdict(candidate),
                    revision_id=revision.id,
                )
                self.session.add(learning)
                self._audit(
                    "learning found", learning, {"rule": candidate.rule, "line": candidate.line_start}
                )
        for index, learning in enumerate(known):
            if index not in matched.values() and learning.withdrawn_at is None:
                learning.withdrawn_at = self.at
                self.session.add(learning)
                self._audit("learning withdrawn in source", learning, {"revision": revision.number})

    def _update_learning(
        self, learning: Learning, candidate: LearningCandidate, revision: PostmortemRevision
    ) -> None:
        changes = {"text": {"from": learning.text, "to": candidate.text}}
        returned = learning.withdrawn_at is not None
        if returned or learning.text != candidate.text:
            detail = {"changes": changes, "returned": returned, "revision": revision.number}
            self._audit("learning revised by document", learning, detail)
        learning.revision_id = revision.id
        learning.withdrawn_at = None
        for field, value in asdict(candidate).items():
            setattr(learning, field, value)
        self.session.add(learning)

    def _audit(self, action: str, subject: Any, detail: dict[str, Any]) -> None:
        audit.record(
            self.session, at=self.at, actor=self.actor, action=action, subject=subject, detail=detail
        )


def _from_document(candidate: ActionItemCandidate, field: str) -> Any:
    return candidate.status if field == "document_status" else getattr(candidate, field)


def _merged(base: Any, ours: Any, theirs: Said[Any] | None) -> tuple[Any, bool]:
    """Return the value of a field, where people win, and whether that overruled the document.

    What a document does not say takes nothing back. What people emptied stays empty.
    """
    merged = merge(
        None if base is None else Said(base),
        None if ours is None and base is None else Said(ours),
        theirs,
        Policy.OURS,
    )
    return merged.value.value if merged.value else None, merged.conflict


def _describe(
    postmortem: Postmortem, name: str, extraction: Extraction
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take over what a document says of itself; returns the fields that this changed, and what people overruled."""
    said: dict[str, Any] = {
        "name": name,
        "title": extraction.title,
        "incident_date": extraction.incident_date,
        "severity": extraction.severity,
    }
    said = {field: value for field, value in said.items() if value is not None}
    if extraction.severity is not None:
        said["severity_level"] = extraction.severity_level
    before = postmortem.document_values or {}
    changes, overruled = {}, {}
    for field, theirs in said.items():
        ours = getattr(postmortem, field)
        base = before.get(field, _json(ours))
        if base is not None and field == "incident_date":
            base = date.fromisoformat(base)
        value, conflict = _merged(base, ours, Said(theirs))
        if conflict:
            overruled[field] = _json(theirs)
        elif value != ours:
            changes[field] = {"from": _json(ours), "to": _json(value)}
            setattr(postmortem, field, value)
    if before:
        latest = {field: _json(said[field]) for field in before if field in said}
        postmortem.document_values = before | latest
    return changes, overruled


def _place(
    candidate: ActionItemCandidate, revision: PostmortemRevision, said_before: Mapping[str, Any]
) -> dict[str, Any]:
    """Return where a document asks for an item, with what it last said of each field: silence takes nothing back."""
    says = {field: _json(_from_document(candidate, field)) for field in MERGED_FIELDS}
    says["links"] = list(candidate.links) or None
    return {
        "revision_id": revision.id,
        "section": candidate.section,
        "line_start": candidate.line_start,
        "line_end": candidate.line_end,
        "quote": candidate.quote,
        "rule": candidate.rule,
        "confidence": candidate.confidence,
        "document_values": {"links": []}
        | dict.fromkeys(MERGED_FIELDS)
        | dict(said_before)
        | {field: value for field, value in says.items() if value is not None},
    }


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _values_from_json(values: dict[str, Any]) -> dict[str, Any]:
    """Return stored values as the types that they are compared with."""
    return values | {
        "due": date.fromisoformat(values["due"]) if values.get("due") else None,
        "type": ItemType(values["type"]) if values.get("type") else None,
        "document_status": DocumentStatus(values["document_status"])
        if values.get("document_status")
        else None,
    }
