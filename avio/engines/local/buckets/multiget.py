"""Fetches many small S3 objects at a time, by one thread: by libcurl, and past it where a store shows that this does.

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
from avio.engines.local.buckets.plain_requests import BROKEN, Got, PlainRequests
from avio.engines.local.buckets.plain_side import PlainSide
from avio.engines.local.buckets.s3_handle import headers_of, set_place
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.store_facts import StoreFacts

T = TypeVar("T")

OK = 200
_DIGESTS = re.compile(rb"(?im)^(x-amz-(?:server-side-encryption|checksum-)[^:]*):(.*?)\r?$")
_CHECKSUM, _ENCRYPTION = b"\nx-amz-checksum-", b"\nx-amz-server-side-encryption"

BUFFER_BYTES = 128 << 10  # bytes that libcurl hands over at once
TURN_SECONDS = 0.005  # for which one way is waited for while the other one has requests, too
HOPELESS_FAILURES = 16  # failures without a success, after which this way is given up


class Body(NamedTuple):
    """The bytes of an object of the requested version. `content` says what its checksum or ETag says of them."""

    data: bytes
    content: Content | None  # None: it is of other bytes


class _Asked(NamedTuple, Generic[T]):
    """A GET. `asks` for the checksum of the object; `is_again` the one that follows when the store took that ill."""

    place: S3Place
    source: Source
    tag: T
    facts: StoreFacts
    asks: bool
    is_again: bool = False


class MultiGet(Generic[T]):
    """GETs under way, each with a `tag` of the caller's. For one thread."""

    def __init__(self, *, prove: bool = True) -> None:
        """Without `prove` no bytes are compared with their checksum or ETag."""
        self._prove = prove
        self._idle: list[_Get] = []
        self._all: list[_Get] = []
        self._requests: MultiRequests[tuple[_Get, _Asked[T]]] = MultiRequests()
        self._plain: PlainRequests[_Asked[T]] = PlainRequests()
        self._sides: dict[int, PlainSide] = {}  # by the id of the place, which the side keeps
        self._fetched = 0
        self._failed = 0
        self._refused: list[T] = []
        self._pause = 0.0
        self._partial = 0  # bytes of those of libcurl that are under way
        self.failure = ""  # of the last that failed

    @property
    def live(self) -> int:
        """How many are under way."""
        return self._requests.live + self._plain.live

    @property
    def partial(self) -> int:
        """The bytes that had come for GETs under way at the last count."""
        return self._partial + self._plain.partial

    def count_partial(self) -> None:
        """Count the bytes that have come for GETs under way."""
        self._plain.count_partial()
        for get, _ in self._requests.tags:
            self._partial += get.count()

    def take_waited(self) -> float:
        """Return for how many seconds it has waited for the store since the last call."""
        return self._requests.take_waited() + self._plain.take_waited()

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
        self._ask(_Asked(place, source, tag, facts, self._prove and facts.checksums))

    def poll(self, limit: float) -> list[tuple[T, Body | None]]:
        """Return the tags of ended GETs, with the body if it is of the requested version, else None.

        Waits up to `limit` seconds if none has ended.
        """
        ended = []
        for asked, got in self._replies(limit):
            status, facts = got.status, asked.facts
            if asked.asks and status in UNKNOWN_HEADER:
                self._ask(asked._replace(asks=False, is_again=True))
                continue
            if status == OK:
                if asked.is_again:
                    facts.refuse_checksums()
                elif asked.asks and facts.refusals:
                    facts.take_checksums()
            if status in SLOW_DOWN:
                self._refused.append(asked.tag)
                self._pause = max(self._pause, pause_of(got.head))
            else:
                ended.append((asked.tag, self._result(asked, got)))
        return ended

    def close(self) -> None:
        """Abort all GETs and close the connections."""
        self._requests.close()
        self._plain.close()
        for get in self._all:
            get.curl.close()
        self._all, self._idle = [], []
        self._partial = 0

    def _ask(self, asked: _Asked[T]) -> None:
        side = self._side(asked.place)
        address = side.address
        request = side.request(asked.source.key, asks=asked.asks) if address is not None else None
        if address is None or request is None:
            self._ask_libcurl(asked)
        else:
            self._plain.add(address, request, asked.source.size, asked)

    def _ask_libcurl(self, asked: _Asked[T]) -> None:
        get = self._idle.pop() if self._idle else self._new()
        get.prepare(asked.place, asked.source, asks=asked.asks)
        self._requests.add(get.curl, (get, asked))

    def _new(self) -> "_Get":
        get = _Get()
        self._all.append(get)
        return get

    def _replies(self, limit: float) -> list[tuple[_Asked[T], Got]]:
        """Return the replies that have come, both ways."""
        found = []
        both = self._plain.live and self._requests.live
        if self._plain.live:
            for asked, got in self._plain.poll(min(limit, TURN_SECONDS) if both else limit):
                if got is None or got is BROKEN:
                    self._side(asked.place).doubt()
                if got is None:
                    self._ask_libcurl(asked)
                else:
                    found.append((asked, got))
        if self._requests.live or not self._plain.live:
            for (get, asked), broken in self._requests.poll(0 if found or both else limit):
                self._idle.append(get)
                self._partial -= get.counted
                self.failure = broken or self.failure
                got = BROKEN if broken else get.got()
                found.append((asked, got))
                if got.status == OK:
                    self._side(asked.place).learn(get.curl, got.head)
        return found

    def _side(self, place: S3Place) -> PlainSide:
        side = self._sides.get(id(place))
        if side is None:
            side = self._sides[id(place)] = PlainSide(place)
        return side

    def _result(self, asked: _Asked[T], got: Got) -> Body | None:
        body = _body(asked.source, got, asked.facts if self._prove else None) if got.status == OK else None
        if body is None:
            self._failed += 1
            self.failure = f"HTTP {got.status}, or another version" if got.status else self.failure or "the line broke"
        else:
            self._fetched += 1
        return body


class _Get:
    """A reusable handle of libcurl, and what it has received."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._head: list[bytes] = []
        self._size = self._left = 0  # bytes of the object, and those that may still arrive
        self.counted = 0  # bytes that had come at the last count
        self._place: S3Place | None = None
        self._asks: bool | None = None
        self.curl = curl = pycurl.Curl()
        curl.setopt(pycurl.BUFFERSIZE, BUFFER_BYTES)
        curl.setopt(pycurl.WRITEFUNCTION, self._take)
        curl.setopt(pycurl.HEADERFUNCTION, self._head.append)

    def prepare(self, place: S3Place, source: Source, *, asks: bool) -> None:
        """Set the object to fetch, and whether the store is asked for its checksum."""
        self._parts.clear()
        self._head.clear()
        self._size = self._left = source.size
        self.counted = 0
        curl = self.curl
        if place is not self._place:
            self._place, self._asks = place, None
            set_place(curl, place)
        if asks is not self._asks:
            self._asks = asks
            curl.setopt(pycurl.HTTPHEADER, headers_of(place, *([f"{ASK}: {ASKED}"] if asks else [])))
        curl.setopt(pycurl.URL, place.url_of(source.key))

    def count(self) -> int:
        """Return how many bytes of the object have come since the last count."""
        before = self.counted
        if self.curl.getinfo(pycurl.RESPONSE_CODE) == OK:
            self.counted = self._size - max(0, self._left)
        return self.counted - before

    def got(self) -> Got:
        """Return the reply. An idle handle holds nothing."""
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        return Got(int(self.curl.getinfo(pycurl.RESPONSE_CODE)), b"".join(self._head), data)

    def _take(self, data: bytes) -> int:
        """Keep the bytes. Refuse more than the listed size: an object that grew must not fill the memory."""
        self._left -= len(data)
        if self._left < 0:
            return 0
        self._parts.append(data)
        return len(data)


def _body(source: Source, got: Got, facts: StoreFacts | None) -> Body | None:
    """Return the body of a reply without error if it is complete and of the version of `source`.

    Without `facts` nothing is proved.
    """
    _, head, data = got
    small = head.lower()
    if len(data) != source.size or source.etag is None or etag_of(head, small) != source.etag:
        return None
    return Body(data, _proved(source, data, (head, small), facts) if facts else Content.UNKNOWN)


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
