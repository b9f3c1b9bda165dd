"""Web as it is served: gunicorn with the settings of `avio.api.gunicorn_config`, in processes of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from avio.api.proxies import Proxies
from avio.clock import now
from avio.config import Settings
from avio.wire.events import Event, ProgressEvent, StateEvent
from avio.wire.progress import Counters, Progress
from tests.integration.api.conftest import CheckedClient
from tests.servers.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "gunicorn", "--config", "python:avio.api.gunicorn_config", "app:app"]
LIMIT = 30.0  # seconds
CANARY = "avs1_canary-canary-canary"


class Web:
    """A running gunicorn: its address, and what it wrote."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self.log = log

    def lines(self) -> list[dict[str, Any]]:
        """Return its log, which has to be JSON lines and nothing else."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def environment(settings: Settings, file: Path, **more: str) -> dict[str, str]:
    """Write the settings down and return what points a process to them."""
    mounts = "".join(f'[mounts."{path}"]\nurl = "{mount.url}"\n' for path, mount in settings.mounts.items())
    tiers = "".join(
        f'[[tiers]]\nalias = "{tier.alias}"\npath = "{tier.path}"\ncapacity = {int(tier.capacity)}\n'
        for tier in settings.tiers
    )
    head = f'database_url = "{settings.database_url}"\nredis_url = "{settings.redis_url}"\n'
    file.write_text(head + mounts + tiers)
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("AVIO_")}
    return {**inherited, "AVIO_CONFIG": str(file), **more}


@pytest.fixture
def web(settings: Settings, tmp_path: Path) -> Iterator[Web]:
    """One worker with four threads, of which two may listen."""
    port = free_port()
    small = {"AVIO_WEB_WORKERS": "1", "AVIO_WEB_THREADS": "4", "AVIO_LISTENERS": "2", "AVIO_PORT": str(port)}
    log = tmp_path / "web.log"
    with open(log, "wb") as stream:
        process = subprocess.Popen(
            COMMAND, cwd=ROOT, env=environment(settings, tmp_path / "avio.toml", **small), stdout=stream, stderr=stream
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                httpx2.get(f"{url}/healthz")
                break
            except httpx2.TransportError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
        yield Web(process, url, log)
    finally:
        process.terminate()
        process.wait(LIMIT)


def client(web: Web, speaker: CheckedClient) -> httpx2.Client:
    """Return a client with the token of `speaker`."""
    return httpx2.Client(base_url=web.url, headers={"Authorization": f"QBox {speaker.token}"}, timeout=LIMIT)


def test_a_job_is_followed_to_its_end(
    web: Web, ada: CheckedClient, order: str, set_row: Callable[..., None], publish: Callable[[Event], None]
) -> None:
    with client(web, ada) as http, http.sse(f"/jobs/{order}/events") as source:
        events = iter(source)
        assert next(events).event == "snapshot"
        set_row(order, state="running", node="n1", attempt=1)
        publish(StateEvent(order, 1, "running"))
        assert next(events).json()["status"] == "running"
        began = time.monotonic()
        publish(ProgressEvent(order, 1, 1, Progress("transferring", True, Counters(2, 20, 1, 10))))
        told = next(events)
        assert (told.event, told.id, told.json()["progress"]["percent"]) == ("progress", "1-1", 50.0)
        assert time.monotonic() - began < 5
        set_row(order, state="succeeded", node=None, finished_at=now())
        publish(StateEvent(order, 1, "succeeded"))
        assert [event.event for event in events] == ["end"]


def test_listeners_are_capped_and_the_api_goes_on(web: Web, ada: CheckedClient, order: str) -> None:
    with (
        client(web, ada) as http,
        http.sse(f"/jobs/{order}/events") as first,
        http.sse(f"/jobs/{order}/events") as second,
    ):
        assert next(iter(first)).event == next(iter(second)).event == "snapshot"
        for refused in (http.get(f"/jobs/{order}/events"), http.get(f"/jobs/{order}?wait=5")):
            assert refused.status_code == 429
            assert int(refused.headers["Retry-After"]) > 0
        assert http.get(f"/jobs/{order}").status_code == 200


def test_a_stop_ends_streams_at_once(web: Web, ada: CheckedClient, order: str) -> None:
    with client(web, ada) as http, http.sse(f"/jobs/{order}/events") as source:
        events = iter(source)
        assert next(events).event == "snapshot"
        began = time.monotonic()
        web.process.send_signal(signal.SIGTERM)
        assert list(events) == []
    assert web.process.wait(LIMIT) == 0
    assert time.monotonic() - began < 20


def test_the_log_is_json_lines_without_tokens_and_queries(web: Web, ada: CheckedClient) -> None:
    with client(web, ada) as http:
        http.get(f"/jobs?name={CANARY}", headers={"X-Request-Id": "trace-1"})
        http.get("/whoami", headers={"Authorization": f"QBox {CANARY}"})
        http.post("/login", json={"name": "ada", "password": CANARY})
        http.get("/no%0Acontrol%1B[31m")
    deadline = time.monotonic() + LIMIT
    while sum(line["message"] == "request" for line in web.lines()) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    requests = [line for line in web.lines() if line["message"] == "request"]
    assert [(line["path"], line["status"]) for line in requests[:3]] == [
        ("/jobs", 200),
        ("/whoami", 401),
        ("/login", 401),
    ]
    assert requests[0]["requestId"] == "trace-1"
    written = web.log.read_text()
    assert CANARY not in written
    assert str(ada.token) not in written


def test_an_upload_is_streamed_and_cut_off_at_its_cap(web: Web, ada: CheckedClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(4000):
            yield b"/data/some/path\n" * 4096

    with client(web, ada) as http:
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
    with socket.create_connection(("127.0.0.1", int(web.url.rpartition(":")[2])), timeout=LIMIT) as connection:
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


def test_the_longest_path_can_be_asked_for(web: Web, ada: CheckedClient) -> None:
    path = "/data" + "/\u4e2d" * 1000  # 4,005 bytes, and three times as many in a query
    with client(web, ada) as http_client:
        reply = http_client.get("/stat", params={"alluxioUri": path})
    assert (reply.status_code, reply.json()["reason"]) == (404, "PATH_NOT_FOUND")


def test_bodies_come_in_chunks_or_after_100_too(web: Web, ada: CheckedClient) -> None:
    body = json.dumps({"params": {"alluxioUri": "/data/train"}}).encode()
    head = f"POST /preload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: QBox {ada.token}\r\n".encode()
    head += b"Content-Type: application/json\r\n"
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    assert talk(web, chunked)[0] == 202
    with socket.create_connection(("127.0.0.1", int(web.url.rpartition(":")[2])), timeout=LIMIT) as connection:
        connection.sendall(head + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(body))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 202")


def test_requests_may_follow_each_other_without_waiting(web: Web, ada: CheckedClient) -> None:
    one = f"GET /whoami HTTP/1.1\r\nHost: x\r\nAuthorization: QBox {ada.token}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", int(web.url.rpartition(":")[2])), timeout=LIMIT) as connection:
        connection.sendall(one * 3)
        told = b""
        while told.count(b"HTTP/1.1 200") < 3 or not told.rstrip().endswith(b"}"):
            piece = connection.recv(10_000)
            assert piece, told
            told += piece


def test_who_hangs_up_gives_the_place_back_at_once(web: Web, ada: CheckedClient, order: str) -> None:
    for page in (f"/jobs/{order}/events", f"/jobs/{order}?wait=60"):
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", int(web.url.rpartition(":")[2])), timeout=LIMIT) as connection:
                text = f"GET {page} HTTP/1.1\r\nHost: x\r\nAuthorization: QBox {ada.token}\r\n\r\n"
                connection.sendall(text.encode())
                time.sleep(0.5)
            time.sleep(1.5)
    with client(web, ada) as asking, asking.sse(f"/jobs/{order}/events") as source:
        assert next(iter(source)).event == "snapshot"


def test_the_address_is_what_a_trusted_proxy_says(settings: Settings, tmp_path: Path, ada: CheckedClient) -> None:
    proxies = Proxies(["127.0.0.1", "10.0.0.0/8"])
    assert proxies.client_of("127.0.0.1", "203.0.113.5, 192.0.2.7, 10.1.1.1") == "192.0.2.7"
    assert proxies.client_of("127.0.0.1", "10.1.1.2, 10.1.1.1") == "10.1.1.2"
    assert proxies.client_of("192.0.2.7", "203.0.113.5") == "192.0.2.7", "nobody else is believed"
    assert proxies.client_of("127.0.0.1", "") == "127.0.0.1"
    assert proxies.client_of("127.0.0.1", "nonsense, 10.1.1.1") == "10.1.1.1"
    assert proxies.client_of("127.0.0.1", "2001:db8::1") == "2001:db8::1"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"AVIO_WEB_THREADS": "x", "AVIO_OOPS": "1", "AVIO_SLOTS": "0"}, ["web_threads", "AVIO_OOPS", "slots"]),
        ({"AVIO_DATABASE_URL": "mysql://h/d"}, ["mysql"]),
        ({"AVIO_TRUSTED_PROXIES": "10.0.0.0/8, nonsense"}, ["trusted_proxies", "nonsense"]),
    ],
)
def test_settings_that_do_not_hold_end_the_master_with_2(
    settings: Settings, tmp_path: Path, more: dict[str, str], told: list[str]
) -> None:
    env = environment(settings, tmp_path / "avio.toml", **more)
    ended = subprocess.run(COMMAND, cwd=ROOT, env=env, capture_output=True, text=True, timeout=LIMIT)
    assert ended.returncode == 2
    assert all(name in ended.stderr for name in told)
    assert "Traceback" not in ended.stderr
