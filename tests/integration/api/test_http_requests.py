"""Requests as they come over a socket: broken, endless, in chunks, one after the other, left by their client."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from avio import passwords
from avio.config import Mount, Settings, TierSpec
from avio.db import schema, tokens, users
from avio.db.connection import borrow, open_database, shut
from tests.integration.api.served_web import LIMIT, Web, client, served
from tests.processes import wait_until
from tests.servers.valkey import Valkey

HANG_UP_LIMIT = 10.0  # seconds; less than the 60 s for which a listener would wait


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def web(directory: Path, valkey_server: Valkey) -> Iterator[Web]:
    """One web for all tests here: none of them changes what another sees."""
    settings = Settings(
        database_url=f"sqlite:///{directory}/avio.db",
        redis_url=valkey_server.url,
        mounts={"/data": Mount(url=f"file://{directory}/bucket")},
        tiers=[TierSpec(alias="MEM", path=directory / "mem", capacity=1 << 30)],
    )
    (directory / "bucket/train").mkdir(parents=True)
    (directory / "bucket/train/a.bin").write_bytes(b"a")
    open_database(settings.database_url)
    with borrow():
        schema.prepare()
    shut()
    with served(settings, directory) as made:
        yield made


@pytest.fixture(scope="module")
def token(web: Web, directory: Path) -> str:
    """The token of a user."""
    text = passwords.new_token()
    open_database(f"sqlite:///{directory}/avio.db")
    with borrow():
        users.create("ada", "no hash", admin=False)
        user = users.find("ada")
        assert user is not None
        tokens.add(passwords.digest(text), user.uid, 3600)
    shut()
    return text


def test_an_upload_is_streamed_and_cut_off_at_its_cap(web: Web, token: str) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(4000):  # 250 times as much as a list may have
            yield b"/data/some/path\n" * 4096

    with client(web, token) as http:
        small = http.post(
            "/filelists", content=iter([b"/data/a\n/da", b"ta/b\n"]), headers={"Content-Type": "text/plain"}
        )
        assert small.json()["lines"] == 2
        try:
            response = http.post("/filelists", content=endless(), headers={"Content-Type": "text/plain"})
        except httpx2.TransportError:
            pass  # the server closed while we were still sending
        else:
            assert response.status_code == 413
        assert http.get("/whoami").status_code == 200


def talk(web: Web, text: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Send `text`; return status, headers and body of the reply, after which the server closes."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=LIMIT) as connection:
        connection.sendall(text)
        reply = http.client.HTTPResponse(connection)
        reply.begin()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, json.loads(reply.read())


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "URI_TOO_LONG"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Y: z\r\n" * 10_000 + b"\r\n", 431, "HEADERS_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Y: " + b"z" * 9000 + b"\r\n\r\n", 431, "HEADERS_TOO_LARGE"),
        (b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400, "BAD_REQUEST"),
        (b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400, "BAD_REQUEST"),
        (b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 400, "BAD_REQUEST"),
        (b"POST /login HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n", 417, "EXPECTATION_FAILED"),
    ],
)
def test_what_is_no_request_is_refused_as_everything_else(web: Web, text: bytes, status: int, reason: str) -> None:
    told, headers, body = talk(web, text)
    assert (told, body["status"], body["reason"]) == (status, status, reason)
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"] == body["requestId"] != ""


def test_the_longest_path_can_be_asked_for(web: Web, token: str) -> None:
    path = "/data" + "/\u4e2d" * 1000  # 4,005 bytes, and three times as many in a query
    with client(web, token) as http_client:
        reply = http_client.get("/stat", params={"alluxioUri": path})
    assert (reply.status_code, reply.json()["reason"]) == (404, "PATH_NOT_FOUND")


def test_bodies_come_in_chunks_or_after_100_too(web: Web, token: str) -> None:
    body = json.dumps({"params": {"alluxioUri": "/data/train"}}).encode()
    head = f"POST /preload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: QBox {token}\r\n".encode()
    head += b"Content-Type: application/json\r\n"
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    assert talk(web, chunked)[0] == 202
    with socket.create_connection(("127.0.0.1", web.port), timeout=LIMIT) as connection:
        connection.sendall(head + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(body))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 202")


def test_requests_may_follow_each_other_without_waiting(web: Web, token: str) -> None:
    one = f"GET /whoami HTTP/1.1\r\nHost: x\r\nAuthorization: QBox {token}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", web.port), timeout=LIMIT) as connection:
        connection.sendall(one * 3)
        told = b""
        while told.count(b"HTTP/1.1 200") < 3 or not told.rstrip().endswith(b"}"):
            piece = connection.recv(10_000)
            assert piece, told
            told += piece


def test_who_hangs_up_gives_the_place_back_at_once(web: Web, token: str) -> None:
    with client(web, token) as asking:
        order = asking.post("/preload", json={"params": {"alluxioUri": "/data/train"}}).json()["id"]

        def listening() -> int:
            with asking.stream("GET", f"/jobs/{order}/events") as reply:
                return reply.status_code

        for page in (f"/jobs/{order}/events", f"/jobs/{order}?wait=60"):
            text = f"GET {page} HTTP/1.1\r\nHost: x\r\nAuthorization: QBox {token}\r\n\r\n".encode()
            with ExitStack() as both:
                for _ in range(2):
                    both.enter_context(socket.create_connection(("127.0.0.1", web.port), timeout=LIMIT)).sendall(text)
                wait_until(lambda: listening() == 429, LIMIT, "both places are taken")
            wait_until(lambda: listening() == 200, HANG_UP_LIMIT, "a place is free again")
