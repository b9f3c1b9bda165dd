"""A save that movers share: hands the files out, and remembers what the movers learn of copies and stores.

Runs in the job process. `mover_save` is the other side.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing

from avio.engines.base import Entry, Moved
from avio.engines.local.recognition import Uploads
from avio.engines.movers.batches import Batch, in_batches
from avio.engines.movers.packets import Row, error_of
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.wire.params import Params
from avio.wire.results import OUTCOMES


class SharedSave:
    """One stream of files through the movers of `pool`. `remarks` gets what the stores can't do."""

    def __init__(self, uploads: Uploads, remarks: dict[str, None], params: Params, run: Run, pool: Pool) -> None:
        self._uploads = uploads
        self._remarks = remarks
        self._params = params
        self._run = run
        self._pool = pool

    def run(self, entries: Iterable[Entry | None]) -> Iterator[Moved]:
        """Yield the outcome of each entry. None in `entries`: none is there now."""
        batches = in_batches(entries, _row, lambda entry: entry.size or 0)
        with closing(self._pool.spread("save", self._params, batches, self._run, self._late)) as spread:
            for batch, results in spread:
                yield from [self._moved(batch, result) for result in results]

    def _late(self, batch: Batch, results: list[Row]) -> None:
        """Remember uploads whose outcome nobody waits for."""
        for result in results:
            self._moved(batch, result)

    def _moved(self, batch: Batch, result: Row) -> Moved:
        place, outcome, size, tier, tries, error, uploads, remarks = result
        self._uploads.add_all(uploads)
        self._remarks.update(dict.fromkeys(remarks))
        return Moved(batch.work[place], OUTCOMES[outcome], size, tier, tries, error_of(error) if error else None)


def _row(entry: Entry) -> Row:
    return [entry.path, entry.size, entry.modified, entry.state, entry.token]
