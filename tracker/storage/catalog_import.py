"""The import of a snapshot: what its source says no longer vanishes, what it says anew is added, the rest is untouched."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import JSON, insert, inspect, update
from sqlmodel import Session, col, select

from tracker.core.catalog import Ref, SourceSnapshot, Value, kind_of
from tracker.core.catalog_difference import CatalogDifference, Difference, difference
from tracker.core.errors import InvalidCatalog, InvalidInput
from tracker.storage import sources
from tracker.storage.batches import batches
from tracker.storage.catalog import live, newest_snapshot
from tracker.storage.catalog_merges import follow_aliases
from tracker.storage.tables import (
    CatalogAlias,
    CatalogCoverage,
    CatalogEntity,
    CatalogEntityAssertion,
    CatalogFact,
    CatalogRelation,
    CatalogSnapshot,
    SourcePurpose,
)
from tracker.storage.tables.catalog import Assertion

Print = tuple[Any, ...]
"""The columns of one assertion, JSON as canonical text, so that two can be compared; the first say what it is about."""


def save_snapshot(
    session: Session, snapshot: SourceSnapshot, *, content_hash: str, actor: str, at: datetime
) -> CatalogDifference:
    """Replace all that this source said before by what it says now, and return the difference.

    What was observed before the newest snapshot of the source is refused, and so are names that would mean two
    entities. The same content, observed at the same time, changes nothing.
    """
    _refuse_ambiguous_names(snapshot)
    source = sources.known_as(session, SourcePurpose.CATALOG, snapshot.source, snapshot.kind, at)
    newest = newest_snapshot(session, source)
    if newest and (newest.content_hash, newest.observed_at) == (content_hash, snapshot.observed_at):
        return CatalogDifference(source.name, newest.number, unchanged=True)
    if newest and snapshot.observed_at < newest.observed_at:
        raise InvalidInput(
            f"this was observed at {snapshot.observed_at.isoformat()}, before what is already here "
            f"({newest.observed_at.isoformat()}); import what was observed last",
            source.name,
        )
    saved = CatalogSnapshot(
        source_id=source.id,
        number=newest.number + 1 if newest else 1,
        observed_at=snapshot.observed_at,
        imported_at=at,
        content_hash=content_hash,
        actor=actor,
        counts={},
    )
    session.add(saved)
    session.flush()
    made = _Replacement(session, saved, _ids_of_refs(session, snapshot, at)).by(snapshot)
    saved.counts = {
        sort: {
            "total": of.total,
            "added": of.added.count,
            "gone": of.gone.count,
            "changed": of.changed.count,
        }
        for sort, of in made.by_sort().items()
    }
    follow_aliases(session, actor=actor, at=at)
    return made


class _Replacement:
    """The replacement of one source's assertions by those of a new snapshot."""

    def __init__(self, session: Session, saved: CatalogSnapshot, ids: Mapping[str, int]) -> None:
        self._session = session
        self._saved = saved
        self._ids = ids
        self._refs = {number: ref for ref, number in ids.items()}

    def by(self, snapshot: SourceSnapshot) -> CatalogDifference:
        ids, refs = self._ids, self._refs
        return CatalogDifference(
            snapshot.source,
            self._saved.number,
            entities=self._replace(
                CatalogEntityAssertion,
                ("entity_id", "attributes", "tags"),
                (
                    (ids[entity.ref], _facts(entity.attributes, entity.ref), _tags(entity.tags, entity.ref))
                    for entity in snapshot.entities
                ),
                about=1,
                name=lambda entity: refs[entity],
            ),
            aliases=self._replace(
                CatalogAlias,
                ("alias", "entity_id"),
                ((alias, ids[entity.ref]) for entity in snapshot.entities for alias in entity.aliases),
                about=1,
                name=str,
            ),
            facts=self._replace(
                CatalogFact,
                ("entity_id", "name", "value"),
                (
                    (ids[entity.ref], _text(name, entity.ref), _json(_value(value, entity.ref)))
                    for entity in snapshot.entities
                    for name, value in entity.facts.items()
                ),
                about=2,
                name=lambda entity, fact: f"{refs[entity]} {fact}",
            ),
            relations=self._replace(
                CatalogRelation,
                ("from_id", "to_id", "relation", "facts", "facts_hash"),
                (
                    (
                        ids[edge.from_ref],
                        ids[edge.to_ref],
                        edge.relation,
                        *_hashed_facts(edge.facts, edge.from_ref),
                    )
                    for edge in snapshot.relations
                ),
                about=3,
                name=lambda near, far, relation: f"{refs[near]} {relation} {refs[far]}",
            ),
            coverage=self._replace(
                CatalogCoverage,
                ("entities", "question"),
                (
                    (_text(statement.entities, "covers"), _text(question, "for"))
                    for statement in snapshot.coverage
                    for question in statement.questions
                ),
                about=2,
                name=lambda entities, question: f"{question} of {entities}",
            ),
        )

    def _replace(
        self,
        table: type[Assertion],
        names: tuple[str, ...],
        now: Iterable[Print],
        *,
        about: int,
        name: Callable[..., str],
    ) -> Difference:
        columns = [inspect(table).columns[name] for name in names]
        documents = [isinstance(column.type, JSON) for column in columns]
        before: dict[Print, int] = {
            tuple(_json(value) if json else value for json, value in zip(documents, row, strict=True)): number
            for number, *row in live(self._session, self._saved.source_id, table, table.id, *columns)
        }
        said = dict.fromkeys(now)
        gone = [old for old in before if old not in said]
        new = [one for one in said if one not in before]
        connection = self._session.connection()
        for batch in batches(before[old] for old in gone):
            connection.execute(
                update(table).where(col(table.id).in_(batch)).values(vanished_snapshot_id=self._saved.id)
            )
        made = {"source_id": self._saved.source_id, "first_snapshot_id": self._saved.id}
        for some in batches(new):
            rows = (
                (
                    json.loads(value) if document else value
                    for document, value in zip(documents, one, strict=True)
                )
                for one in some
            )
            connection.execute(insert(table), [made | dict(zip(names, row, strict=True)) for row in rows])
        return difference(
            len(said),
            gone=[old[:about] for old in gone],
            new=[one[:about] for one in new],
            name=lambda key: name(*key),
        )


def _ids_of_refs(session: Session, snapshot: SourceSnapshot, at: datetime) -> dict[str, int]:
    """Return the numbers of all entities ever named, those made now that this snapshot names for the first time."""
    numbered = select(CatalogEntity.ref, CatalogEntity.id)
    ids = dict(session.exec(numbered).all())
    named = dict.fromkeys(entity.ref for entity in snapshot.entities)
    for edge in snapshot.relations:
        named[edge.from_ref] = named[edge.to_ref] = None
    newest = max(ids.values(), default=0)
    for some in batches(ref for ref in named if ref not in ids):
        session.connection().execute(
            insert(CatalogEntity), [{"ref": ref, "kind": kind_of(ref), "created_at": at} for ref in some]
        )
    return ids | dict(session.exec(numbered.where(col(CatalogEntity.id) > newest)).all())


def _refuse_ambiguous_names(snapshot: SourceSnapshot) -> None:
    meant: dict[Ref, Ref] = {}
    for entity in snapshot.entities:
        if entity.ref in meant:
            raise InvalidCatalog(f"{entity.ref} is described twice; say all of it once", snapshot.source)
        meant[entity.ref] = entity.ref
    for entity in snapshot.entities:
        for alias in entity.aliases:
            other = meant.setdefault(alias, entity.ref)
            if other == alias:
                raise InvalidCatalog(
                    f"{alias} is an alias of {entity.ref} and an entity of its own; drop one of them",
                    snapshot.source,
                )
            if other != entity.ref:
                raise InvalidCatalog(
                    f"{alias} is an alias of both {other} and {entity.ref}; drop one of them", snapshot.source
                )


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _facts(facts: Mapping[str, Value], place: str) -> str:
    return (
        _json({_text(name, place): _value(value, place) for name, value in facts.items()}) if facts else "{}"
    )


def _hashed_facts(facts: Mapping[str, Value], place: str) -> tuple[str, str]:
    text = _facts(facts, place)
    return text, blake2b(text.encode(), digest_size=16).hexdigest() if facts else ""


def _tags(tags: tuple[str, ...] | None, place: str) -> str:
    return _json(None if tags is None else [_text(tag, place) for tag in tags])


def _value(value: Value, place: str) -> Value:
    """Return a value in the form that it has after any database: a float without fraction becomes an int."""
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidCatalog(f"{value} is not a number that can be kept; say null or leave it out", place)
        return int(value) if value.is_integer() else value
    return value


def _text(text: str, place: str) -> str:
    try:
        text.encode()  # half a character, as JSON can escape it
    except UnicodeEncodeError as error:
        raise InvalidCatalog(f"{text!r} holds half a character; remove it", place) from error
    if "\0" in text:
        raise InvalidCatalog(
            f"{text!r} holds the character NUL, which PostgreSQL cannot keep; remove it", place
        )
    return text
