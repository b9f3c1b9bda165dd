"""A check after the last byte that movers share: hands the files out, and returns what the movers found.

Runs in the job process. `mover_tasks` is the other side.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from avio.engines.alike import Alike
from avio.engines.base import Entry
from avio.engines.left_out import Unchecked
from avio.engines.local.transfer.seen_rows import UNCHECKED, entry_of, size_of_placed, tier_of_placed
from avio.engines.movers.batches import Batch, batched
from avio.engines.movers.packets import Row, error_of
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.engines.sums import nowhere
from avio.wire.params import Params


def _batch(entries: list[Entry]) -> Batch:
    return Batch([[entry.path, entry.token] for entry in entries], entries)


class SharedRecheck:
    """The checks of one round. `roots` are the directories of the tiers by their aliases."""

    def __init__(self, roots: Mapping[str, str], params: Params, run: Run, pool: Pool, unchecked: Unchecked) -> None:
        self._roots = roots
        self._params = params
        self._run = run
        self._pool = pool
        self._unchecked = unchecked

    def run(self, entries: Iterable[Entry]) -> Iterator[Sequence[Entry]]:
        """Yield each entry in its present state, in any order, some at a time."""
        batches = batched(entries, _batch)
        for batch, results in self._pool.spread("recheck", self._params, batches, self._run):
            by_tier: dict[str, list[Row]] = defaultdict(list)
            for row in results:
                by_tier[tier_of_placed(row)].append(row)
            others = by_tier.pop("", [])
            for rows in by_tier.values():
                yield Alike(len(rows), size_of_placed(rows), partial(self._entry_at, batch, rows))
            if others:
                yield [self._entry(batch.work[place], row) for place, *row in others]

    def _entry_at(self, batch: Batch, rows: Sequence[Row], at: int) -> Entry:
        place, *row = rows[at]
        return self._entry(batch.work[place], row)

    def _entry(self, asked: Entry, row: Row) -> Entry:
        if row[0] != UNCHECKED:
            return entry_of(asked, row, self._roots)
        self._unchecked(asked.path, error_of(row[1]))
        return nowhere(asked.path)
