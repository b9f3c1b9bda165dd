"""GETs past libcurl: the bytes of usual replies, and libcurl for all that is not usual, in one request if possible."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.cancel import Stopped
from avio.engines.local.buckets import plain_connection, plain_gets, s3_handle
from avio.engines.local.buckets.pieces import Pieces
from avio.engines.local.buckets.plain_gets import PlainGets
from avio.engines.local.buckets.plain_place import PlainAsk, PlainPlace
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.signed_requests import Reply
from avio.errors import EngineAway, StoreError
from tests.contract.engines.harness import Attempt
from tests.processes import slowness
from tests.unit.engines.local.raw_store import Send, raw_store

CONTENT = os.urandom((3 << 20) + 777)
RANGE = {"Range": f"bytes=0-{len(CONTENT) - 1}"}


def head(*lines: str, status: str = "206 Partial Content", size: int | None = len(CONTENT)) -> bytes:
    length = [] if size is None else [f"Content-Length: {size}"]
    return "\r\n".join([f"HTTP/1.1 {status}", *length, *lines, "", ""]).encode()


def usual(headers: dict[str, str], send: Send) -> bool:
    send(head("ETag: e"))
    send(CONTENT)
    return True


class Target:
    """A file, what a GET writes into it, and the heads that it has shown."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT)
        self.run = Attempt()
        self.heads: list[Reply] = []
        self.stopping = lambda: False

    def get(self, gets: PlainGets, size: int = len(CONTENT), headers: dict[str, str] = RANGE) -> Reply | None:
        self.pieces = Pieces("s3://b/f", self.fd, 0, size, self.run, lambda: self.stopping(), lambda _: None)
        return gets.get("s3://b/f", "f", headers, size, self.heads.append, self.pieces)

    @property
    def content(self) -> bytes:
        return os.pread(self.fd, 1 << 30, 0)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    target = Target(tmp_path / "target")
    yield target
    os.close(target.fd)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_the_bytes_are_in_their_place_and_counted(target: Target) -> None:
    with raw_store(usual) as store:
        reply = target.get(PlainGets(store.place()))
    assert reply == Reply(206, {"content-length": str(len(CONTENT)), "etag": "e"})
    assert target.heads == [reply]
    assert target.content == CONTENT
    assert target.run.bytes == len(CONTENT)
    [(first, headers)] = store.requests
    assert first == "GET /b/f HTTP/1.1"
    assert headers["range"] == RANGE["Range"]
    assert headers["host"] == f"127.0.0.1:{store.port}"
    assert "host;range" in headers["authorization"]


@pytest.mark.parametrize("cut", [1, 30, 70, 75, 76, 77, 5000])
def test_a_head_that_comes_in_two_parts(target: Target, cut: int) -> None:
    whole = head("ETag: e") + CONTENT

    def answer(headers: dict[str, str], send: Send) -> bool:
        send(whole[:cut])
        time.sleep(0.05)
        send(whole[cut:])
        return True

    with raw_store(answer) as store:
        assert target.get(PlainGets(store.place())) is not None
    assert target.content == CONTENT


def test_a_connection_is_used_again(target: Target) -> None:
    with raw_store(usual) as store:
        gets = PlainGets(store.place())
        for _ in range(3):
            assert target.get(gets) is not None
    assert (store.connections, len(store.requests)) == (1, 3)


def test_a_connection_that_the_store_has_closed_meanwhile_is_not_used_again(target: Target) -> None:
    def answer(headers: dict[str, str], send: Send) -> bool:
        usual(headers, send)
        return False

    with raw_store(answer) as store:
        gets = PlainGets(store.place())
        assert target.get(gets) is not None
        time.sleep(0.1 * slowness())
        assert target.get(gets) is not None
    assert (store.connections, len(store.requests)) == (2, 2)


def test_a_connection_that_was_idle_for_long_is_not_used_again(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_gets, "IDLE_SECONDS", 0)
    with raw_store(usual) as store:
        gets = PlainGets(store.place())
        assert target.get(gets) is not None
        assert target.get(gets) is not None
    assert store.connections == 2


def test_a_store_that_closes_after_a_reply_is_asked_over_another_connection(target: Target) -> None:
    def answer(headers: dict[str, str], send: Send) -> bool:
        send(head("Connection: close") + CONTENT)
        return True  # later than it says

    with raw_store(answer) as store:
        gets = PlainGets(store.place())
        assert target.get(gets) is not None
        assert target.get(gets) is not None
    assert target.content == CONTENT
    assert (store.connections, len(store.requests)) == (2, 2)


def test_connections_that_are_idle_for_long_are_closed(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_store(usual) as store:
        gets = PlainGets(store.place())
        peak = [gets._connection("b/f", lambda: False) for _ in range(3)]
        for each in peak:
            gets._give_back(each)
        assert len(gets._idle) == 3
        monkeypatch.setattr(plain_gets, "IDLE_SECONDS", 0)
        assert target.get(gets) is not None
        assert len(gets._idle) == 1


UNUSUAL = {
    "chunked": head("Transfer-Encoding: chunked", size=None) + b"0\r\n\r\n",
    "chunked, with a length": head("Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "no length": head(size=None) + CONTENT,
    "two lengths": head(f"content-length: {len(CONTENT)}", size=5) + CONTENT,
    "an odd length": head("Content-Length: +5", size=None) + CONTENT,
    "goes on": b"HTTP/1.1 100 Continue\r\n\r\n" + head() + CONTENT,
    "old": (head() + CONTENT).replace(b"1.1", b"1.0", 1),
    "no HTTP": b"hello\r\n\r\n",
    "a folded line": head("X-Note: a", " b: c") + CONTENT,
    "too many bytes": head(size=10) + CONTENT[:1000],
    "a long head": head("X-Long: " + "x" * (70 << 10)) + CONTENT,
}


@pytest.mark.parametrize("reply", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_a_reply_of_an_unusual_form_is_left_to_libcurl_and_so_are_all_later_ones(target: Target, reply: bytes) -> None:
    def answer(headers: dict[str, str], send: Send) -> bool:
        send(reply)
        return False

    with raw_store(answer) as store:
        gets = PlainGets(store.place())
        assert target.get(gets) is None
        assert target.get(gets) is None
    assert len(store.requests) == 1
    assert target.content == b""
    assert not target.heads


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 206 Partial"])
def test_a_line_that_breaks_before_the_reply_is_left_to_libcurl(target: Target, sent: bytes) -> None:
    def answer(headers: dict[str, str], send: Send) -> bool:
        send(sent)
        return False

    with raw_store(answer) as store:
        gets = PlainGets(store.place())
        assert target.get(gets) is None
        assert target.get(gets) is None
    assert len(store.requests) == 2


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1])
def test_another_length_than_asked_for_is_left_to_libcurl(target: Target, size: int) -> None:
    with raw_store(usual) as store:
        assert target.get(PlainGets(store.place()), size) is None
    assert target.content == b""
    assert len(target.heads) == 1  # an object that has changed says so without another request


@pytest.mark.parametrize("status", ["301 Moved", "403 Forbidden", "404 Not Found", "503 Slow Down", "302 Found"])
def test_an_error_costs_one_request(target: Target, status: str) -> None:
    def answer(headers: dict[str, str], send: Send) -> bool:
        send(head("Retry-After: 7", status=status, size=len(CONTENT[:100_000])))
        send(CONTENT[:100_000])
        return True

    with raw_store(answer) as store:
        gets = PlainGets(store.place())
        for _ in range(2):
            reply = target.get(gets)
            assert reply is not None
            assert (reply.status, reply.body) == (int(status[:3]), CONTENT[:100_000])
            assert reply.headers["retry-after"] == "7"
    assert (store.connections, len(store.requests)) == (1, 2)
    assert target.content == b""
    assert not target.heads


def test_an_error_of_an_unusual_form_is_left_to_libcurl_alone(target: Target) -> None:
    answers = [head("Transfer-Encoding: chunked", status="503 Slow Down", size=None), head() + CONTENT]

    def answer(headers: dict[str, str], send: Send) -> bool:
        send(answers.pop(0))
        return False

    with raw_store(answer) as store:
        gets = PlainGets(store.place())
        assert target.get(gets) is None
        assert target.get(gets) is not None
    assert target.content == CONTENT


def test_what_the_head_says_may_end_the_request(target: Target) -> None:
    with raw_store(usual) as store:
        gets = PlainGets(store.place())

        def refuse(_: Reply) -> None:
            raise StoreError("another version")

        with pytest.raises(StoreError, match="another version"):
            gets.get(
                "f", "f", RANGE, 9, refuse, Pieces("f", target.fd, 0, 9, target.run, lambda: False, lambda _: None)
            )
        assert target.content == b""
        assert target.get(gets) is not None
    assert store.connections == 2  # the rest of a body is in the way on the first one
    assert target.content == CONTENT


def test_a_connection_whose_reply_was_not_received_is_not_used_again(target: Target) -> None:
    left = threading.Event()

    def answer(headers: dict[str, str], send: Send) -> bool:
        if len(store.requests) > 1:
            return usual(headers, send)
        send(head())  # of a body that is still to come when the next request is made
        return not left.wait(20)

    with raw_store(answer) as store:
        gets = PlainGets(store.place())
        assert target.get(gets, size=9) is None
        assert target.get(gets) is not None
        left.set()
    assert store.connections == 2
    assert target.content == CONTENT


@pytest.mark.parametrize("sent", [10, 1 << 20, len(CONTENT) - 1])
def test_what_came_before_the_line_ended_is_kept(target: Target, sent: int) -> None:
    def answer(headers: dict[str, str], send: Send) -> bool:
        send(head() + CONTENT[:sent])
        return False

    with raw_store(answer) as store:
        gets = PlainGets(store.place())
        with pytest.raises(EngineAway, match="the connection failed: transfer closed with"):
            target.get(gets)
    assert target.pieces.place > sent - plain_connection.HEAD_BYTES
    assert target.content == CONTENT[: target.pieces.place]


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 ", head(), head() + CONTENT[:5000]])
def test_silence_ends_a_request(target: Target, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_handle, "SILENCE_SECONDS", 1)
    left = threading.Event()

    def answer(headers: dict[str, str], send: Send) -> bool:
        send(sent)
        return not left.wait(20)

    with raw_store(answer) as store:
        began = time.monotonic()
        with pytest.raises(EngineAway, match="no answer in time"):
            target.get(PlainGets(store.place()))
        assert time.monotonic() - began < 5 * slowness()
        left.set()
    assert len(store.requests) == 1


@pytest.mark.parametrize("sent", [b"", head(), head() + CONTENT[:5000]])
def test_a_silent_request_ends_soon_after_its_attempt_must_stop(target: Target, sent: bytes) -> None:
    left = threading.Event()

    def answer(headers: dict[str, str], send: Send) -> bool:
        send(sent)
        target.stopping = lambda: True
        return not left.wait(20)

    with raw_store(answer) as store:
        began = time.monotonic()
        with pytest.raises(Stopped):
            target.get(PlainGets(store.place()))
        assert time.monotonic() - began < 5 * slowness()
        left.set()


def test_a_slow_line_shows_what_came_and_ends_only_by_silence(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_handle, "SILENCE_SECONDS", 1)
    seen = []

    def answer(headers: dict[str, str], send: Send) -> bool:
        send(head())
        for place in range(8):
            send(CONTENT[place * 10_000 : (place + 1) * 10_000])
            time.sleep(0.25)
            seen.append(target.run.bytes)
        send(CONTENT[80_000:])
        return True

    with raw_store(answer) as store:
        assert target.get(PlainGets(store.place())) is not None
    assert target.content == CONTENT
    assert seen == sorted(seen)
    assert seen[4] > 0


def test_no_connection_is_said_in_the_words_of_libcurl(target: Target) -> None:
    with raw_store(usual) as store:
        gets = PlainGets(store.place())
    with pytest.raises(EngineAway, match=r"no connection: .*127\.0\.0\.1"):
        target.get(gets)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("others", [{}, {"no_proxy": "*"}, {"NO_PROXY": "127.0.0.1"}])
def test_with_a_proxy_in_the_environment_libcurl_asks(
    target: Target, name: str, others: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for each, text in {name: "http://127.0.0.1:9", **others}.items():
        monkeypatch.setenv(each, text)
    with raw_store(usual) as store:
        gets = PlainGets(store.place())
        assert target.get(gets) is None
        monkeypatch.setenv(name, "")
        assert target.get(gets) is not None
    assert len(store.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:{port}/b",
        "http://user:word@127.0.0.1:{port}/b",
        "http://127.0.0.1:{port}/b?x=y",
        "http://127.0.0.1:{port}/../b",
        "http://störe/b",
        "HTTP://127.0.0.1:{port}/b",
    ],
)
def test_an_unusual_endpoint_is_left_to_libcurl(target: Target, url: str) -> None:
    with raw_store(usual) as store:
        assert target.get(PlainGets(store.place()._replace(url=url.format(port=store.port)))) is None
        assert target.get(PlainGets(store.place(proxy_url="http://127.0.0.1:9"))) is None
    assert not store.requests


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("http://localhost:{port}/", "localhost:{port}", "/f"),
        ("http://127.0.0.1:{port}/s3/tenant%20a/b", "127.0.0.1:{port}", "/s3/tenant%20a/b/f"),
    ],
)
def test_endpoints_by_name_and_with_a_path(target: Target, url: str, host: str, path: str) -> None:
    with raw_store(usual) as store:
        assert target.get(PlainGets(store.place()._replace(url=url.format(port=store.port)))) is not None
    [(first, headers)] = store.requests
    assert first == f"GET {path} HTTP/1.1"
    assert headers["host"] == host.format(port=store.port)


def test_the_usual_port_is_not_in_the_host() -> None:
    place = S3Place("http://store.invalid:80/b", "b", "", "us-east-1", "", "")
    request = PlainAsk(PlainPlace(place), {}).request("f")
    assert request is not None
    assert request.startswith(b"GET /b/f HTTP/1.1\r\nHost: store.invalid\r\n")
