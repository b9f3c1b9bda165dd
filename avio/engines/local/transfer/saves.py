"""The saves of the engine: shared with movers, or in this process where there are none.

Used in the job process and in its movers.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence

from avio.engines.base import Entry, Moved
from avio.engines.local.buckets.multiput import MultiPut
from avio.engines.local.capacity import Capacity
from avio.engines.local.followed import FollowedTiers
from avio.engines.local.mounts import Mounts
from avio.engines.local.recognition import Uploads
from avio.engines.local.tiers import Tiers
from avio.engines.local.transfer.bulk_upload import BulkUpload
from avio.engines.local.transfer.entry_supply import EntrySupply, IterSupply
from avio.engines.local.transfer.outgoing import Outgoing, OutgoingFiles
from avio.engines.local.transfer.saved_copies import SavedCopies
from avio.engines.local.transfer.sent import Sent
from avio.engines.local.transfer.shared_save import SharedSave
from avio.engines.local.transfer.upload import Upload
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.wire.params import FOLLOW, Params


class Saves:
    """Brings cached files into their buckets. Connections are kept from one call to the next."""

    def __init__(self, mounts: Mounts, tiers: Tiers, capacity: Capacity, uploads: Uploads, sent: Sent) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._capacity = capacity
        self._uploads = uploads
        self._sent = sent
        self._puts: MultiPut[Outgoing] = MultiPut()
        self._of_movers: dict[str, None] = {}

    def close(self) -> None:
        """Close the connections."""
        self._puts.close()

    def remarks(self) -> list[str]:
        """Return what the stores can't do, as far as saves have met it."""
        return list(dict.fromkeys([*self._of_movers, *self._mounts.remarks()]))

    def run(
        self, entries: Iterable[Entry | None], params: Params, run: Run, pool: Pool | None
    ) -> Generator[Sequence[Moved], None, None]:
        """Yield the outcome of each entry, some at a time, and remove what the attempt leaves."""
        try:
            if pool is not None:
                yield from SharedSave(self._uploads, self._of_movers, params, run, pool).run(entries)
            else:
                yield from self.move(IterSupply(entries), params, run)
        finally:
            self._upload(params, run).finish()

    def move(self, supply: EntrySupply, params: Params, run: Run) -> Iterator[Sequence[Moved]]:
        """Upload in this process. Yield the outcome of each file, some at a time."""
        upload = self._upload(params, run)
        outgoing = OutgoingFiles(self._mounts, self.tiers_of(params), self._uploads, params)
        with self._tiers.holding():
            bulk = BulkUpload(self._mounts, upload, outgoing, self._puts, self._sent, run)
            yield from bulk.run(supply)

    def copies(self, params: Params) -> SavedCopies:
        """Return what tells of copies, after their save, whether they are their objects."""
        return SavedCopies(self._mounts, self.tiers_of(params), self._uploads, self._sent)

    def tiers_of(self, params: Params) -> Tiers:
        """Return the tiers as a save with `params` sees them."""
        return FollowedTiers(self._tiers, self._mounts) if params.symlinks == FOLLOW else self._tiers

    def _upload(self, params: Params, run: Run) -> Upload:
        return Upload(self._mounts, self.tiers_of(params), self._capacity, self._uploads, params, run)
