"""Many requests of one thread: a wait costs the same for few and for many, whatever their descriptors are."""

import os
import resource
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pycurl
import pytest

from avio.engines.local.buckets.multi_requests import MultiRequests

FEW, MANY = 16, 300
CERTIFICATE = Path(__file__).resolve().parents[3] / "servers" / "tls.pem"  # for localhost, signed by itself
SELECT_MOST = 1024  # descriptors that select(2) can take


class Silent:
    """A server that takes connections and answers when it is told to."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=MANY + FEW)
        self.taken: list[socket.socket] = []

    def request(self, path: str = "") -> pycurl.Curl:
        """Return a request to it, which no timer of libcurl disturbs."""
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, f"http://127.0.0.1:{self.listener.getsockname()[1]}/{path}")
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.WRITEFUNCTION, len)
        return curl

    def answer(self, connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def close(self) -> None:
        for each in [self.listener, *self.taken]:
            each.close()


@pytest.fixture
def server() -> Iterator[Silent]:
    server = Silent()
    yield server
    server.close()


@pytest.fixture
def requests() -> Iterator[MultiRequests[int]]:
    requests: MultiRequests[int] = MultiRequests()
    yield requests
    requests.close()


def begin(requests: MultiRequests[int], server: Silent, count: int) -> None:
    """Begin requests, and return once the server has them."""
    for _ in range(count):
        requests.add(server.request(), len(server.taken))
        while not requests.poll(0.001):
            server.listener.settimeout(0)
            try:
                server.taken.append(server.listener.accept()[0])
                break
            except BlockingIOError:
                continue
    end = time.monotonic() + 0.5  # later than the timers that a new connection has
    while time.monotonic() < end:
        assert requests.poll(0.05) == []


def cost(requests: MultiRequests[int]) -> float:
    """Return the processor time of polls that find nothing, the least of some times."""

    def once() -> float:
        began = time.thread_time()
        for _ in range(100):
            requests.poll(0)
        return time.thread_time() - began

    return min(once() for _ in range(10))


def test_a_poll_costs_no_more_for_many_requests_than_for_few(server: Silent, requests: MultiRequests[int]) -> None:
    begin(requests, server, FEW)
    few = cost(requests)
    begin(requests, server, MANY)

    assert requests.live == FEW + MANY
    assert cost(requests) < 3 * few


@pytest.fixture
def crowded() -> Iterator[None]:
    """Let the next descriptors be such that select(2) can't take."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 2 * SELECT_MOST:
        pytest.skip("too few files may be open")
    taken = [os.open("/dev/null", os.O_RDONLY) for _ in range(SELECT_MOST)]
    yield
    for fd in taken:
        os.close(fd)


@pytest.mark.usefixtures("crowded")
def test_large_descriptors_are_waited_for(server: Silent, requests: MultiRequests[int]) -> None:
    begin(requests, server, 1)
    requests.take_waited()
    began = time.monotonic()

    assert requests.poll(0.3) == []

    assert time.monotonic() - began >= 0.29
    assert requests.take_waited() >= 0.29
    server.answer(server.taken[0])
    assert requests.poll(30) == [(0, "")]


def test_a_request_that_times_out_ends_though_nothing_comes(server: Silent, requests: MultiRequests[int]) -> None:
    curl = server.request()
    curl.setopt(pycurl.TIMEOUT_MS, 200)
    requests.add(curl, 7)

    ended = []
    while not ended:
        ended = requests.poll(10)

    [(tag, broken)] = ended
    assert tag == 7
    assert "timed out" in broken


def test_what_fails_at_once_is_told_at_once(server: Silent, requests: MultiRequests[int]) -> None:
    begin(requests, server, 1)
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, "nonsense://here")
    requests.add(curl, 8)
    began = time.monotonic()

    [(tag, broken)] = requests.poll(20)

    assert tag == 8
    assert broken
    assert time.monotonic() - began < 20


def test_after_an_abort_others_begin(server: Silent, requests: MultiRequests[int]) -> None:
    begin(requests, server, 3)
    requests.abort()
    assert requests.live == 0
    requests.add(server.request(), 9)
    while (ended := requests.poll(0.01)) == []:
        server.listener.settimeout(0)
        try:
            server.taken.append(server.listener.accept()[0])
        except BlockingIOError:
            continue
        server.answer(server.taken[-1])

    assert ended == [(9, "")]


def test_requests_to_a_store_that_falls_silent_end_by_the_timer_of_libcurl(
    requests: MultiRequests[int], server: Silent
) -> None:
    for number in range(MANY):
        curl = server.request()
        curl.setopt(pycurl.LOW_SPEED_LIMIT, 1)
        curl.setopt(pycurl.LOW_SPEED_TIME, 1)
        curl.setopt(pycurl.CONNECTTIMEOUT, 2)
        requests.add(curl, number)
    broken: dict[int, str] = {}
    limit = time.monotonic() + 30

    while requests.live and time.monotonic() < limit:
        broken |= dict(requests.poll(0.1))

    assert len(broken) == MANY, "libcurl says once when it wants to be called"
    assert all(broken.values())


def answer_over_tls(listener: socket.socket, size: int) -> None:
    """Answer one request over TLS with `size` bytes, all at once, and wait until the client leaves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as connection:
        connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (size, bytes(size)))
        connection.recv(1)


@pytest.mark.parametrize("size", [721_000, 736_000, 751_000])
def test_a_reply_that_libcurl_holds_already_comes_to_its_end(requests: MultiRequests[int], size: int) -> None:
    # libcurl stops at a limit of its own, and asks to be called again: no socket tells of what it has read.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=answer_over_tls, args=(listener, size))
        server.start()
        curl, ended = pycurl.Curl(), list[tuple[int, str]]()
        for option, value in (
            (pycurl.URL, f"https://127.0.0.1:{listener.getsockname()[1]}/"),
            (pycurl.SSL_VERIFYPEER, 0),
            (pycurl.SSL_VERIFYHOST, 0),
            (pycurl.BUFFERSIZE, 128 << 10),
            (pycurl.NOSIGNAL, 1),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.CONNECTTIMEOUT, 5),
            (pycurl.LOW_SPEED_LIMIT, 1),
            (pycurl.LOW_SPEED_TIME, 60),
            (pycurl.WRITEFUNCTION, len),
        ):
            curl.setopt(option, value)
        requests.add(curl, 1)
        limit = time.monotonic() + 10
        while not ended and time.monotonic() < limit:
            ended = requests.poll(0.01)
            time.sleep(0.02)  # the thread has other work, and the whole reply comes meanwhile
        requests.close()
        server.join()

    assert ended == [(1, "")]
