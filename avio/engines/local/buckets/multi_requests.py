"""Requests of one thread to S3, many at a time, by libcurl. libcurl keeps the connections.

Used in the job process. One thread, since many Python threads cost more than small objects.
"""

import select
import time
from collections.abc import Iterable
from functools import cached_property
from typing import Generic, TypeVar

from avio.engines.local.buckets.libcurl import pycurl
from avio.engines.local.buckets.ready_sockets import ReadySockets

T = TypeVar("T")

SLOW_DOWN = (429, 503)  # the status of a refusal since there are too many requests


class MultiRequests(Generic[T]):
    """Requests under way, each with a `tag` of the caller's. For one thread."""

    def __init__(self) -> None:
        self._live: dict[pycurl.Curl, T] = {}
        self._waited = 0.0

    @cached_property
    def _sockets(self) -> ReadySockets:
        """The group of handles and its sockets. No bucket may need one, and a process that forks must not have it."""
        return ReadySockets(pycurl.CurlMulti(), select.epoll())

    @property
    def live(self) -> int:
        """How many are under way."""
        return len(self._live)

    @property
    def tags(self) -> Iterable[T]:
        """The tags of all that are under way."""
        return self._live.values()

    def add(self, curl: "pycurl.Curl", tag: T) -> None:
        """Begin a request."""
        self._sockets.multi.add_handle(curl)
        self._live[curl] = tag

    def poll(self, limit: float) -> list[tuple[T, str]]:
        """Return the tags of ended requests, each with what broke it, or "" if a reply came.

        Waits up to `limit` seconds if none has ended.
        """
        if not self._live:
            time.sleep(limit)
            self._waited += limit
            return []
        self._waited += self._sockets.work(limit, len(self._live))
        ended = []
        left = 1
        while left:
            left, whole, broken = self._sockets.multi.info_read()
            ended += [self._end(curl, "") for curl in whole]
            ended += [self._end(curl, reason or "no reply") for curl, _, reason in broken]
        return ended

    def take_waited(self) -> float:
        """Return for how many seconds it has waited for the store since the last call."""
        waited, self._waited = self._waited, 0.0
        return waited

    def abort(self) -> None:
        """End all requests at once."""
        for curl in self._live:
            self._sockets.multi.remove_handle(curl)
        self._live = {}

    def close(self) -> None:
        """Abort all requests and close the connections."""
        self.abort()
        if "_sockets" in vars(self):
            self._sockets.close()

    def _end(self, curl: "pycurl.Curl", broken: str) -> tuple[T, str]:
        self._sockets.multi.remove_handle(curl)
        return self._live.pop(curl), broken
