"""Asks afresh how files stand: the cached copy by a look at the disk, the bucket only where something differs.

Used in the job process, after the last byte of a job.
"""

import logging
from collections.abc import Callable, Iterable, Iterator

from avio.engines.base import Entry, MoveOptions, Run
from avio.engines.local.buckets.base import Source
from avio.engines.local.errors import tier_errors
from avio.engines.local.freshness import Freshness
from avio.engines.local.merging import Item
from avio.engines.local.mounts import Mounts
from avio.engines.local.sums import file_entry
from avio.engines.local.tiers import Tiers, best_of
from avio.engines.local.transfer import in_threads, persist
from avio.errors import EngineError, Gone

BATCH = 16  # files a thread that the bucket is asked for at a time

log = logging.getLogger(__name__)


def look(mounts: Mounts, tiers: Tiers, path: str, token: str | None = None) -> Item:
    """Return the file `path` as it stands now, with the source of `token`, or with the bucket's where there is none."""
    mount = mounts.find(path)
    key = mount.key(path)
    source = Source.of_token(key, token) if token else mount.bucket.head(key)
    copies = tiers.copies(path)
    return Item(path, source, *best_of(path, source, copies)) if copies else Item(path, source)


class Check:
    """The checks of one attempt."""

    def __init__(self, mounts: Mounts, tiers: Tiers, options: MoveOptions, run: Run) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._options = options
        self._run = run

    def __call__(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield each entry as it stands now, in any order."""
        if self._options.verify == "checksum":
            yield from self._in_threads(entries, self._read_back)
            return
        differing: list[Entry] = []
        for entry in entries:
            if self._run.stopping():
                return
            item = look(self._mounts, self._tiers, entry.path, entry.token) if entry.token else None
            if item is not None and item.freshness is Freshness.CACHED:
                yield file_entry(item)
                continue
            differing.append(entry)
            if len(differing) == BATCH * self._options.threads:
                yield from self._in_threads(differing, self._look_at_both)
                differing = []
        if differing:
            yield from self._in_threads(differing, self._look_at_both)

    def _in_threads(self, entries: Iterable[Entry], work: Callable[[Entry], Entry]) -> Iterator[Entry]:
        def checked(entry: Entry) -> Entry:
            result, _ = persist(work, entry, self._run)
            if isinstance(result, EngineError):
                raise result
            return result

        return in_threads(entries, checked, self._options.threads, self._run)

    def _look_at_both(self, entry: Entry) -> Entry:
        return file_entry(look(self._mounts, self._tiers, entry.path))

    def _read_back(self, entry: Entry) -> Entry:
        """Compare the cached bytes too. A copy that looks clean but is not what the bucket holds is dropped."""
        item = look(self._mounts, self._tiers, entry.path)
        if item.copy is None or item.source is None or item.freshness is not Freshness.CACHED:
            return file_entry(item)
        mount = self._mounts.find(entry.path)
        tier = item.copy.tier
        try:
            with tier_errors(f"tier {tier.alias}: {entry.path}"), tier.opened(entry.path) as fd:
                same = mount.bucket.same(item.source, fd, self._run)
        except Gone:
            return self._look_at_both(entry)
        if same:
            return file_entry(item)
        log.warning("a cached file was damaged and is dropped", extra={"path": entry.path, "tier": tier.alias})
        self._tiers.drop(entry.path, [item.copy])
        return file_entry(Item(entry.path, item.source))
