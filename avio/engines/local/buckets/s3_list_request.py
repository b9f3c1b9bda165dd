"""One request for a page of a listing, by libcurl. It can be begun, and its answer be read later.

Used in web and the job process.
"""

import select
import time
from collections.abc import Mapping
from functools import cached_property

from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.pace import Pace
from avio.engines.local.buckets.ready_sockets import ReadySockets
from avio.engines.local.buckets.s3_handle import headers_of, set_place
from avio.engines.local.buckets.s3_place import S3Place

CONNECT_SECONDS = 3
MAX_BODY_BYTES = 32 << 20  # of one page; 1,000 keys of 1,024 bytes take less than 8 MiB in any encoding
PART_BYTES = 1 << 18  # of a body at once: a page has about that many
WAIT_SECONDS = 1.0  # for the next bytes, before libcurl looks at its limits


class ListRequest:
    """A handle of libcurl that is used again and again."""

    def __init__(self, place: S3Place) -> None:
        self._parts: list[bytes] = []
        self._received = 0
        self._headers: dict[str, str] = {}
        self._begun_at = 0.0
        self.waited = 0.0  # seconds from the begin of a request until somebody read its answer
        self._curl = curl = pycurl.Curl()
        set_place(curl, place, CONNECT_SECONDS)
        curl.setopt(pycurl.ACCEPT_ENCODING, "")
        curl.setopt(pycurl.BUFFERSIZE, PART_BYTES)
        curl.setopt(pycurl.WRITEFUNCTION, self._receive)
        curl.setopt(pycurl.HEADERFUNCTION, self._see_header)
        curl.setopt(pycurl.HTTPHEADER, headers_of(place))

    @cached_property
    def _sockets(self) -> ReadySockets:
        """What waits for an answer to `begin`. Most requests are never begun, and it takes three open files."""
        return ReadySockets(pycurl.CurlMulti(), select.epoll())

    def get(self, url: str, pace: Pace) -> tuple[int, bytes, Mapping[str, str]]:
        """Return HTTP status, body, and the headers that a refusal needs. Raise pycurl.error."""
        self._prepare(url, pace)
        self._curl.perform()
        return self._reply()

    def begin(self, url: str, pace: Pace) -> None:
        """Send the request. The answer comes while this process does other work, as far as the system holds it."""
        self._prepare(url, pace)
        self._sockets.multi.add_handle(self._curl)
        self._sockets.work(0, live=1)
        self._begun_at = time.monotonic()

    def end(self) -> tuple[int, bytes, Mapping[str, str]]:
        """Return what `get` returns, of the request that was begun."""
        self.waited = time.monotonic() - self._begun_at
        multi = self._sockets.multi
        try:
            _, whole, failed = multi.info_read()
            while not whole and not failed:
                self._sockets.work(WAIT_SECONDS, live=1)
                _, whole, failed = multi.info_read()
        finally:
            multi.remove_handle(self._curl)
        for _, code, text in failed:
            raise pycurl.error(code, text)
        return self._reply()

    def close(self) -> None:
        """Close the connections."""
        self._curl.close()
        if "_sockets" in vars(self):
            self._sockets.close()

    def _prepare(self, url: str, pace: Pace) -> None:
        self._parts, self._received, self._headers = [], 0, {}
        curl = self._curl
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.TIMEOUT_MS, int(pace.page_seconds * 1000) if pace.page_seconds else 0)
        curl.setopt(pycurl.LOW_SPEED_TIME, pace.silent_seconds)

    def _reply(self) -> tuple[int, bytes, Mapping[str, str]]:
        return self._curl.getinfo(pycurl.RESPONSE_CODE), b"".join(self._parts), self._headers

    def _receive(self, part: bytes) -> int | None:
        self._received += len(part)
        if self._received > MAX_BODY_BYTES:
            return -1  # libcurl ends the request
        self._parts.append(part)
        return None

    def _see_header(self, line: bytes) -> None:
        name, _, text = line.partition(b":")
        if name.lower() in (b"x-amz-bucket-region", b"location"):
            self._headers[name.lower().decode()] = text.strip().decode("latin-1")
