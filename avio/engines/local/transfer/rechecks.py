"""The checks of the engine after the last byte: shared with movers, or in this process where there are none.

Used in the job process.
"""

from collections.abc import Iterable, Iterator, Sequence

from avio.engines.base import Entry
from avio.engines.left_out import Unchecked
from avio.engines.local.capacity import Capacity
from avio.engines.local.mounts import Mounts
from avio.engines.local.recognition import Uploads
from avio.engines.local.tiers import Tiers
from avio.engines.local.transfer.placed import Placed
from avio.engines.local.transfer.recheck import Recheck
from avio.engines.local.transfer.saves import Saves
from avio.engines.local.transfer.shared_confirm import SharedConfirm
from avio.engines.local.transfer.shared_recheck import SharedRecheck
from avio.engines.movers.pool import Pool
from avio.engines.run import Run
from avio.wire.params import CHECKSUM, Params


class Rechecks:
    """Asks for the present state of files."""

    def __init__(
        self, mounts: Mounts, tiers: Tiers, capacity: Capacity, uploads: Uploads, placed: Placed, saves: Saves
    ) -> None:
        self._mounts = mounts
        self._tiers = tiers
        self._capacity = capacity
        self._uploads = uploads
        self._placed = placed
        self._saves = saves

    def run(
        self,
        entries: Iterable[Entry],
        params: Params,
        run: Run,
        unchecked: Unchecked,
        pool: Pool | None,
        *,
        original: bool,
    ) -> Iterator[Sequence[Entry]]:
        """Yield each entry as it stands now, some at a time; after a save, that of the `original` copy."""
        roots = {tier.alias: tier.root.path for tier in self._tiers}
        if pool is not None and not original:
            yield from SharedRecheck(roots, params, run, pool, unchecked).run(entries)
            return
        with self._tiers.holding():
            copies = self._saves.copies(params)
            check = Recheck(
                self._mounts,
                self._saves.tiers_of(params) if original else self._tiers,
                self._capacity,
                self._uploads,
                self._placed,
                copies,
                params,
                run,
                unchecked,
                original=original,
            )
            if pool is None or params.verify == CHECKSUM:
                yield from ([entry] for entry in check.run(entries))
            else:
                yield from SharedConfirm(self._mounts, roots, copies, params, run, pool, check.run).run(entries)
