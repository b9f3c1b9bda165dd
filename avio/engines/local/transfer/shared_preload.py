"""A preload that movers share: reserves room for the files, hands the files out, ends the reservations.

Runs in the job process. `mover_tasks` is the other side.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing

from avio.engines.base import Entry, Moved, bytes_moved
from avio.engines.local.capacity import Reservation
from avio.engines.local.promises import Promises
from avio.engines.local.transfer.claimed_files import ClaimedFiles
from avio.engines.local.transfer.file_room import PromisedRoom
from avio.engines.local.transfer.moved_rows import all_arrived, is_as_planned, other_outcome
from avio.engines.local.transfer.mover_spread import worth_it
from avio.engines.movers.batches import Batch, batched
from avio.engines.movers.packets import Row
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.errors import CacheFull
from avio.wire.params import Params
from avio.wire.results import Outcome

HELD_EACH = 2  # very large files of one mover that wait until all movers are free; of more, each goes to one mover

Alone = Callable[[Iterable[Entry]], Iterator[Sequence[Moved]]]


class SharedPreload:
    """One stream of files through the movers of `pool`. `alone` brings files that each get all movers."""

    def __init__(
        self, promises: Promises, params: Params, run: Run, pool: Pool, alone: Alone, claimed: ClaimedFiles
    ) -> None:
        self._alone = alone
        self._claimed = claimed
        self._held: list[Entry] = []
        self._promises = promises
        self._room = PromisedRoom(promises, run)
        self._params = params
        self._run = run
        self._pool = pool
        self._refused: list[Moved] = []
        self._reserved: dict[str, Reservation] = {}

    def run(self, entries: Iterable[Entry | None]) -> Iterator[Sequence[Moved]]:
        """Yield the outcome of each entry, some at a time. None in `entries`: none is there now."""
        files = self._claimed.of(entry for entry in entries if entry is None or not self._holds(entry))
        batches = batched(files, self._batch, lambda entry: entry.size or 0)
        try:
            with closing(self._pool.spread("preload", self._params, batches, self._run, self._outcomes)) as spread:
                for batch, results in spread:
                    yield self._outcomes(batch, results)
                    yield self._take_refused()
            yield self._take_refused()
            if self._held:
                yield from self._alone(self._held)
        finally:
            for reserved in set(self._reserved.values()):
                reserved.end(kept=False)

    def _batch(self, files: list[Entry]) -> Batch:
        """Reserve room for files. Return the batch of those that have it."""
        size = sum([entry.size or 0 for entry in files])
        for_all = self._room.reserve_all(size)
        if for_all is not None:
            self._reserved.update(dict.fromkeys([entry.path for entry in files], for_all))
        else:
            files = [entry for entry in files if self._reserve(entry)]
        left, reserved = self._promises.left, self._reserved
        rows = [
            [entry.path, entry.size or 0, entry.token, reserved[entry.path].tier.alias, entry.state, left]
            for entry in files
        ]
        return Batch(rows, files, size)

    def _holds(self, entry: Entry) -> bool:
        """Return True if a file is so large that it waits until all movers are free."""
        size = entry.size or 0
        if not worth_it(size, self._pool) or len(self._held) >= HELD_EACH * self._pool.most or not entry.token:
            return False
        self._held.append(entry)
        return True

    def _reserve(self, entry: Entry) -> bool:
        """Reserve room for a file. Return False if there is none, and the order takes what fits."""
        try:
            self._reserved[entry.path] = self._room.reserve(entry, entry.size or 0)
        except CacheFull as error:
            if self._params.if_full != "partial":
                raise
            self._refused.append(Moved(entry, Outcome.FAILED, error=error))
            return False
        return True

    def _take_refused(self) -> Sequence[Moved]:
        refused, self._refused = self._refused, []
        return self._claimed.ended(refused)

    def _outcomes(self, batch: Batch, results: list[Row]) -> Sequence[Moved]:
        """Return the outcomes that `results` tell, and end the reservations: files in place take room.

        All reservations first: nobody may wait for the outcomes any more.
        """
        moved = all_arrived([row for row in results if is_as_planned(row)], batch.rows, batch.work)
        kept: dict[Reservation, int] = defaultdict(int)
        for each in moved:
            kept[self._reserved.pop(each.entry.path)] += each.bytes
        for reserved, size in kept.items():
            reserved.end_part(size, kept=True)
        if len(moved) < len(results):
            moved += [self._other(batch, row) for row in results if not is_as_planned(row)]
        batch.settle(bytes_moved(moved))
        return self._claimed.ended(moved)

    def _other(self, batch: Batch, row: Row) -> Moved:
        entry: Entry = batch.work[row[0]]
        moved, as_reserved = other_outcome(row, entry)
        # A file that a dead mover had put in place is found there.
        is_there = moved.outcome is Outcome.DONE or (batch.again and moved.outcome is Outcome.SKIPPED)
        self._reserved.pop(entry.path).end_part(entry.size or 0, kept=is_there and as_reserved)
        return moved
