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
from tracker.storage.tables.lessons import Learning, Lesson, LessonLearning, LessonPattern
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
    "Identity",
    "Learning",
    "Lesson",
    "LessonLearning",
    "LessonPattern",
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
    "Source",
    "SourcePurpose",
    "Table",
    "Team",
    "VersionedRow",
]

# SQLModel maps a class while it is defined, before its columns can be named in the class; so this is done after.
for _table in VersionedRow.__subclasses__():
    inspect(_table).version_id_col = _table.metadata.tables[str(_table.__tablename__)].c.version
