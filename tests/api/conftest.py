"""The API on a new database, as an anonymous user of this machine and as holders of tokens see it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.api.serving import serving
from tests.factories import InMemoryCatalog, InMemoryPostmortems
from tracker.api.application import create_api
from tracker.api.surroundings import ApiOptions
from tracker.core.errors import NotFound
from tracker.core.ports import IssueTracker
from tracker.core.tokens import Scope
from tracker.storage.session import Database
from tracker.workflows import tokens
from tracker.workflows.context import Context

ADDRESS = "http://localhost"


@dataclass
class InMemoryConnections:
    """Connectors whose other ends are set from outside."""

    postmortems: InMemoryPostmortems = field(default_factory=InMemoryPostmortems)
    catalog: InMemoryCatalog = field(default_factory=InMemoryCatalog)
    issues: IssueTracker | None = None

    def postmortem_source(self, _name: str) -> InMemoryPostmortems:
        return self.postmortems

    def catalog_source(self, _name: str) -> InMemoryCatalog:
        return self.catalog

    def issue_tracker(self, name: str = "jira") -> IssueTracker:
        if self.issues is None:
            raise NotFound(f"no connector {name!r} is installed")
        return self.issues


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Any]]:
    """What is logged meanwhile, with what is bound to it."""
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as events:
        yield events


@pytest.fixture
def context(database: Database, clock) -> Context:
    """The context of whoever opens the server."""
    return Context(database, clock, "Ada")


@pytest.fixture
def connections() -> InMemoryConnections:
    return InMemoryConnections()


@pytest.fixture
def application(context: Context, connections: InMemoryConnections) -> FastAPI:
    """The API of a server that only its own machine can reach."""
    return create_api(context, connections, ApiOptions())


Client = Callable[..., TestClient]


@pytest.fixture
def client(application: FastAPI) -> Iterator[Client]:
    """Makes clients: of an application, and with a token's secret."""
    with ExitStack() as stack:

        def make(
            of: FastAPI = application, token: str | None = None, address: str = "127.0.0.1", **options: Any
        ) -> TestClient:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return stack.enter_context(
                TestClient(
                    of,
                    base_url=ADDRESS,
                    headers=headers,
                    client=(address, 50000),
                    follow_redirects=False,
                    **options,
                )
            )

        yield make


@pytest.fixture
def served(application: FastAPI) -> Iterator[str]:
    """The address of the API, served over real HTTP."""
    with serving(application) as address:
        yield address


@pytest.fixture
def api(client: Client) -> TestClient:
    """Somebody at this machine, without a token: reads and writes, and sees nothing confidential."""
    return client()


@pytest.fixture
def admin(client: Client, context: Context) -> TestClient:
    """The holder of a token for everything, called ``root``."""
    return client(token=tokens.create(context, "root", Scope.ADMIN).secret)


@pytest.fixture
def writer(client: Client, context: Context) -> TestClient:
    """The holder of a token for changes, called ``scribe``."""
    return client(token=tokens.create(context, "scribe", Scope.WRITE).secret)


@pytest.fixture
def reader(client: Client, context: Context) -> TestClient:
    """The holder of a token for reading, called ``visitor``."""
    return client(token=tokens.create(context, "visitor", Scope.READ).secret)
