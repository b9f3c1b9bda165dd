"""Requests of one thread, many at a time, in two ways: by libcurl, and past it. Used in the job process and in movers.

The caller decides which way a request goes, and what follows from a reply.
"""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.multi_requests import MultiRequests
from avio.engines.local.buckets.plain_requests import Got, PlainRequests
from avio.engines.local.buckets.plain_side import PlainSide
from avio.engines.local.buckets.s3_place import S3Place

H = TypeVar("H")
A = TypeVar("A")

TURN_SECONDS = 0.005  # for which one way is waited for while the other one has requests, too


class Ended(NamedTuple, Generic[H, A]):
    """What has ended: past libcurl, as `PlainRequests.poll` says it; by libcurl, with what broke it, or ""."""

    plain: list[tuple[A, Got | None]]
    curl: list[tuple[tuple[H, A], str]]


class TwoWays(Generic[H, A]):
    """Requests with `method` under way. Each is known by what was `asked`, and one of libcurl by its `handle`, too."""

    def __init__(self, method: str) -> None:
        self._method = method
        self._requests: MultiRequests[tuple[H, A]] = MultiRequests()
        self._plain: PlainRequests[A] = PlainRequests()
        self._sides: dict[int, PlainSide] = {}  # by the id of the place, which the side keeps

    @property
    def live(self) -> int:
        """How many are under way."""
        return self._requests.live + self._plain.live

    def take_waited(self) -> float:
        """Return for how many seconds it has waited for the store since the last call."""
        return self._requests.take_waited() + self._plain.take_waited()

    def side(self, place: S3Place) -> PlainSide:
        """Return what of a bucket goes past libcurl."""
        side = self._sides.get(id(place))
        if side is None:
            side = self._sides[id(place)] = PlainSide(place, self._method)
        return side

    def add(self, curl: "pycurl.Curl", handle: H, asked: A) -> None:
        """Begin a request by libcurl."""
        self._requests.add(curl, (handle, asked))

    def add_plain(self, side: PlainSide, request: Sequence[bytes], size: int | None, asked: A) -> None:
        """Begin a request past libcurl, as `PlainRequests.add`."""
        assert side.address is not None  # or it would go by libcurl
        self._plain.add(side.address, request, size, asked)

    def poll(self, limit: float) -> Ended[H, A]:
        """Return what has ended. Waits up to `limit` seconds if nothing has."""
        both = bool(self._plain.live and self._requests.live)
        plain = self._plain.poll(min(limit, TURN_SECONDS) if both else limit) if self._plain.live else []
        if self._plain.live and not self._requests.live:
            return Ended(plain, [])
        return Ended(plain, self._requests.poll(0 if plain or both else limit))

    def abort(self) -> None:
        """End all requests at once. Other connections stay, for the next ones."""
        self._requests.abort()
        self._plain.abort()

    def close(self) -> None:
        """Abort all requests and close the connections."""
        self._requests.close()
        self._plain.close()
