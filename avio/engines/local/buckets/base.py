"""What every bucket can do, and how one of its objects is described.

Used in web and the job process. A bucket knows keys, not paths; it opens nothing before its first call.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from avio.engines.base import Run
from avio.engines.local.buckets.access import Access
from avio.engines.local.reading import Reading
from avio.engines.local.root import Root

BATCH = 256  # objects that make a run


class Source(NamedTuple):
    """An object as the bucket holds it. `etag` is None where the store has none."""

    key: str
    size: int
    mtime_ns: int
    etag: str | None = None

    @property
    def token(self) -> str:
        """The version as one text; `of_token` reads it."""
        return f"{self.size}:{self.mtime_ns}:{self.etag or ''}"

    @classmethod
    def of_token(cls, key: str, token: str) -> "Source":
        """Return the object whose `token` this is."""
        size, mtime_ns, etag = token.split(":", 2)
        return cls(key, int(size), int(mtime_ns), etag or None)


class Bucket(ABC):
    """One bucket, or one folder of it. Safe to call from several threads; raises the errors of avio.

    `separator` is what a slash counts as in the order of the bucket's listing: itself in S3's order
    of bytes, NUL where a store sorts name by name (`a/x` before `a-b`).
    """

    separator = "/"

    @property
    def access(self) -> Access | None:
        """How small objects are fetched many at a time; None where each is to be had by `fetch` alone."""
        return None

    @property
    def root(self) -> Root | None:
        """Where the temporaries of uploads lie; None where the store has no need of them."""
        return None

    @abstractmethod
    def head(self, key: str) -> Source | None:
        """Return the object at `key`, None where there is none."""

    @abstractmethod
    def has_directory(self, key: str) -> bool:
        """Tell whether a directory without any object in it is known to be there; "" is the bucket itself."""

    @abstractmethod
    def scan(self, prefix: str, after: str = "", depth: int | None = None, *, ordered: bool = True) -> Iterator[Source]:
        """Yield the objects below `prefix` ("" or ending in a slash) after the key `after`, as a stream.

        In order; raises StoreError when the store has another one, unless `ordered` is False.
        """

    def runs(self, prefix: str, after: str = "") -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield what `scan` does, many at once and never none, as bare tuples where the store gives no better."""
        stream = self.scan(prefix, after)
        return iter(lambda: list(islice(stream, BATCH)), [])

    @abstractmethod
    def fetch(self, source: Source, target: int, run: Run) -> Source:
        """Write the whole object to the open file `target`; return it as it was when it was read.

        Raises Gone, SourceChanged when it changed half-way, Corrupt when bytes are missing, Stopped.
        """

    @abstractmethod
    def put(self, key: str, reading: Reading, expected: Source | None, run: Run, *, overwrite: bool) -> Source:
        """Bring a cached file to `key`, complete or not at all; return the new object.

        Raises NotSaved when what is there is not `expected` (None: nothing) unless `overwrite`;
        SourceChanged when the cached file changed meanwhile, Stopped.
        """

    @abstractmethod
    def same(self, source: Source, cached: int, run: Run) -> bool:
        """Tell whether the open file `cached` has the very bytes of the object."""

    @abstractmethod
    def ping(self) -> None:
        """Return when the bucket answers."""


class NoBucket(Bucket):
    """Stands where no mount is, above the mounts: holds nothing."""

    def head(self, key: str) -> Source | None:
        """Return None."""
        return None

    def has_directory(self, key: str) -> bool:
        """Return False."""
        return False

    def scan(self, prefix: str, after: str = "", depth: int | None = None, *, ordered: bool = True) -> Iterator[Source]:
        """Yield nothing."""
        return iter(())

    def fetch(self, source: Source, target: int, run: Run) -> Source:
        """Never called: there is nothing to fetch."""
        raise NotImplementedError

    def put(self, key: str, reading: Reading, expected: Source | None, run: Run, *, overwrite: bool) -> Source:
        """Never called: a path without a mount is refused before."""
        raise NotImplementedError

    def same(self, source: Source, cached: int, run: Run) -> bool:
        """Never called: there is nothing to compare."""
        raise NotImplementedError

    def ping(self) -> None:
        """Return."""
