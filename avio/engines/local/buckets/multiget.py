"""Fetches many small S3 objects at a time, by one thread with libcurl. libcurl keeps connections and signs requests.

Used in the job process. After any failure a thread fetches the object: it tries again, and
reports the error. One thread, since many Python threads cost more than the small objects.
"""

import time
from functools import cached_property
from typing import Generic, TypeVar

from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.s3_handle import headers_of, set_place
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.versions import normal_etag

T = TypeVar("T")

BUFFER_BYTES = 128 << 10  # bytes that libcurl hands over at once
HOPELESS_FAILURES = 16  # failures without a success, after which this way is given up


class MultiGet(Generic[T]):
    """GETs under way, each with a `tag` of the caller's. For one thread."""

    def __init__(self) -> None:
        self._idle: list[_Get] = []
        self._live: dict[pycurl.Curl, tuple[_Get, Source, T]] = {}
        self._fetched = 0
        self._failed = 0
        self.failure = ""  # of the last that failed

    @cached_property
    def _multi(self) -> "pycurl.CurlMulti":
        """The group of handles. No bucket may need one."""
        return pycurl.CurlMulti()

    @property
    def live(self) -> int:
        """How many are under way."""
        return len(self._live)

    @property
    def hopeless(self) -> bool:
        """Return True if all that was tried has failed."""
        return not self._fetched and self._failed >= HOPELESS_FAILURES

    def add(self, place: S3Place, source: Source, tag: T) -> None:
        """Begin to fetch an object."""
        get = self._idle.pop() if self._idle else _Get()
        get.prepare(place, source)
        self._live[get.curl] = (get, source, tag)
        self._multi.add_handle(get.curl)

    def poll(self, limit: float) -> list[tuple[T, bytes | None]]:
        """Return the tags of ended GETs, with the bytes if they are of the requested version, else None.

        Waits up to `limit` seconds if none has ended.
        """
        if not self._live:
            time.sleep(limit)
            return []
        ended = self._work()
        if not ended and limit > 0:
            if self._multi.select(limit) < 0:  # no socket to wait for yet
                time.sleep(min(limit, 0.001))
            ended = self._work()
        return ended

    def close(self) -> None:
        """Abort all GETs and close the connections."""
        for get, _, _ in self._live.values():
            self._multi.remove_handle(get.curl)
            get.curl.close()
        for get in self._idle:
            get.curl.close()
        self._live, self._idle = {}, []
        if "_multi" in vars(self):
            self._multi.close()

    def _work(self) -> list[tuple[T, bytes | None]]:
        while self._multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
            pass
        ended = []
        left = 1
        while left:
            left, whole, broken = self._multi.info_read()
            ended += [self._end(curl, "") for curl in whole]
            ended += [self._end(curl, reason) for curl, _, reason in broken]
        return ended

    def _end(self, curl: "pycurl.Curl", broken: str) -> tuple[T, bytes | None]:
        get, source, tag = self._live.pop(curl)
        self._multi.remove_handle(curl)
        self._idle.append(get)
        body = None if broken else get.result(source)
        if body is None:
            self._failed += 1
            self.failure = broken or f"HTTP {curl.getinfo(pycurl.RESPONSE_CODE)}, or another version"
        else:
            self._fetched += 1
        return tag, body


class _Get:
    """A reusable handle of libcurl, and the bytes that it has received."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._etag = b""
        self._left = 0  # bytes that may still arrive
        self._place: S3Place | None = None
        self.curl = curl = pycurl.Curl()
        curl.setopt(pycurl.BUFFERSIZE, BUFFER_BYTES)
        curl.setopt(pycurl.WRITEFUNCTION, self._take)
        curl.setopt(pycurl.HEADERFUNCTION, self._see_header)

    def prepare(self, place: S3Place, source: Source) -> None:
        """Set the object to fetch."""
        self._parts.clear()
        self._etag = b""
        self._left = source.size
        curl = self.curl
        if place is not self._place:
            self._place = place
            set_place(curl, place)
            curl.setopt(pycurl.HTTPHEADER, headers_of(place))
        curl.setopt(pycurl.URL, place.url_of(source.key))

    def result(self, source: Source) -> bytes | None:
        """Return the body if it is complete and of the version of `source`."""
        body = b"".join(self._parts)
        same = normal_etag(self._etag.decode("latin-1")) == source.etag is not None
        return body if same and len(body) == source.size and self.curl.getinfo(pycurl.RESPONSE_CODE) == 200 else None

    def _take(self, data: bytes) -> int:
        """Keep the bytes. Refuse more than the listed size: an object that grew must not fill the memory."""
        self._left -= len(data)
        if self._left < 0:
            return 0
        self._parts.append(data)
        return len(data)

    def _see_header(self, line: bytes) -> None:
        if line[:5].lower() == b"etag:":
            self._etag = line[5:].strip()
