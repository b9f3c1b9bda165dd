"""The calls on the objects of a store that a bucket needs: ask for one, get its bytes, put a small one.

Used in web and the job process. Two libraries make them: libcurl for S3 with keys, obstore for all other stores.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import NamedTuple

from avio.engines.local.buckets.base import Source
from avio.engines.local.buckets.checksums import Checksum
from avio.engines.local.buckets.pieces import Pieces


class Head(NamedTuple):
    """The head of a reply to a GET: the version that the store sends, its content type, the whole object's checksum.

    `may_differ` is True if its ETag may be that of other bytes: the store encrypts the object, or does not say.
    """

    source: Source
    kind: str
    checksum: Checksum | None = None
    may_differ: bool = True


Begin = Callable[[Head], None]  # called before the first byte
Take = Callable[[memoryview | bytes], None]

# The condition of a PUT as HTTP headers: If-None-Match, If-Match, or none.
Condition = Mapping[str, str]


class ConditionFailed(Exception):
    """Another object is there than the condition of a PUT says."""


class NoConditions(Exception):
    """The store takes no conditional PUT."""


class StoreCalls(ABC):
    """Safe to call from several threads. Raises the errors of avio."""

    @abstractmethod
    def head(self, key: str) -> Source | None:
        """Return the object at `key`, or None. Answers within the time of a task."""

    @abstractmethod
    def get(self, key: str, span: tuple[int, int] | None, begin: Begin, take: Take) -> None:
        """Get the object at `key`, or its bytes from `span[0]` up to `span[1]`; the last GET counts for each thread.

        What `begin` and `take` raise ends it and is raised.
        """

    def fill(self, key: str, span: tuple[int, int] | None, begin: Begin, pieces: Pieces) -> None:
        """Get the same bytes, which are those that `pieces` needs next, and give them to it."""
        self.get(key, span, begin, pieces.take)

    def encrypts(self, source: Source) -> bool:
        """Return True if the ETag of `source` may be no digest: the store encrypts it, or does not say.

        Raises Gone and SourceChanged if `source` is no longer there.
        """
        return True

    def checksum(self, source: Source, *, needed: bool) -> Checksum | None:
        """Return the checksum of the whole object `source` that the store knows, None if it tells none.

        It costs a request, which may be left out unless it is `needed`. A store that gives no answer tells none.
        """
        return None

    @abstractmethod
    def put(self, key: str, content: bytes, condition: Condition) -> str | None:
        """Put a small object in one request. Return its ETag. Raises ConditionFailed and NoConditions."""
