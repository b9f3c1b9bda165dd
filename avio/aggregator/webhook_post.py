"""One POST to a webhook: to a checked address, within limits of time and bytes, without redirects.

Runs in the aggregator, in a thread for deliveries. It connects to the address that it has checked, so that a second
answer of DNS can't lead elsewhere.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from typing import Any

from avio.config.networks import is_allowed
from avio.wire.webhook_urls import target_of

CONNECT_SECONDS = 5.0  # for one address
TOTAL_SECONDS = 15.0  # from the connection to the end of the reply
ADDRESSES = 3  # of a host that are tried
REPLY_BYTES = 4 << 10  # of the body that are read: it tells nothing, but a receiver may not like a torn connection


class NotSent(Exception):
    """Nobody got the request, or nobody answered. The text says why; another try may help."""


class Refused(NotSent):
    """avio may not send there. Another try does not help."""


def post(url: str, body: bytes, headers: Mapping[str, str], networks: Sequence[str]) -> int:
    """Send `body` and return the status of the reply. Raise NotSent, or Refused if no address of the host is allowed.

    `networks` are allowed besides public addresses.
    """
    scheme, host, port, asked = target_of(url)
    deadline = time.monotonic() + TOTAL_SECONDS
    try:
        with closing(_connected(host, port, networks)) as plain, _ended_at(plain, deadline) as guarded:
            connection = HTTPConnection(host, port)
            connection.sock = guarded.secured(host) if scheme == "https" else plain
            code = _answer(connection, asked, {"Host": _host(url), **headers}, body)
    except (OSError, HTTPException, ValueError) as error:
        raise NotSent(_late(deadline) or str(error) or type(error).__name__) from error
    if late := _late(deadline):  # a reply that is cut looks complete
        raise NotSent(late)
    return code


def _late(deadline: float) -> str:
    return f"no complete reply within {TOTAL_SECONDS:.0f} s" if time.monotonic() >= deadline else ""


def _answer(connection: HTTPConnection, asked: str, headers: Mapping[str, str], body: bytes) -> int:
    """Send a request on an open connection, and return the status of the reply."""
    connection.putrequest("POST", asked, skip_host=True, skip_accept_encoding=True)
    for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    with closing(connection.getresponse()) as reply:
        reply.read(REPLY_BYTES)
        return reply.status


def _connected(host: str, port: int, networks: Sequence[str]) -> socket.socket:
    """Return a connection to the first allowed address of `host` that takes one."""
    error: Exception = NotSent("no address")
    for family, place in _allowed(host, port, networks):
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.settimeout(CONNECT_SECONDS)
            opened.connect(place)
        except OSError as found:
            opened.close()
            error = found
        else:
            return opened
    raise NotSent(f"no connection to {host}: {error}")


def _allowed(host: str, port: int, networks: Sequence[str]) -> Sequence[tuple[int, Any]]:
    """Return family and address of the first few allowed addresses of `host`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent(f"no address of {host}: {error}") from error
    allowed = [(family, place) for family, _, _, _, place in found if is_allowed(str(ip_address(place[0])), networks)]
    if not allowed:
        message = f"{host} has no public address; an admin may allow its network by the setting webhook_networks"
        raise Refused(message)
    return allowed[:ADDRESSES]


class _Guarded:
    """A connection that is cut at its deadline, whatever it waits for."""

    def __init__(self, plain: socket.socket) -> None:
        self._now = self._plain = plain

    def secured(self, host: str) -> ssl.SSLSocket:
        """Return the connection with TLS, whose certificate is that of `host`."""
        context = ssl.create_default_context()
        secured = context.wrap_socket(self._plain, server_hostname=host, do_handshake_on_connect=False)
        self._now = secured
        secured.do_handshake()
        return secured

    def cut(self) -> None:
        """End the connection. Its reader gets an error, or the end of the stream."""
        try:
            socket.socket.shutdown(self._now, socket.SHUT_RDWR)  # without what SSLSocket does: a reader has its state
        except OSError:  # it has ended already
            return

    def close(self) -> None:
        """Close the connection."""
        self._now.close()


@contextmanager
def _ended_at(plain: socket.socket, deadline: float) -> Iterator[_Guarded]:
    """Cut the connection when the monotonic clock reaches `deadline`: a reply may come byte by byte."""
    guarded = _Guarded(plain)
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), guarded.cut)
    timer.daemon = True
    timer.start()
    try:
        yield guarded
    finally:
        timer.cancel()
        guarded.close()


def _host(url: str) -> str:
    """Return host and port as the URL has them."""
    return url.partition("://")[2].partition("/")[0].partition("?")[0]
