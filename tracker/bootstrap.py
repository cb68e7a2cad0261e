"""Joins the parts: settings, database, clock and connectors; the only file that knows all of them."""

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import Any, cast

import structlog
from pydantic import ValidationError

from tracker.core.errors import InvalidInput, NotFound
from tracker.core.ports import CatalogSource, Clock, PostmortemSource
from tracker.settings import Settings
from tracker.storage import migrations
from tracker.storage.session import Database
from tracker.workflows.context import Context

POSTMORTEM_SOURCES = "elsewhere.postmortem_sources"
CATALOG_SOURCES = "elsewhere.catalog_sources"


def system_clock() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Application:
    """The product, put together."""

    settings: Settings
    context: Context
    environment: Mapping[str, str]

    def postmortem_source(self, name: str) -> PostmortemSource:
        """Return the postmortem source that an installed connector provides under this name."""
        return cast("PostmortemSource", self._connect(POSTMORTEM_SOURCES, name))

    def catalog_source(self, name: str) -> CatalogSource:
        """Return the catalog source that an installed connector provides under this name."""
        return cast("CatalogSource", self._connect(CATALOG_SOURCES, name))

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
        prefix = f"ELSEWHERE_{name.upper()}_"
        return connect(
            {k.removeprefix(prefix): v for k, v in self.environment.items() if k.startswith(prefix)}
        )

    def close(self) -> None:
        """Close what is open."""
        self.context.database.close()


def load_settings(**overrides: Any) -> Settings:
    """Return the settings of the environment. Raises `InvalidInput` naming the variable, never its value."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = "ELSEWHERE_" + "__".join(str(part) for part in first["loc"]).upper()
        raise InvalidInput(first["msg"], name) from None


def open_application(
    settings: Settings | None = None,
    *,
    clock: Clock = system_clock,
    environment: Mapping[str, str] | None = None,
    upgrade: bool = False,
) -> Application:
    """Put the product together, with the database ready.

    A SQLite database that does not exist yet is made. One of an older version raises `DatabaseNotReady`, which says
    what to do, unless ``upgrade`` allows it.
    """
    settings = settings or load_settings()
    database = Database(settings.database_url.get_secret_value())
    is_new = database.path is not None and not database.path.exists()
    if upgrade or is_new:
        migrations.upgrade(database)
    else:
        migrations.check(database)
    return Application(
        settings, Context(database, clock, settings.actor), os.environ if environment is None else environment
    )


def configure_logs(settings: Settings) -> None:
    """Send structured logs to standard error, away from what commands print."""
    level = getattr(logging, settings.log_level.upper())
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_secrets,
            structlog.processors.dict_tracebacks if settings.log_format == "json" else _unchanged,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _unchanged(_logger: Any, _method: str, event: Any) -> Any:
    return event


def _without_secrets(_logger: Any, _method: str, event: Any) -> Any:
    """Mask what is named like a secret, whatever part of the product logs it."""
    for name in event:
        if any(word in name.lower() for word in ("token", "password", "secret", "authorization")):
            event[name] = "***"
    return event
