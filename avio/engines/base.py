"""The contract of an engine: stat one path, list a page, walk a tree, preload, save, check, tell capacity.

Used by web (tasks) and by the job process (jobs). An engine opens no connection before its first
call, so that it may be built before a fork. It raises the errors of `avio.errors`, with their scope.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Literal

from avio.engines.admission import Admission, admission_of
from avio.engines.left_out import LeaveOut, LeftOut, Unchecked, fail, ignore
from avio.engines.members import Member
from avio.engines.refusals import too_many_cached
from avio.engines.run import Run
from avio.errors import IsDirectory, Unsaved
from avio.findings import Finding
from avio.wire.params import Ability, Params
from avio.wire.results import Outcome

Kind = Literal["file", "directory"]


class EntryState(StrEnum):
    """The state of a path in bucket and cache."""

    REMOTE = "remote"  # in the bucket, not in the cache
    PARTIAL = "partial"  # some of it is in the cache
    CACHED = "cached"  # all of it is in the cache, and equal to the bucket's
    STALE = "stale"  # in the cache, but the bucket has changed since
    GONE = "gone"  # in the cache, and deleted in the bucket since; the copy is as it was taken
    DIRTY = "dirty"  # in the cache, and not saved to the bucket
    CONFLICT = "conflict"  # in the cache, and both the copy and the bucket changed
    UNKNOWN = "unknown"  # the cache did not answer, or the files were not counted: never shown as 0 %


class Side(StrEnum):
    """The side whose files a walk yields."""

    BUCKET = "bucket"  # files that a preload can load
    CACHE = "cache"  # files of which the cache has bytes, or which are not saved
    SAVE = "save"  # files of a save: those of the cache; if none is left there, those that are saved


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory in its present state.

    For a directory the numbers are sums over the files below it; None if they were not counted. `size` in bytes is
    the bucket's, or the cache's for a file that is dirty, gone or in conflict. `modified` is in epoch seconds.
    `tiers` maps an alias to cached bytes; each file counts once, on its best tier. `saved` is True if the bucket has
    all that the cache has. `token` is the engine's own mark of the source's version. `left_out` counts what avio
    can't handle below a directory. `local_path` is where a program on the node reads all of it.
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
    left_out: int = 0
    local_path: str | None = None

    @property
    def in_cache(self) -> bool:
        """Return True if the cache has all of it, no older than the bucket."""
        return self.state in (EntryState.CACHED, EntryState.DIRTY)

    @property
    def may_go(self) -> bool:
        """Return True if a free may drop it: the bucket has it, or had it until it was deleted there."""
        return bool(self.saved) or self.state is EntryState.GONE


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in key order. `after` of the next page, or None at the end: the last entry's path, in the engine's form.

    `left_out` is what can't be listed. `unanswered` are the mounts whose files are missing: they do not answer.
    """

    entries: list[Entry]
    after: str | None
    left_out: Sequence[LeftOut] = ()
    unanswered: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """The outcome of moving one entry. `error` is set if it failed."""

    entry: Entry
    outcome: Outcome
    bytes: int = 0
    tier: str | None = None
    tries: int = 1
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier: capacity and used bytes. `worker` is set if the tier is spread over workers.

    `gives_way` is True if the cache drops old files for new ones. `available` is set if fewer bytes are free than
    the capacity leaves: its disk has fewer, or running jobs were promised some.
    """

    alias: str
    capacity: int
    used: int
    worker: str | None = None
    gives_way: bool = False
    available: int | None = None

    @property
    def free(self) -> int:
        """Free bytes."""
        return max(0, min(self.capacity - self.used, self.capacity if self.available is None else self.available))

    @property
    def room(self) -> int:
        """Bytes that a preload can bring in."""
        return self.capacity if self.gives_way else self.free


@dataclass(frozen=True, slots=True)
class Freed:
    """The number of dropped files, and their cached bytes."""

    files: int
    bytes: int


class Engine(ABC):
    """A namespace of canonical paths (`avio.wire.paths`). Safe to call from several threads."""

    abilities: ClassVar[frozenset[Ability]] = frozenset()
    urls: Mapping[str, str] = MappingProxyType({})  # the URL of each mount, by its path
    directories: Sequence[str] = ()  # where programs read cached files, each at its path below

    @abstractmethod
    def covers(self, path: str) -> bool:
        """Return True if a mount covers `path`. Does not ask the store."""

    def store_of(self, path: str) -> str:
        """Return the name of the store that a request about `path` waits for. Raises PathNotFound. Asks nothing."""
        return "the cache"

    @abstractmethod
    def stat(self, path: str, *, limit: int | None = None) -> Entry:
        """Return `path` as it is. Raises PathNotFound, AccessDenied, EngineAway; TooLarge over `limit` files."""

    def cached(self, path: str, *, limit: int | None = None) -> Entry:
        """Return what the cache has of `path`: from the cache alone if it can, with state UNKNOWN; else as `stat`."""
        return self.stat(path, limit=limit)

    @abstractmethod
    def list(self, path: str, *, depth: int | None, size: int, after: str | None = None) -> Page:
        """Return up to `size` entries below `path`, after the path `after`; a file as itself. Raises as `stat`."""

    @abstractmethod
    def walk(
        self, path: str, *, depth: int | None, side: Side, follow: bool = False, left_out: LeaveOut = ignore
    ) -> Iterator[Entry]:
        """Yield every file at or below `path` that `side` holds, as a stream; raises as `stat`.

        Calls `left_out` with what can't be handled. With `follow`, symlinks count as what they lead to in the bucket.
        """

    def require(self, path: str, side: Side) -> None:
        """Return if a walk of `path` can begin. Raises as `stat`. The check need not be complete."""
        next(self.walk(path, depth=None, side=side), None)

    @abstractmethod
    def preload(self, entries: Iterable[Entry], params: Params, run: Run) -> Iterator[Moved]:
        """Bring `entries` into the cache. Take them one by one, and yield each at its end, in any order.

        A copy is complete under its final name or absent. An entry that failed is yielded with its error after the
        engine's own retries; errors of scope JOB are raised. After `run.stopping()` the rest has no outcome.
        """

    def holds(self, entry: Entry, tier: str | None) -> bool:
        """Return True if `entry` needs no work of a preload to `tier`. Any tier will do by default."""
        return entry.in_cache

    def admit(self, params: Params) -> Admission:
        """Return the room for a preload: the lister adds the size of each file before it is moved."""
        asked = [tier for tier in self.capacity() if params.tier in (None, tier.alias)]
        return admission_of(asked, params, spreads=params.spread or Ability.SPREAD not in self.abilities)

    @abstractmethod
    def save(self, entries: Iterable[Entry], params: Params, run: Run) -> Iterator[Moved]:
        """Bring `entries` from the cache into their bucket; otherwise as `preload`.

        Without Ability.OVERWRITE never overwrites an object that changed since the cached file was taken from it.
        """

    def settle(self, run: Run, path: str = "/") -> None:  # noqa: B027 - a cache may know at once
        """Return when `recheck` knows of all loads, drops and evictions so far, and of each `freeing` about `path`."""

    @abstractmethod
    def recheck(
        self, entries: Iterable[Entry], params: Params, run: Run, *, original: bool = False, unchecked: Unchecked = fail
    ) -> Iterator[Entry]:
        """Yield each of `entries` in its present state. Ask the cache again, and the bucket where they differ.

        With `params.verify` "checksum" cached bytes are read back. A file on neither side is REMOTE, size 0, not saved;
        so is one that can't be checked, and `unchecked` gets its error; EngineAway and scope JOB are raised.
        """

    def sweep(self, live: Callable[[], Collection[str]]) -> None:  # noqa: B027 - an engine may leave nothing behind
        """Remove the temporary files of every run whose name is not in `live()`. Call `live` after the search."""

    def freeing(self, path: str) -> AbstractContextManager[None]:
        """Return a `with` block in which a free of `path` is decided and done: preloads there `settle` after it."""
        return nullcontext()

    def free(self, path: str, *, recursive: bool, limit: int | None = None) -> Freed:
        """Drop `path` from the cache, a directory only if `recursive`. Return the dropped files and bytes.

        Checks all first. Drops nothing if a file is not saved (Unsaved), or if more than `limit` are cached (TooLarge).
        Raises IsDirectory, and else as `stat`.
        """
        files = size = 0
        for entry in self.walk(path, depth=None, side=Side.CACHE):
            if entry.path != path and not recursive:
                raise IsDirectory(f"{path} is a directory")
            if not entry.may_go:
                raise Unsaved(f"{entry.path} is not saved; nothing was freed")
            files, size = files + 1, size + (entry.cached_bytes or 0)
            if limit is not None and files > limit:
                raise too_many_cached(path, limit)
        for _ in self.drop(path):
            pass
        return Freed(files, size)

    @abstractmethod
    def drop(self, path: str) -> Iterator[Entry]:
        """Drop all cached files at or below `path`. The caller has checked that the bucket has them.

        Yield each file right after its drop, as it was before; yield nothing if the cache drops a tree as a whole.
        Raise Unsaved for a file that was written meanwhile, and keep it. The cache may take some seconds.
        """

    @abstractmethod
    def capacity(self) -> Sequence[Tier]:
        """Return the tiers, best first."""

    def measure(self) -> None:  # noqa: B027 - an engine may have nothing to measure
        """Bring the numbers of `capacity` up to date if they are old. May take minutes. Called by each worker node."""

    def expect(self, ids: Mapping[str, str]) -> None:  # noqa: B027 - only tiers on disks have ids
        """Refuse tiers whose disk has another id than in `ids`, by alias, and to work without one of `ids`."""

    def aliases(self) -> frozenset[str]:
        """Return the aliases of the tiers. May ask the cache, and raise EngineAway."""
        return frozenset(tier.alias for tier in self.capacity())

    def examine(self) -> Iterable[Finding]:
        """Diagnose the backend for `avio-server doctor`. Read-only. Raises no AvioError."""
        return ()

    def close(self) -> None:  # noqa: B027 - an engine may hold nothing open
        """Close all connections. The next call opens new ones."""

    @abstractmethod
    def members(self) -> Sequence[Member]:
        """Return what stands behind the engine: mounts, tiers, daemons. Asks none of them."""
