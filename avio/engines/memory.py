"""An engine whose bucket and cache are dictionaries, for tests of the code that uses engines.

Used in the test's own process. A test can make it fail, be unavailable, or call a hook before each move.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from avio.engines.base import Compared, Engine, Entry, EntryState, Moved, Page, Side, present
from avio.engines.comparison import by_source
from avio.engines.entry_pages import EntryPages
from avio.engines.left_out import LeaveOut, Unchecked, fail, ignore
from avio.engines.members import Member
from avio.engines.memory_files import Blob as Blob
from avio.engines.memory_files import Copy as Copy
from avio.engines.memory_objects import MemoryObjects
from avio.engines.new_objects import NewObjects
from avio.engines.overwrite import Decision, already_there, decide, spares
from avio.engines.pay import pay
from avio.engines.refusals import too_many_files, unknown_tier
from avio.engines.run import Run
from avio.engines.sums import Sums, nowhere
from avio.engines.tier import Tier
from avio.errors import CacheFull, EngineError, Gone, NotSaved, PathNotFound, Scope, Unsaved
from avio.wire.options import Ability
from avio.wire.params import Params
from avio.wire.paths import depth_below, is_under
from avio.wire.results import Outcome

MAX_TRIES = 5


class MemoryEngine(Engine):
    """Tests read and write `bucket` and `cache` through `put_bucket` and `put_cache`, or directly.

    `failures` holds errors by path, one for each try; `away` is raised by every call; `before_move` is
    called with each path before it is moved.
    """

    abilities: ClassVar[frozenset[Ability]] = frozenset(Ability) - {Ability.WAIT_FOR_ROOM, Ability.EVICT}
    resumes: ClassVar[bool] = True

    def __init__(self, mounts: Iterable[str] = ("/",), tiers: Sequence[Tier] = (Tier("MEM", 1 << 40, 0),)) -> None:
        self.bucket: dict[str, Blob] = {}
        self.cache: dict[str, Copy] = {}
        self.failures: dict[str, list[EngineError]] = {}
        self.away: EngineError | None = None
        self.before_move: Callable[[str], None] = lambda path: None
        self._mounts = tuple(mounts)
        self._tiers = tuple(tiers)
        self._versions = 0
        self._chosen: list[Tier] = []

    def put_bucket(self, path: str, content: bytes) -> None:
        """Put a file into the bucket, as another program would."""
        self._versions += 1
        self.bucket[path] = Blob(content, time.time(), self._versions)

    def put_cache(self, path: str, content: bytes) -> None:
        """Write a file in the cache, as a training job would."""
        old = self.cache.get(path)
        tier = old.tier if old else self._tiers[0].alias
        self.cache[path] = Copy(content, time.time(), tier, old.taken if old else None, changed=True)

    def covers(self, path: str) -> bool:
        """Return True if a mount lies at, above or below `path`."""
        return any(is_under(path, mount) or is_under(mount, path) for mount in self._mounts)

    def stat(self, path: str, *, limit: int | None = None) -> Entry:
        """Return `path` in its present state."""
        if path in self._paths(path):
            return self._file(path)
        files = [self._file(each) for each in self._paths(path)]
        if limit is not None and len(files) > limit:
            raise too_many_files(path, limit)
        if not files and path not in self._mounts and path != "/":
            raise PathNotFound(f"{path} is neither in the bucket nor in the cache")
        return _directory(path, files)

    def list(self, path: str, *, depth: int | None, size: int, after: str | None = None, sums: bool = False) -> Page:
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

    def list_all(self, path: str, *, depth: int | None, left_out: LeaveOut) -> Iterator[Sequence[Entry]]:
        """Return the pages of `list`."""
        return EntryPages(lambda size, after: self.list(path, depth=depth, size=size, after=after), left_out)

    def walk(
        self, path: str, *, depth: int | None, side: Side, follow: bool = False, left_out: LeaveOut = ignore
    ) -> Iterator[Entry]:
        """Yield the files of one side."""
        self.stat(path)
        held = self.bucket if side is Side.BUCKET else self.cache
        for each in self._paths(path):
            if (side is Side.BOTH or each in held) and (depth is None or depth_below(each, path) <= depth):
                yield self._file(each)

    def walk_on(
        self, path: str, after: str, *, depth: int | None, follow: bool = False, left_out: LeaveOut = ignore
    ) -> Iterator[Entry]:
        """Yield the rest."""
        return (each for each in self.walk(path, depth=depth, side=Side.BUCKET) if each.path > after)

    def look_again(self, listed: Iterable[tuple[str, str]]) -> Iterator[Entry]:
        """Yield each file as it is."""
        return (self._file(path) for path, _ in listed)

    def read_object(self, path: str, target: int, run: Run) -> None:
        """Write the content."""
        if self.away is not None:
            raise self.away
        if path not in self.bucket:
            raise PathNotFound(f"{path} is not a file of the bucket")
        os.write(target, self.bucket[path].content)

    def new_objects(self) -> NewObjects:
        """Return what puts files into the bucket."""
        return MemoryObjects(self._mounts, self.bucket, self.put_bucket, self._require)

    def preload(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        """Copy from bucket to cache, one after the other."""
        self._chosen = []
        return self._move(present(entries), params, run, self._load)

    def save(self, entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        """Copy from cache to bucket, one after the other."""
        return self._move(present(entries), params, run, self._store)

    def spares(self, entry: Entry, params: Params) -> bool:
        """Go by the times of both."""
        blob = self.bucket.get(entry.path)
        return spares(entry, params, blob.modified if blob is not None else None)

    def recheck(
        self, entries: Iterable[Entry], params: Params, run: Run, *, original: bool = False, unchecked: Unchecked = fail
    ) -> Iterator[Entry]:
        """Yield each entry in its present state."""
        for entry in entries:
            if run.stopping():
                return
            yield self._file(entry.path)

    def standing(self, entry: Entry, params: Params) -> Outcome | None:
        """Go by the token, which has the bucket's version."""
        return by_source(entry, params.verify)

    def compare(self, entries: Iterable[Entry], params: Params, run: Run) -> Iterator[Compared]:
        """Compare the contents."""
        for entry in entries:
            self._require()
            ours, theirs = self.cache[entry.path].content, self.bucket[entry.path].content
            same = len(ours) == len(theirs) if params.verify == "size" else ours == theirs
            failures = self.failures.get(entry.path)
            yield entry, failures.pop(0) if failures else Outcome.SAME if same else Outcome.DIFFERENT

    def drop(self, path: str) -> Iterator[Entry]:
        """Delete the cached copies, one after the other."""
        for each in self._paths(path):
            if each in self.cache:
                entry = self._file(each)
                if not entry.may_go:
                    raise Unsaved(f"{each} was written while it was freed")
                del self.cache[each]
                yield entry

    def capacity(self) -> Sequence[Tier]:
        """Return the tiers."""
        return [replace(tier, used=self._used(tier.alias)) for tier in self._tiers]

    def members(self) -> Sequence[Member]:
        """Return the memory."""
        return [Member("memory", self._require, vital=True)]

    def _require(self) -> None:
        """Return, or raise the error that the test has set."""
        if self.away is not None:
            raise self.away

    def _paths(self, path: str) -> Sequence[str]:
        """Return every file at or below `path`, in key order."""
        self._require()
        if not self.covers(path):
            raise PathNotFound(f"no mount covers {path}")
        return sorted(each for each in self.bucket.keys() | self.cache.keys() if is_under(each, path))

    def _file(self, path: str) -> Entry:
        self._require()
        blob, copy = self.bucket.get(path), self.cache.get(path)
        token = str(blob.version) if blob else None
        if copy is None or (blob is not None and not copy.changed and copy.taken != blob.version):
            if blob is None:
                return nowhere(path)
            state = EntryState.REMOTE if copy is None else EntryState.STALE
            return Entry(path, "file", len(blob.content), blob.modified, state, 0, {}, True, 1, 0, token)
        state = _state(copy, blob)
        size = len(copy.content)
        return Entry(
            path, "file", size, copy.modified, state, size, {copy.tier: size}, state is EntryState.CACHED, 1, 1, token
        )

    def _used(self, alias: str) -> int:
        return sum(len(copy.content) for copy in self.cache.values() if copy.tier == alias)

    def _move(
        self, entries: Iterable[Entry], params: Params, run: Run, move: Callable[[str, Params], Outcome]
    ) -> Iterator[Moved]:
        for entry in entries:
            if run.stopping():
                return
            yield self._tried(entry, params, run, move)

    def _tried(self, entry: Entry, params: Params, run: Run, move: Callable[[str, Params], Outcome]) -> Moved:
        for tries in range(1, MAX_TRIES + 1):
            self.before_move(entry.path)
            try:
                if failures := self.failures.get(entry.path):
                    raise failures.pop(0)
                outcome = move(entry.path, params)
            except EngineError as error:
                fits_partly = isinstance(error, CacheFull) and params.if_full == "partial"
                if error.scope is Scope.JOB and not fits_partly:
                    raise
                if error.scope is not Scope.RETRY or tries == MAX_TRIES:
                    return Moved(entry, Outcome.FAILED, tries=tries, error=error)
            else:
                copy = self.cache[entry.path]
                if outcome is Outcome.DONE:
                    run.moved(len(copy.content))
                    run.advanced(len(copy.content))
                    pay(run, len(copy.content))
                return Moved(entry, outcome, len(copy.content), copy.tier, tries)
        raise AssertionError("the last try returns")

    def _load(self, path: str, params: Params) -> Outcome:
        blob, copy = self.bucket.get(path), self.cache.get(path)
        if blob is None:
            raise Gone(f"{path} is not in the bucket")
        fresh = copy is not None and copy.taken == blob.version and params.tier in (None, copy.tier)
        if copy is not None and copy.changed:
            return Outcome.KEPT
        if fresh:
            return Outcome.SKIPPED
        asked = self._chosen or [tier for tier in self._tiers if params.tier in (None, tier.alias)]
        if not asked:
            raise unknown_tier(params.tier, (tier.alias for tier in self._tiers))
        size = len(blob.content)
        tier = next((tier for tier in asked if self._used(tier.alias) + size <= tier.capacity), None)
        if tier is None:
            raise CacheFull(f"{size} bytes don't fit")
        self._chosen = [] if params.spread else [tier]
        self.cache[path] = Copy(blob.content, blob.modified, tier.alias, blob.version)
        return Outcome.DONE

    def _store(self, path: str, params: Params) -> Outcome:
        blob, copy = self.bucket.get(path), self.cache.get(path)
        if copy is None:
            raise Gone(f"{path} is not in the cache")
        if not copy.changed and (blob is None or params.overwrite != "always"):
            return Outcome.KEPT if blob is None else Outcome.SKIPPED
        if blob is not None and copy.changed:
            both_changed = blob.version != copy.taken
            decision = decide(params, both_changed=both_changed, is_newer=copy.modified > blob.modified)
            if decision is Decision.KEEP:
                return Outcome.KEPT
            if decision is Decision.REFUSE:
                changed = NotSaved(f"{path} changed in the bucket and in the cache")
                raise changed if both_changed and params.overwrite != "fail" else already_there(path)
        self.put_bucket(path, copy.content)
        self.cache[path] = replace(copy, taken=self._versions, changed=False)
        return Outcome.DONE


def _state(copy: Copy, blob: Blob | None) -> EntryState:
    if blob is None:
        return EntryState.DIRTY if copy.changed else EntryState.GONE
    if copy.changed:
        return EntryState.DIRTY if copy.taken == blob.version else EntryState.CONFLICT
    return EntryState.CACHED


def _directory(path: str, files: Sequence[Entry]) -> Entry:
    sums = Sums()
    for entry in files:
        sums.add(entry)
    return sums.entry(path)
