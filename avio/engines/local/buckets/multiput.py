"""Puts many small objects into S3 at a time, by one thread with libcurl, each by one PUT.

Used in the job process. What the store did not store as it was sent, a thread uploads: it looks, tries again, and
reports the error.
"""

from binascii import b2a_base64
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from avio.engines.local.buckets.bodies import Body
from avio.engines.local.buckets.heads import etag_of, pause_of
from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.multi_requests import SLOW_DOWN, MultiRequests
from avio.engines.local.buckets.s3_handle import headers_of, set_place
from avio.engines.local.buckets.s3_place import S3Place

T = TypeVar("T")


class SmallPut(NamedTuple):
    """A PUT: the key, the bytes and their MD5, which it sends unless `sends_md5` is False, and more headers."""

    key: str
    content: bytes
    md5: bytes
    headers: tuple[str, ...]
    sends_md5: bool = True


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


class MultiPut(Generic[T]):
    """PUTs under way, each with a `tag` of the caller's. For one thread."""

    def __init__(self) -> None:
        self._requests: MultiRequests[tuple[_Put, T]] = MultiRequests()
        self._idle: list[_Put] = []
        self.partial = 0  # bytes that had left for PUTs under way, at the last count

    @property
    def live(self) -> int:
        """How many are under way."""
        return self._requests.live

    def count_partial(self) -> None:
        """Count the bytes that have left for PUTs under way."""
        for put, _ in self._requests.tags:
            self.partial += put.count()

    def take_waited(self) -> float:
        """Return for how many seconds it has waited for the store since the last call."""
        return self._requests.take_waited()

    def add(self, place: S3Place, small: SmallPut, tag: T, moved: Callable[[int], None]) -> None:
        """Begin to put an object. Calls `moved` with the number of bytes that leave."""
        put = self._idle.pop() if self._idle else _Put()
        put.prepare(place, small, moved)
        self._requests.add(put.curl, (put, tag))

    def poll(self, limit: float) -> list[tuple[T, Answer]]:
        """Return the tags of ended PUTs, each with the store's answer.

        Waits up to `limit` seconds if none has ended.
        """
        ended = []
        for (put, tag), broken in self._requests.poll(limit):
            self._idle.append(put)
            self.partial -= put.counted
            answer = put.answer()
            ended.append((tag, NO_ANSWER if broken else answer))
        return ended

    def abort(self) -> None:
        """End all PUTs at once. The other connections stay, for the next ones."""
        self._requests.abort()
        self.partial = 0

    def close(self) -> None:
        """Abort all PUTs and close the connections."""
        self._requests.close()
        self._idle = []
        self.partial = 0


class _Put:
    """A reusable handle of libcurl, and the bytes that it sends."""

    def __init__(self) -> None:
        self._body = body = Body()
        self.counted = 0  # bytes that had left at the last count
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
        self.counted = 0
        key, content, digest, headers, sends_md5 = small
        self._body.hold(content, moved)
        md5 = [f"Content-MD5: {b2a_base64(digest, newline=False).decode()}"] if sends_md5 else []
        curl.setopt(pycurl.URL, place.url_of(key))
        curl.setopt(pycurl.HTTPHEADER, [*self._lines, *md5, *headers])
        curl.setopt(pycurl.INFILESIZE_LARGE, len(content))

    def count(self) -> int:
        """Return how many bytes have left since the last count; below 0 if libcurl has begun again."""
        before, self.counted = self.counted, self._body.given
        return self.counted - before

    def answer(self) -> Answer:
        """Return the store's answer. The bytes are let go."""
        self._body.hold(b"")
        status, head = self.curl.getinfo(pycurl.RESPONSE_CODE), b"".join(self._head)
        return Answer(status, etag_of(head), pause_of(head) if status in SLOW_DOWN else 0.0)
