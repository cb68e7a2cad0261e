"""Faults of a database: which are lost races, to be tried again, and what a person can do about the others."""

import sqlite3

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

_UPGRADE = "its tables are not those that this program needs; run `elsewhere db upgrade`"

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_SERIALIZATION_FAILURE, _DEADLOCK = "40001", "40P01"
_POSTGRESQL = {
    "08": "the connection failed; look whether the server runs and can be reached",
    "25006": "it may not be written; connect to the primary server, as a user who may write",
    "28": "the server refused the user or the password; correct the database URL",
    "3D": "the server has no such database; create it with `createdb`, then run `elsewhere db upgrade`",
    "42501": "this user may not do that there; grant it the rights, or name another user in the database URL",
    "42703": _UPGRADE,
    "42P01": _UPGRADE,
    "53": "the server is out of memory, disk or connections; make room, then try again",
    "57P": "the server is starting or stopping; try again in a moment",
}
# A connection that is refused has no code, only the server's words (in its own language: then the general advice is given).
_REFUSED_ON_CONNECTING = {
    "authentication failed": "28",
    "no pg_hba.conf entry": "28",
    "no password supplied": "28",
    'role "': "28",
    'database "': "3D",
}
_DAMAGED = (
    "it is damaged, or not a SQLite database; restore a backup, or name another file in the database URL"
)
_SQLITE = {
    sqlite3.SQLITE_CANTOPEN: "there is no such file, or it may not be opened; `elsewhere db upgrade` makes it",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_FULL: "the disk is full; make room, then try again",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written; look after the disk, or name another file",
    sqlite3.SQLITE_PERM: "it may not be written; change the permissions of the file and its folder",
    sqlite3.SQLITE_READONLY: "it may not be written; change the permissions of the file and its folder",
}


def is_lost_race(error: BaseException) -> bool:
    """Return whether somebody else was first, so that the same transaction may succeed when it is repeated."""
    if isinstance(error, StaleDataError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return _sqlite_code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} or _sqlstate(error) in {
        _SERIALIZATION_FAILURE,
        _DEADLOCK,
    }


def remedy(error: DBAPIError) -> str | None:
    """Return what is wrong with the database and what to do, or ``None`` if the program itself is wrong."""
    code = _sqlite_code(error)
    if code is not None:
        missing = code == sqlite3.SQLITE_ERROR and str(error.orig).startswith(
            ("no such table", "no such column")
        )
        return _UPGRADE if missing else _SQLITE.get(code)
    state = _sqlstate(error)
    if state is not None:
        return next((advice for prefix, advice in _POSTGRESQL.items() if state.startswith(prefix)), None)
    if error.statement is None and not isinstance(error, IntegrityError):  # before any statement: connecting
        problem = " ".join(str(error.orig).split())
        for words, kind in _REFUSED_ON_CONNECTING.items():
            if words in problem:
                return f"{_POSTGRESQL[kind]} ({problem})"
        return f"it cannot be reached ({problem}); look whether the server runs, and at the database URL"
    return None


def _sqlite_code(error: DBAPIError) -> int | None:
    extended: int | None = getattr(error.orig, "sqlite_errorcode", None)
    return None if extended is None else extended & 0xFF


def _sqlstate(error: DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state
