"""Run the migrations on the connection that `tracker.storage.migrations` hands over, in its transaction."""

from alembic import context

from tracker.storage.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite changes a table by making a new one
)
with context.begin_transaction():
    context.run_migrations()
