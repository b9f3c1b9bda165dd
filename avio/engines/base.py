"""The contract of an engine: stat one path, list a page, walk a tree, preload, save, check, tell capacity.

Used by web (tasks) and by the job process (jobs). An engine opens no connection before its first
call, so that it may be built before a fork. It raises the errors of `avio.errors`, with their scope.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, NamedTuple

from avio.engines.admission import Admission, admission_of
from avio.engines.awaited import Awaited
from avio.engines.content import Content
from avio.engines.entry import Entry as Entry
from avio.engines.eviction import Eviction
from avio.engines.file_facts import FileFacts
from avio.engines.kept_paths import KeptPaths
from avio.engines.left_out import LeaveOut, LeftOut, Unchecked, fail, ignore
from avio.engines.members import Member
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.pool import Pool
from avio.engines.movers.supply import Supply
from avio.engines.new_objects import NewObjects
from avio.engines.run import Run
from avio.engines.sides import STATES as STATES
from avio.engines.sides import EntryState as EntryState
from avio.engines.sides import Side as Side
from avio.engines.survey import Surveyed
from avio.engines.tier import Freed, Tier
from avio.engines.tree_free import freed
from avio.errors import EngineError, Gone
from avio.findings import Finding
from avio.wire.options import Ability
from avio.wire.params import Params
from avio.wire.results import Outcome

Compared = tuple[Entry, Outcome | EngineError]


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in key order. `after` of the next page, or None at the end: the last entry's path, in the engine's form.

    `left_out` is what can't be listed. `unanswered` are the mounts whose files are missing: they do not answer.
    `refused` has those that refuse, and why: as many of their files as were listed before that are there.
    """

    entries: list[Entry]
    after: str | None
    left_out: Sequence[LeftOut] = ()
    unanswered: Sequence[str] = ()
    refused: Mapping[str, EngineError] = field(default_factory=dict)


class Moved(NamedTuple):
    """The outcome of moving one entry. `error` is set if it failed."""

    entry: Entry
    outcome: Outcome
    bytes: int = 0
    tier: str | None = None
    tries: int = 1
    error: Exception | None = None
    content: Content = Content.UNKNOWN


def bytes_moved(outcomes: Iterable[Moved]) -> int:
    """Return the bytes of the files that were moved: those that were under way until their outcome."""
    return sum([each.bytes for each in outcomes if each.outcome is Outcome.DONE])


def present(entries: Iterable[Entry | None]) -> Iterator[Entry]:
    """Yield the entries that are there."""
    return (entry for entry in entries if entry is not None)


class Engine(ABC):
    """A namespace of canonical paths (`avio.wire.paths`). Safe to call from several threads."""

    abilities: ClassVar[frozenset[Ability]] = frozenset()
    why_unable: ClassVar[Mapping[Ability, str]] = MappingProxyType({})  # why it lacks an ability, where that helps
    urls: Mapping[str, str] = MappingProxyType({})  # the URL of each mount, by its path
    directories: Sequence[str] = ()  # where programs read cached files, each at its path below
    shares_work: ClassVar[bool] = False  # with movers
    resumes: ClassVar[bool] = False  # has `walk_on` and `look_again`, and a preload never loads another version
    shares_looks: ClassVar[bool] = False  # has `look` and `use_looks`
    silent_after: ClassVar[float] = 5.0  # seconds without a byte or an outcome that are too long for this engine
    beat: Callable[[], object] = staticmethod(lambda: None)  # shows that a walk goes on, which yields nothing
    # Gets the files of a preload that another job moves, None if there are none any longer.
    waits_for: Callable[[Awaited | None], object] = staticmethod(lambda _: None)
    pool: Pool | None = None  # the movers that share the work of a job, in its process
    kept: KeptPaths = KeptPaths()  # what nobody may evict; without a file of a node all is
    surveys: Mapping[str, Callable[[], Iterator[Surveyed]]] = MappingProxyType({})  # of all copies, by tier
    facts: FileFacts = FileFacts()
    eviction: Eviction = Eviction()

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
    def list(self, path: str, *, depth: int | None, size: int, after: str | None = None, sums: bool = False) -> Page:
        """Return up to `size` entries below `path`, after the path `after`; a file as itself. Raises as `stat`.

        Directories have the sums that cost little; with `sums` those that take a few seconds.
        """

    @abstractmethod
    def list_all(self, path: str, *, depth: int | None, left_out: LeaveOut) -> Iterator[Sequence[Entry]]:
        """Return all entries of `list` as one stream, in runs. Its `next` raises as `list`, and then goes on there.

        An empty run is progress too. A mount that does not answer is EngineAway.
        """

    @abstractmethod
    def walk(
        self, path: str, *, depth: int | None, side: Side, follow: bool = False, left_out: LeaveOut = ignore
    ) -> Iterator[Entry]:
        """Yield every file at or below `path` that `side` holds, as a stream; raises as `stat`.

        Calls `left_out` with what can't be handled. With `follow`, symlinks count as what they lead to in the bucket.
        """

    def walk_on(
        self, path: str, after: str, *, depth: int | None, follow: bool = False, left_out: LeaveOut = ignore
    ) -> Iterator[Entry]:
        """Yield what a `walk` of the bucket's side yields after the file `after`, which it has yielded before."""
        raise NotImplementedError

    def look_again(self, listed: Iterable[tuple[str, str]]) -> Iterator[Entry]:
        """Yield files that a walk listed, by path and token, in order, as the cache has them; list nothing."""
        raise NotImplementedError

    def require(self, path: str, side: Side) -> None:
        """Return if a walk of `path` can begin. Raises as `stat`. The check need not be complete."""
        next(self.walk(path, depth=None, side=side), None)

    @abstractmethod
    def preload(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        """Bring `entries` into the cache. Take them one by one, and yield each at its end, in any order.

        None in `entries` means that no file is there now; only an engine with a `pool` gets that.
        A copy is complete under its final name or absent. An entry that failed is yielded with its error after the
        engine's own retries; errors of scope JOB are raised. After `run.stopping()` the rest has no outcome.
        """

    def preload_runs(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Sequence[Moved]]:
        """Yield what `preload` yields, some at a time."""
        return ([moved] for moved in self.preload(entries, params, run))

    @abstractmethod
    def read_object(self, path: str, target: int, run: Run) -> None:
        """Write the bucket's object at `path` into the open file `target`. Raises as `stat`."""

    def new_objects(self) -> NewObjects:
        """Return what makes new objects in buckets. Needs Ability.STORE_REPORT."""
        raise NotImplementedError

    def holds(self, entry: Entry, tier: str | None) -> bool:
        """Return True if `entry` needs no work of a preload to `tier`. Any tier will do by default."""
        return entry.in_cache

    def admit(self, params: Params) -> Admission:
        """Return the room for a preload: the lister adds the size of each file before it is moved."""
        asked = [tier for tier in self.capacity() if params.tier in (None, tier.alias)]
        return admission_of(asked, params, spreads=params.spread or Ability.SPREAD not in self.abilities)

    @abstractmethod
    def save(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        """Bring `entries` from the cache into their bucket; otherwise as `preload`.

        Without Ability.OVERWRITE never overwrites an object that changed since the cached file was taken from it.
        """

    def save_runs(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Sequence[Moved]]:
        """Yield what `save` yields, some at a time."""
        return ([moved] for moved in self.save(entries, params, run))

    def serve(self, task: str, supply: Supply, outbox: Outbox, params: Params, run: MoverRun) -> None:
        """Work in a mover process on the rows of `supply`, which this engine gave to `pool`; results go to `outbox`."""
        raise NotImplementedError(task)

    def spares(self, entry: Entry, params: Params) -> bool:
        """Return True if a save leaves the object of the unsaved `entry` as it is, since `params.overwrite` says so."""
        return False

    def remarks(self) -> Sequence[str]:
        """Return what the moves of this process had to do without, each in words for people."""
        return ()

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

    def recheck_runs(
        self, entries: Iterable[Entry], params: Params, run: Run, *, original: bool = False, unchecked: Unchecked = fail
    ) -> Iterator[Sequence[Entry]]:
        """Yield what `recheck` yields, some at a time: those that stand alike as `Alike`."""
        return ([entry] for entry in self.recheck(entries, params, run, original=original, unchecked=unchecked))

    @abstractmethod
    def standing(self, entry: Entry, params: Params) -> Outcome | None:
        """Return how bucket and cache stand to each other about a file of Side.BOTH; None if `compare` has to look."""

    def compare(self, entries: Iterable[Entry], params: Params, run: Run) -> Iterator[Compared]:
        """Yield each of `entries` with what its copy tells, or with its own error. Downloads and changes nothing.

        EngineAway and scope JOB are raised. After `run.stopping()` the rest has no outcome.
        """
        return ((entry, Gone("neither bucket nor cache has all of the file")) for entry in entries)

    def sweep(self, live: Callable[[], Collection[str]]) -> None:  # noqa: B027 - an engine may leave nothing behind
        """Remove the temporary files of every run whose name is not in `live()`. Call `live` after the search."""

    def freeing(self, path: str) -> AbstractContextManager[None]:
        """Return a `with` block in which a free of `path` is decided and done: preloads there `settle` after it."""
        return nullcontext()

    def free(
        self, path: str, *, recursive: bool, limit: int | None = None, dropped: Callable[[], object] = lambda: None
    ) -> Freed:
        """Drop `path` from the cache, a directory only if `recursive`. Return the dropped files and bytes.

        Checks all first, and drops nothing then: raises Unsaved, TooLarge above `limit`, IsDirectory, else as `stat`.
        Calls `dropped` before the first drop and after each; what that raises ends the free.
        """
        return freed(self, path, recursive=recursive, limit=limit, dropped=dropped)

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

    def look(self, file: Path) -> float:
        """Ask the cache once for all jobs of a node, into `file`. Return the seconds to the next look."""
        raise NotImplementedError

    def use_looks(self, file: Path) -> None:  # noqa: B027 - only an engine that shares looks uses them
        """Go by the looks that another process writes into `file`, instead of asking, while they are recent."""

    @abstractmethod
    def members(self) -> Sequence[Member]:
        """Return what stands behind the engine: mounts, tiers, daemons. Asks none of them."""
