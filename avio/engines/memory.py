"""An engine whose bucket and cache are dictionaries: for tests of what stands above the engines.

Opened in the test's own process; can be told to fail, to be away, to run a hook before each move.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from avio.engines.base import Ability, Engine, Entry, EntryState, Moved, MoveOptions, Page, Run, Side, Tier
from avio.errors import CacheFull, EngineError, Gone, NotSaved, PathNotFound, Scope, TooLarge, Unsupported
from avio.wire.paths import depth_below, is_under
from avio.wire.results import Outcome

TRIES = 5


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of the bucket; `version` is new with each change."""

    content: bytes
    modified: float
    version: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A file of the cache, and the version of the bucket that it was taken from or saved as; None if never."""

    content: bytes
    modified: float
    tier: str
    taken: int | None = None
    changed: bool = False


class MemoryEngine(Engine):
    """Tests read and write `bucket` and `cache` through `put_bucket` and `put_cache`, or directly.

    `failures` holds errors by path, one for each try; `away` is raised by every call; `before_move` is
    called with each path before it is moved.
    """

    abilities: ClassVar[frozenset[Ability]] = frozenset(Ability)

    def __init__(self, mounts: Iterable[str] = ("/",), tiers: Sequence[Tier] = (Tier("MEM", 1 << 40, 0),)) -> None:
        self.bucket: dict[str, Blob] = {}
        self.cache: dict[str, Copy] = {}
        self.failures: dict[str, list[EngineError]] = {}
        self.away: EngineError | None = None
        self.before_move: Callable[[str], None] = lambda path: None
        self._mounts = tuple(mounts)
        self._tiers = tuple(tiers)
        self._versions = 0

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "MemoryEngine":
        """Build it from `Settings.engine_settings()`: paths of mounts and tiers count, urls and directories don't."""
        tiers = [Tier(tier["alias"], tier["capacity"], 0) for tier in settings.get("tiers", ())]
        return cls(settings.get("mounts") or ("/",), tiers or (Tier("MEM", 1 << 40, 0),))

    def put_bucket(self, path: str, content: bytes) -> None:
        """Put a file into the bucket, as somebody else would."""
        self._versions += 1
        self.bucket[path] = Blob(content, time.time(), self._versions)

    def put_cache(self, path: str, content: bytes) -> None:
        """Write a file in the cache, as a training job would."""
        old = self.cache.get(path)
        tier = old.tier if old else self._tiers[0].alias
        self.cache[path] = Copy(content, time.time(), tier, old.taken if old else None, changed=True)

    def covers(self, path: str) -> bool:
        """Tell whether a mount lies at, above or below `path`."""
        return any(is_under(path, mount) or is_under(mount, path) for mount in self._mounts)

    def stat(self, path: str, *, limit: int | None = None) -> Entry:
        """Return `path` as it stands."""
        if path in self._paths(path):
            return self._file(path)
        files = [self._file(each) for each in self._paths(path)]
        if limit is not None and len(files) > limit:
            raise TooLarge(f"{path} has more than {limit} files")
        if not files and path not in self._mounts and path != "/":
            raise PathNotFound(f"{path} is neither in the bucket nor in the cache")
        return _directory(path, files)

    def list(self, path: str, *, depth: int | None, size: int, after: str | None = None) -> Page:
        """Return a page of what is below `path`."""
        here = self.stat(path)
        if here.kind == "file":
            return Page([here], None)
        root = path.rstrip("/") + "/"
        places = set()
        for each in self._paths(path):
            parts = each[len(root) :].split("/")
            places |= {root + "/".join(parts[:level]) + "/" for level in range(1, len(parts))} | {each}
        wanted = sorted(
            place for place in places if place > (after or "") and (depth is None or depth_below(place, path) <= depth)
        )
        entries = [self.stat(place.rstrip("/")) for place in wanted[:size]]
        return Page(entries, wanted[size - 1] if len(wanted) > size else None)

    def walk(self, path: str, *, depth: int | None, side: Side) -> Iterator[Entry]:
        """Yield the files of one side."""
        self.stat(path)
        held = self.bucket if side is Side.BUCKET else self.cache
        for each in self._paths(path):
            if each in held and (depth is None or depth_below(each, path) <= depth):
                yield self._file(each)

    def preload(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Moved]:
        """Copy from bucket to cache, one after the other."""
        return self._move(entries, options, run, self._load)

    def save(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Moved]:
        """Copy from cache to bucket, one after the other."""
        return self._move(entries, options, run, self._store)

    def recheck(self, entries: Iterable[Entry], options: MoveOptions, run: Run) -> Iterator[Entry]:
        """Yield each as it stands now."""
        for entry in entries:
            if run.stopping():
                return
            yield self._file(entry.path)

    def drop(self, path: str) -> None:
        """Forget the copies."""
        for each in self._paths(path):
            self.cache.pop(each, None)

    def capacity(self) -> Sequence[Tier]:
        """Return the tiers."""
        return [replace(tier, used=self._used(tier.alias)) for tier in self._tiers]

    def health(self) -> None:
        """Return unless told to be away."""
        if self.away is not None:
            raise self.away

    def _paths(self, path: str) -> Sequence[str]:
        """Return every file at or below `path`, in key order."""
        self.health()
        if not self.covers(path):
            raise PathNotFound(f"{path} is covered by no mount")
        return sorted(each for each in self.bucket.keys() | self.cache.keys() if is_under(each, path))

    def _file(self, path: str) -> Entry:
        self.health()
        blob, copy = self.bucket.get(path), self.cache.get(path)
        token = str(blob.version) if blob else None
        if copy is None or (blob is not None and not copy.changed and copy.taken != blob.version):
            if blob is None:
                return Entry(path, "file", 0, None, EntryState.REMOTE, 0, {}, False, 0, 0)
            state = EntryState.REMOTE if copy is None else EntryState.STALE
            return Entry(path, "file", len(blob.content), blob.modified, state, 0, {}, True, 1, 0, token)
        dirty = blob is None or copy.changed
        state = EntryState.DIRTY if dirty else EntryState.CACHED
        size = len(copy.content)
        return Entry(path, "file", size, copy.modified, state, size, {copy.tier: size}, not dirty, 1, 1, token)

    def _used(self, alias: str) -> int:
        return sum(len(copy.content) for copy in self.cache.values() if copy.tier == alias)

    def _move(
        self, entries: Iterable[Entry], options: MoveOptions, run: Run, move: Callable[[str, MoveOptions], Outcome]
    ) -> Iterator[Moved]:
        for entry in entries:
            if run.stopping():
                return
            yield self._tried(entry, options, run, move)

    def _tried(
        self, entry: Entry, options: MoveOptions, run: Run, move: Callable[[str, MoveOptions], Outcome]
    ) -> Moved:
        for tries in range(1, TRIES + 1):
            self.before_move(entry.path)
            try:
                if failures := self.failures.get(entry.path):
                    raise failures.pop(0)
                outcome = move(entry.path, options)
            except EngineError as error:
                fits_partly = isinstance(error, CacheFull) and options.if_full == "partial"
                if error.scope is Scope.JOB and not fits_partly:
                    raise
                if error.scope is not Scope.RETRY or tries == TRIES:
                    return Moved(entry, Outcome.FAILED, tries=tries, error=error)
            else:
                copy = self.cache[entry.path]
                if outcome is Outcome.DONE:
                    run.moved(len(copy.content))
                return Moved(entry, outcome, len(copy.content), copy.tier, tries)
        raise AssertionError("the last try returns")

    def _load(self, path: str, options: MoveOptions) -> Outcome:
        blob, copy = self.bucket.get(path), self.cache.get(path)
        if blob is None:
            raise Gone(f"{path} is not in the bucket")
        fresh = copy is not None and copy.taken == blob.version and options.tier in (None, copy.tier)
        if copy is not None and (copy.changed or fresh):
            return Outcome.SKIPPED
        asked = [tier for tier in self._tiers if options.tier in (None, tier.alias)]
        if not asked:
            raise Unsupported(f"there is no tier {options.tier!r}")
        size = len(blob.content)
        tier = next((tier for tier in asked if self._used(tier.alias) + size <= tier.capacity), None)
        if tier is None:
            raise CacheFull(f"{size} bytes don't fit")
        self.cache[path] = Copy(blob.content, blob.modified, tier.alias, blob.version)
        return Outcome.DONE

    def _store(self, path: str, options: MoveOptions) -> Outcome:
        blob, copy = self.bucket.get(path), self.cache.get(path)
        if copy is None:
            raise Gone(f"{path} is not in the cache")
        if not copy.changed and blob is not None:
            return Outcome.SKIPPED
        if blob is not None and blob.version != copy.taken and options.on_conflict != "overwrite":
            raise NotSaved(f"{path} changed in the bucket and in the cache")
        self.put_bucket(path, copy.content)
        self.cache[path] = replace(copy, taken=self._versions, changed=False)
        return Outcome.DONE


def _directory(path: str, files: Sequence[Entry]) -> Entry:
    states = {entry.state for entry in files}
    cached = [entry for entry in files if entry.in_cache]
    if EntryState.DIRTY in states:
        state = EntryState.DIRTY
    elif EntryState.STALE in states:
        state = EntryState.STALE
    elif not cached:
        state = EntryState.REMOTE
    else:
        state = EntryState.CACHED if len(cached) == len(files) else EntryState.PARTIAL
    tiers: dict[str, int] = {}
    for entry in cached:
        for alias, size in entry.tiers.items():
            tiers[alias] = tiers.get(alias, 0) + size
    return Entry(
        path,
        "directory",
        sum(entry.size or 0 for entry in files),
        None,
        state,
        sum(tiers.values()),
        tiers,
        EntryState.DIRTY not in states,
        len(files),
        len(cached),
    )
