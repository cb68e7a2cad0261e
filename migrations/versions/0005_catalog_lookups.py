"""Indexes for the edges of one entity, from either end."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_LIVE = sa.text("vanished_snapshot_id IS NULL")
_INDEXES = {"ix_catalog_relation_live_from_id": "from_id", "ix_catalog_relation_live_to_id": "to_id"}


def upgrade() -> None:
    for name, column in _INDEXES.items():
        op.create_index(name, "catalog_relation", [column], sqlite_where=_LIVE, postgresql_where=_LIVE)


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, "catalog_relation")
