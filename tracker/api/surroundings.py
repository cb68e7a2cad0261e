"""What the routes are handed by whoever opens the server: the context, the connectors, and the options."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, cast

from fastapi import Depends, Request

from tracker.api.at_once import at_once
from tracker.core.issue_sync import DEFAULT, Policies
from tracker.core.ports import Connections
from tracker.core.tokens import ConfiguredToken
from tracker.core.where_else import RankWeights

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """How the API is served. The defaults are those of a server that only its own machine can reach."""

    anonymous: bool = True
    """Whether a request over loopback that brings no token may read and write, as the context's actor."""
    tokens: tuple[ConfiguredToken, ...] = ()
    allowed_hosts: tuple[str, ...] = LOOPBACK_NAMES
    """The names that the Host header may have, without port; ``*`` allows any."""
    cors_origins: tuple[str, ...] = ()
    max_body_bytes: int = 8 * 2**20
    rank: RankWeights = field(default_factory=RankWeights)
    sync: Policies = DEFAULT
    """Who wins the fields that were changed here and at the issue tracker."""
    lease: timedelta = timedelta(seconds=90)
    """How long a sync that died without a word keeps others from beginning."""
    site: str | None = None
    """The address of the issue tracker's site, if one is configured."""


def _connections(request: Request) -> Connections:
    return cast("Connections", request.app.state.connections)


def _options(request: Request) -> ApiOptions:
    return cast("ApiOptions", request.app.state.options)


Connected = Annotated[Connections, Depends(at_once(_connections))]
Options = Annotated[ApiOptions, Depends(at_once(_options))]
