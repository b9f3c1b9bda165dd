"""The preloads of the engine: shared with movers, or in this process where there are none.

Used in the job process.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain

from avio.engines.base import Entry, Moved, present
from avio.engines.local.admissions import Admissions
from avio.engines.local.capacity import Capacity
from avio.engines.local.claims import Claims
from avio.engines.local.mounts import Mounts
from avio.engines.local.owner_watch import OwnerWatch
from avio.engines.local.scratch import Scratch
from avio.engines.local.tiers import Tiers
from avio.engines.local.transfer.bulk_download import BulkDownload
from avio.engines.local.transfer.claimed_files import ClaimedFiles, WaitsFor
from avio.engines.local.transfer.download import Download
from avio.engines.local.transfer.entry_supply import IterSupply
from avio.engines.local.transfer.file_room import PromisedRoom
from avio.engines.local.transfer.mover_spread import MoverSpread
from avio.engines.local.transfer.placed import Placed
from avio.engines.local.transfer.shared_preload import SharedPreload
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.wire.params import Params


class Preloads:
    """Brings files into the tiers."""

    def __init__(
        self, mounts: Mounts, tiers: Tiers, capacity: Capacity, admissions: Admissions, placed: Placed
    ) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._capacity = capacity
        self._admissions = admissions
        self._placed = placed

    def run(
        self, entries: Iterable[Entry | None], params: Params, run: Run, pool: Pool | None, waits_for: WaitsFor
    ) -> Generator[Sequence[Moved], None, None]:
        """Yield the outcome of each entry, some at a time, and remove what the attempt leaves in the tiers."""
        entries = iter(entries)
        first = next(present(entries), None)  # waits until the files are admitted
        if first is None:
            return
        entries = chain([first], entries)
        claims = Claims(self._tiers, run.name)
        claimed = ClaimedFiles(claims, OwnerWatch(self._tiers), run, waits_for)
        try:
            with self._admissions.promises(params) as promises:
                here = partial(self._here, claimed=claimed, room=PromisedRoom(promises, run), params=params, run=run)
                if pool is not None:
                    spread = MoverSpread(pool, params, run)
                    alone = partial(here, spread=spread)
                    try:
                        yield from SharedPreload(promises, params, run, pool, alone, claimed).run(entries)
                    finally:
                        spread.close()
                else:
                    yield from here(entries)
        except BaseException:
            for tier in self._tiers.own:  # what is in place, and was not told of any more
                self._capacity.distrust(tier)
            raise
        finally:
            claims.close()
            for tier in self._tiers:
                Scratch(tier.root, run.name).remove()
                self._capacity.visit(tier)

    def _here(
        self,
        entries: Iterable[Entry | None],
        claimed: ClaimedFiles,
        room: PromisedRoom,
        params: Params,
        run: Run,
        spread: MoverSpread | None = None,
    ) -> Iterator[Sequence[Moved]]:
        download = Download(self._mounts, self._tiers, self._capacity, room, self._placed, params, run, spread)
        with self._tiers.holding():
            files = IterSupply(claimed.of(entries))
            with closing(BulkDownload(self._mounts, download, run).run(files)) as runs:
                yield from map(claimed.ended, runs)
