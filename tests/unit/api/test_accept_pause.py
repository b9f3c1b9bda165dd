"""A worker of web without an open file for a connection rests, says so, and serves again as soon as it can."""

import errno
import logging
import os
import socket
import time
from collections.abc import Iterator

import pytest

from avio.api.sockets.worker import PAUSE_SECONDS, Worker
from tests.unit.api.running_worker import running

FULL_SECONDS = 1.0
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Listener(socket.socket):
    """A listening socket of a process that may be full."""

    is_full = True
    refused = 0

    def accept(self) -> tuple[socket.socket, object]:
        """Take a connection."""
        if self.is_full:
            self.refused += 1
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().accept()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(socket.AF_INET, socket.SOCK_STREAM) as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        yield made


@pytest.fixture
def worker(listener: Listener) -> Iterator[Worker]:
    with running(listener) as made:
        yield made


def test_a_worker_without_open_files_waits_for_them(
    worker: Worker, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    worker.log.error_log.addHandler(caplog.handler)
    with socket.create_connection(listener.getsockname(), timeout=30) as client, caplog.at_level(logging.WARNING):
        client.sendall(REQUEST)
        time.sleep(FULL_SECONDS)
        tried = listener.refused
        listener.is_full = False
        assert client.recv(1 << 10).startswith(b"HTTP/1.1 200")

    assert 1 < tried <= FULL_SECONDS / PAUSE_SECONDS + 2
    [said] = [record.getMessage() for record in caplog.records if "can't accept" in record.getMessage()]
    assert all(text in said for text in ("Too many open files", "raise its limit", "LimitNOFILE"))
