"""The stand-in over HTTP: sockets, credentials, faults and the log around what `routes` answer."""

import base64
import binascii
import json
import secrets
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.jira.stand_in import issues, search, surroundings
from connectors.jira.stand_in.call import answer
from connectors.jira.stand_in.exchange import Answer, Exchange, Request
from connectors.jira.stand_in.site import Site

_ROUTES = (*surroundings.routes, *issues.routes, *search.routes)


@contextmanager
def running(clock: Callable[[], datetime], *projects: str, port: int = 0) -> Iterator[Site]:
    """Serve a new, empty site on a free port (or the given one) of the loopback interface until the block ends."""
    site = Site(clock, *projects)
    server = _Server(site, port)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), name="stand-in of Jira", daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.stop()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, site: Site, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.site = site
        self.is_stopping = Event()
        self._lock = Lock()
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up; anything else is a fault of this stand-in, and loud."""
        del request, client_address
        raise  # noqa: PLE0704 - socketserver calls this while it handles the exception

    def stop(self) -> None:
        """Let go of everybody who waits, and close every socket."""
        self.is_stopping.set()
        self.shutdown()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection; as `faults.Wire`, one request of it."""

    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "AtlassianEdge"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1

    exchange: Exchange

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Print nothing: ``site.requests`` has it all."""

    def handle(self) -> None:
        """Serve a connection, whose end may come at any moment."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def finish(self) -> None:
        """Close the connection, which may be broken by now."""
        try:
            super().finish()
        except OSError:
            self.rfile.close()

    def _serve(self) -> None:
        request = self._request()
        self.exchange = Exchange(request)
        site = self.server.site
        with site.lock:
            site.requests.append(self.exchange)
            fault = site.faults.take(request)
        if fault is None:
            self.send(self.perform())
        else:
            self.exchange.is_faulty = True
            fault.strike(self)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve  # noqa: N815 - named by the base class

    def _request(self) -> Request:
        target = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body: Any = None
        if raw:
            try:
                body = json.loads(raw)
            except ValueError:
                body = raw
        return Request(
            self.command,
            target.path,
            {name: tuple(values) for name, values in parse_qs(target.query, keep_blank_values=True).items()},
            {name.lower(): value for name, value in self.headers.items() if name.lower() != "authorization"},
            body,
        )

    def _is_signed_in(self) -> bool:
        scheme, _, encoded = self.headers.get("Authorization", "").partition(" ")
        site = self.server.site
        try:
            given = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        right = secrets.compare_digest(given.encode(), f"{site.user}:{site.token}".encode())
        return scheme.lower() == "basic" and right and not site.token_has_expired

    # What a fault may do

    def perform(self) -> Answer:
        is_signed_in = self._is_signed_in()
        with self.server.site.lock:
            made = answer(_ROUTES, self.server.site, self.exchange.request, is_signed_in=is_signed_in)
            if "Authorization" in self.headers and not is_signed_in:
                headers = {**made.headers, "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
                made = Answer(made.status, made.body, headers)
            self.exchange.answer = made
        return made

    def send(self, answer: Answer) -> None:
        self.exchange.answer = answer
        self.wfile.write(self._head_and_body(answer))
        self.wfile.flush()

    def drip(self, answer: Answer, pause: float) -> None:
        for byte in self._head_and_body(answer):
            if self.server.is_stopping.wait(pause):
                return
            self.wfile.write(bytes([byte]))
            self.wfile.flush()

    def reset(self) -> None:
        # A linger of zero seconds makes the close a reset, so that the client sees neither answer nor orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.wfile.close()
        self.connection.close()
        raise ConnectionResetError

    def wait(self, seconds: float) -> None:
        self.server.is_stopping.wait(seconds)

    def _head_and_body(self, answer: Answer) -> bytes:
        is_raw = isinstance(answer.body, bytes)
        content = answer.body if is_raw else b"" if answer.body is None else json.dumps(answer.body).encode()
        headers = {"Content-Type": "application/json;charset=UTF-8", **answer.headers}
        if answer.status != 204:
            headers["Content-Length"] = str(len(content))
        self.log_request(answer.status)
        head = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('',))[0]}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*head, "", ""]).encode() + (content if answer.status != 204 else b"")
