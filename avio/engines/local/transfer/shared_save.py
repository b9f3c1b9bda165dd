"""A save that movers share: hands the files out, and remembers what the movers learn of copies and stores.

Runs in the job process. `mover_save` is the other side.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

from avio.engines.base import Entry, Moved, bytes_moved
from avio.engines.local.recognition import Uploads
from avio.engines.local.transfer.saved_rows import all_sent, is_as_sent, other_outcome, to_save
from avio.engines.movers.batches import Batch, batched
from avio.engines.movers.packets import Row
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.wire.params import Params


class SharedSave:
    """One stream of files through the movers of `pool`. `remarks` gets what the stores can't do."""

    def __init__(self, uploads: Uploads, remarks: dict[str, None], params: Params, run: Run, pool: Pool) -> None:
        self._uploads = uploads
        self._remarks = remarks
        self._params = params
        self._run = run
        self._pool = pool

    def run(self, entries: Iterable[Entry | None]) -> Iterator[Sequence[Moved]]:
        """Yield the outcome of each entry, some at a time. None in `entries`: none is there now."""
        batches = batched(entries, _batch, lambda entry: entry.size or 0)
        with closing(self._pool.spread("save", self._params, batches, self._run, self._outcomes)) as spread:
            for batch, results in spread:
                yield self._outcomes(batch, results)

    def _outcomes(self, batch: Batch, results: list[Row]) -> Sequence[Moved]:
        """Return the outcomes that `results` tell, and remember the uploads: also those for which nobody waits."""
        moved = all_sent([row for row in results if is_as_sent(row)], batch.rows, batch.work)
        if len(moved) < len(results):
            moved += [self._other(batch, row) for row in results if not is_as_sent(row)]
        batch.settle(bytes_moved(moved))
        return moved

    def _other(self, batch: Batch, row: Row) -> Moved:
        moved, uploads, remarks = other_outcome(row, batch.work[row[0]])
        self._uploads.add_all(uploads)
        self._remarks.update(dict.fromkeys(remarks))
        return moved


def _batch(entries: list[Entry]) -> Batch:
    return Batch([to_save(entry) for entry in entries], entries, sum([entry.size or 0 for entry in entries]))
