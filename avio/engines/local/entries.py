"""Entries from items: a file as it stands, a directory as the sums over its files.

Used in web and the job process. Stale bytes count as not cached, since they differ from the bucket's.
"""

from dataclasses import replace
from typing import Self

from avio.engines.base import Entry, EntryState
from avio.engines.local.freshness import Freshness
from avio.engines.local.merge import Item, Uniform
from avio.engines.sums import Sums, nowhere

NS_PER_SECOND = 1_000_000_000  # nanoseconds

CACHED, STALE, GONE = Freshness.CACHED, Freshness.STALE, Freshness.GONE


def file_entry(item: Item) -> Entry:
    """Return the entry of a file that is in the bucket, in the cache, or in both."""
    source, copy = item.source, item.copy
    token = source.token if source is not None else None
    if copy is None or item.freshness is None or item.freshness is Freshness.STALE:
        state = EntryState.REMOTE if copy is None else EntryState.STALE
        if source is None:
            return nowhere(item.path)
        return Entry(
            item.path,
            "file",
            source.size,
            source.mtime_ns / NS_PER_SECOND,
            state,
            0,
            {},
            True,
            files=1,
            files_cached=0,
            token=token,
        )
    state = item.freshness.state
    saved = state is EntryState.CACHED
    mtime_ns = source.mtime_ns if saved and source is not None else copy.mtime_ns
    tiers = {copy.tier.alias: copy.size}
    readable = saved or state is EntryState.DIRTY
    return Entry(
        item.path,
        "file",
        copy.size,
        mtime_ns / NS_PER_SECOND,
        state,
        copy.size,
        tiers,
        saved,
        files=1,
        files_cached=1,
        token=token,
        local_path=copy.tier.root.path + item.path if readable else None,
    )


class ItemSums(Sums):
    """Sums over items: a listing counts very many of them, and makes no entry for each."""

    __slots__ = ("conflicts", "root")

    def __init__(self) -> None:
        super().__init__()
        self.conflicts = 0
        self.root = ""  # the directory of the tier of any copy

    def include(self, other: Sums) -> None:
        """Add the sums of a directory inside this one."""
        super().include(other)
        if isinstance(other, ItemSums):
            self.conflicts += other.conflicts
            self.root = other.root or self.root

    def including(self, other: Sums) -> Self:
        """Add the sums of a directory inside this one. Return itself."""
        self.include(other)
        return self

    def entry(self, path: str) -> Entry:
        """Return the entry of the directory `path`, with its place on the tier that has all of its files."""
        made = super().entry(path)
        doubtful = self.stale or self.gone or self.conflicts
        if not made.in_cache or self.cached < self.files or doubtful or len(self.tiers) > 1:
            return made
        return replace(made, local_path=self.root + path if path != "/" else self.root)

    def add_item(self, item: Item) -> None:
        """Count one file; a mount's own item counts nothing."""
        _, source, copy, freshness = item
        if copy is None:
            if source is not None:
                self.files += 1
                self.size += source.size
            return
        self.files += 1
        if freshness is STALE and source is not None:
            self.stale += 1
            self.size += source.size
            return
        if freshness is GONE:
            self.gone += 1
        elif freshness is not CACHED:
            self.dirty += 1
            self.conflicts += freshness is Freshness.CONFLICT
        self.root = copy.tier.root.path
        tier, size = copy.tier, copy.size
        self.cached += 1
        self.touched += 1
        self.size += size
        self.tiers[tier.alias] = self.tiers.get(tier.alias, 0) + size

    def add_run(self, run: Uniform) -> None:
        """Count a whole run."""
        size = sum(file[1] for file in run.files)
        self.files += len(run.files)
        self.size += size
        if run.tier is None:
            return
        self.root = run.tier.root.path
        self.cached += len(run.files)
        self.touched += len(run.files)
        self.tiers[run.tier.alias] = self.tiers.get(run.tier.alias, 0) + size
