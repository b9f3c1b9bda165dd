"""Clients that read no replies take no thread of web, little memory, and no place of others."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from gunicorn.http.unreader import SocketUnreader

from avio.api.sockets import client_socket, waiting
from avio.api.sockets.worker import Worker
from tests.processes import wait_until
from tests.unit.api.running_worker import THREADS, running

LARGE = 4 << 20  # bytes of a reply; the buffers between take less
LIMIT = 10.0

Serve = Callable[..., Worker]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture
def serve(listener: socket.socket) -> Iterator[Serve]:
    with ExitStack() as until_end:
        yield lambda **limits: until_end.enter_context(running(listener, **limits))


@pytest.fixture
def connect(listener: socket.socket, serve: Serve) -> Iterator[Callable[[], socket.socket]]:
    """Connects with a small buffer. All connections are closed at the end, before the worker is."""
    with ExitStack() as opened:

        def connected() -> socket.socket:
            made = opened.enter_context(socket.socket())
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            made.settimeout(LIMIT)
            made.connect(listener.getsockname())
            return made

        yield connected


Connect = Callable[[], socket.socket]


def request(path: object, *more: str) -> bytes:
    return "\r\n".join([f"GET /{path} HTTP/1.1", "Host: x", *more, "", ""]).encode()


def read_to_end(connection: socket.socket) -> bytes:
    told = b""
    while piece := connection.recv(1 << 20):
        told += piece
    return told


def unsent(worker: Worker) -> list[int]:
    """Return how much each connection that waits for a reader has not been sent."""
    return [len(each.sock.unsent) for each in [*worker._waiting] if each.sock.unsent]


def test_unread_replies_take_no_thread(serve: Serve, connect: Connect) -> None:
    serve()
    for _ in range(3 * THREADS):
        connect().sendall(request(LARGE) * 10)
    asking = connect()
    asking.settimeout(LIMIT)
    asking.sendall(request("", "Connection: close"))
    assert read_to_end(asking).endswith(b"ok")


def test_a_reply_that_is_read_late_is_whole_and_the_next_request_is_answered(serve: Serve, connect: Connect) -> None:
    worker = serve()
    late = connect()
    late.sendall(request(LARGE) + request("", "Connection: close"))
    wait_until(lambda: unsent(worker) != [], LIMIT, "the main loop has the rest of the reply")
    head, _, rest = read_to_end(late).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert rest[:LARGE] == b"x" * LARGE
    assert rest[LARGE:].startswith(b"HTTP/1.1 200")
    assert rest.endswith(b"ok")


def test_who_takes_nothing_is_dropped_in_time(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_socket, "STALL_SECONDS", 0.3)
    worker = serve()
    for path in (LARGE, "stream"):
        connect().sendall(request(path))
    wait_until(lambda: worker.wsgi.answered == 2, LIMIT, "both are answered")
    wait_until(lambda: worker.nr_conns == 0, LIMIT, "both are dropped")
    assert worker.wsgi.streams_ended.acquire(timeout=LIMIT), "its places are given back"


def test_who_reads_all_the_time_is_not_dropped(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_socket, "STALL_SECONDS", 0.5)
    serve()
    slow = connect()
    slow.sendall(request(LARGE, "Connection: close"))
    got, began = 0, time.monotonic()
    while time.monotonic() < began + 1.0:  # twice as long as a client may stop
        got += len(slow.recv(1 << 14))
        time.sleep(0.01)
    assert got + len(read_to_end(slow)) > LARGE


def test_unread_replies_are_counted_by_address(serve: Serve, connect: Connect) -> None:
    worker = serve(of_one=2)
    first = connect()
    first.sendall(request(LARGE))
    wait_until(lambda: len(unsent(worker)) == 1, LIMIT, "it waits for its reader")
    others = [connect() for _ in range(2)]
    for each in others:
        each.sendall(request(LARGE))
    ports = {each.getsockname()[1] for each in others}
    wait_until(lambda: {each.client[1] for each in [*worker._waiting]} == ports, LIMIT, "the first gave way")
    wait_until(lambda: worker.nr_conns == 2, LIMIT, "it is closed")


def test_unread_replies_have_bounded_memory(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "BYTES_MAX", 2 * LARGE)
    worker = serve()
    for _ in range(4):
        connect().sendall(request(LARGE))
    wait_until(lambda: worker.wsgi.answered == 4, LIMIT, "all are answered")
    wait_until(lambda: worker.nr_conns == 2, LIMIT, "two gave way")
    assert sum(unsent(worker)) <= 2 * LARGE


def test_requests_without_a_pause_do_not_keep_others_out(serve: Serve, connect: Connect) -> None:
    worker = serve(connections=THREADS + 1)
    behind = 1000
    for _ in range(THREADS):
        connect().sendall(request("gate") + request("") * behind)
    wait_until(lambda: worker.wsgi.at_gate == THREADS, LIMIT, "all threads answer")
    connect().sendall(request("") * behind)
    wait_until(lambda: worker.nr_conns > THREADS and not [*worker._waiting], LIMIT, "another one is to be answered")
    asking = connect()
    asking.sendall(request("", "Connection: close"))
    worker.wsgi.gate.set()
    assert read_to_end(asking).endswith(b"ok")
    assert worker.wsgi.answered < behind


def test_a_thread_waits_for_no_body_that_nobody_wants(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    chunk = SocketUnreader.chunk

    def noted(self: SocketUnreader, *hint: object) -> object:
        read.append(hint)
        return chunk(self, *hint)

    monkeypatch.setattr(SocketUnreader, "chunk", noted)
    serve()
    for path in ("healthz", "other"):
        asking = connect()
        asking.sendall(request(path, "Content-Length: 99999"))
        assert read_to_end(asking).endswith(b"ok")
    assert read == []
