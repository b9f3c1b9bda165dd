"""What the local engine does in a mover after a save: looks whether copies are the objects that the job process lists.

Runs in a mover process. The rows and results are those of `shared_confirm`.
"""

from typing import Any

from avio.engines.local.buckets.base import Source
from avio.engines.local.mounts import Mounts
from avio.engines.local.transfer.saved_copies import SavedCopies
from avio.engines.local.transfer.seen_rows import CHANGED
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import Row
from avio.engines.movers.supply import Supply

IDLE_SECONDS = 0.05


def confirm(mounts: Mounts, copies: SavedCopies, supply: Supply, outbox: Outbox, run: MoverRun) -> None:
    """Send size and tier of each copy of `supply` that is its object; of the others only that they were changed."""
    while not supply.ended and not run.stopping():
        for batch, place, row, _ in supply.take_all(IDLE_SECONDS):
            outbox.add(batch, [place, *_found(mounts, copies, *row)])
        run.checked(0)


def _found(mounts: Mounts, copies: SavedCopies, path: str, *version: Any) -> Row:
    copy = copies.find(path, Source(mounts.find(path).key(path), *version))
    if copy is not None:
        return [copy.size, copy.tier.alias]
    return [CHANGED] if copies.was_changed(path) else []
