"""Fetches many small S3 objects at a time, by one thread with libcurl. libcurl keeps connections and signs requests.

Used in the job process. After any failure a thread fetches the object: it tries again, and
reports the error. One thread, since many Python threads cost more than the small objects.
"""

import re
from typing import Generic, NamedTuple, TypeVar

from avio.engines.content import Content
from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.checksums import ASK, ASKED, UNKNOWN_HEADER, checksum_of
from avio.engines.local.buckets.content_proof import may_prove, outweighs, proof_of, verdict_by, verdict_on
from avio.engines.local.buckets.heads import etag_of, pause_of
from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.multi_requests import SLOW_DOWN, MultiRequests
from avio.engines.local.buckets.s3_handle import headers_of, set_place
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.store_facts import StoreFacts

T = TypeVar("T")

OK = 200
_DIGESTS = re.compile(rb"(?im)^(x-amz-(?:server-side-encryption|checksum-)[^:]*):(.*?)\r?$")
_CHECKSUM, _ENCRYPTION = b"\nx-amz-checksum-", b"\nx-amz-server-side-encryption"

BUFFER_BYTES = 128 << 10  # bytes that libcurl hands over at once
HOPELESS_FAILURES = 16  # failures without a success, after which this way is given up


class Body(NamedTuple):
    """The bytes of an object of the requested version. `content` says what its checksum or ETag says of them."""

    data: bytes
    content: Content | None  # None: it is of other bytes


class MultiGet(Generic[T]):
    """GETs under way, each with a `tag` of the caller's. For one thread."""

    def __init__(self, *, prove: bool = True) -> None:
        """Without `prove` no bytes are compared with their checksum or ETag."""
        self._prove = prove
        self._idle: list[_Get] = []
        self._all: list[_Get] = []
        self._requests: MultiRequests[tuple[_Get, Source, T, StoreFacts]] = MultiRequests()
        self._fetched = 0
        self._failed = 0
        self._refused: list[T] = []
        self._pause = 0.0
        self.failure = ""  # of the last that failed

    @property
    def live(self) -> int:
        """How many are under way."""
        return self._requests.live

    def take_waited(self) -> float:
        """Return for how many seconds it has waited for the store since the last call."""
        return self._requests.take_waited()

    @property
    def hopeless(self) -> bool:
        """Return True if all that was tried has failed."""
        return not self._fetched and self._failed >= HOPELESS_FAILURES

    def refused(self) -> tuple[list[T], float]:
        """Return the tags of GETs that the store has refused for their number since the last call, in no other result.

        Also return the seconds that it asks to be left alone.
        """
        found = self._refused, self._pause
        self._refused, self._pause = [], 0.0
        return found

    def add(self, place: S3Place, source: Source, tag: T, facts: StoreFacts) -> None:
        """Begin to fetch an object from the store of `facts`."""
        get = self._idle.pop() if self._idle else self._new()
        get.prepare(place, source, asks=self._prove and facts.checksums)
        self._requests.add(get.curl, (get, source, tag, facts))

    def poll(self, limit: float) -> list[tuple[T, Body | None]]:
        """Return the tags of ended GETs, with the body if it is of the requested version, else None.

        Waits up to `limit` seconds if none has ended.
        """
        ended = []
        for (get, source, tag, facts), broken in self._requests.poll(limit):
            status = get.status
            if get.asks and status in UNKNOWN_HEADER:
                get.ask_nothing(source)
                self._requests.add(get.curl, (get, source, tag, facts))
                continue
            self._idle.append(get)
            if status == OK and not broken:
                if get.is_again:
                    facts.refuse_checksums()
                elif get.asks and facts.refusals:
                    facts.take_checksums()
            if status in SLOW_DOWN and not broken:
                self._refused.append(tag)
                self._pause = max(self._pause, get.retry_after)
            else:
                ended.append((tag, self._result(get, source, facts, status, broken)))
        return ended

    def close(self) -> None:
        """Abort all GETs and close the connections."""
        self._requests.close()
        for get in self._all:
            get.curl.close()
        self._all, self._idle = [], []

    def _new(self) -> "_Get":
        get = _Get()
        self._all.append(get)
        return get

    def _result(self, get: "_Get", source: Source, facts: StoreFacts, status: int, broken: str) -> Body | None:
        is_whole = status == OK and not broken
        body = get.result(source, facts if self._prove else None) if is_whole else None
        if body is None:
            self._failed += 1
            self.failure = broken or f"HTTP {status}, or another version"
        else:
            self._fetched += 1
        return body


class _Get:
    """A reusable handle of libcurl, and what it has received."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._head: list[bytes] = []
        self._left = 0  # bytes that may still arrive
        self._place: S3Place | None = None
        self.asks: bool | None = None
        self.is_again = False
        self.curl = curl = pycurl.Curl()
        curl.setopt(pycurl.BUFFERSIZE, BUFFER_BYTES)
        curl.setopt(pycurl.WRITEFUNCTION, self._take)
        curl.setopt(pycurl.HEADERFUNCTION, self._head.append)

    def prepare(self, place: S3Place, source: Source, *, asks: bool) -> None:
        """Set the object to fetch, and whether the store is asked for its checksum."""
        self._parts.clear()
        self._head.clear()
        self._left = source.size
        curl = self.curl
        self.is_again = False
        if place is not self._place:
            self._place, self.asks = place, None
            set_place(curl, place)
        if asks is not self.asks:
            self.asks = asks
            curl.setopt(pycurl.HTTPHEADER, headers_of(place, *([f"{ASK}: {ASKED}"] if asks else [])))
        curl.setopt(pycurl.URL, place.url_of(source.key))

    def ask_nothing(self, source: Source) -> None:
        """Set the same object once more, without asking for its checksum."""
        assert self._place is not None  # it was prepared
        self.prepare(self._place, source, asks=False)
        self.is_again = True

    @property
    def status(self) -> int:
        """The HTTP status of the reply, 0 if none came."""
        return int(self.curl.getinfo(pycurl.RESPONSE_CODE))

    @property
    def retry_after(self) -> float:
        """The seconds that the store asks to be left alone."""
        return pause_of(b"".join(self._head))

    def result(self, source: Source, facts: StoreFacts | None) -> Body | None:
        """Return the body of a reply without error if it is complete and of the version of `source`.

        Without `facts` nothing is proved.
        """
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()  # an idle handle holds nothing
        head = b"".join(self._head)
        small = head.lower()
        if len(data) != source.size or source.etag is None or etag_of(head, small) != source.etag:
            return None
        return Body(data, _proved(source, data, (head, small), facts) if facts else Content.UNKNOWN)

    def _take(self, data: bytes) -> int:
        """Keep the bytes. Refuse more than the listed size: an object that grew must not fill the memory."""
        self._left -= len(data)
        if self._left < 0:
            return 0
        self._parts.append(data)
        return len(data)


def _proved(source: Source, data: bytes, head: tuple[bytes, bytes], facts: StoreFacts) -> Content | None:
    """Return what checksum or ETag say of the bytes: None if they are other ones."""
    headers = _digest_headers(*head)
    checksum = checksum_of(headers, source.size) if headers else None
    etag = source.etag if facts.etags and (not headers or may_prove(headers)) else None
    if checksum is not None and (not checksum.is_guess or outweighs(checksum, proof_of(etag, source.size))):
        return verdict_by(checksum, data)
    return verdict_on(data, etag)


def _digest_headers(head: bytes, small: bytes) -> dict[str, str]:
    """Return what a head, also given in small letters, says of the object's checksums and encryption, by such names."""
    if _CHECKSUM not in small and _ENCRYPTION not in small:
        return {}
    found = _DIGESTS.findall(head)
    return {name.decode("latin-1").lower(): text.strip().decode("latin-1") for name, text in found}
