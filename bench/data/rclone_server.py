"""`rclone serve s3` over a directory. What it serves is there before it starts, since it keeps what it has listed."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import obstore
from obstore.exceptions import BaseError

from avio.admin.child_process import die_with_parent
from bench.data.peers import program
from tests.servers.ports import free_port
from tests.servers.seaweed import S3Server

START_LIMIT = 30.0  # seconds


@contextmanager
def rclone_server(directory: Path) -> Iterator[S3Server]:
    """Serve `directory`, whose directories are buckets; yield it when it answers.

    The first listing of a bucket computes the MD5 of each object, which then is kept: a warm round comes first.
    """
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [program("rclone"), "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", "bench,bench-secret"]
    process = subprocess.Popen(
        [*command, "--dir-cache-time", "24h", str(directory)],
        env={**os.environ, "RCLONE_CONFIG": os.devnull},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    options = {
        "endpoint": endpoint,
        "region": "us-east-1",
        "access_key_id": "bench",
        "secret_access_key": "bench-secret",
        "allow_http": "true",
        "key_order": "names",
    }
    server = S3Server(endpoint, process.pid, options)
    try:
        _wait(server, next(directory.iterdir()).name)
        yield server
    finally:
        process.kill()
        process.wait()


def _wait(server: S3Server, bucket: str) -> None:
    store = server.store(bucket)
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        with suppress(BaseError):
            obstore.list_with_delimiter(store)
            return
        time.sleep(0.1)
    raise RuntimeError(f"rclone serve s3 did not answer within {START_LIMIT:.0f} s")
