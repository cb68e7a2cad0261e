"""Joins the parts: settings, database, clock and connectors; the only file that knows all of them."""

import logging
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import structlog
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy import inspect
from structlog.tracebacks import ExceptionDictTransformer

from tracker.core.errors import DatabaseNotReady, InvalidInput, NotFound
from tracker.core.ports import CatalogSource, Clock, IssueTracker, PostmortemSource
from tracker.core.tokens import parse_tokens
from tracker.settings import PREFIX, Settings, read_file, refuse_strangers
from tracker.storage import migrations, tokens
from tracker.storage.session import Database
from tracker.workflows.context import Context

if TYPE_CHECKING:
    from fastapi import FastAPI

POSTMORTEM_SOURCES = "elsewhere.postmortem_sources"
CATALOG_SOURCES = "elsewhere.catalog_sources"
ISSUE_TRACKERS = "elsewhere.issue_trackers"

_SQLITE = b"SQLite format 3\0"
_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]+(?=@)")


def system_clock() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Application:
    """The product, put together."""

    settings: Settings
    context: Context
    environment: Mapping[str, str]
    is_new: bool = False
    """Whether its database was made just now."""

    def postmortem_source(self, name: str) -> PostmortemSource:
        """Return the postmortem source that an installed connector provides under this name."""
        return cast("PostmortemSource", self._connect(POSTMORTEM_SOURCES, name))

    def catalog_source(self, name: str) -> CatalogSource:
        """Return the catalog source that an installed connector provides under this name."""
        return cast("CatalogSource", self._connect(CATALOG_SOURCES, name))

    def issue_tracker(self, name: str = "jira") -> IssueTracker:
        """Return the issue tracker that an installed connector provides under this name."""
        return cast("IssueTracker", self._connect(ISSUE_TRACKERS, name))

    def _connect(self, group: str, name: str) -> Any:
        found = {point.name: point for point in entry_points(group=group)}
        if name not in found:
            installed = ", ".join(sorted(found)) or "none"
            raise NotFound(f"no connector {name!r} is installed for {group} (installed: {installed})")
        try:
            connect = found[name].load()
        except ImportError as error:
            raise NotFound(
                f"the connector {name!r} lacks {error.name!r}; run `pip install 'elsewhere[{name}]'`"
            ) from error
        # A connector sees its own settings only, never another's secrets.
        return connect(self._settings_of(name))

    def is_configured(self, connector: str) -> bool:
        """Return whether anything at all is set for a connector."""
        return bool(self._settings_of(connector))

    def _settings_of(self, connector: str) -> dict[str, str]:
        prefix = f"{PREFIX}{connector.upper()}_"
        return {k.removeprefix(prefix): v for k, v in self.environment.items() if k.startswith(prefix)}

    def close(self) -> None:
        """Close what is open."""
        self.context.database.close()


def load_settings(file: str | None = None, **overrides: Any) -> Settings:
    """Return what is said by the overrides, else the environment, else the settings file, else by default.

    The file is the one that is given, or that ELSEWHERE_SETTINGS names; without either there is none. Raises
    `InvalidInput` naming the variable, or the file and the key, and never the value.
    """
    refuse_strangers(os.environ, _connectors)
    path = file or os.environ.get(f"{PREFIX}SETTINGS")
    said, of_connectors = read_file(Path(path), _connectors()) if path else ({}, {})
    try:
        return Settings.layered(overrides, os.environ, said, of_connectors)
    except ValidationError as error:
        first = error.errors()[0]
        # Our own words come with a prefix of the library that checks.
        problem = first["msg"].removeprefix("Value error, ")
        raise InvalidInput(problem, _place(first["loc"], path if said else None, said)) from None
    except SettingsError as error:  # a value of several parts that is not JSON
        named = re.search(r'field "(\w+)"', str(error))
        name = f"{PREFIX}{named[1].upper()}" if named else "settings"
        raise InvalidInput("cannot be read; set its parts instead, as NAME__PART", name) from None


def _connectors() -> set[str]:
    """Return the names of all connectors that are installed."""
    groups = (POSTMORTEM_SOURCES, CATALOG_SOURCES, ISSUE_TRACKERS)
    return {point.name for group in groups for point in entry_points(group=group)}


def _place(parts: tuple[int | str, ...], file: str | None, said: Mapping[str, Any]) -> str:
    """Return who said a wrong value: the variable, or the key of the settings file."""
    names = [str(part) for part in parts]
    variables = {name.upper() for name in os.environ}
    for end in range(len(names), 0, -1):
        variable = PREFIX + "__".join(names[:end]).upper()
        if variable in variables:
            return "/".join([f"{variable}#" if names[end:] else variable, *names[end:]])
    if file and names[0] in said:
        return f"{file}#/{'/'.join(names)}"
    return PREFIX + "__".join(names).upper()


def open_application(
    settings: Settings | None = None,
    *,
    clock: Clock = system_clock,
    environment: Mapping[str, str] | None = None,
    upgrade: bool = False,
) -> Application:
    """Put the product together, with the database ready.

    See `prepare` for what happens to a database that is absent or of an older version. The folder of the database that is
    used when nobody named one is made.
    """
    settings = settings or load_settings()
    database = Database(settings.database_url.get_secret_value())
    if database.path and "database_url" not in settings.model_fields_set:
        with suppress(OSError):  # what makes the file says what is wrong
            database.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        is_new = prepare(database, upgrade=upgrade)
    except BaseException:
        database.close()
        raise
    variables = os.environ if environment is None else environment
    return Application(
        settings, Context(database, clock, settings.actor), {**settings.of_connectors, **variables}, is_new
    )


def prepare(database: Database, *, upgrade: bool = False) -> bool:
    """Make sure that a database has the tables that this program needs; return whether its file was made for that.

    A SQLite database that does not exist yet is made if its folder exists, and one whose making was cut short is
    completed. One of an older version raises `DatabaseNotReady`, which says what to do, unless ``upgrade`` allows it. A
    file that is something else always does.
    """
    is_new = database.path is not None and not database.path.exists()
    if database.path and not _has_tables(database, database.path):
        upgrade = True
    if upgrade:
        migrations.upgrade(database)
    else:
        migrations.check(database)
    return is_new


def _has_tables(database: Database, path: Path) -> bool:
    """Return whether a SQLite file has tables; raises `DatabaseNotReady` when they are another program's."""
    if not path.exists():
        return False
    try:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
    except OSError as error:
        raise DatabaseNotReady(
            f"{path}: it cannot be read ({error.strerror}); name another file in the database URL"
        ) from error
    if not start:
        return False
    # SQLite itself takes a very short file of something else for an empty database, and would write over it.
    if start != _SQLITE:
        raise DatabaseNotReady(f"{path}: it is not a SQLite database; name another file in the database URL")
    with database.reading() as session:
        tables = inspect(session.connection()).get_table_names()
    if tables and "alembic_version" not in tables:
        raise DatabaseNotReady(
            f"{path}: it is the database of another program; name another file in the database URL"
        )
    return bool(tables)


def open_api(application: Application, *, reachable_from_elsewhere: bool = False) -> "FastAPI":
    """Return the API of an application, for this machine only or for others as well.

    For others, every request shows a token: raises `InvalidInput` while there is none that could be shown.
    """
    # FastAPI takes long to import, and only the server needs it.
    from tracker.api.application import create_api  # noqa: PLC0415
    from tracker.api.surroundings import LOOPBACK_NAMES, ApiOptions  # noqa: PLC0415

    settings, context = application.settings.api, application.context
    configured = parse_tokens(
        settings.tokens.get_secret_value() if settings.tokens else "", f"{PREFIX}API__TOKENS"
    )
    if reachable_from_elsewhere and not configured:
        with context.database.reading() as session:
            if not tokens.any_living(session, context.now):
                raise InvalidInput(
                    "on an address that other machines reach, every request needs a token, and there is none; "
                    "run `elsewhere tokens create NAME`, or listen on 127.0.0.1",
                    "--host",
                )
    options = ApiOptions(
        anonymous=settings.anonymous and not reachable_from_elsewhere,
        tokens=configured,
        allowed_hosts=settings.allowed_hosts or (("*",) if reachable_from_elsewhere else LOOPBACK_NAMES),
        cors_origins=settings.cors_origins,
        max_body_bytes=settings.max_body_bytes,
        rank=application.settings.rank,
        sync=application.settings.sync,
        lease=timedelta(seconds=application.settings.lease_seconds),
    )
    return create_api(context, application, options)


def configure_logs(settings: Settings) -> None:
    """Send structured logs to standard error, away from what commands print."""
    level = getattr(logging, settings.log_level.upper())
    # Tracebacks come without the values of variables, which may be secrets or confidential words.
    renderers: list[Any] = (
        [
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ]
        if settings.log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_secrets,
            *renderers,
            _without_passwords,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


class _ToStructuredLog(logging.Handler):
    """Passes on what a library logs the usual way."""

    def emit(self, record: logging.LogRecord) -> None:
        # What goes wrong in a request is logged with the request, by `tracker.api.asgi`.
        if not record.getMessage().startswith("Exception in ASGI application"):
            structlog.get_logger().log(record.levelno, record.getMessage(), logger=record.name)


def configure_server_logs() -> None:
    """Send what the web server itself logs to the structured log."""
    logger = logging.getLogger("uvicorn")
    logger.handlers, logger.propagate = [_ToStructuredLog()], False
    logger.setLevel(logging.INFO)


def _without_secrets(_logger: Any, _method: str, event: Any) -> Any:
    """Mask what is named like a secret, whatever part of the product logs it."""
    for name in event:
        if any(word in name.lower() for word in ("token", "password", "secret", "authorization")):
            event[name] = "***"
    return event


def _without_passwords(_logger: Any, _method: str, line: Any) -> str:
    """Mask the passwords in the URLs of a log line, its traceback included."""
    return _PASSWORD.sub(r"\1***", str(line))
