"""GETs of small objects over many connections without TLS, by one thread, past libcurl.

Used in the job process and in its movers. It opens connections to addresses that libcurl has found, and knows only
replies whose head says how long they are, and errors.
"""

import select
import socket
import time
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from avio.engines.local.buckets import s3_handle
from avio.engines.local.buckets.plain_head import HEAD_BYTES, MOST_HEAD_BYTES, refusal_in, usual_head

T = TypeVar("T")

IDLE_SECONDS = 60  # after which a connection is not used again: something on the way may have forgotten it
LOOK_SECONDS = 1.0  # between two looks for connections that are silent
PART_BYTES = 256 << 10  # that are received at once
OK = 200


class Address(NamedTuple):
    """Where `host` is. Connections are for one host: a balancer may have chosen by it where they lead."""

    host: str
    ip: str
    port: int


class Got(NamedTuple):
    """A reply. `status` is 0 if the line broke, or the object is not of the size that was asked for."""

    status: int
    head: bytes
    body: bytes


BROKEN = Got(0, b"", b"")


class _Line(Generic[T]):
    """A connection; `tag` is that of the GET under way."""

    __slots__ = (
        "address",
        "asked",
        "came",
        "counted",
        "events",
        "head",
        "keep",
        "left",
        "parts",
        "socket",
        "status",
        "tag",
        "unsent",
        "used",
        "was_used",
        "window",
    )

    def __init__(self, address: Address) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_INET6 if ":" in address.ip else socket.AF_INET)
        self.tag: T | None = None
        self.was_used = False
        self.used = 0.0
        self.window, self.came = 0.0, 0  # bytes that came since then
        self.events = select.EPOLLIN | select.EPOLLOUT
        self.unsent = b""
        self.asked = self.left = 0  # bytes of the object; those of the body that are to come
        self.counted = 0  # bytes of the body, at the last count
        self.head = b""
        self.status = 0
        self.keep = False  # for the next GET
        self.parts: list[bytes] | None = None  # of the body; None until the head is complete
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __del__(self) -> None:
        """Close it with an engine that nobody closes."""
        if hasattr(self, "socket"):  # or there was none
            self.socket.close()

    @property
    def is_new(self) -> bool:
        """True as long as nothing was sent."""
        return bool(self.unsent) and not self.was_used

    def is_fresh(self, now: float) -> bool:
        """Return True if the store was asked lately, has not left since, and says nothing that nobody has asked for."""
        if now - self.used >= IDLE_SECONDS:
            return False
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False


class PlainRequests(Generic[T]):
    """GETs under way, each with a `tag` of the caller's. For one thread."""

    def __init__(self) -> None:
        self._epoll: select.epoll | None = None  # a process that forks must not have one
        self._lines: dict[int, _Line[T]] = {}
        self._idle: dict[Address, list[_Line[T]]] = {}
        self._ended: list[tuple[T, Got | None]] = []
        self._looked = 0.0
        self._waited = 0.0
        self.live = 0  # how many are under way, or have ended since the last `poll`
        self.partial = 0  # bytes of objects of GETs under way, at the last count

    def add(self, address: Address, request: bytes, size: int, tag: T) -> None:
        """Begin to get an object of `size` bytes."""
        self.live += 1
        try:
            line = self._idle_line(address) or self._opened(address)
        except OSError:  # too many open files
            self._ended.append((tag, None))
            return
        line.tag, line.asked, line.unsent = tag, size, request
        line.head, line.parts = b"", None
        line.used = line.window = time.monotonic()
        line.came = 0
        if line.was_used:
            self._send(line)

    def poll(self, limit: float) -> list[tuple[T, Got | None]]:
        """Return the tags of ended GETs with their replies. None: libcurl must ask; the address may be another one now.

        Waits up to `limit` seconds if none has ended.
        """
        if self._epoll is not None:
            began = time.monotonic()
            ready = self._epoll.poll(0 if self._ended else limit)
            now = time.monotonic()
            self._waited += now - began
            for fd, events in ready:
                line = self._lines[fd]
                if line.tag is None:  # the store has closed it, or says what nobody has asked for
                    self._drop(line)
                elif events & select.EPOLLIN or not line.unsent:
                    self._receive(line, now)
                else:
                    self._send(line)
            if now - self._looked > LOOK_SECONDS:
                self._looked = now
                self._end_silent(now)
        ended, self._ended = self._ended, []
        self.live -= len(ended)
        return ended

    def count_partial(self) -> None:
        """Count the bytes that have come for GETs under way."""
        for line in self._lines.values():
            if line.parts is not None and line.status == OK:
                self.partial += line.asked - line.left - line.counted
                line.counted = line.asked - line.left

    def take_waited(self) -> float:
        """Return for how many seconds it has waited for the store since the last call."""
        waited, self._waited = self._waited, 0.0
        return waited

    def close(self) -> None:
        """Abort all GETs and close the connections."""
        for line in [*self._lines.values()]:
            self._drop(line)
        self._idle = {}
        self._ended = []
        self.live = self.partial = 0
        if self._epoll is not None:
            self._epoll.close()
            self._epoll = None

    def _idle_line(self, address: Address) -> _Line[T] | None:
        lines = self._idle.get(address)
        while lines:
            line = lines.pop()
            if line.is_fresh(time.monotonic()):
                return line
            self._drop(line)
        return None

    def _opened(self, address: Address) -> _Line[T]:
        """Return a new connection. It sends once it is there; if it can't be, libcurl says why."""
        line: _Line[T] = _Line(address)
        line.socket.connect_ex((address.ip, address.port))
        if self._epoll is None:
            self._epoll = select.epoll()
        self._epoll.register(line.socket, line.events)
        self._lines[line.socket.fileno()] = line
        return line

    def _send(self, line: _Line[T]) -> None:
        try:
            sent = line.socket.send(line.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._end(line, None, keep=False)
            return
        line.unsent = line.unsent[sent:]
        events = select.EPOLLIN | (select.EPOLLOUT if line.unsent else 0)
        if events != line.events and self._epoll is not None:
            line.events = events
            self._epoll.modify(line.socket, events)

    def _receive(self, line: _Line[T], now: float) -> None:
        most = HEAD_BYTES + line.asked if line.parts is None else line.left
        try:
            data = line.socket.recv(min(most, PART_BYTES))
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            # A connection that was never there, or that the store has closed meanwhile, says nothing of the object.
            nothing = line.is_new or (line.was_used and not line.head and line.parts is None)
            self._end(line, None if nothing else BROKEN, keep=False)
            return
        line.used = now
        line.came += len(data)
        if line.parts is not None:
            line.parts.append(data)
            line.left -= len(data)
        elif not self._take_head(line, data):
            return
        if not line.left:
            parts = line.parts or []
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            self._end(line, Got(line.status, line.head, body), keep=line.keep and not line.unsent)

    def _take_head(self, line: _Line[T], data: bytes) -> bool:
        """Take the first bytes of a reply. Return False if the head is not complete, or the GET has ended."""
        whole = line.head + data if line.head else data
        end = whole.find(b"\r\n\r\n") + 4
        if end < 4 and len(whole) <= MOST_HEAD_BYTES:
            line.head = whole
            return False
        line.head = head = whole[:end]
        usual = usual_head(head)
        if usual is None:
            refused = refusal_in(head)
            self._end(line, Got(refused, head, b"") if refused else None, keep=False)
            return False
        line.status, size, closes = usual
        line.keep = not closes
        if size != line.asked and line.status == OK:
            self._end(line, BROKEN, keep=False)
            return False
        if size > MOST_HEAD_BYTES and line.status != OK:  # a long refusal: only its head counts
            self._end(line, Got(line.status, head, b""), keep=False)
            return False
        line.parts = [whole[end:]]
        line.left = size - len(whole) + end
        if line.left < 0:
            self._end(line, None, keep=False)
        return line.left >= 0

    def _end(self, line: _Line[T], got: Got | None, *, keep: bool) -> None:
        assert line.tag is not None  # it is under way
        self._ended.append((line.tag, got))
        line.tag, line.parts, line.unsent = None, None, b""
        self.partial -= line.counted
        line.counted = 0
        if keep:
            line.head = b""
            line.was_used = True
            self._idle.setdefault(line.address, []).append(line)
        else:
            self._drop(line)

    def _end_silent(self, now: float) -> None:
        """End GETs with less than a byte a second for as long as libcurl would wait; close what is idle for long."""
        most = s3_handle.SILENCE_SECONDS
        for line in [*self._lines.values()]:
            if line.tag is None:
                if now - line.used > IDLE_SECONDS:
                    self._drop(line)
            elif line.is_new:
                if now - line.used > s3_handle.CONNECT_SECONDS:
                    self._end(line, None, keep=False)
            elif now - line.used > most or (now - line.window > most and line.came < now - line.window):
                self._end(line, BROKEN, keep=False)
            elif now - line.window > most:
                line.window, line.came = now, 0

    def _drop(self, line: _Line[T]) -> None:
        del self._lines[line.socket.fileno()]
        with suppress(KeyError, ValueError):
            self._idle[line.address].remove(line)
        line.socket.close()
