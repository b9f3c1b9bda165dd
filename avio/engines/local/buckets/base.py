"""The contract of a bucket, and the description of an object.

Used in web and the job process. A bucket has keys, not paths. It opens no connection before its first call.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from avio.engines.content import Content
from avio.engines.left_out import NameNotHeld
from avio.engines.local.buckets.archived import ArchivedKeys
from avio.engines.local.buckets.level_scan import one_level
from avio.engines.local.buckets.pace import JOB, Pace
from avio.engines.local.buckets.s3_place import S3Place
from avio.engines.local.buckets.store_facts import StoreFacts
from avio.engines.local.directory_window import LeaveOut
from avio.engines.local.obstacles import Obstacle
from avio.engines.local.root import Root
from avio.engines.local.tree_walk import ignore
from avio.engines.local.upload_source import UploadSource
from avio.engines.run import Run
from avio.errors import SourceChanged

DEFAULT_COPY_MODE = 0o644
BATCH_OBJECTS = 256  # objects in a run


class Source(NamedTuple):
    """An object of the bucket. `etag` is None if the store has none."""

    key: str
    size: int
    mtime_ns: int
    etag: str | None = None

    @property
    def token(self) -> str:
        """The version as a text for `of_token`."""
        return f"{self.size}:{self.mtime_ns}:{self.etag or ''}"

    @classmethod
    def of_token(cls, key: str, token: str) -> "Source":
        """Return the object with this `token`."""
        size, mtime_ns, etag = token.split(":", 2)
        return cls(key, int(size), int(mtime_ns), etag or None)


class Fetched(NamedTuple):
    """An object that was fetched. `content` is what is known of its bytes."""

    source: Source
    content: Content = Content.UNKNOWN


class Span(NamedTuple):
    """The bytes of an object from `begin` up to `end`."""

    begin: int
    end: int


# Has other processes fetch spans of an object into its file. Yields those that are whole, in any order, each with
# whether its ETag may be that of other bytes. Ends early when the attempt must stop.
Spread = Callable[[Source], Iterator[tuple[Span, bool]]]


class OtherVersion(SourceChanged):
    """The store sent another version of an object than the source that was asked for."""


class Bucket(ABC):
    """One bucket, or one folder of it. Safe to call from several threads; raises the errors of avio.

    `separator` stands for a slash in the order of the bucket's listing: a slash in S3's order
    of bytes, NUL where a store sorts name by name (`a/x` before `a-b`). `store` tells stores apart that may have the
    same `url`; "" where a url says all.
    """

    separator = "/"
    url = ""
    asked_mode: int | None = None  # the setting `copy_mode`
    store = ""
    archived: ArchivedKeys | None = None  # what its listings tell of archived objects, if they can

    @property
    def place(self) -> S3Place | None:
        """Where libcurl can fetch many small objects at a time, or None if only `fetch` works."""
        return None

    @property
    def facts(self) -> StoreFacts | None:
        """What the store is known to do. None for a directory."""
        return None

    @property
    def root(self) -> Root | None:
        """The directory of temporary files of uploads, or None if the store needs none."""
        return None

    @abstractmethod
    def head(self, key: str) -> Source | None:
        """Return the object at `key`, or None."""

    def listed(self, key: str) -> Source | None:
        """Return the object at `key` as a listing shows it, or None if it shows none, or costs too much."""
        return None

    @abstractmethod
    def has_directory(self, key: str) -> bool:
        """Return True if an empty directory exists at the key; "" is the bucket itself."""

    def unfit(self, key: str) -> NameNotHeld | None:
        """Return why the store can't hold an object at `key`, or None if it can."""
        return None

    def target(self, key: str) -> Source | None:
        """Return what the symlink at `key` leads to inside the bucket, or None."""
        return None

    def obstacle(self, key: str) -> Obstacle | None:
        """Return what is in the way of `key`, such as a symlink. None if nothing is."""
        return None

    @abstractmethod
    def scan(
        self,
        prefix: str,
        after: str = "",
        depth: int | None = None,
        *,
        ordered: bool = True,
        follow: bool = False,
        leave_out: LeaveOut = ignore,
    ) -> Iterator[Source]:
        """Yield the objects below `prefix` ("" or ending in a slash) after the key `after`, as a stream.

        In order. Raises StoreError if the store has another order, unless `ordered` is False. Calls `leave_out` with
        the key of what can't be a file, and why. With `follow`, a symlink counts as what it leads to.
        """

    def runs(
        self, prefix: str, after: str = "", pace: Pace = JOB, *, leave_out: LeaveOut = ignore
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield the objects of `scan` in non-empty runs, as plain tuples if the store gives no more.

        Raises OutOfTime when the time of `pace` is over.
        """
        stream = self.scan(prefix, after, leave_out=leave_out)
        return iter(lambda: list(islice(stream, BATCH_OBJECTS)), [])

    def level(
        self, prefix: str, after: str = "", pace: Pace = JOB, *, leave_out: LeaveOut = ignore
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield what is directly in the folder `prefix` after the place `after`, in order, in non-empty runs.

        A folder is a row of size -1 whose key ends in a slash. Raises as `runs`.
        """
        return one_level(lambda begin: self.runs(prefix, begin, pace, leave_out=leave_out), prefix, after)

    @abstractmethod
    def fetch(
        self, source: Source, target: int, run: Run, *, prove: bool = True, spread: Spread | None = None
    ) -> Fetched:
        """Write the whole object to the open file `target`. Return its version. `prove` its bytes if the store can.

        It may `spread` a very large one over processes.

        Raises OtherVersion when the store has or sends another version, Damaged when its digest is of other bytes,
        Gone, Corrupt when bytes are missing, Stopped.
        """

    def fetch_span(self, source: Source, span: Span, target: int, run: Run) -> bool:
        """Write the bytes of `span` to the same bytes of `target`, for a `fetch` that spreads. Raises as `fetch`.

        Return True if the ETag of `source` may be that of other bytes.
        """
        raise NotImplementedError

    def condition(self, expected: Source | None, *, overwrite: bool) -> tuple[str, ...] | None:
        """Return the headers with which one PUT is safe over `expected`, and its answer a proof. None if it never is.

        None also while nobody knows: see `facts`.
        """
        return None

    def found(self, keys: Sequence[str]) -> Iterator[Source]:
        """Yield objects at `keys` as a listing shows them now. It may leave out any; then `head` knows."""
        return iter(())

    @abstractmethod
    def put(self, key: str, upload: UploadSource, expected: Source | None, run: Run, *, overwrite: bool) -> Source:
        """Upload a cached file to `key`, complete or not at all. Return the new object.

        Raises NotSaved if the present object is not `expected` (None: no object) unless `overwrite`;
        SourceChanged when the cached file changed meanwhile, Stopped.
        """

    def end_upload(self, key: str, upload_id: str) -> None:
        """End an upload that a dead attempt began. Idempotent. Raises EngineError."""
        return

    @abstractmethod
    def same(self, source: Source, cached: int, run: Run) -> bool:
        """Return True if the open file `cached` has the same bytes as the object."""

    def copy_mode(self, source: Source) -> int:
        """Return the rights of a copy of `source`: those of the settings, else all users of the machine may read it."""
        return DEFAULT_COPY_MODE if self.asked_mode is None else self.asked_mode

    def proves(self, source: Source) -> bool:
        """Return True if the etag of `source` is made from its bytes, so that `matches` may find it."""
        return False

    def matches(self, source: Source, cached: int, run: Run | None = None) -> bool:
        """Return True if the etag of `source` proves that the open file `cached` has its bytes. Asks no store."""
        return False

    @abstractmethod
    def equals(self, source: Source, cached: int, run: Run) -> bool | None:
        """Return whether the open file `cached` has the bytes of the object; None if only a download could tell."""

    @abstractmethod
    def ping(self) -> None:
        """Return if the bucket answers."""


class NoBucket(Bucket):
    """The empty bucket of the paths above all mounts."""

    def head(self, key: str) -> Source | None:
        """Return None."""
        return None

    def has_directory(self, key: str) -> bool:
        """Return False."""
        return False

    def scan(
        self,
        prefix: str,
        after: str = "",
        depth: int | None = None,
        *,
        ordered: bool = True,
        follow: bool = False,
        leave_out: LeaveOut = ignore,
    ) -> Iterator[Source]:
        """Yield nothing."""
        return iter(())

    def fetch(
        self, source: Source, target: int, run: Run, *, prove: bool = True, spread: Spread | None = None
    ) -> Fetched:
        """Never called: this bucket has no objects."""
        raise NotImplementedError

    def put(self, key: str, upload: UploadSource, expected: Source | None, run: Run, *, overwrite: bool) -> Source:
        """Never called: a path without a mount is refused earlier."""
        raise NotImplementedError

    def same(self, source: Source, cached: int, run: Run) -> bool:
        """Never called: this bucket has no objects to compare."""
        raise NotImplementedError

    def equals(self, source: Source, cached: int, run: Run) -> bool | None:
        """Never called, as `same`."""
        raise NotImplementedError

    def ping(self) -> None:
        """Return."""
