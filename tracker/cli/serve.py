"""The command that serves the API."""

import errno
import signal
import socket
from typing import Annotated

import typer

from tracker.cli.terminal import FAILED, application, note, stop
from tracker.core.errors import HeldByAnother, InvalidInput

_INTERRUPTED = 130
_LAST_ANSWERS = 30  # seconds that requests under way have when the server is told to end


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(serve)


def serve(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The address to listen on; any but loopback needs tokens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8080,
    log_format: Annotated[
        str | None,
        typer.Option(metavar="text|json", help="Logs for people or for machines.", show_default=False),
    ] = None,
) -> None:
    """Serve the API until it is told to end (Ctrl-C or SIGTERM; requests under way are answered).

    Example: elsewhere serve --port 8080
    """
    import uvicorn

    from tracker.bootstrap import configure_server_logs, load_settings, open_api

    overrides = context.find_root().obj.overrides
    if log_format is not None:
        overrides["log_format"] = log_format
    if "log_level" not in load_settings(**overrides).model_fields_set:
        overrides["log_level"] = "info"
    opened = application(context)
    listener = _listen(host, port)
    with listener:
        address, bound = listener.getsockname()[:2]
        api = open_api(opened, reachable_from_elsewhere=not _is_loopback(address))
        configure_server_logs()
        server = uvicorn.Server(
            uvicorn.Config(
                api,
                access_log=False,  # each request is logged once, by the API itself
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=_LAST_ANSWERS,
            )
        )
        # The server ends in order when it gets these, and then raises them again.
        signal.signal(signal.SIGTERM, lambda *_: None)
        name = f"[{address}]" if ":" in address else address
        note(f"the API is at http://{name}:{bound}/api/v1 (Ctrl-C ends it)")
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            stop(_INTERRUPTED)
    if not server.started:
        stop(FAILED)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises an error that says which option to change."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=2048)
    except socket.gaierror as error:
        raise InvalidInput(f"{host!r} is no address of this machine ({error.strerror})", "--host") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise HeldByAnother(
                f"port {port} of {host} is in use by another program; end that, or choose another with --port"
            ) from None
        option = "--port" if error.errno == errno.EACCES else "--host"
        raise InvalidInput(f"cannot listen on {host}, port {port} ({error.strerror})", option) from None
    # Connections inherit it. Without it, the end of each answer waits 40 ms for the client to confirm its beginning.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _is_loopback(address: str) -> bool:
    from ipaddress import ip_address

    return ip_address(address.partition("%")[0]).is_loopback
