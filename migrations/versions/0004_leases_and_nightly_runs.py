"""Leases, and the nightly runs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STATES = "'running', 'done', 'skipped', 'needs_a_person', 'failed', 'stopped', 'interrupted'"

# In a column of JSON, SQLite takes a number for its own and rounds it.
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql").with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process", sa.String(), nullable=True),
        sa.Column("acquired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("trim(actor) <> ''", name=op.f("ck_lease_actor_not_blank")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "nightly_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("steps", _JSON, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("trim(actor) <> ''", name=op.f("ck_nightly_run_actor_not_blank")),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_nightly_run_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nightly_run")),
    )
    op.create_table(
        "nightly_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", _JSON, nullable=False),
        sa.Column("problems", _JSON, nullable=False),
        sa.Column("remark", sa.String(), nullable=True),
        sa.CheckConstraint(
            "step IN ('sources', 'catalog', 'exposures', 'sync')", name=op.f("ck_nightly_step_step")
        ),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_nightly_step_state")),
        sa.ForeignKeyConstraint(["run_id"], ["nightly_run.id"], name=op.f("fk_nightly_step_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nightly_step")),
    )
    op.create_index(op.f("ix_nightly_step_run_id"), "nightly_step", ["run_id"])


def downgrade() -> None:
    op.drop_table("nightly_step")
    op.drop_table("nightly_run")
    op.drop_table("lease")
