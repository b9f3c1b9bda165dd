"""The check after a save that movers share: lists the objects again, and has movers look at the copies of those.

Runs in the job process. `mover_confirm` is the other side. What movers can't confirm, the job process looks at itself.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing

from avio.engines.base import Entry
from avio.engines.local.buckets.base import Source
from avio.engines.local.entries import NS_PER_SECOND
from avio.engines.local.mounts import Mounts
from avio.engines.local.transfer.listed_again import LISTED_FILES, list_again, source_of_saved
from avio.engines.local.transfer.saved_copies import SavedCopies
from avio.engines.local.transfer.seen_rows import CHANGED, cached_entry
from avio.engines.movers.batches import in_batches
from avio.engines.movers.packets import Row
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.wire.params import Params


class SharedConfirm:
    """The check of one round. `look` yields the present state of files that movers can't confirm.

    `roots` are the directories of the tiers by their aliases.
    """

    def __init__(
        self,
        mounts: Mounts,
        roots: Mapping[str, str],
        copies: SavedCopies,
        params: Params,
        run: Run,
        pool: Pool,
        look: Callable[[Iterable[Entry]], Iterator[Entry]],
    ) -> None:
        self._mounts = mounts
        self._roots = roots
        self._copies = copies
        self._params = params
        self._run = run
        self._pool = pool
        self._look = look
        self._doubtful: list[Entry] = []

    def run(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield each entry in its present state, in any order."""
        batches = in_batches(self._with_objects(entries), self._row)
        with closing(self._pool.spread("confirm", self._params, batches, self._run)) as spread:
            for batch, results in spread:
                for place, *found in results:
                    entry, source = batch.work[place]
                    if len(found) == 2:
                        yield self._confirmed(entry.path, source, *found)
                    else:
                        self._doubt(entry, found)
                if len(self._doubtful) >= LISTED_FILES:
                    yield from self._looked_at()
        yield from self._looked_at()

    def _with_objects(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, Source | None]]:
        """Yield each entry with its object: of its token if it was saved before, or as a new listing shows it."""
        waiting: list[Entry] = []
        for entry in entries:
            source = source_of_saved(self._mounts, entry)
            if source is not None:
                yield entry, source
                continue
            waiting.append(entry)
            if len(waiting) == LISTED_FILES:
                yield from self._listed(waiting)
                waiting = []
        yield from self._listed(waiting)

    def _listed(self, entries: list[Entry]) -> Iterator[tuple[Entry, Source | None]]:
        """Yield the entries that a listing shows, as its pages come, then the others."""
        left = {entry.path: entry for entry in entries}
        for path, source in list_again(self._mounts, list(left)):
            if (entry := left.pop(path, None)) is not None:
                yield entry, source
        yield from ((entry, None) for entry in left.values())

    def _row(self, work: tuple[Entry, Source | None]) -> Row | None:
        entry, source = work
        if source is not None:
            return [entry.path, *source[1:]]
        self._doubtful.append(entry)
        return None

    def _confirmed(self, path: str, source: Source, size: int, alias: str) -> Entry:
        return cached_entry(path, size, source.mtime_ns / NS_PER_SECOND, alias, source.token, self._roots)

    def _doubt(self, entry: Entry, found: Row) -> None:
        if found == [CHANGED]:
            self._copies.distrust(entry.path)
        self._doubtful.append(entry)

    def _looked_at(self) -> Iterator[Entry]:
        doubtful, self._doubtful = self._doubtful, []
        return self._look(doubtful)
