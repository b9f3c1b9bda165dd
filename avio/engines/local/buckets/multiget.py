"""Many small S3 objects at a time, fetched by one thread through libcurl: connections kept, requests signed by it.

Used in the job process. Whatever goes wrong here is no error: the object is left to obstore, which tries again and
says what is wrong. One thread instead of many, since Python's threads cost each other more than small objects do.
"""

import time
from typing import Generic, TypeVar
from urllib.parse import quote

import certifi
import pycurl

from avio.engines.local.buckets.access import Access
from avio.engines.local.buckets.base import Source

T = TypeVar("T")

CONNECT_LIMIT = 5  # seconds
LIMIT = 60  # seconds for one object
BUFFER = 128 << 10  # bytes that libcurl hands over at once
HOPELESS = 16  # failures without one success after which nothing is to be hoped for


class MultiGet(Generic[T]):
    """GETs under way, each with a `tag` of the caller's. For one thread."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._idle: list[_Get] = []
        self._live: dict[pycurl.Curl, tuple[_Get, Source, T]] = {}
        self._fetched = 0
        self._failed = 0
        self.failure = ""  # of the last that failed

    @property
    def live(self) -> int:
        """How many are under way."""
        return len(self._live)

    @property
    def hopeless(self) -> bool:
        """Tell whether all that was tried has failed."""
        return not self._fetched and self._failed >= HOPELESS

    def add(self, access: Access, source: Source, tag: T) -> None:
        """Begin to fetch an object."""
        get = self._idle.pop() if self._idle else _Get()
        get.prepare(access, source.key)
        self._live[get.curl] = (get, source, tag)
        self._multi.add_handle(get.curl)

    def poll(self, limit: float) -> list[tuple[T, bytes | None]]:
        """Return the tags of those that have ended, with the bytes of exactly the version asked for, else None.

        Waits up to `limit` seconds when none has.
        """
        if not self._live:
            time.sleep(limit)
            return []
        ended = self._work()
        if not ended and limit > 0:
            if self._multi.select(limit) < 0:  # there is no socket to wait for yet
                time.sleep(min(limit, 0.001))
            ended = self._work()
        return ended

    def close(self) -> None:
        """Break off what is under way and close the connections."""
        for get, _, _ in self._live.values():
            self._multi.remove_handle(get.curl)
            get.curl.close()
        for get in self._idle:
            get.curl.close()
        self._live, self._idle = {}, []
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

    def _end(self, curl: pycurl.Curl, broken: str) -> tuple[T, bytes | None]:
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
    """A handle of libcurl, used again and again, and what it has received."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._etag = b""
        self.curl = curl = pycurl.Curl()
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.CAINFO, certifi.where())
        curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_LIMIT)
        curl.setopt(pycurl.TIMEOUT, LIMIT)
        curl.setopt(pycurl.BUFFERSIZE, BUFFER)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.HTTPHEADER, ["Accept:"])
        curl.setopt(pycurl.WRITEFUNCTION, self._parts.append)
        curl.setopt(pycurl.HEADERFUNCTION, self._see_header)

    def prepare(self, access: Access, key: str) -> None:
        """Point it at an object."""
        self._parts.clear()
        self._etag = b""
        curl = self.curl
        curl.setopt(pycurl.AWS_SIGV4, f"aws:amz:{access.region}:s3")
        curl.setopt(pycurl.USERNAME, access.access_key_id)
        curl.setopt(pycurl.PASSWORD, access.secret_access_key)
        curl.setopt(pycurl.URL, f"{access.base}/{quote(key)}")

    def result(self, source: Source) -> bytes | None:
        """Return the body if it is whole and of the version of `source`."""
        body = b"".join(self._parts)
        same = self._etag.decode("latin-1").strip('"') == (source.etag or "").strip('"') != ""
        return body if same and len(body) == source.size and self.curl.getinfo(pycurl.RESPONSE_CODE) == 200 else None

    def _see_header(self, line: bytes) -> None:
        if line[:5].lower() == b"etag:":
            self._etag = line[5:].strip()
