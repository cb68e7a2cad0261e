"""What the tests of workflows read back from the database."""

from collections.abc import Sequence
from typing import TypeVar

from sqlmodel import col, select

from tracker.storage import action_items, audit, postmortems
from tracker.storage.action_items import ItemRecord
from tracker.storage.postmortems import PostmortemRecord
from tracker.storage.session import Database
from tracker.storage.tables import AuditEntry, Row, Table

R = TypeVar("R", bound=Row)


def rows(database: Database, table: type[R]) -> Sequence[R]:
    """Return all rows of a table in the order in which they were made."""
    with database.reading() as session:
        return session.exec(select(table).order_by(col(table.id))).all()


def items(database: Database) -> list[ItemRecord]:
    """Return all action items by number."""
    with database.reading() as session:
        return action_items.listing(session)


def titles(database: Database) -> list[str]:
    return [record.item.title for record in items(database)]


def postmortem(database: Database, number: int = 1) -> PostmortemRecord:
    with database.reading() as session:
        return postmortems.record(session, number)


def history(database: Database, row: Row) -> Sequence[AuditEntry]:
    """Return the audit trail of one row, oldest first."""
    with database.reading() as session:
        return audit.history(session, str(row.__tablename__), row.id)


def last_change(database: Database, row: Row) -> AuditEntry:
    return history(database, row)[-1]


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return the content of all tables, to see that nothing was written."""
    with database.reading() as session:
        return {
            table.name: sorted(
                (tuple(map(repr, row)) for row in session.connection().execute(table.select())),
            )
            for table in Table.metadata.sorted_tables
        }
