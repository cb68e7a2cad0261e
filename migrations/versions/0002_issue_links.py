"""Issue links, the runs of the sync, and what it decided."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KINDS = "create adopt push pull agree found conflict decline hold withhold missing refused"
_FIELDS = "summary description status priority due assignee labels"


def upgrade() -> None:
    op.create_table(
        "issue_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action_item_id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("marker", sa.String(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("issue_id", sa.String(), nullable=True),
        sa.Column("issue_key", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("agreed", _json(), nullable=False),
        sa.Column("sent", _json(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('linked', 'missing') OR (issue_id IS NOT NULL AND issue_key IS NOT NULL)",
            name=op.f("ck_issue_link_linked_to_an_issue"),
        ),
        _one_of("issue_link", "state", "intended not_made linked missing"),
        _not_blank("issue_link", "site"),
        _not_blank("issue_link", "marker"),
        _to("issue_link", "action_item_id", "action_item"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_link")),
        sa.UniqueConstraint("action_item_id", name=op.f("uq_issue_link_action_item_id")),
        sa.UniqueConstraint("marker", name=op.f("uq_issue_link_marker")),
        sa.UniqueConstraint("site", "issue_id", name=op.f("uq_issue_link_site_issue_id")),
    )
    op.create_index(op.f("ix_issue_link_state"), "issue_link", ["state"])
    op.create_table(
        "sync_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("counts", _json(), nullable=False),
        sa.Column("waiting", _json(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        _one_of("sync_run", "state", "running finished stopped interrupted"),
        sa.CheckConstraint("(state = 'running') = (finished_at IS NULL)", name=op.f("ck_sync_run_finished")),
        sa.CheckConstraint(
            "state <> 'stopped' OR problem IS NOT NULL", name=op.f("ck_sync_run_stopped_with_problem")
        ),
        _not_blank("sync_run", "actor"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
    )
    op.create_index(op.f("ix_sync_run_state"), "sync_run", ["state"])
    op.create_table(
        "sync_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("action_item_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("field", sa.String(32), nullable=True),
        sa.Column("ours", _json(), nullable=True),
        sa.Column("theirs", _json(), nullable=True),
        sa.Column("agreed", _json(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("needs_a_person", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _one_of("sync_decision", "kind", _KINDS),
        _one_of("sync_decision", "field", _FIELDS),
        _not_blank("sync_decision", "reason"),
        _to("sync_decision", "run_id", "sync_run"),
        _to("sync_decision", "action_item_id", "action_item"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_decision")),
    )
    for column in ("run_id", "action_item_id"):
        op.create_index(op.f(f"ix_sync_decision_{column}"), "sync_decision", [column])
    _refuse_changes("sync_decision")


def downgrade() -> None:
    for table in ("sync_decision", "sync_run", "issue_link"):
        op.drop_table(table)


def _json() -> sa.types.TypeEngine:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql").with_variant(sa.Text(), "sqlite")


def _one_of(table: str, column: str, allowed: str) -> sa.CheckConstraint:
    listed = ", ".join(repr(word) for word in allowed.split())
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def _not_blank(table: str, column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"trim({column}) <> ''", name=op.f(f"ck_{table}_{column}_not_blank"))


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    else:
        for change, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
