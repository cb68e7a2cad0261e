"""What a database holds, so that two can be compared."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Table as Columns
from sqlalchemy import select

from tracker.storage.session import Database
from tracker.storage.tables import Table

TABLES = {table.name: table for table in Table.metadata.sorted_tables}


def everything(database_url: str) -> dict[str, list[str]]:
    """Return all rows of all tables."""
    return {name: sorted(map(repr, rows)) for name, rows in _rows(database_url).items()}


def what_is_known(database_url: str) -> dict[str, list[str]]:
    """Return all rows of all tables, but for what one run of the same commands does otherwise than another.

    That is the numbers of rows, which are replaced by the rows that they mean, and the time on the clock.
    """
    rows = _rows(database_url)
    by_number = {
        name: {row["id"]: row for row in some} for name, some in rows.items() if "id" in TABLES[name].columns
    }

    @cache
    def numbered(name: str, number: int) -> str:
        return told(TABLES[name], by_number[name][number])

    def told(table: Columns, row: dict[str, Any]) -> str:
        return f"{table.name}({', '.join(values(table, row))})"

    def values(table: Columns, row: dict[str, Any]) -> Iterator[str]:
        for column in table.columns:
            value = row[column.name]
            if column.name == "id":
                continue
            if value is not None and column.foreign_keys:
                [key] = column.foreign_keys
                yield f"{column.name}={numbered(key.column.table.name, value)}"
            elif column.name == "subject_id":
                yield f"subject={numbered(row['subject_kind'], value)}"
            elif isinstance(value, datetime) and column.name != "observed_at":
                yield f"{column.name}=then"
            else:
                yield f"{column.name}={value!r}"

    return {name: sorted(told(TABLES[name], row) for row in some) for name, some in rows.items()}


def _rows(database_url: str) -> dict[str, list[dict[str, Any]]]:
    with closing(Database(database_url)) as database, database.reading() as session:
        return {
            name: [dict(row) for row in session.connection().execute(select(table)).mappings()]
            for name, table in TABLES.items()
        }
