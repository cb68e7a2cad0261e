"""Lists of items in another order than their number; what a document said of the fields that people have changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_action_item_due_id"), "action_item", ["due", "id"])
    op.create_index(op.f("ix_action_item_updated_at_id"), "action_item", ["updated_at", "id"])
    # In a column of JSON, SQLite takes a number for its own and rounds it.
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql").with_variant(sa.Text(), "sqlite")
    op.add_column("postmortem", sa.Column("document_values", kind, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("postmortem") as postmortem:
        postmortem.drop_column("document_values")
    op.drop_index(op.f("ix_action_item_updated_at_id"), "action_item")
    op.drop_index(op.f("ix_action_item_due_id"), "action_item")
