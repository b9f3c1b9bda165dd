"""The calls on the objects of a store that a bucket needs: ask for one, get its bytes, put a small one.

Used in web and the job process. Two libraries make them: libcurl for S3 with keys, obstore for all other stores.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from avio.engines.local.buckets.base import Source

# Called with the version that the store sends, and its content type, before the first byte.
Begin = Callable[[Source, str], None]
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
    def get(self, key: str, span: tuple[int, int] | None, begin: Begin, take: Take) -> bool:
        """Get the object at `key`, or its bytes from `span[0]` up to `span[1]`; the last GET counts for each thread.

        What `begin` and `take` raise ends it and is raised. Return True if the ETag may be that of other bytes, as the
        store encrypts the object.
        """

    @abstractmethod
    def put(self, key: str, content: bytes, condition: Condition) -> str | None:
        """Put a small object in one request. Return its ETag. Raises ConditionFailed and NoConditions."""
