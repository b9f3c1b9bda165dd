"""Small GETs past libcurl: replies of the usual form are taken whole, any other is left to libcurl, none is lost."""

import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from avio.engines.local.buckets import plain_requests, s3_handle
from avio.engines.local.buckets.plain_requests import BROKEN, Address, Got, PlainRequests
from tests.unit.engines.local.raw_store import RawStore, Send, raw_store

REQUEST = b"GET /b/f HTTP/1.1\r\nHost: store\r\n\r\n"
BODY = os.urandom(1000)
HEAD = b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 1000\r\n\r\n"


@pytest.fixture
def gets() -> Iterator[PlainRequests[int]]:
    gets: PlainRequests[int] = PlainRequests()
    yield gets
    gets.close()


def at(port: int, host: str = "store") -> Address:
    return Address(host, "127.0.0.1", port)


def ended(gets: PlainRequests[int], count: int = 1, seconds: float = 20) -> dict[int, Got | None]:
    """Return the replies to `count` GETs by their tags."""
    until = time.monotonic() + seconds
    found: dict[int, Got | None] = {}
    while len(found) < count and time.monotonic() < until:
        found.update(gets.poll(0.05))
    assert gets.live == 0
    assert len(found) == count
    return found


def one(gets: PlainRequests[int], store: RawStore, size: int = len(BODY)) -> Got | None:
    gets.add(at(store.port), REQUEST, size, 1)
    return ended(gets)[1]


def usual(_: dict[str, str], send: Send) -> bool:
    send(HEAD + BODY)
    return True


def test_many_share_few_connections(gets: PlainRequests[int]) -> None:
    with raw_store(usual) as store:
        for _ in range(5):
            for tag in range(20):
                gets.add(at(store.port), REQUEST, len(BODY), tag)
            assert gets.live == 20
            assert ended(gets, 20) == dict.fromkeys(range(20), Got(200, HEAD, BODY))
        assert store.connections == 20
        assert len(store.requests) == 100


def test_a_reply_may_come_byte_by_byte(gets: PlainRequests[int]) -> None:
    def answer(_: dict[str, str], send: Send) -> bool:
        for at in range(len(HEAD) + len(BODY)):
            send((HEAD + BODY)[at : at + 1])
        return True

    with raw_store(answer) as store:
        for _ in range(2):
            assert one(gets, store) == Got(200, HEAD, BODY)


def test_an_object_may_be_larger_than_all_buffers_and_empty(gets: PlainRequests[int]) -> None:
    large = os.urandom(3 << 20)
    for body in (large, b""):
        head = b"HTTP/1.1 200 OK\r\ncontent-length:%d\r\n\r\n" % len(body)
        with raw_store(lambda _, send, whole=head + body: bool(send(whole)) or True) as store:  # type: ignore[misc]
            assert one(gets, store, len(body)) == Got(200, head, body)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Length: 10\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Length : 10\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000, 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: no length\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD,
        b"HTTP/1.1 204 No Content\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/2 200\r\nContent-Length: 1000\r\n\r\n",
        b"ICY 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"<html>no HTTP</html>\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * (80 << 10),
        HEAD + BODY + b"more",
    ],
)
def test_what_is_not_of_the_usual_form_is_left_to_libcurl(gets: PlainRequests[int], reply: bytes) -> None:
    def answer(_: dict[str, str], send: Send) -> bool:
        send(reply)
        return True

    with raw_store(answer) as store:
        assert one(gets, store) is None
        assert one(gets, store) is None
        assert store.connections == 2


@pytest.mark.parametrize("sent", [HEAD[:20], HEAD, HEAD + BODY[:-1]])
def test_a_reply_that_breaks_off_is_broken(gets: PlainRequests[int], sent: bytes) -> None:
    def answer(_: dict[str, str], send: Send) -> bool:
        send(sent)
        return False

    with raw_store(answer) as store:
        assert one(gets, store) == BROKEN


@pytest.mark.parametrize("size", [999, 1001, 0])
def test_an_object_of_another_size_is_not_received(gets: PlainRequests[int], size: int) -> None:
    with raw_store(usual) as store:
        assert one(gets, store, size) == BROKEN
        assert one(gets, store) == Got(200, HEAD, BODY)
        assert store.connections == 2


def test_a_refusal_has_its_head(gets: PlainRequests[int]) -> None:
    short = b"HTTP/1.1 503 Slow Down\r\nRetry-After: 3\r\nContent-Length: 5\r\n\r\n"
    long = b"HTTP/1.1 404 Not Found\r\nContent-Length: 100000000\r\n\r\n"
    with raw_store(lambda _, send: bool(send(short + b"later")) or True) as store:  # type: ignore[misc]
        assert one(gets, store) == Got(503, short, b"later")
    with raw_store(lambda _, send: bool(send(long)) or True) as store:  # type: ignore[misc]
        assert one(gets, store) == Got(404, long, b"")


def test_a_store_that_closes_after_each_reply_gets_new_connections(gets: PlainRequests[int]) -> None:
    head = HEAD.replace(b"ETag: x", b"Connection: Close")

    def answer(_: dict[str, str], send: Send) -> bool:
        send(head + BODY)
        return False

    with raw_store(answer) as store:
        for _ in range(3):
            assert one(gets, store) == Got(200, head, BODY)
        assert store.connections == 3


@pytest.mark.parametrize("seen", [True, False])
def test_a_connection_that_was_closed_meanwhile_is_not_used(gets: PlainRequests[int], seen: bool) -> None:
    def answer(_: dict[str, str], send: Send) -> bool:
        send(HEAD + BODY)
        return False

    with raw_store(answer) as store:
        assert one(gets, store) == Got(200, HEAD, BODY)
        time.sleep(0.1)
        if seen:
            assert gets.poll(0) == []
        assert one(gets, store) == Got(200, HEAD, BODY)
        assert len(store.requests) == 2


def test_a_connection_that_is_closed_by_then_tells_nothing_of_the_object(gets: PlainRequests[int]) -> None:
    def answer(_: dict[str, str], send: Send) -> bool:
        if len(store.requests) == 2:
            return False
        send(HEAD + BODY)
        return True

    with raw_store(answer) as store:
        assert one(gets, store) == Got(200, HEAD, BODY)
        assert one(gets, store) is None
        assert one(gets, store) == Got(200, HEAD, BODY)


@pytest.mark.parametrize("seen", [True, False])
def test_what_an_idle_connection_says_is_in_no_later_reply(gets: PlainRequests[int], seen: bool) -> None:
    late = []

    def answer(_: dict[str, str], send: Send) -> bool:
        late.append(send)
        send(HEAD + BODY)
        return True

    with raw_store(answer) as store:
        assert one(gets, store) == Got(200, HEAD, BODY)
        late[0](HEAD + bytes(1000))
        time.sleep(0.1)
        if seen:
            assert gets.poll(0) == []
        assert one(gets, store) == Got(200, HEAD, BODY)
        assert store.connections == 2


def test_each_host_has_connections_of_its_own(gets: PlainRequests[int]) -> None:
    with raw_store(usual) as store:
        for host in ("one", "two", "one", "two"):
            gets.add(at(store.port, host), REQUEST, len(BODY), 1)
            assert ended(gets) == {1: Got(200, HEAD, BODY)}
        assert store.connections == 2


def test_idle_connections_are_closed_after_a_while(gets: PlainRequests[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_requests, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(plain_requests, "LOOK_SECONDS", 0.1)
    with raw_store(usual) as store:
        for tag in range(5):
            gets.add(at(store.port), REQUEST, len(BODY), tag)
        assert len(ended(gets, 5)) == 5
        open_files = len(os.listdir("/proc/self/fd"))
        time.sleep(0.5)
        assert gets.poll(0) == []
        assert len(os.listdir("/proc/self/fd")) <= open_files - 5


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 503 Slow Down\r\nRetry-After: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.0 429 Too Many Requests\r\nRetry-After: 3\r\n\r\n",
    ],
)
def test_a_refusal_of_another_form_has_its_head_too(gets: PlainRequests[int], reply: bytes) -> None:
    def answer(_: dict[str, str], send: Send) -> bool:
        send(reply + b"5\r\nlater\r\n0\r\n\r\n")
        return True

    with raw_store(answer) as store:
        assert one(gets, store) == Got(int(reply[9:12]), reply, b"")


def test_a_refusal_may_come_before_the_request_is_sent(gets: PlainRequests[int]) -> None:
    refused = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        gets.add(at(listener.getsockname()[1]), b"GET /" + b"x" * (32 << 20), 5, 1)
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(refused)
            before = time.thread_time()
            assert ended(gets, seconds=5) == {1: Got(503, refused, b"")}
            assert time.thread_time() - before < 1


def test_a_connection_that_does_not_come_is_left_to_libcurl(
    gets: PlainRequests[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_handle, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(plain_requests, "LOOK_SECONDS", 0.1)
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):  # its queue is full: further connections get no answer
            other = stack.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        gets.add(at(full.getsockname()[1]), REQUEST, 5, 1)
        assert ended(gets, seconds=10) == {1: None}


def test_an_old_connection_is_not_used_again(gets: PlainRequests[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_requests, "IDLE_SECONDS", 0)
    with raw_store(usual) as store:
        for _ in range(3):
            assert one(gets, store) == Got(200, HEAD, BODY)
        assert store.connections == 3


def test_without_a_connection_libcurl_asks(gets: PlainRequests[int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    gets.add(at(port), REQUEST, 5, 1)
    assert ended(gets) == {1: None}


def test_without_a_free_descriptor_libcurl_asks(gets: PlainRequests[int]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        gets.add(at(1), REQUEST, 5, 1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert gets.live == 1
    assert ended(gets) == {1: None}


def test_a_silent_store_is_given_up_and_a_slow_one_is_not(
    gets: PlainRequests[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_handle, "SILENCE_SECONDS", 1)
    monkeypatch.setattr(plain_requests, "LOOK_SECONDS", 0.1)

    def slow(_: dict[str, str], send: Send) -> bool:
        send(HEAD)
        for at in range(0, 1000, 200):
            time.sleep(0.4)
            send(BODY[at : at + 200])
        return True

    with raw_store(slow) as store:
        assert one(gets, store) == Got(200, HEAD, BODY)

    def silent(_: dict[str, str], send: Send) -> bool:
        send(HEAD)
        time.sleep(3)
        return False

    with raw_store(silent) as store:
        began = time.monotonic()
        assert one(gets, store) == BROKEN
        assert 1 <= time.monotonic() - began < 3


def test_waiting_costs_no_processor_time_and_is_counted(gets: PlainRequests[int]) -> None:
    def answer(_: dict[str, str], send: Send) -> bool:
        time.sleep(0.5)
        send(HEAD + BODY)
        return True

    with raw_store(answer) as store:
        for _ in range(2):  # by a new connection, and by one that is kept
            before = time.thread_time()
            assert one(gets, store) == Got(200, HEAD, BODY)
            assert time.thread_time() - before < 0.2
            assert gets.take_waited() >= 0.3
            assert gets.take_waited() == 0


def test_a_request_may_need_several_turns_to_be_sent(gets: PlainRequests[int]) -> None:
    long = REQUEST[:-2] + b"".join(b"X-%d: %s\r\n" % (number, b"x" * 60_000) for number in range(80)) + b"\r\n"
    with raw_store(usual) as store:
        for _ in range(2):
            gets.add(at(store.port), long, len(BODY), 1)
            assert ended(gets) == {1: Got(200, HEAD, BODY)}
            before = time.thread_time()
            assert gets.poll(0.3) == []
            assert time.thread_time() - before < 0.1
        assert len(store.requests[0][1]) == 81


def test_nothing_is_left_open() -> None:
    def answer(_: dict[str, str], send: Send) -> bool:
        time.sleep(0.2)
        send(HEAD + BODY)
        return True

    gets: PlainRequests[int] = PlainRequests()
    before = len(os.listdir("/proc/self/fd"))
    with raw_store(answer) as store:
        assert one(gets, store) == Got(200, HEAD, BODY)
        for tag in range(3):
            gets.add(at(store.port), REQUEST, 1000, tag)
        assert len(os.listdir("/proc/self/fd")) > before
        gets.close()
        assert gets.live == 0
        assert gets.poll(0) == []
    time.sleep(0.5)  # the store closes its side, in this process too
    assert len(os.listdir("/proc/self/fd")) <= before
