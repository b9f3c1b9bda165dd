"""What of a bucket goes past libcurl: all, from the reply to libcurl that shows that it may.

Used in the job process and in its movers. libcurl finds the address of the store; its later replies can end this way.
"""

from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.plain_head import usual_head
from avio.engines.local.buckets.plain_place import PlainAsk, PlainPlace
from avio.engines.local.buckets.plain_requests import Address
from avio.engines.local.buckets.s3_place import S3Place

MOST_ASKS = 64  # sets of headers whose common part is kept


class PlainSide:
    """Requests with `method` to the bucket of `place`. For one thread."""

    def __init__(self, place: S3Place, method: str = "GET") -> None:
        self.place = place
        self.address: Address | None = None  # None: libcurl must ask
        self._plain = PlainPlace(place)
        self._method = method
        self._asks: dict[tuple[tuple[str, str], ...], PlainAsk] = {}

    def learn(self, curl: "pycurl.Curl", head: bytes) -> None:
        """Take the head of a reply that libcurl has got."""
        if usual_head(head) is None:
            self._plain.is_unusual()
        usual = self._plain.is_usual
        self.address = (curl.getinfo(pycurl.PRIMARY_IP), curl.getinfo(pycurl.PRIMARY_PORT)) if usual else None

    def close(self) -> None:
        """Leave all to libcurl."""
        self._plain.is_unusual()
        self.address = None

    def request(self, key: str, signed: tuple[tuple[str, str], ...] = (), more: str = "") -> bytes | None:
        """Return the head of a request, None if libcurl must ask. `more` are lines that nothing signs."""
        ask = self._asks.get(signed)
        if ask is None:
            if len(self._asks) >= MOST_ASKS:
                self._asks.clear()
            ask = self._asks[signed] = PlainAsk(self._plain, dict(signed), self._method)
        return ask.request(key, more)
