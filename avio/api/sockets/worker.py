"""The gunicorn worker of web: one loop accepts, waits for requests and for readers, and closes; threads answer.

Gunicorn's own gthread gives a thread to every connection, and lets its loop wait for clients that do not close.
"""

import errno
import resource
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from avio.api.services import KEY
from avio.api.sockets.connection import Connection
from avio.api.sockets.incoming import HEAD_SECONDS, Incoming, Refused
from avio.api.sockets.refusals import DEFECT, explain, reply
from avio.api.sockets.waiting import Waiting
from avio.api.strict_request import BODY_MAX

PIECE_BYTES = 64 << 10
SWEEP_SECONDS = 0.25  # between two looks at the deadlines
LINGER_SECONDS = 2.0  # for a client to close after us; a reset could destroy the end of the reply
PAUSE_SECONDS = 0.25  # without accepting, while there is no open file for a connection
WARN_SECONDS = 60.0  # between two warnings of that
LIVENESS_THREADS = 2  # apart from all others, so that liveness is answered when those are busy

_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Worker(ThreadWorker):  # type: ignore[misc]
    """The worker class. It serves plain HTTP/1.1; put TLS in front of it."""

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """End gunicorn's master if it was asked for TLS, which a worker would not speak."""
        if cfg.is_ssl:
            log.error("web speaks plain HTTP: remove certfile and keyfile, and put a proxy with TLS in front")
            sys.exit(2)
        super().check_config(cfg, log)

    def run(self) -> None:
        """Serve until a signal comes."""
        services = self.wsgi.extensions[KEY]
        self._rate = int(services.settings.client_rate)
        self._waiting = Waiting(services.settings.connections_per_address, services.proxies.trusts)
        self._lingering: dict[Connection, float] = {}
        self._swept = 0.0
        self._paused_until = self._warned = -WARN_SECONDS
        self._liveness = ThreadPoolExecutor(LIVENESS_THREADS)
        super().run()
        self._liveness.shutdown(wait=False)

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, and wait for its request."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in _NO_ROOM:
                if not self._make_room():
                    self._pause(error)
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        self._make_room_if_full()
        conn = Connection(self.cfg, sock, address, listener.getsockname(), self._rate)
        self._waiting.opened(conn)
        self._wait(conn, HEAD_SECONDS)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections or not. Gunicorn calls this in each round of its loop, also during a pause."""
        super().set_accept_enabled(enabled and time.monotonic() >= self._paused_until)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for what the loop has to do. A pause of accepting ends in time."""
        left = self._paused_until - time.monotonic()
        super().wait_for_and_dispatch_events(min(timeout, left) if left > 0 else timeout)

    def enqueue_req(self, conn: Connection) -> None:
        """Give a whole request to a thread."""
        pool = self._liveness if conn.incoming is not None and conn.incoming.is_liveness else self.tpool
        conn.hand_over()
        done = pool.submit(self.handle, conn)
        done.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def finish_request(self, conn: Connection, fs: "Future[Any]") -> None:
        """Send the rest of the reply. Then wait for the next request of the connection, or close it."""
        conn.end_request(keeps_alive=not fs.cancelled() and fs.exception() is None and bool(fs.result()))
        self._go_on(conn)
        self._make_room_if_full()

    def _go_on(self, conn: Connection) -> None:
        """Wait until the client has taken the reply. Then take its next request, or close.

        Requests that come without waiting for replies would keep a connection from giving way to others.
        """
        is_full = self.nr_conns >= self.worker_connections or self._waiting.is_over(conn.peer)
        if conn.sock.unsent:
            self._wait_for_reader(conn)
        elif not conn.keeps_alive or (conn.rest and is_full):
            self._linger(conn)
        else:
            self._wait(conn, self.cfg.keepalive if self.alive else LINGER_SECONDS)
            if conn.rest and conn in self._waiting:
                rest, conn.rest = conn.rest, b""
                self._take(conn, rest)

    def murder_pending(self) -> None:
        """Close the connections whose time is over. Gunicorn calls this in each round of its loop."""
        now = time.monotonic()
        if now - self._swept < SWEEP_SECONDS:
            return
        self._swept = now
        for conn in self._waiting.expired(now):
            if conn not in self._waiting:  # room was made while another one was refused
                continue
            if conn.incoming is not None and conn.incoming.data:
                self._refuse(conn, Refused(408, "the request came too slowly"))
            else:
                self._drop(conn)
        for conn, until in list(self._lingering.items()):
            if until <= now:
                self._end_linger(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        for conn in self._waiting:
            if conn.incoming is not None:
                conn.incoming.hurry(deadline)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """Return whether the connection can take another request. A body that is still under way ends it."""
        return keepalive and conn.finish_body()

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what gunicorn's parser refuses, as a problem document."""
        status, detail = explain(exc)
        if status == DEFECT:
            self.log.error("unexpected error of a request", exc_info=exc)
        try:
            client.sendall(reply(status, detail))
        except OSError:
            self.log.debug("the client was gone before its refusal")

    def _wait(self, conn: Connection, idle_seconds: float) -> None:
        conn.sock.setblocking(False)
        conn.incoming = Incoming(time.monotonic() + idle_seconds, body_max=BODY_MAX, rate=self._rate)
        self._watch(conn, EVENT_READ, self._on_readable)
        self._add(conn)

    def _wait_for_reader(self, conn: Connection) -> None:
        try:
            conn.sock.setblocking(False)
            self._watch(conn, EVENT_WRITE, self._on_writable)
        except (OSError, ValueError):
            self._close(conn)
        else:
            self._add(conn)

    def _add(self, conn: Connection) -> None:
        longest = self._waiting.add(conn)
        if longest is not None:
            self._drop(longest)

    def _watch(self, conn: Connection, event: int, action: Callable[[Connection], None]) -> None:
        self.poller.register(conn.sock, event, lambda _: action(conn))

    def _on_writable(self, conn: Connection) -> None:
        if conn not in self._waiting:  # it gave way to another one in this very round
            return
        try:
            is_sent = conn.sock.push()
        except OSError:
            self._drop(conn)
            return
        if is_sent:
            self._stop_waiting(conn)
            self._go_on(conn)
        else:
            self._waiting.moved(conn)

    def _on_readable(self, conn: Connection) -> None:
        if conn not in self._waiting:  # it gave way to another one in this very round
            return
        try:
            piece = conn.sock.recv(PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if piece:
            self._take(conn, piece)
        else:
            self._drop(conn)

    def _take(self, conn: Connection, piece: bytes) -> None:
        assert conn.incoming is not None
        try:
            is_whole = conn.incoming.feed(piece, time.monotonic())
        except Refused as refused:
            self._refuse(conn, refused)
            return
        if is_whole:
            self._stop_waiting(conn)
            self.enqueue_req(conn)
        elif conn.incoming.owes_continue:
            conn.incoming.owes_continue = False
            self._send(conn, b"HTTP/1.1 100 Continue\r\n\r\n")

    def _refuse(self, conn: Connection, refused: Refused) -> None:
        self._stop_waiting(conn)
        self._send(conn, reply(refused.status, refused.detail))
        conn.end_request(keeps_alive=False)
        self._go_on(conn)

    def _send(self, conn: Connection, text: bytes) -> None:
        try:
            conn.sock.sendall(text)
        except OSError:
            self.log.debug("the client was gone before its reply")

    def _stop_waiting(self, conn: Connection) -> None:
        self._waiting.remove(conn)
        self.poller.unregister(conn.sock)

    def _make_room(self) -> bool:
        """Close a connection that was answered, else the longest waiting one of the client that has most.

        Return False if there is none to close.
        """
        if (answered := next(iter(self._lingering), None)) is not None:
            self._end_linger(answered)
        elif (longest := self._waiting.longest()) is not None:
            self._drop(longest)
        else:
            return False
        return True

    def _make_room_if_full(self) -> None:
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def _pause(self, error: OSError) -> None:
        """Accept nothing for a moment: the listener stays readable, and would be tried again without an end."""
        now = time.monotonic()
        self._paused_until = now + PAUSE_SECONDS
        self.set_accept_enabled(False)
        if now - self._warned >= WARN_SECONDS:
            self._warned = now
            self.log.warning(
                "web can't accept connections: %s. Clients wait. This process may have %d open files: raise its limit, "
                "such as with LimitNOFILE of systemd or ulimit -n",
                error.strerror,
                resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            )

    def _drop(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        self._close(conn)

    def _linger(self, conn: Connection) -> None:
        """Say that nothing more comes, and wait beside all others until the client closes too."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self._watch(conn, EVENT_READ, self._drain)
        except (OSError, ValueError):
            self._close(conn)
        else:
            self._lingering[conn] = time.monotonic() + LINGER_SECONDS

    def _drain(self, conn: Connection) -> None:
        if conn not in self._lingering:
            return
        try:
            if conn.sock.recv(PIECE_BYTES):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._end_linger(conn)

    def _end_linger(self, conn: Connection) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        self._waiting.closed(conn)
        conn.close()
