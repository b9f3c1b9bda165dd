"""One connection of a client. The main loop gathers its next request; a thread reads the rest of a long body.

Run by web's workers alone.
"""

import socket
import time
from typing import Any

from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from avio.api.peers import peer_of
from avio.api.sockets.client_socket import ClientSocket
from avio.api.sockets.incoming import BODY_SECONDS, Incoming
from avio.errors import TooSlow


class TimedUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads a body for a thread. The client has `BODY_SECONDS`, and a second for each `rate` bytes it has sent.

    Only the time that the thread waits for the client counts. Most threads don't wait: the main loop has read the body.
    """

    def __init__(self, sock: socket.socket, rate: int) -> None:
        super().__init__(sock)
        self._rate = rate
        self._left = BODY_SECONDS
        self._may_wait = False

    def begin(self, *, may_wait: bool) -> None:
        """Begin a request: the client has all of its time, or none if a thread may not wait for it."""
        self._left = BODY_SECONDS
        self._may_wait = may_wait

    def end(self) -> None:
        """Wait for no more of this request."""
        self._may_wait = False

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what the client has sent next. Raise TooSlow if it sends too slowly."""
        if not self._may_wait:
            raise TooSlow("the rest of the body has not come")
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
    """A connection: `incoming` is its next request, `peer` stands for all connections of the same client.

    After a reply `keeps_alive` says whether more requests are answered, and `rest` is what has come of the next ones.
    """

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any, rate: int) -> None:
        super().__init__(cfg, ClientSocket(sock, rate), client, server)
        self.peer = peer_of(client[0]) if isinstance(client, tuple) else ""
        self.incoming: Incoming | None = None
        self.initialized = self.data_ready = True  # a thread gets whole requests, and waits for none
        self.keeps_alive = False
        self.rest = b""
        self.parser = RequestParser(cfg, self.sock, client)
        self.parser.unreader = TimedUnreader(self.sock, rate)

    @property
    def deadline(self) -> float:
        """Return until when the client must have sent its request, or read its reply."""
        return float(self.sock.deadline if self.incoming is None else self.incoming.deadline)

    @property
    def held(self) -> int:
        """Return how many bytes are kept until the client goes on."""
        return len(self.sock.unsent) + len(self.rest) + (len(self.incoming.data) if self.incoming is not None else 0)

    def hand_over(self) -> None:
        """Give what has arrived to the parser, which a thread is about to use."""
        assert self.incoming is not None
        self.parser.unreader.begin(may_wait=self.incoming.is_streamed)
        self.parser.unreader.unread(bytes(self.incoming.data))

    def finish_body(self) -> bool:
        """Skip the rest of the body. Return False if it has not come yet."""
        self.parser.unreader.end()
        try:
            return bool(self.parser.finish_body())
        except TooSlow:
            return False

    def end_request(self, *, keeps_alive: bool) -> None:
        """Take the connection back from a thread."""
        self.incoming = None
        self.keeps_alive = keeps_alive
        self.rest = bytes(self.parser.unreader.take_buffered()) if keeps_alive else b""
