"""Ingests postmortems: each document in one transaction of its own, so that a crash between two loses neither."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlmodel import Session, col, select

from tracker.core.action_items import ActionItemCandidate, DocumentStatus, ItemType
from tracker.core.catalog import EntityKind, Ref, kind_of, parse_ref, short_name
from tracker.core.documents import read_document
from tracker.core.errors import ElsewhereError, InvalidDocument, InvalidInput
from tracker.core.extraction import extract
from tracker.core.merge import Policy, merge
from tracker.core.people import parse_owners
from tracker.core.ports import PostmortemSource, SourceDocument, UnreadableDocument
from tracker.core.postmortems import DocumentKind, Extraction
from tracker.core.revisions import Wording, match_wordings
from tracker.storage import action_items, audit, people, postmortems, programs, sources
from tracker.storage.tables import (
    ActionItem,
    ActionItemOrigin,
    CatalogAlias,
    CatalogEntity,
    Learning,
    Postmortem,
    PostmortemRevision,
    SourcePurpose,
)
from tracker.workflows.context import Context

MERGED_FIELDS = ("title", "description", "owner", "due", "priority", "type", "document_status")
"""Fields of an item that both the document and people may write; people win where both did."""


class Outcome(StrEnum):
    """What became of one document."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    TEMPLATE = "template"
    NOT_A_POSTMORTEM = "not a postmortem"
    UNREADABLE = "unreadable"


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


def ingest(
    context: Context, source: PostmortemSource, locations: Sequence[str], *, confidential: bool = False
) -> Iterator[Ingested]:
    """Ingest all documents at the given locations, yielding each one's outcome as soon as it is saved.

    A document that cannot be read is an outcome, not an error: the others go on. Raises `InvalidInput` for a location
    that does not exist, before anything is saved.
    """
    for document in source.documents(locations):
        if isinstance(document, UnreadableDocument):
            yield Ingested(document.name, Outcome.UNREADABLE, problem=str(document.problem))
        else:
            yield _ingest_one(context, source.name, document, confidential)


def _ingest_one(context: Context, source: str, document: SourceDocument, confidential: bool) -> Ingested:
    digest = sha256(document.content).hexdigest()
    with context.database.reading() as session:
        known = postmortems.at_uri(session, document.uri)
        if known is not None and known.content_hash == digest and (known.confidential or not confidential):
            return Ingested(document.name, Outcome.UNCHANGED, known.id)
    try:
        extraction = extract(read_document(document.name, document.content))
    except InvalidDocument as error:
        return Ingested(document.name, Outcome.UNREADABLE, problem=str(error))
    if extraction.kind is DocumentKind.TEMPLATE:
        return Ingested(document.name, Outcome.TEMPLATE)
    if extraction.kind is DocumentKind.OTHER:
        return Ingested(document.name, Outcome.NOT_A_POSTMORTEM)

    def save(session: Session) -> Ingested:
        return _Ingestion(session, context.actor, context.now).save(
            document, digest, extraction, source, confidential=confidential
        )

    try:
        return context.database.transact(save)
    except ElsewhereError as error:
        return Ingested(document.name, Outcome.UNREADABLE, problem=str(error))


class _Ingestion:
    """Saves one document's extraction in one session."""

    def __init__(self, session: Session, actor: str, at: datetime) -> None:
        self.session = session
        self.actor = actor
        self.at = at

    def save(
        self,
        document: SourceDocument,
        digest: str,
        extraction: Extraction,
        source: str,
        *,
        confidential: bool,
    ) -> Ingested:
        postmortem = postmortems.at_uri(self.session, document.uri)
        if postmortem is not None and postmortem.content_hash == digest:
            # Another run was first, or only the confidentiality is new.
            postmortem.confidential = postmortem.confidential or confidential
            self.session.add(postmortem)
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
        self._describe(postmortem, document, digest, extraction)
        postmortem.confidential = postmortem.confidential or confidential
        self.session.add(postmortem)
        self.session.flush()
        revision = postmortems.add_revision(
            self.session, postmortem, document.content, actor=self.actor, at=self.at
        )
        new, updated, withdrawn = self._save_items(postmortem, revision, extraction)
        self._save_learnings(postmortem, revision, extraction)
        self._save_mentions(postmortem, extraction)
        self._audit(f"postmortem {outcome}", postmortem, {"revision": revision.number, "name": document.name})
        return Ingested(
            document.name, outcome, postmortem.id, new, updated, withdrawn, len(extraction.learnings)
        )

    def _describe(
        self, postmortem: Postmortem, document: SourceDocument, digest: str, extraction: Extraction
    ) -> None:
        """Take over what the document says of itself; what it no longer says is kept."""
        postmortem.name = document.name
        postmortem.content_hash = digest
        postmortem.updated_at = self.at
        postmortem.title = extraction.title or postmortem.title
        postmortem.incident_date = extraction.incident_date or postmortem.incident_date
        if extraction.severity is not None:
            postmortem.severity = extraction.severity
            postmortem.severity_level = extraction.severity_level

    def _save_items(
        self, postmortem: Postmortem, revision: PostmortemRevision, extraction: Extraction
    ) -> tuple[int, int, int]:
        known = action_items.origins_in(self.session, postmortem.id)
        matched = match_wordings(
            [
                Wording(origin.document_values["title"], tuple(origin.document_values["links"]))
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
        self._resolve_owner(item)
        self.session.add(item)
        self.session.flush()
        origin = ActionItemOrigin(
            action_item_id=item.id, postmortem_id=postmortem.id, **_place(candidate, revision)
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
        """Merge what the document now says into an item; returns whether the item changed."""
        changes: dict[str, Any] = {}
        overruled: dict[str, Any] = {}
        base = _values_from_json(origin.document_values)
        for field in MERGED_FIELDS:
            ours = getattr(item, field)
            merged = merge(base.get(field), ours, _from_document(candidate, field), Policy.OURS)
            if merged.value != ours:
                changes[field] = {"from": _json(ours), "to": _json(merged.value)}
                setattr(item, field, merged.value)
            if merged.conflict:
                overruled[field] = _json(merged.lost)
        for field, value in _place(candidate, revision).items():
            setattr(origin, field, value)
        returned = origin.withdrawn_at is not None
        origin.withdrawn_at = None
        self.session.add(origin)
        action_items.cite(self.session, item, candidate.links)
        if not (changes or overruled or returned):
            return False
        if "owner" in changes:
            self._resolve_owner(item)
        item.updated_at = self.at
        self.session.add(item)
        detail = {
            "changes": changes,
            "overruled": overruled,
            "returned": returned,
            "revision": revision.number,
        }
        self._audit("item revised by document", item, detail)
        return True

    def _save_learnings(
        self, postmortem: Postmortem, revision: PostmortemRevision, extraction: Extraction
    ) -> None:
        known = postmortems.learnings_of(self.session, postmortem.id)
        matched = match_wordings(
            [Wording(learning.text) for learning in known],
            [Wording(candidate.text) for candidate in extraction.learnings],
        )
        for index, candidate in enumerate(extraction.learnings):
            place: dict[str, Any] = {
                "revision_id": revision.id,
                "text": candidate.text,
                "section": candidate.section,
                "rule": candidate.rule,
                "line_start": candidate.line_start,
                "line_end": candidate.line_end,
                "withdrawn_at": None,
            }
            if index in matched:
                learning = known[matched[index]]
                for field, value in place.items():
                    setattr(learning, field, value)
            else:
                learning = Learning(postmortem_id=postmortem.id, created_at=self.at, **place)
            self.session.add(learning)
        for index, learning in enumerate(known):
            if index not in matched.values() and learning.withdrawn_at is None:
                learning.withdrawn_at = self.at
                self.session.add(learning)

    def _save_mentions(self, postmortem: Postmortem, extraction: Extraction) -> None:
        entities = _Entities(self.session) if extraction.services else None
        matches = [(name, entities.find(name)) for name in extraction.services] if entities else []
        postmortems.name_services(self.session, postmortem, matches)
        by_name = programs.keys_by_name(self.session)
        postmortems.name_programs(
            self.session, postmortem, [(name, by_name.get(name.casefold())) for name in extraction.programs]
        )

    def _resolve_owner(self, item: ActionItem) -> None:
        names = parse_owners(item.owner) if item.owner else ()
        item.owner_person_id, item.owner_team_id = people.resolve(self.session, names)

    def _audit(self, action: str, subject: Any, detail: dict[str, Any]) -> None:
        audit.record(
            self.session, at=self.at, actor=self.actor, action=action, subject=subject, detail=detail
        )


class _Entities:
    """Finds the catalog entity that a printed service name means: by ref, by alias, or by a name that only one has."""

    def __init__(self, session: Session) -> None:
        self.by_ref: dict[str, int] = {}
        self.by_name: dict[str, set[int]] = {}
        for entity in session.exec(select(CatalogEntity)).all():
            entity_id = entity.merged_into_id or entity.id
            self.by_ref[entity.ref] = entity_id
            if kind_of(Ref(entity.ref)) in (EntityKind.COMPONENT, EntityKind.RESOURCE):
                self.by_name.setdefault(_plain(short_name(Ref(entity.ref))), set()).add(entity_id)
        live = col(CatalogAlias.vanished_snapshot_id).is_(None)
        for alias in session.exec(select(CatalogAlias).where(live)).all():
            self.by_ref.setdefault(alias.alias, alias.entity_id)

    def find(self, printed: str) -> int | None:
        """Return the id of the entity that is meant, or ``None`` if that cannot be told."""
        try:
            return self.by_ref[parse_ref(printed)]
        except (InvalidInput, KeyError):
            named = self.by_name.get(_plain(printed), set())
            return next(iter(named)) if len(named) == 1 else None


def _plain(name: str) -> str:
    return "-".join(name.casefold().replace("_", " ").replace("-", " ").split())


def _from_document(candidate: ActionItemCandidate, field: str) -> Any:
    return candidate.status if field == "document_status" else getattr(candidate, field)


def _place(candidate: ActionItemCandidate, revision: PostmortemRevision) -> dict[str, Any]:
    values = {field: _json(_from_document(candidate, field)) for field in MERGED_FIELDS}
    return {
        "revision_id": revision.id,
        "section": candidate.section,
        "line_start": candidate.line_start,
        "line_end": candidate.line_end,
        "quote": candidate.quote,
        "rule": candidate.rule,
        "confidence": candidate.confidence,
        "document_values": values | {"links": list(candidate.links)},
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
