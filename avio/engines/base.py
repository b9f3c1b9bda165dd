"""The contract of an engine: stat one path, list a page, walk a tree, preload, save, check, tell capacity.

Used by web (tasks) and by the job process (jobs). An engine opens no connection before its first
call, so that it may be built before a fork. Errors are those of `avio.errors`, with their scope.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Literal, Protocol

from avio.errors import IsDirectory, TooLarge, Unsaved
from avio.findings import Finding
from avio.wire.results import Outcome

Kind = Literal["file", "directory"]


class EntryState(StrEnum):
    """How a path stands between bucket and cache."""

    REMOTE = "remote"  # in the bucket, not in the cache
    PARTIAL = "partial"  # some of it is in the cache
    CACHED = "cached"  # all of it is in the cache, and as in the bucket
    STALE = "stale"  # in the cache, but the bucket has changed since
    DIRTY = "dirty"  # in the cache, and not saved to the bucket
    UNKNOWN = "unknown"  # the cache did not answer, or it was not counted: never shown as 0 %


class Ability(StrEnum):
    """What an engine may or may not be able to do; the rest every engine can."""

    VERIFY_CHECKSUM = "verify=checksum"
    PLACE_ON_TIER = "tier"
    OVERWRITE = "onConflict=overwrite"


class Side(StrEnum):
    """Which side's files a walk yields."""

    BUCKET = "bucket"  # what could be preloaded
    CACHE = "cache"  # what could be saved


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory as it stands now.

    For a directory the figures are sums over the files below it; None where they were not counted.
    `size` is the bucket's, or the cache's while a file is dirty; in bytes. `modified` is in epoch
    seconds. `tiers` maps alias to cached bytes, each file counted once, on its best tier.
    `saved` tells whether the bucket holds all that the cache holds. `token` is the engine's own
    mark of the source's version, opaque to everyone else.
    """

    path: str
    kind: Kind
    size: int | None
    modified: float | None
    state: EntryState
    cached_bytes: int | None = None
    tiers: dict[str, int] = field(default_factory=dict)
    saved: bool | None = None
    files: int | None = None
    files_cached: int | None = None
    token: str | None = None

    @property
    def in_cache(self) -> bool:
        """Tell whether the cache holds the whole of it, no older than the bucket."""
        return self.state in (EntryState.CACHED, EntryState.DIRTY)


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in key order, and the place to give as `after` for the next page; None at the end.

    A place is the last entry's path; the engine's own way to write it (a slash after a directory) is kept as it is.
    """

    entries: list[Entry]
    after: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one entry that an engine was asked to move. `error` is set when it failed."""

    entry: Entry
    outcome: Outcome
    bytes: int = 0
    tier: str | None = None
    tries: int = 1
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier: bytes it may hold, bytes it holds. `worker` where a tier is spread over several.

    `gives_way` tells whether what is there is dropped for what comes.
    """

    alias: str
    capacity: int
    used: int
    worker: str | None = None
    gives_way: bool = False

    @property
    def free(self) -> int:
        """Bytes that still fit."""
        return max(0, self.capacity - self.used)

    @property
    def room(self) -> int:
        """Bytes that can be brought in."""
        return self.capacity if self.gives_way else self.free


@dataclass(frozen=True, slots=True)
class Freed:
    """How many cached files were dropped, and their cached bytes."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class MoveOptions:
    """How to move: the tier asked for (None: the engine's choice), depth of verification, conflicts."""

    tier: str | None = None
    verify: str = "size"
    if_full: str = "fail"
    on_conflict: str = "fail"
    threads: int = 8


class Run(Protocol):
    """The attempt that an engine works for, as far as the engine may know it."""

    @property
    def name(self) -> str:
        """`<job>.<attempt>`: goes into the names of temporary files."""

    def stopping(self) -> bool:
        """True once the attempt must leave: start nothing new, publish nothing, drop temporaries.

        Asked before each file, between the chunks of a large one, and right before each rename or upload's completion.
        """

    def moved(self, size: int) -> None:
        """Count `size` bytes that crossed the wire, as they do; from any thread."""


class Engine(ABC):
    """A namespace of canonical paths (`avio.wire.paths`). Safe to call from several threads."""

    abilities: ClassVar[frozenset[Ability]] = frozenset()

    @abstractmethod
    def covers(self, path: str) -> bool:
        """Tell whether some mount answers for `path`, without asking the store."""

    @abstractmethod
    def stat(self, path: str, *, limit: int | None = None) -> Entry:
        """Return `path` as it stands now, a directory with its sums.

        Raises PathNotFound, AccessDenied, EngineAway; TooLarge when more than `limit` files lie below.
        """

    @abstractmethod
    def list(self, path: str, *, depth: int | None, size: int, after: str | None = None) -> Page:
        """Return up to `size` entries below `path` (at most `depth` levels), after the path `after`.

        A file is listed as itself. Bucket and cache are merged: what is only in the cache is there too.
        Raises as `stat`.
        """

    @abstractmethod
    def walk(self, path: str, *, depth: int | None, side: Side) -> Iterator[Entry]:
        """Yield every file at or below `path` that `side` holds, as a stream; raises as `stat`."""

    def require(self, path: str, side: Side) -> None:
        """Return when a walk of `path` has something to begin with; raises as `stat`, and needs not be exhaustive."""
        next(self.walk(path, depth=None, side=side), None)

    @abstractmethod
    def preload(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Moved]:
        """Bring `entries` into the cache, taking them as they come and yielding each when it ended, in any order.

        A copy is complete under its final name or absent. An entry that failed for itself is yielded
        with its error after the engine's own retries; errors of scope JOB are raised. Ends early, without
        an outcome for what it did not begin, once `run.stopping()`.
        """

    def holds(self, entry: Entry, tier: str | None) -> bool:
        """Tell whether a preload that asks for `tier` has nothing to do for `entry`; where a copy lies is let be."""
        return entry.in_cache

    @abstractmethod
    def save(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Moved]:
        """Bring `entries` from the cache into their bucket; otherwise as `preload`.

        Never overwrites a bucket object that changed since the cached file was taken from it, unless
        `options.on_conflict` is "overwrite".
        """

    @abstractmethod
    def recheck(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Entry]:
        """Yield each of `entries` as it stands now, asked afresh of the cache and, for what differs, of the bucket.

        With `options.verify` "checksum" the cached bytes are read back. A file that is on neither side is
        yielded as REMOTE with size 0 and `saved` False.
        """

    def sweep(self, live: Callable[[], Collection[str]]) -> None:  # noqa: B027 - an engine may leave nothing behind
        """Remove what dead attempts left behind: temporaries of every run whose name is not in `live()`.

        `live` is called after they were looked for, so that an attempt that begins meanwhile keeps its own.
        """

    def free(self, path: str, *, recursive: bool, limit: int | None = None) -> Freed:
        """Drop `path` from the cache, a directory only if `recursive`; return what was there.

        All of it is looked at first: nothing is dropped when a file is not saved (Unsaved), or when more than
        `limit` files are cached below (TooLarge). Raises IsDirectory, and else as `stat`.
        """
        files = size = 0
        for entry in self.walk(path, depth=None, side=Side.CACHE):
            if entry.path != path and not recursive:
                raise IsDirectory(f"{path} is a directory")
            if not entry.saved:
                raise Unsaved(f"{entry.path} is not saved: nothing is freed")
            files += 1
            size += entry.cached_bytes or 0
            if limit is not None and files > limit:
                raise TooLarge(f"more than {limit} files are cached below {path}", cure="free what lies below it")
        self.drop(path)
        return Freed(files, size)

    @abstractmethod
    def drop(self, path: str) -> None:
        """Drop what is cached at or below `path`, of which `free` has made sure that the bucket holds it.

        A file that was written meanwhile stays: Unsaved. The cache may take some seconds to follow.
        """

    @abstractmethod
    def capacity(self) -> Sequence[Tier]:
        """Return the tiers, best first."""

    def aliases(self) -> frozenset[str]:
        """Return the aliases of the tiers, which an order may name; may ask the cache, and raises EngineAway."""
        return frozenset(tier.alias for tier in self.capacity())

    def examine(self) -> Iterable[Finding]:
        """Return what there is to say of what stands behind the engine; changes nothing, and raises nothing of ours."""
        return ()

    def close(self) -> None:  # noqa: B027 - an engine may hold nothing open
        """Close all connections; the next call opens its own again."""

    @abstractmethod
    def health(self) -> None:
        """Return when cache and buckets answer; raise EngineAway naming the one that does not."""
