"""The client for programs: what a login leaves it with, and what its errors say when they are printed."""

import math
import ssl
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpcore2
import pytest

from avio.client import ApiError, Client, Unreachable, transport
from tests.unit.commands.samples import login_info, whoami_info
from tests.unit.commands.stub import TOKEN, Reply, Stub, problem, running_stub

STREAM = {"Content-Type": "text/event-stream"}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running_stub() as server:
        yield server


def test_a_client_that_logs_in_is_logged_in_until_it_logs_out(stub: Stub) -> None:
    stub.on("POST", "/login", login_info())
    stub.on("GET", "/whoami", whoami_info())
    stub.on("POST", "/logout", {})
    with Client(stub.url) as client:
        client.login("lena", "secret")
        assert client.whoami()["name"] == "lena"
        client.logout()
        with pytest.raises(ApiError):
            client.whoami()


def test_a_printed_error_says_what_why_and_what_to_do(stub: Stub) -> None:
    fields = [{"field": "params.tier", "message": "is no tier"}]
    stub.on("POST", "/login", login_info())
    stub.on("GET", "/stat", problem(400, "BAD_REQUEST", "the request is refused", cure="name a tier", errors=fields))
    with Client(stub.url, patience=0) as client:
        client.login("lena", "secret")
        with pytest.raises(ApiError) as refused:
            client.stat("/x")
    with Client("http://127.0.0.1:1", patience=0) as client, pytest.raises(Unreachable) as away:
        client.stat("/x")

    assert str(refused.value) == (
        "the request is refused (BAD_REQUEST); params.tier: is no tier; request req-1; try: name a tier"
    )
    assert "no connection: Connection refused; try" in str(away.value)
    assert "try: check the address" in str(away.value)


@pytest.mark.parametrize("token", ["secret\r", "a\r\nX: y", "a\0b", "clé"])
def test_a_token_that_is_none_is_refused_and_not_quoted(token: str) -> None:
    with pytest.raises(ValueError, match="the token has a character") as refused:
        Client("http://127.0.0.1:1", token)

    assert token not in str(refused.value)


@pytest.mark.parametrize("host", ["a..b", "..", "a" * 70])
def test_a_host_that_is_none_is_unavailable(host: str) -> None:
    with Client(f"http://{host}:1", patience=0) as client, pytest.raises(Unreachable, match="no connection"):
        client.whoami()


def test_a_reply_that_asks_for_a_wait_of_ages_asks_for_none(stub: Stub) -> None:
    stub.on("GET", "/whoami", problem(503, "UNAVAILABLE", "busy", retry_after=10**400))
    with Client(stub.url, patience=0) as client, pytest.raises(ApiError) as refused:
        client.whoami()

    assert refused.value.retry_after is None


def test_a_call_ends_within_its_patience_though_each_try_takes_a_while(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.on("GET", "/whoami", problem(503, "ENGINE_AWAY", "no store"))
    now, stream = [0.0], transport.Transport.stream

    def pass_by(seconds: float) -> None:
        now[0] += seconds

    def take_a_while(*given: Any, **named: Any) -> Any:
        pass_by(2.0)
        return stream(*given, **named)

    monkeypatch.setattr(transport.Transport, "stream", take_a_while)
    monkeypatch.setattr(transport, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=pass_by))
    with Client(stub.url, TOKEN, patience=5.0) as client, pytest.raises(ApiError):
        client.whoami()

    assert len(stub.requests) > 1
    assert now[0] <= 5.0


def test_a_server_that_does_not_let_connect_is_tried_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    now, tries = [0.0], []

    def time_out(*_: Any, **__: Any) -> Any:
        tries.append(now[0])
        now[0] += transport.CONNECT_SECONDS
        raise Unreachable("no connection", why="it does not answer", cure="start it")

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(transport.Transport, "stream", time_out)
    monkeypatch.setattr(transport, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    with Client("http://127.0.0.1:1", TOKEN) as client, pytest.raises(Unreachable):
        client.whoami()

    assert len(tries) == 2


def test_certificates_are_loaded_for_an_address_with_tls_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(httpcore2, "default_ssl_context", lambda **given: loaded.append(given) or made)

    Client("http://127.0.0.1:1").close()
    assert loaded == []
    Client("https://127.0.0.1:1").close()
    assert len(loaded) == 1


@pytest.mark.parametrize(
    ("stream", "told"),
    [
        (Reply([b"data: " + b"x" * (1 << 20), b"x" * 99], headers=STREAM), "a line of more than 1 MiB"),
        (Reply([b"data: " + b"x" * 1000 + b"\n"] * 1100, headers=STREAM), "an event of more than 1 MiB"),
        (Reply([b"data: {\n\n"], headers=STREAM), "Expecting property name"),
        (Reply([b"data: \xff\n\n"], headers=STREAM), "can't decode"),
        (Reply([b"data: {}\n\n"], headers={"Content-Type": "text/html"}), "text/html is not text/event-stream"),
    ],
)
def test_an_invalid_event_stream_is_told(stub: Stub, stream: Reply, told: str) -> None:
    stub.on("GET", "/jobs/1/events", stream)

    with Client(stub.url, TOKEN) as client, pytest.raises(Unreachable, match="invalid event stream") as refused:
        list(client.events("1", until=math.inf))

    assert told in str(refused.value)


def test_events_come_whole_wherever_the_network_cuts_them(stub: Stub) -> None:
    sent = ': ping\n\nid: 1\nevent: state\ndata: {\ndata:"a":\ndata: "ü"}\r\n\r\nevent: none\n\ndata: {}\n\n'.encode()
    stub.on("GET", "/jobs/1/events", Reply([bytes([byte]) for byte in sent], headers=STREAM))

    with Client(stub.url, TOKEN) as client:
        assert list(client.events("1", until=math.inf)) == [("state", {"a": "ü"}), ("message", {})]
