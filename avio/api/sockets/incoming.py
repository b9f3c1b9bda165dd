"""One request while it arrives: whether it is whole, and until when its next part must come. Pure.

Run by web's main loop, ahead of gunicorn's parser: that one judges requests, this one only waits for them.
"""

import re

from avio.api.sockets.chunks import ChunkError, Chunks

HEAD_BYTES = 64 << 10  # request line and headers
LINE_BYTES = 32 << 10  # the request line: two paths of 4,096 bytes, each byte as %XX, and the rest of a query
HEAD_SECONDS = 10.0  # from the first byte to the end of the headers
BLANK_BYTES = 16  # of empty lines before a request: some clients send one after a body
BODY_SECONDS = 20.0  # for a body, and one second more for each `rate` bytes of it

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
_CONTINUE = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_STREAMED = re.compile(rb"POST /filelists[ ?]")  # a thread reads its body
_LIVENESS = re.compile(rb"(?:GET|HEAD) /healthz[ ?]")
_BLANK = re.compile(rb"(?:\r\n){1,%d}" % (BLANK_BYTES // 2 + 1))
_BARE_LF = re.compile(rb"(?<!\r)\n")


class Refused(Exception):
    """The request can't be taken: `status` of the reply, and what is wrong."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Incoming:
    """A request that may begin until `idle_until`. Bodies up to `body_max` bytes belong to it. Times in seconds.

    The body of a file list, and one that is too long, is left to a thread.
    """

    def __init__(self, idle_until: float, *, body_max: int, rate: int) -> None:
        self.data = bytearray()
        self.owes_continue = False  # the client waits for `100 Continue` before it sends the body
        self._body_max = body_max
        self._rate = rate
        self._deadline = idle_until
        self._has_begun = False  # anything has arrived, maybe only empty lines
        self._blank = 0  # bytes of empty lines before the request
        self._head = 0  # bytes of the head; 0 before it is complete
        self._needed = 0  # bytes of head and body
        self.is_streamed = False  # a thread reads the body
        self._chunks: Chunks | None = None  # the body, if its last chunk says where it ends

    @property
    def deadline(self) -> float:
        """Return until when the request must be whole, as it stands."""
        return self._deadline + (max(0, len(self.data) - self._head) / self._rate if self._head else 0.0)

    @property
    def is_liveness(self) -> bool:
        """Return True for a liveness probe."""
        return _LIVENESS.match(self.data) is not None

    def hurry(self, deadline: float) -> None:
        """Wait no longer than `deadline`."""
        self._deadline = min(self._deadline, deadline)

    def feed(self, piece: bytes, now: float) -> bool:
        """Add what arrived at `now`. Return True if the request is whole. Raise Refused if it never will be."""
        if not self._has_begun:
            self._has_begun = True
            self._deadline = now + HEAD_SECONDS
        fresh = max(0, len(self.data) - 3)
        self.data += piece
        if not self._head:
            if (blank := _BLANK.match(self.data)) is not None:
                self._skip(blank.end())
                fresh = 0
            self._find_head(fresh, now)
        return self._head > 0 and self._is_whole()

    def _skip(self, size: int) -> None:
        self._blank += size
        if self._blank > BLANK_BYTES:
            raise Refused(400, f"the request has more than {BLANK_BYTES // 2} empty lines before it")
        del self.data[:size]

    def _find_head(self, fresh: int, now: float) -> None:
        end = self.data.find(b"\r\n\r\n", fresh)
        until = len(self.data) if end < 0 else end
        if _BARE_LF.search(self.data, fresh, until):
            raise Refused(400, "a line of the head ends without a carriage return")
        if min(until, LINE_BYTES) == LINE_BYTES and self.data.find(b"\r\n", 0, LINE_BYTES) < 0:
            raise Refused(414, f"the request line has more than {LINE_BYTES} bytes")
        if until > HEAD_BYTES:
            raise Refused(431, f"the headers have more than {HEAD_BYTES} bytes")
        if end >= 0:
            self._head = end + 4
            self._deadline = now + BODY_SECONDS
            self._measure()

    def _measure(self) -> None:
        head = bytes(self.data[: self._head])
        self._needed = self._head
        self.is_streamed = _STREAMED.match(head) is not None
        if self.is_streamed:
            return
        is_chunked = _CHUNKED.search(head) is not None
        length = None if is_chunked else _LENGTH.search(head)
        if length is not None and int(length[1]) <= self._body_max:
            self._needed += int(length[1])
        if (waits := _CONTINUE.search(head)) is not None and (is_chunked or self._needed != self._head):
            del self.data[waits.start() : waits.end()]
            size = waits.end() - waits.start()
            self._head -= size
            self._needed -= size
            self.owes_continue = True
        if is_chunked:
            self._chunks = Chunks(self._head)

    def _is_whole(self) -> bool:
        if self._chunks is None:
            return len(self.data) >= self._needed
        try:
            return self._chunks.ends(self.data) or self._chunks.arrived(self.data) > self._body_max
        except ChunkError as error:
            raise Refused(400, str(error)) from None
