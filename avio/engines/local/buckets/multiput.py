"""Puts many small objects into S3 at a time, each by one PUT, by one thread: by libcurl, and past it where that does.

Used in the job process. What the store did not store as it was sent, a thread uploads: it looks, tries again, and
reports the error.
"""

from binascii import b2a_base64
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from avio.engines.local.buckets.bodies import Body
from avio.engines.local.buckets.heads import etag_of, pause_of
from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.multi_requests import SLOW_DOWN
from avio.engines.local.buckets.plain_requests import BROKEN, UNUSUAL, Got
from avio.engines.local.buckets.s3_handle import headers_of, set_place
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.two_ways import TwoWays

T = TypeVar("T")

_SIGNED = ("content-type", "x-amz-")


class SmallPut(NamedTuple):
    """A PUT: the key, the bytes and their MD5, which it sends unless `sends_md5` is False, and more headers."""

    key: str
    content: bytes
    md5: bytes
    headers: tuple[str, ...]
    sends_md5: bool = True

    def lines(self) -> tuple[tuple[tuple[str, str], ...], str]:
        """Return the headers that a signature must have, and the lines of the others, all but those of the place."""
        named = [line.split(": ", 1) for line in self.headers]
        signed = tuple([(name, text) for name, text in named if name.lower().startswith(_SIGNED)])
        more = [f"{name}: {text}\r\n" for name, text in named if not name.lower().startswith(_SIGNED)]
        md5 = f"Content-MD5: {b2a_base64(self.md5, newline=False).decode()}\r\n" if self.sends_md5 else ""
        return signed, f"{''.join(more)}{md5}Content-Length: {len(self.content)}\r\n"


class Answer(NamedTuple):
    """The reply to a PUT: the status, 0 if none came, and the ETag. The store asks to be left alone for `pause` s."""

    status: int
    etag: str | None
    pause: float = 0.0

    @property
    def good(self) -> bool:
        """Return True unless it is an error, or none came."""
        return 200 <= self.status < 300

    @property
    def is_refusal(self) -> bool:
        """Return True if the store gets too many requests."""
        return self.status in SLOW_DOWN

    @property
    def is_clear(self) -> bool:
        """Return False if the store may have the object though it did not say so."""
        return 0 < self.status < 500


NO_ANSWER = Answer(0, None)


class _Asked(NamedTuple, Generic[T]):
    """A PUT under way."""

    place: S3Place
    small: SmallPut
    tag: T
    moved: Callable[[int], None]


class MultiPut(Generic[T]):
    """PUTs under way, each with a `tag` of the caller's. For one thread."""

    def __init__(self) -> None:
        self._ways: TwoWays[_Put, _Asked[T]] = TwoWays("PUT")
        self._idle: list[_Put] = []

    @property
    def live(self) -> int:
        """How many are under way."""
        return self._ways.live

    def take_waited(self) -> float:
        """Return for how many seconds it has waited for the store since the last call."""
        return self._ways.take_waited()

    def add(self, place: S3Place, small: SmallPut, tag: T, moved: Callable[[int], None]) -> None:
        """Begin to put an object. Calls `moved` with the number of bytes that leave."""
        asked: _Asked[T] = _Asked(place, small, tag, moved)
        side = self._ways.side(place)
        head = None
        if side.address is not None:
            signed, more = small.lines()
            head = side.request(small.key, signed, more)
        if head is None:
            self._put_by_libcurl(asked)
        else:
            moved(len(small.content))
            self._ways.add_plain(side, [head, small.content], None, asked)

    def poll(self, limit: float) -> list[tuple[T, Answer]]:
        """Return the tags of ended PUTs, each with the store's answer.

        Waits up to `limit` seconds if none has ended.
        """
        ended = []
        plain, by_libcurl = self._ways.poll(limit)
        for asked, got in plain:
            if got is None:
                self._put_by_libcurl(asked)
                continue
            if got is UNUSUAL:
                self._ways.side(asked.place).close()
            ended.append((asked.tag, _answer(got)))
        for (put, asked), broken in by_libcurl:
            self._idle.append(put)
            got = BROKEN if broken else put.got()
            answer = _answer(got)
            ended.append((asked.tag, answer))
            if answer.good:
                self._ways.side(asked.place).learn(put.curl, got.head)
        return ended

    def abort(self) -> None:
        """End all PUTs at once. The other connections stay, for the next ones."""
        self._ways.abort()

    def close(self) -> None:
        """Abort all PUTs and close the connections."""
        self._ways.close()
        self._idle = []

    def _put_by_libcurl(self, asked: _Asked[T]) -> None:
        put = self._idle.pop() if self._idle else _Put()
        put.prepare(asked.place, asked.small, asked.moved)
        self._ways.add(put.curl, put, asked)


def _answer(got: Got) -> Answer:
    status, head, _ = got
    if status <= 0:
        return NO_ANSWER
    return Answer(status, etag_of(head), pause_of(head) if status in SLOW_DOWN else 0.0)


class _Put:
    """A reusable handle of libcurl, and the bytes that it sends."""

    def __init__(self) -> None:
        self._body = body = Body()
        self._head: list[bytes] = []
        self._place: S3Place | None = None
        self._lines: list[str] = []
        self.curl = curl = pycurl.Curl()
        curl.setopt(pycurl.UPLOAD, 1)
        curl.setopt(pycurl.WRITEFUNCTION, len)  # the body of a refusal: the thread that uploads next reads its own
        curl.setopt(pycurl.HEADERFUNCTION, self._head.append)
        curl.setopt(pycurl.READFUNCTION, body.give)
        curl.setopt(pycurl.SEEKFUNCTION, body.begin_again)

    def prepare(self, place: S3Place, small: SmallPut, moved: Callable[[int], None]) -> None:
        """Set the object to put."""
        curl = self.curl
        if place is not self._place:
            self._place = place
            set_place(curl, place)
            self._lines = headers_of(place, "Expect:")
        self._head.clear()
        key, content, digest, headers, sends_md5 = small
        self._body.hold(content, moved)
        md5 = [f"Content-MD5: {b2a_base64(digest, newline=False).decode()}"] if sends_md5 else []
        curl.setopt(pycurl.URL, place.url_of(key))
        curl.setopt(pycurl.HTTPHEADER, [*self._lines, *md5, *headers])
        curl.setopt(pycurl.INFILESIZE_LARGE, len(content))

    def got(self) -> Got:
        """Return the reply. The bytes are let go."""
        self._body.hold(b"")
        return Got(int(self.curl.getinfo(pycurl.RESPONSE_CODE)), b"".join(self._head), b"")
