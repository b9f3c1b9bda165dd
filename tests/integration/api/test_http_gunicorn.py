"""Web as it is served, in processes of a test's own: listeners, the log, its end, and settings that end it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from avio.clock import now
from avio.config import Settings
from avio.wire.events import Event, ProgressEvent, StateEvent
from avio.wire.progress import Counters, Progress
from tests.integration.api import attacks
from tests.integration.api.conftest import CheckedClient
from tests.integration.api.served_web import COMMAND, LIMIT, ROOT, Web, client, environment, served
from tests.processes import slowness

CANARY = "avs1_canary-canary-canary"


@pytest.fixture
def web(settings: Settings, tmp_path: Path) -> Iterator[Web]:
    with served(settings, tmp_path) as made:
        yield made


def test_a_job_is_followed_to_its_end(
    web: Web, ada: CheckedClient, order: str, set_row: Callable[..., None], publish: Callable[[Event], None]
) -> None:
    with client(web, str(ada.token)) as http, http.sse(f"/jobs/{order}/events") as source:
        events = iter(source)
        assert next(events).event == "snapshot"
        set_row(order, state="running", node="n1", attempt=1)
        publish(StateEvent(order, 1, "running"))
        told = next(events)
        while told.json()["status"] == "queued":  # what it waits for may change before it runs
            told = next(events)
        assert told.json()["status"] == "running"
        began = time.monotonic()
        publish(ProgressEvent(order, 1, 1, Progress("transferring", True, Counters(2, 20, 1, 10))))
        told = next(events)
        assert (told.event, told.id, told.json()["progress"]["percent"]) == ("progress", "1-1", 50.0)
        assert time.monotonic() - began < 5 * slowness()
        set_row(order, state="succeeded", node=None, finished_at=now())
        publish(StateEvent(order, 1, "succeeded"))
        assert [event.event for event in events] == ["end"]


def test_listeners_are_capped_and_the_api_goes_on(web: Web, ada: CheckedClient, order: str) -> None:
    with (
        client(web, str(ada.token)) as http,
        http.sse(f"/jobs/{order}/events") as first,
        http.sse(f"/jobs/{order}/events") as second,
    ):
        assert next(iter(first)).event == next(iter(second)).event == "snapshot"
        for refused in (http.get(f"/jobs/{order}/events"), http.get(f"/jobs/{order}?wait=5")):
            assert refused.status_code == 429
            assert int(refused.headers["Retry-After"]) > 0
        assert http.get(f"/jobs/{order}").status_code == 200


def test_a_stop_ends_streams_at_once(web: Web, ada: CheckedClient, order: str) -> None:
    with client(web, str(ada.token)) as http, http.sse(f"/jobs/{order}/events") as source:
        events = iter(source)
        assert next(events).event == "snapshot"
        began = time.monotonic()
        web.process.send_signal(signal.SIGTERM)
        assert list(events) == []
    assert web.process.wait(LIMIT) == 0
    assert time.monotonic() - began < 20


CHUNKED = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
LENGTH = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + b"0" * 20


@pytest.mark.parametrize("stalled", [CHUNKED + b'1000\r\n["xxxx0\r\n\r\n', LENGTH + b"900\r\n\r\n{"])
def test_bodies_that_stall_take_no_thread(web: Web, ada: CheckedClient, stalled: bytes) -> None:
    with ExitStack() as opened:
        for _ in range(8):  # twice as many as threads
            opened.enter_context(attacks.connect(web.port)).sendall(stalled)
        with client(web, str(ada.token)) as http:
            assert [http.get(page).status_code for page in ("/openapi.json", "/whoami") * 4] == [200] * 8


def test_a_chunked_body_with_trailers_and_a_request_behind_it_is_read(web: Web) -> None:
    with attacks.connect(web.port) as connection:
        connection.sendall(CHUNKED + b"2;a=b\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        told = b""
        while b'"ok"' not in told:
            piece = connection.recv(1 << 16)
            assert piece, told
            told += piece
    assert told.startswith(b"HTTP/1.1 400 "), "the body {} has no name"
    assert b"name, password" in told
    assert b"HTTP/1.1 200 " in told


def test_the_log_is_json_lines_without_tokens_and_queries(web: Web, ada: CheckedClient) -> None:
    with client(web, str(ada.token)) as http:
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


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"AVIO_WEB_THREADS": "x", "AVIO_OOPS": "1", "AVIO_SLOTS": "0"}, ["web_threads", "AVIO_OOPS", "slots"]),
        ({"AVIO_DATABASE_URL": "mysql://h/d"}, ["database_url", "postgresql://"]),
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


def test_web_takes_as_many_open_files_as_it_may(settings: Settings, tmp_path: Path) -> None:
    soft, hard = 200, 1500
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "from avio.api import gunicorn_config\n"
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE), gunicorn_config.worker_connections)"
    )
    env = environment(settings, tmp_path / "avio.toml")
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, timeout=LIMIT
    )
    assert ended.stdout.split() == [str(hard), str(hard), str(hard // 2)], ended.stderr
