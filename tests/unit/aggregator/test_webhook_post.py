"""One POST to a receiver: where it may go, what bounds it, and what it does not follow."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from avio.aggregator import webhook_post
from avio.aggregator.webhook_post import NotSent, Refused, post
from tests.servers.receiver import Receiver, receiver

LOOPBACK = ["127.0.0.0/8"]
TLS = Path(__file__).parents[2] / "servers" / "tls.pem"
BODY = b'{"a":1}'


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def raw() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Return what runs a server that does what a test says with each connection, and returns its URL."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(behave: Callable[[socket.socket], None]) -> str:
        def run() -> None:
            opened, _ = listening.accept()
            with opened:
                behave(opened)

        threading.Thread(target=run, daemon=True).start()
        return f"127.0.0.1:{listening.getsockname()[1]}/"

    yield serve
    listening.close()


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name have these addresses. Return the list of names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_receiver_gets_headers_and_body(there: Receiver) -> None:
    code = post(f"{there.url}/hook?key=1", BODY, {"webhook-id": "J"}, LOOPBACK)

    assert code == 204
    assert [(got.path, got.body, got.headers["webhook-id"]) for got in there.got] == [("/hook?key=1", BODY, "J")]
    assert there.got[0].headers["host"] == there.url.removeprefix("http://")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"])
def test_loopback_is_refused_in_every_form_without_a_connection(there: Receiver, host: str) -> None:
    port = there.url.rpartition(":")[2]

    with pytest.raises(Refused, match="no public address"):
        post(f"http://{host}:{port}/", BODY, {}, ["10.0.0.0/8"])

    assert there.got == []


def test_the_address_that_is_connected_to_is_the_one_that_was_checked(
    there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = there.url.rpartition(":")[2]
    asked = answers(monkeypatch, "10.0.0.1", "127.0.0.1")  # one of two is allowed: the other is never tried

    assert post(f"http://hook.example:{port}/", BODY, {}, LOOPBACK) == 204
    assert asked == ["hook.example"]
    assert there.got[0].headers["host"] == f"hook.example:{port}"

    answers(monkeypatch, "10.0.0.1", "169.254.169.254")
    with pytest.raises(Refused):
        post(f"http://hook.example:{port}/", BODY, {}, LOOPBACK)


def test_the_next_address_is_tried(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "127.0.0.99", "127.0.0.1")

    assert post(f"http://h:{there.url.rpartition(':')[2]}/", BODY, {}, LOOPBACK) == 204


def test_a_redirect_is_an_answer_and_is_not_followed(there: Receiver) -> None:
    there.answer = lambda _: 307

    assert post(f"{there.url}/", BODY, {}, LOOPBACK) == 307
    assert len(there.got) == 1


def test_names_without_an_address_and_closed_ports_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotSent, match="no address") as unknown:
        post("http://no-such-host.invalid/", BODY, {}, [])
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSent, match="no connection") as refused:
        post(f"http://127.0.0.1:{port}/", BODY, {}, LOOPBACK)

    assert not isinstance(unknown.value, Refused)
    assert not isinstance(refused.value, Refused)


def _drip(opened: socket.socket) -> None:
    """Answer a byte each now and then, without end."""
    try:
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000:
            opened.sendall(bytes([byte]))
            time.sleep(0.02)
    except OSError:
        return


def _silence(opened: socket.socket) -> None:
    while opened.recv(4096):
        pass


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("behave", [_drip, _silence])
def test_the_whole_try_has_a_limit(
    raw: Callable[..., str], monkeypatch: pytest.MonkeyPatch, scheme: str, behave: Callable[[socket.socket], None]
) -> None:
    monkeypatch.setattr(webhook_post, "TOTAL_SECONDS", 0.3)
    url = f"{scheme}://{raw(behave)}"
    began = time.monotonic()

    with pytest.raises(NotSent):
        post(url, BODY, {}, LOOPBACK)

    assert time.monotonic() - began < 3


def test_a_long_body_is_not_read_to_its_end(raw: Callable[..., str]) -> None:
    sent = 0

    def pour(opened: socket.socket) -> None:
        nonlocal sent
        opened.recv(4096)
        opened.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while sent < 1 << 30:
                sent += opened.send(bytes(1 << 16))
        except OSError:
            return

    assert post(f"http://{raw(pour)}", BODY, {}, LOOPBACK) == 200
    assert sent < 1 << 28


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 999]
)
def test_what_is_no_reply_is_no_success(raw: Callable[..., str], answer: bytes) -> None:
    def behave(opened: socket.socket) -> None:
        opened.recv(4096)
        opened.sendall(answer)

    with pytest.raises(NotSent):
        post(f"http://{raw(behave)}", BODY, {}, LOOPBACK)


@pytest.fixture
def secure(raw: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The port of a receiver with TLS, whose certificate this process trusts. It is for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS)

    def behave(opened: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(opened, server_side=True) as secured:
            told = b""
            while not told.endswith(BODY) and (piece := secured.recv(4096)):  # what is left unread would be a reset
                told += piece
            assert told.startswith(b"POST /hook HTTP/1.1\r\n")
            secured.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    default = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: default(cafile=str(TLS)))
    return raw(behave).strip("/").rpartition(":")[2]


def test_a_receiver_with_tls_is_sent_to(secure: str) -> None:
    assert post(f"https://localhost:{secure}/hook", BODY, {}, LOOPBACK) == 202


def test_a_certificate_of_another_host_is_refused(secure: str) -> None:
    with pytest.raises(NotSent, match=r"not valid for '127\.0\.0\.1'"):
        post(f"https://127.0.0.1:{secure}/hook", BODY, {}, LOOPBACK)
