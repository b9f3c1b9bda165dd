"""A connection without TLS that Python receives from: much at a time, straight into a buffer, and without the GIL.

Used in the job process and in its movers, by one thread at a time. It knows only replies whose head says how long they
are; after any other it is of no use.
"""

import re
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import NamedTuple

from avio.engines.cancel import Stopped
from avio.engines.local.buckets import s3_handle
from avio.engines.local.store_errors import LINE_BROKE, LINE_ENDED, TOO_LATE, unreachable

BUFFER_BYTES = 1 << 20  # that are received at once, at most
TURN_SECONDS = 0.1  # after which what has come is given out, however little it is
HEAD_BYTES = 4 << 10  # that are received at once while a head comes: those of the body are moved once more
MOST_HEAD_BYTES = 64 << 10

_TURN = struct.pack("@ll", 0, int(TURN_SECONDS * 1_000_000))
_STATUS = re.compile(rb"HTTP/1\.([01]) (\d{3})(?: .*)?")
_LENGTH = re.compile(r"[0-9]{1,18}")


class ReplyHead(NamedTuple):
    """The head of a reply. `size` is that of its body, or -1 if the reply is of an unusual form.

    The names of `headers` are in small letters.
    """

    status: int
    headers: dict[str, str]
    size: int


class PlainConnection:
    """The connection of the socket `fd`, which it closes. `what` in a call names the object in errors."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(True)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TURN)
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._early = b""  # bytes of the body that came with the head
        self._left = 0  # bytes of the body that are to come
        self._is_good = True
        self._used = time.monotonic()
        self._silent = 0.0  # seconds of waiting for the store since the last byte
        self._waited, self._came = 0.0, 0  # seconds of waiting in the present while, and the bytes that came in it

    def __del__(self) -> None:
        self._socket.close()

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    @property
    def is_free(self) -> bool:
        """True if all of the last reply was received, so that another request may follow."""
        return self._is_good and not self._left

    def is_fresh(self, seconds: float) -> bool:
        """Return True if the store was asked within so many seconds, and has not left since."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return time.monotonic() - self._used < seconds and not poll.poll(0)

    def ask(self, what: str, request: bytes, stopping: Callable[[], bool]) -> ReplyHead | None:
        """Send a request; return the head of the reply, None if the line broke before its end.

        Raises EngineAway after SILENCE_SECONDS with less than a byte a second, Stopped.
        """
        self._is_good = False
        self._silent, self._waited, self._came = 0.0, 0.0, 0
        got, end = 0, -1
        try:
            self._socket.sendall(request)
            while end < 0:
                if got + HEAD_BYTES > MOST_HEAD_BYTES:
                    return ReplyHead(0, {}, -1)
                count = self._receive(what, self._buffer[got : got + HEAD_BYTES], 0, stopping)
                if not count:
                    return None
                got += count
                end = bytes(self._buffer[:got]).find(b"\r\n\r\n")
        except OSError:
            return None
        head = _parsed(bytes(self._buffer[:end]))
        self._early = bytes(self._buffer[end + 4 : got])
        self._left = head.size
        if len(self._early) > head.size:
            return head._replace(size=-1)
        self._is_good = "close" not in head.headers.get("connection", "").lower()
        return head

    def receive(self, what: str, most: int, stopping: Callable[[], bool]) -> memoryview:
        """Return the next bytes of the body, at most `most`, or fewer if no more come soon; the next call changes them.

        Raises EngineAway if the line breaks or is silent, Stopped.
        """
        early, self._early = self._early[:most], self._early[most:]
        room = self._buffer[len(early) : min(most, self._left, BUFFER_BYTES)]
        if early:
            self._buffer[: len(early)] = early
        try:
            count = self._receive(what, room, socket.MSG_WAITALL, stopping) if room else 0
        except OSError as error:
            raise unreachable(what, LINE_BROKE, f"Recv failure: {error.strerror}") from None
        if room and not count:
            text = f"transfer closed with {self._left} bytes remaining to read"
            raise unreachable(what, LINE_ENDED, text)
        count += len(early)
        self._left -= count
        return self._buffer[:count]

    def _receive(self, what: str, room: memoryview, flags: int, stopping: Callable[[], bool]) -> int:
        """Wait for bytes. Return 0 if the store has closed the connection. Raises OSError."""
        count = None
        while count is None:
            began = time.monotonic()
            try:
                count = self._socket.recv_into(room, 0, flags)
            except BlockingIOError:
                if stopping():
                    raise Stopped from None
            self._look_at_pace(what, time.monotonic() - began, count or 0)
        self._used = time.monotonic()
        return count

    def _look_at_pace(self, what: str, seconds: float, count: int) -> None:
        """Count the waiting for the store, and what came. Raises EngineAway, as `ask` says."""
        self._silent = 0.0 if count else self._silent + seconds
        self._waited += seconds
        self._came += count
        most = s3_handle.SILENCE_SECONDS
        if self._silent >= most or (self._waited >= most and self._came < self._waited):
            raise unreachable(what, TOO_LATE, f"less than a byte a second came in the last {most} seconds")
        if self._waited >= most:
            self._waited, self._came = 0.0, 0


def _parsed(head: bytes) -> ReplyHead:
    first, *lines = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    headers: dict[str, str] = {}
    is_usual = status is not None and status[1] == b"1"
    for line in lines:
        name, mark, text = line.partition(b":")
        title = name.lower().decode("latin-1")
        is_usual = (
            is_usual and bool(mark) and name == name.strip() and not (title == "content-length" and title in headers)
        )
        headers[title] = text.strip().decode("latin-1")
    length = _LENGTH.fullmatch(headers.get("content-length", ""))
    if not is_usual or length is None or "transfer-encoding" in headers:
        return ReplyHead(int(status[2]) if status else 0, headers, -1)
    return ReplyHead(int(status[2]) if status else 0, headers, int(length[0]))
