"""Every table. Importing this package makes them all known to `Table.metadata`."""

from sqlalchemy import inspect

from tracker.storage.tables.action_items import (
    ActionItem,
    ActionItemExposure,
    ActionItemLink,
    ActionItemOrigin,
)
from tracker.storage.tables.audit import AuditEntry
from tracker.storage.tables.base import Row, Table, VersionedRow
from tracker.storage.tables.catalog import (
    CatalogAlias,
    CatalogCoverage,
    CatalogEntity,
    CatalogEntityAssertion,
    CatalogFact,
    CatalogRelation,
    CatalogSnapshot,
)
from tracker.storage.tables.exposures import (
    Exposure,
    ExposureDecision,
    ExposureEvaluation,
)
from tracker.storage.tables.idempotency import IdempotencyKey
from tracker.storage.tables.issue_sync import IssueLink, RunState, SyncDecision, SyncRun
from tracker.storage.tables.leases import Lease
from tracker.storage.tables.lessons import Learning, Lesson, LessonLearning, LessonPattern
from tracker.storage.tables.nightly_runs import NightlyRun, NightlyStep
from tracker.storage.tables.patterns import Pattern, PatternVersion
from tracker.storage.tables.people import Identity, Person, Team
from tracker.storage.tables.postmortems import (
    Postmortem,
    PostmortemProgram,
    PostmortemRevision,
    PostmortemService,
)
from tracker.storage.tables.programs import Program, ProgramLesson
from tracker.storage.tables.sources import Source, SourcePurpose
from tracker.storage.tables.tokens import Token

__all__ = [
    "ActionItem",
    "ActionItemExposure",
    "ActionItemLink",
    "ActionItemOrigin",
    "AuditEntry",
    "CatalogAlias",
    "CatalogCoverage",
    "CatalogEntity",
    "CatalogEntityAssertion",
    "CatalogFact",
    "CatalogRelation",
    "CatalogSnapshot",
    "Exposure",
    "ExposureDecision",
    "ExposureEvaluation",
    "IdempotencyKey",
    "Identity",
    "IssueLink",
    "Learning",
    "Lease",
    "Lesson",
    "LessonLearning",
    "LessonPattern",
    "NightlyRun",
    "NightlyStep",
    "Pattern",
    "PatternVersion",
    "Person",
    "Postmortem",
    "PostmortemProgram",
    "PostmortemRevision",
    "PostmortemService",
    "Program",
    "ProgramLesson",
    "Row",
    "RunState",
    "Source",
    "SourcePurpose",
    "SyncDecision",
    "SyncRun",
    "Table",
    "Team",
    "Token",
    "VersionedRow",
]

# SQLModel maps a class while it is defined, before its columns can be named in the class; so this is done after.
for _table in VersionedRow.__subclasses__():
    inspect(_table).version_id_col = _table.metadata.tables[str(_table.__tablename__)].c.version
