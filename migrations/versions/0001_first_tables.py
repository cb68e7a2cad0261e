"""The first tables.

They are written out here, not imported: what this migration makes must not change when the program does.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = ("audit_entry", "exposure_decision", "exposure_evaluation", "postmortem_revision")

_metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def upgrade() -> None:
    _metadata.create_all(op.get_bind(), checkfirst=False)
    if op.get_bind().dialect.name == "sqlite":
        _refuse_changes_on_sqlite()
    else:
        _refuse_changes_on_postgresql()


def downgrade() -> None:
    _metadata.drop_all(op.get_bind(), checkfirst=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change")


def _refuse_changes_on_sqlite() -> None:
    for table in _APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in _APPEND_ONLY:
        for change, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )


def _table(name: str, *parts: sa.schema.SchemaItem, versioned: bool = False) -> None:
    own = [sa.Column("id", sa.Integer(), primary_key=True), *(_numbers("version") if versioned else ())]
    sa.Table(name, _metadata, *own, *parts)


def _pairs(name: str, left: str, right: str) -> None:
    sa.Table(
        name,
        _metadata,
        sa.Column(f"{left}_id", sa.Integer(), sa.ForeignKey(f"{left}.id"), primary_key=True),
        sa.Column(f"{right}_id", sa.Integer(), sa.ForeignKey(f"{right}.id"), primary_key=True, index=True),
    )


def _assertions(name: str, *columns: sa.Column, key: tuple[str, ...]) -> None:
    live = sa.text("vanished_snapshot_id IS NULL")
    _table(
        name,
        _to("source_id", "source"),
        _to("first_snapshot_id", "catalog_snapshot"),
        _to("vanished_snapshot_id", "catalog_snapshot", null=True),
        *columns,
        sa.Index(f"uq_{name}_live", "source_id", *key, unique=True, sqlite_where=live, postgresql_where=live),
    )


def _columns(kind: sa.types.TypeEngine, names: tuple[str, ...], *, null: bool) -> list[sa.Column]:
    return [sa.Column(name, kind, nullable=null) for name in names]


def _texts(*names: str, null: bool = False) -> list[sa.Column]:
    return _columns(sa.String(), names, null=null)


def _numbers(*names: str, null: bool = False) -> list[sa.Column]:
    return _columns(sa.Integer(), names, null=null)


def _times(*names: str, null: bool = False) -> list[sa.Column]:
    return _columns(sa.DateTime(timezone=True), names, null=null)


def _dates(*names: str) -> list[sa.Column]:
    return _columns(sa.Date(), names, null=True)


def _jsons(*names: str, null: bool = False) -> list[sa.Column]:
    # In a column of JSON, SQLite takes a number for its own and rounds it.
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql").with_variant(sa.Text(), "sqlite")
    return _columns(kind, names, null=null)


def _to(column: str, table: str, *, null: bool = False, index: bool = False) -> sa.Column:
    return sa.Column(column, sa.Integer(), sa.ForeignKey(f"{table}.id"), nullable=null, index=index)


def _word(column: str, allowed: str, *, null: bool = False, index: bool = False) -> sa.Column:
    listed = ", ".join(repr(word) for word in allowed.split())
    check = sa.CheckConstraint(f"{column} IN ({listed})", name=column)
    return sa.Column(column, sa.String(32), check, nullable=null, index=index)


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=name)


def _not_blank(column: str) -> sa.CheckConstraint:
    return _check(f"{column}_not_blank", f"trim({column}) <> ''")


def _lines() -> list[sa.schema.SchemaItem]:
    return [
        *_numbers("line_start", "line_end"),
        _check("lines", "line_start >= 1 AND line_end >= line_start"),
    ]


_table(
    "source",
    _word("purpose", "postmortems catalog"),
    *_texts("name", "kind"),
    *_times("created_at"),
    sa.UniqueConstraint("purpose", "name"),
    _not_blank("name"),
)

_table(
    "postmortem",
    _to("source_id", "source", index=True),
    *_texts("uri", "name", "content_hash"),
    *_texts("title", "severity", null=True),
    *_dates("incident_date"),
    *_numbers("severity_level", null=True),
    sa.Column("confidential", sa.Boolean(), nullable=False),
    *_times("created_at", "updated_at"),
    sa.UniqueConstraint("uri"),
    _check("severity_level", "severity_level BETWEEN 1 AND 9"),
    versioned=True,
)
_table(
    "postmortem_revision",
    _to("postmortem_id", "postmortem"),
    *_numbers("number"),
    *_texts("content_hash", "actor"),
    sa.Column("content", sa.LargeBinary(), nullable=False),
    *_times("ingested_at"),
    sa.UniqueConstraint("postmortem_id", "number"),
)
_table(
    "postmortem_service",
    _to("postmortem_id", "postmortem"),
    *_texts("printed"),
    _to("entity_id", "catalog_entity", null=True, index=True),
    _word("state", "proposed confirmed rejected"),
    sa.UniqueConstraint("postmortem_id", "printed"),
)
_table(
    "postmortem_program",
    _to("postmortem_id", "postmortem"),
    *_texts("printed"),
    _to("program_id", "program", null=True, index=True),
    sa.UniqueConstraint("postmortem_id", "printed"),
)

_table(
    "learning",
    _to("postmortem_id", "postmortem", index=True),
    _to("revision_id", "postmortem_revision", index=True),
    *_texts("text", "rule"),
    *_texts("section", null=True),
    *_lines(),
    *_times("created_at"),
    *_times("withdrawn_at", null=True),
    _not_blank("text"),
    versioned=True,
)
_table(
    "lesson",
    *_texts("key", "title", "statement"),
    *_times("created_at", "updated_at"),
    sa.UniqueConstraint("key"),
    _not_blank("key"),
    _not_blank("title"),
    versioned=True,
)
_pairs("lesson_learning", "lesson", "learning")
_pairs("lesson_pattern", "lesson", "pattern")

_table(
    "pattern",
    *_texts("name", "about"),
    *_times("created_at"),
    sa.UniqueConstraint("name"),
    _not_blank("name"),
    versioned=True,
)
_table(
    "pattern_version",
    _to("pattern_id", "pattern"),
    *_numbers("number"),
    *_jsons("definition"),
    *_texts("source_text", "content_hash", "actor"),
    *_times("created_at"),
    sa.UniqueConstraint("pattern_id", "number"),
)

_TYPES = "investigate mitigate repair detect prevent process"

_table(
    "action_item",
    *_texts("title"),
    *_texts("description", "priority", "owner", null=True),
    _word("type", _TYPES, null=True),
    _word("suggested_type", _TYPES, null=True),
    _word("size", "item program"),
    _word("state", "proposed accepted in_progress blocked done verified declined", index=True),
    _word("document_status", "open in_progress done declined", null=True),
    _to("owner_person_id", "person", null=True, index=True),
    _to("owner_team_id", "team", null=True, index=True),
    _to("program_id", "program", null=True, index=True),
    *_dates("due", "declined_until"),
    _word("verification_method", "catalog evidence drill", null=True),
    *_texts("verified_by", "verification_note", "decline_reason", "declined_by", null=True),
    *_times("created_at", "updated_at"),
    _not_blank("title"),
    _check(
        "declined_with_reason",
        "state <> 'declined' OR (trim(decline_reason) <> '' AND trim(declined_by) <> '') IS TRUE",
    ),
    _check(
        "reason_only_if_declined",
        "state = 'declined' OR (decline_reason IS NULL AND declined_by IS NULL AND declined_until IS NULL)",
    ),
    _check(
        "verified_by_another",
        "state <> 'verified' OR (verified_by IS NOT NULL AND (owner IS NULL OR verified_by <> owner))",
    ),
    versioned=True,
)
_table(
    "action_item_origin",
    _to("action_item_id", "action_item"),
    _to("postmortem_id", "postmortem", index=True),
    _to("revision_id", "postmortem_revision", index=True),
    *_texts("quote", "rule"),
    *_texts("section", null=True),
    *_lines(),
    sa.Column("confidence", sa.Float(), nullable=False),
    *_jsons("document_values"),
    *_times("withdrawn_at", null=True),
    sa.UniqueConstraint("action_item_id", "postmortem_id"),
    _check("confidence", "confidence BETWEEN 0 AND 1"),
)
_table(
    "action_item_link",
    _to("action_item_id", "action_item"),
    *_texts("url"),
    sa.UniqueConstraint("action_item_id", "url"),
)
_pairs("action_item_exposure", "action_item", "exposure")

_table(
    "catalog_snapshot",
    _to("source_id", "source"),
    *_numbers("number"),
    *_times("observed_at", "imported_at"),
    *_texts("content_hash", "actor"),
    *_jsons("counts"),
    sa.UniqueConstraint("source_id", "number"),
)
_table(
    "catalog_entity",
    *_texts("ref"),
    _word("kind", "component api resource system domain group user package"),
    *_times("created_at"),
    _to("merged_into_id", "catalog_entity", null=True, index=True),
    sa.UniqueConstraint("ref"),
)
_assertions(
    "catalog_alias",
    sa.Column("alias", sa.String(), nullable=False, index=True),
    _to("entity_id", "catalog_entity", index=True),
    key=("alias",),
)
_assertions(
    "catalog_entity_assertion",
    _to("entity_id", "catalog_entity", index=True),
    *_jsons("attributes"),
    *_jsons("tags", null=True),
    key=("entity_id",),
)
_assertions(
    "catalog_fact",
    _to("entity_id", "catalog_entity", index=True),
    *_texts("name"),
    *_jsons("value"),
    key=("entity_id", "name"),
)
_assertions(
    "catalog_relation",
    _to("from_id", "catalog_entity"),
    _to("to_id", "catalog_entity"),
    _word("relation", "depends_on calls consumes_api provides_api uses contains runs_on part_of owned_by"),
    *_jsons("facts"),
    *_texts("facts_hash"),
    key=("from_id", "to_id", "relation", "facts_hash"),
)
_assertions("catalog_coverage", *_texts("entities", "question"), key=("entities", "question"))

_VERDICTS = "exposed not_exposed unknown"

_table(
    "exposure",
    _to("lesson_id", "lesson"),
    _to("entity_id", "catalog_entity", index=True),
    _word("verdict", _VERDICTS),
    _word(
        "state",
        "undecided under_investigation affected not_affected risk_accepted fixed verified regressed retired",
    ),
    *_times("first_exposed_at", null=True),
    _to("snapshot_id", "catalog_snapshot"),
    *_texts("fingerprint"),
    *_times("updated_at"),
    sa.UniqueConstraint("lesson_id", "entity_id"),
    versioned=True,
)
_table(
    "exposure_evaluation",
    _to("exposure_id", "exposure", index=True),
    _word("verdict", _VERDICTS),
    *_jsons("pattern_versions", "evidence"),
    _to("snapshot_id", "catalog_snapshot"),
    *_texts("fingerprint"),
    *_times("evaluated_at"),
)
_table(
    "exposure_decision",
    _to("exposure_id", "exposure", index=True),
    _word("decision", "under_investigation affected not_affected risk_accepted"),
    *_texts("justification", null=True),
    *_dates("until"),
    *_texts("actor"),
    *_times("decided_at"),
    _not_blank("actor"),
    _check("justified", "decision <> 'not_affected' OR (trim(justification) <> '') IS TRUE"),
    _check("accepted_until", "decision <> 'risk_accepted' OR until IS NOT NULL"),
)

_table(
    "program",
    *_texts("key", "title"),
    *_texts("goal", "sponsor", "lead", null=True),
    _word("state", "draft active done standing_rule"),
    *_dates("starts_on", "target_on"),
    *_times("created_at", "updated_at"),
    sa.UniqueConstraint("key"),
    _not_blank("key"),
    _not_blank("title"),
    versioned=True,
)
_pairs("program_lesson", "program", "lesson")

_table("person", *_texts("name"), *_times("created_at"), _not_blank("name"), versioned=True)
_table(
    "team",
    *_texts("name"),
    _to("entity_id", "catalog_entity", null=True, index=True),
    *_times("created_at"),
    sa.UniqueConstraint("name"),
    _not_blank("name"),
    versioned=True,
)
_table(
    "identity",
    _word("kind", "email chat jira catalog name"),
    *_texts("value"),
    _to("person_id", "person", null=True, index=True),
    _to("team_id", "team", null=True, index=True),
    sa.UniqueConstraint("kind", "value"),
    _check("person_or_team", "(person_id IS NULL) <> (team_id IS NULL)"),
)

_table(
    "audit_entry",
    *_times("at"),
    *_texts("actor", "action", "subject_kind"),
    *_numbers("subject_id"),
    *_jsons("detail"),
    sa.Index(None, "subject_kind", "subject_id"),
    _not_blank("actor"),
)
