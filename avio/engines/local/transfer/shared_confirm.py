"""The check after a save that movers share: lists the objects again, and has movers look at the copies of those.

Runs in the job process. `mover_confirm` is the other side. What movers can't confirm, the job process looks at itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial

from avio.engines.alike import Alike
from avio.engines.base import Entry
from avio.engines.local.buckets.base import Source
from avio.engines.local.entries import NS_PER_SECOND
from avio.engines.local.mounts import Mounts
from avio.engines.local.transfer.listed_again import LISTED_FILES, list_again, source_of_saved
from avio.engines.local.transfer.saved_copies import SavedCopies
from avio.engines.local.transfer.seen_rows import CHANGED, cached_entry, is_confirmed
from avio.engines.movers.batches import Batch, batched
from avio.engines.movers.packets import Row
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.wire.params import Params

_Known = tuple[Entry, Source | None]  # a file, and its object if that is known


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

    def run(self, entries: Iterable[Entry]) -> Iterator[Sequence[Entry]]:
        """Yield each entry in its present state, in any order, some at a time."""
        batches = batched(self._with_objects(entries), self._batch)
        with closing(self._pool.spread("confirm", self._params, batches, self._run)) as spread:
            for batch, results in spread:
                yield from self._confirmed(batch, [row for row in results if is_confirmed(row)])
                for place, *found in [row for row in results if not is_confirmed(row)]:
                    self._doubt(batch.work[place][0], found)
                if len(self._doubtful) >= LISTED_FILES:
                    yield from self._looked_at()
        yield from self._looked_at()

    def _with_objects(self, entries: Iterable[Entry]) -> Iterator[_Known]:
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

    def _listed(self, entries: list[Entry]) -> Iterator[_Known]:
        """Yield the entries that a listing shows, as its pages come, then the others."""
        left = {entry.path: entry for entry in entries}
        for path, source in list_again(self._mounts, list(left)):
            if (entry := left.pop(path, None)) is not None:
                yield entry, source
        yield from ((entry, None) for entry in left.values())

    def _batch(self, some: list[_Known]) -> Batch:
        both = [each for each in some if each[1] is not None]
        if len(both) < len(some):
            self._doubtful += [entry for entry, source in some if source is None]
        return Batch([[entry.path, *source[1:]] for entry, source in both if source is not None], both)

    def _confirmed(self, batch: Batch, rows: list[Row]) -> Iterator[Sequence[Entry]]:
        """Yield the files of confirmed rows, tier by tier."""
        by_tier: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_tier[row[2]].append(row)
        for alike in by_tier.values():
            yield Alike(len(alike), sum([row[1] for row in alike]), partial(self._entry_at, batch, alike))

    def _entry_at(self, batch: Batch, rows: Sequence[Row], at: int) -> Entry:
        place, size, alias = rows[at]
        entry, source = batch.work[place]
        return cached_entry(entry.path, size, source.mtime_ns / NS_PER_SECOND, alias, source.token, self._roots)

    def _doubt(self, entry: Entry, found: Row) -> None:
        if found == [CHANGED]:
            self._copies.distrust(entry.path)
        self._doubtful.append(entry)

    def _looked_at(self) -> Iterator[Sequence[Entry]]:
        doubtful, self._doubtful = self._doubtful, []
        return ([entry] for entry in self._look(doubtful))
