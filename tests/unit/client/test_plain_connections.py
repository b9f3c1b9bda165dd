"""Connections without TLS and proxy: when one is used again, and what becomes of replies and bodies that break off."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from avio.client import Client, Unreachable
from avio.client.connections import NoReply, open_connections
from avio.client.httpx_connections import HttpxConnections
from avio.client.plain_connections import IDLE_SECONDS, PlainConnections
from avio.client.transport import Transport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def _server(*answers: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a server that gives each connection to the next of `answers`, and closes it then."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            for answer in answers:
                with listener.accept()[0] as connection:
                    connection.settimeout(10)
                    answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(20)
        assert not thread.is_alive()


def _head(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got and (more := connection.recv(4096)):
        got += more
    return got


def _times(count: int, reply: bytes = OK) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        for _ in range(count):
            _head(connection)
            connection.sendall(reply)

    return answer


def test_a_connection_is_used_again() -> None:
    with _server(_times(3)) as url, Client(url, patience=0) as client:
        assert [client.healthz() for _ in range(3)] == [{}, {}, {}]


def test_a_connection_that_the_server_has_closed_is_not_used_again() -> None:
    closed = threading.Event()

    def once(connection: socket.socket) -> None:
        _times(1)(connection)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with _server(once, _times(1)) as url:
        transport = Transport(url, None, patience=0, timeout=5)
        transport.call("POST", "/logout", repeatable=False)
        assert closed.wait(5)
        assert transport.call("POST", "/logout", repeatable=False) == {}
        transport.close()


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with _server(_times(1), _times(1)) as url, Client(url, patience=0) as client:
        client.healthz()
        monkeypatch.setattr("avio.client.plain_connections.IDLE_SECONDS", -IDLE_SECONDS)
        assert client.healthz() == {}


@pytest.mark.parametrize(
    "cut",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_a_reply_that_breaks_off_is_no_reply(cut: bytes) -> None:
    with _server(_times(1, cut), _times(1, cut)) as url, Client(url, patience=0) as client:
        with pytest.raises(Unreachable, match="the reply broke off"):
            client.healthz()
        with pytest.raises(Unreachable, match="the reply broke off"):
            list(client.log("1"))


def test_a_reply_that_does_not_come_in_time_is_none() -> None:
    def silent(connection: socket.socket) -> None:
        _head(connection)
        connection.recv(1)

    with (
        _server(silent) as url,
        Client(url, patience=0, timeout=0.2) as client,
        pytest.raises(Unreachable, match="no reply in time"),
    ):
        client.healthz()


def test_a_refusal_before_the_end_of_a_body_is_read() -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<p/>"

    def refuse(connection: socket.socket) -> None:
        _head(connection)
        connection.sendall(refusal)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    with _server(refuse) as url, Client(url, patience=0) as client, pytest.raises(Unreachable, match="413 Too Large"):
        client.upload_file_list(b"/a\n" * 1000 for _ in range(20))


def test_an_error_of_the_callers_own_body_is_the_callers() -> None:
    def body() -> Iterator[bytes]:
        yield b"/a\n"
        raise BrokenPipeError("of the file")

    with (
        _server(lambda connection: _drain(connection)) as url,
        Client(url, patience=0) as client,
        pytest.raises(BrokenPipeError, match="of the file"),
    ):
        client.upload_file_list(body())


def _drain(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def test_a_block_that_ends_early_closes_its_connection() -> None:
    with _server(_times(1, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), _times(1)) as url:
        connections = open_connections(url)
        with connections.send("GET", "/x", headers={}, content=None, connect=5, read=5) as reply:
            assert reply.header("content-length") == "9"
        with connections.send("GET", "/x", headers={}, content=None, connect=5, read=5) as reply:
            assert reply.read() == b"{}"
        connections.close()


def test_a_host_without_a_listener_is_no_connection() -> None:
    with (
        pytest.raises(NoReply, match="no connection: Connection refused"),
        PlainConnections("http://127.0.0.1:1").send("GET", "/", headers={}, content=None, connect=1, read=1),
    ):
        pass


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "http://user:word@127.0.0.1:1", "http://127.0.0.1:1/a?b"])
def test_what_is_not_plain_is_left_to_httpx(url: str) -> None:
    connections = open_connections(url)
    connections.close()

    assert isinstance(connections, HttpxConnections)


def test_a_base_path_and_a_query_are_kept() -> None:
    asked: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        asked.append(_head(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with _server(answer) as url, Client(f"{url}/base/", patience=0) as client:
        client.jobs(statuses=["queued", "running"], name="a b&ü")

    assert asked[0].startswith(b"GET /base/jobs?status=queued&status=running&name=a%20b%26%C3%BC HTTP/1.1\r\n")
