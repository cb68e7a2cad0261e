"""Serves the API by the command, in a process of its own."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from time import sleep
from typing import IO

from tests.cli.front_door import Answer, Elsewhere, environment


@dataclass(frozen=True)
class Serving:
    """A server that answers at an address, until it is asked to end."""

    process: "subprocess.Popen[str]"
    said: IO[bytes]
    address: str = ""

    def so_far(self) -> str:
        self.said.seek(0)
        return self.said.read().decode()

    def end(self, how: signal.Signals = signal.SIGTERM) -> Answer:
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        return Answer(code, "", self.so_far())


@contextmanager
def serving(elsewhere: Elsewhere, *options: object, **variables: str) -> Iterator[Serving]:
    """Serve on a free port. What the server says goes into a file: a pipe that nobody reads would stop it, once full."""
    with TemporaryFile() as said:
        process = elsewhere.started(
            *("serve", "--port", 0, *options),
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=environment(**variables),
        )
        server = Serving(process, said)
        try:
            while (found := re.search(r"the API is at (http://\S+?:\d+)", server.so_far())) is None:
                assert process.poll() is None, server.so_far()
                sleep(0.05)
            yield Serving(process, said, found[1])
            server.end()
        finally:
            process.kill()
            process.wait()
