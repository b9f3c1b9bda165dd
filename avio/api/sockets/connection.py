"""One connection of a client. The main loop gathers its next request; a thread reads the rest of a long body.

Run by web's workers alone.
"""

import socket
import time
from ipaddress import IPv6Address, ip_address
from typing import Any

from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from avio.api.sockets.incoming import BODY_SECONDS, Incoming
from avio.errors import TooSlow


class TimedUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads a body for a thread. The client has `BODY_SECONDS`, and a second for each `rate` bytes it has sent.

    Only the time that the thread waits for the client counts.
    """

    def __init__(self, sock: socket.socket, rate: int) -> None:
        super().__init__(sock)
        self._rate = rate
        self._left = BODY_SECONDS

    def begin(self) -> None:
        """Begin a request: the client has all of its time."""
        self._left = BODY_SECONDS

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what the client has sent next. Raise TooSlow if it sends too slowly."""
        if self._left <= 0:
            raise TooSlow(f"the body came slower than {self._rate} bytes a second")
        before, began = self.sock.gettimeout(), time.monotonic()
        self.sock.settimeout(self._left if before is None else min(before, self._left))
        try:
            piece = bytes(super().chunk(size_hint))
        except TimeoutError:
            if before is not None and before < self._left:  # gunicorn's own limit, for a body that nobody wants
                raise
            raise TooSlow(f"the body came slower than {self._rate} bytes a second") from None
        finally:
            self.sock.settimeout(before)
        self._left += len(piece) / self._rate - (time.monotonic() - began)
        return piece


class Connection(TConn):  # type: ignore[misc]
    """A connection: `incoming` is its next request, `peer` stands for all connections of the same client."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any, rate: int) -> None:
        super().__init__(cfg, sock, client, server)
        self.peer = peer_of(client)
        self.incoming: Incoming | None = None
        self.initialized = self.data_ready = True  # a thread gets whole requests, and waits for none
        self.parser = RequestParser(cfg, sock, client)
        self.parser.unreader = TimedUnreader(sock, rate)

    def hand_over(self) -> None:
        """Give what has arrived to the parser, which a thread is about to use."""
        assert self.incoming is not None
        self.parser.unreader.begin()
        self.parser.unreader.unread(bytes(self.incoming.data))

    def left_over(self) -> bytes:
        """Return what has arrived behind the last request."""
        return bytes(self.parser.unreader.take_buffered())


def peer_of(client: Any) -> str:
    """Return the address of a client without its port, an IPv6 network of 64 bits, or "" for a local socket."""
    if not isinstance(client, tuple):
        return ""
    address = ip_address(client[0].partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(client[0])
