"""Backups of a database, taken while others go on writing."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from tracker.core.errors import DatabaseNotReady, InvalidInput
from tracker.storage.session import Database


def backup(database: Database, path: Path) -> None:
    """Copy a SQLite database as it is now to a new file; the file appears only when it is whole.

    Refuses to overwrite. PostgreSQL has its own tool, which the error names.
    """
    if not database.path:
        raise InvalidInput(
            f"PostgreSQL makes its own backups; run `pg_dump --format=custom --file={path} {database.name}`"
        )
    if path.exists():
        raise InvalidInput("the file exists already; name a new one", str(path))
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InvalidInput(f"the file cannot be made ({error.strerror}); name another", str(path)) from error
    os.close(handle)
    partial = Path(name)
    try:
        with database.faults_explained(), database.reader.connect() as connection:
            source = connection.connection.driver_connection
            with closing(sqlite3.connect(partial)) as copy:
                source.backup(copy)  # type: ignore[union-attr]
        partial.rename(path)
    except sqlite3.Error as error:
        raise DatabaseNotReady(f"{database.name}: the backup failed ({error}); no file was made") from error
    finally:
        partial.unlink(missing_ok=True)
