"""What of a bucket goes past libcurl: all GETs of small objects, from the reply to libcurl that shows that they may.

Used in the job process and in its movers. libcurl finds the address of the store, and finds it anew each minute.
"""

import time

from avio.engines.local.buckets.checksums import ASK, ASKED
from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.plain_head import usual_head
from avio.engines.local.buckets.plain_place import PlainAsk, PlainPlace
from avio.engines.local.buckets.plain_requests import Address
from avio.engines.local.buckets.s3_place import S3Place

ADDRESS_SECONDS = 60  # for which an address counts; libcurl keeps one as long


class PlainSide:
    """GETs from the bucket of `place`. For one thread."""

    def __init__(self, place: S3Place) -> None:
        self.place = place
        self._plain = PlainPlace(place)
        self._asks = {asks: PlainAsk(self._plain, {ASK: ASKED} if asks else {}) for asks in (False, True)}
        self._address: Address | None = None
        self._until = 0.0

    @property
    def address(self) -> Address | None:
        """The address of the store. None: libcurl must ask."""
        return self._address if time.monotonic() < self._until else None

    def learn(self, curl: "pycurl.Curl", head: bytes) -> None:
        """Take the head of a reply that libcurl has got."""
        if not self._plain.is_usual:
            return
        if usual_head(head) is None:
            self._plain.is_unusual()
            self._address = None
            return
        self._address = Address(self._plain.host, curl.getinfo(pycurl.PRIMARY_IP), curl.getinfo(pycurl.PRIMARY_PORT))
        self._until = time.monotonic() + ADDRESS_SECONDS

    def doubt(self) -> None:
        """Take that a connection was of no use: libcurl finds out where the store is now."""
        self._address = None

    def request(self, key: str, *, asks: bool) -> bytes | None:
        """Return the GET of an object, which `asks` for its checksum or not. None: libcurl must ask."""
        return self._asks[asks].request(key)
