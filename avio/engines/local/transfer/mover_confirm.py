"""What the local engine does in a mover after a save: looks whether copies are the objects that the job process lists.

Runs in a mover process. The rows and results are those of `shared_confirm`.
"""

from collections.abc import Iterator

from avio.engines.local.buckets.base import Source
from avio.engines.local.mounts import Mounts
from avio.engines.local.transfer.saved_copies import SavedCopies
from avio.engines.local.transfer.seen_rows import CHANGED, confirmed
from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import Row
from avio.engines.movers.supply import Piece, Supply

IDLE_SECONDS = 0.05

new = tuple.__new__


def confirm(mounts: Mounts, copies: SavedCopies, supply: Supply, outbox: Outbox, run: MoverRun) -> None:
    """Send size and tier of each copy of `supply` that is its object; of the others only that they were changed."""
    while not supply.ended and not run.stopping():
        outbox.add_all(_found(mounts, copies, supply.take_all(IDLE_SECONDS)))
        run.checked(0)


def _found(mounts: Mounts, copies: SavedCopies, pieces: list[Piece]) -> Iterator[tuple[int, Row]]:
    for batch, place, (path, size, mtime_ns, etag), _ in pieces:
        copy = copies.find(path, new(Source, (mounts.find(path).key(path), size, mtime_ns, etag)))
        if copy is not None:
            yield batch, confirmed(place, copy)
        else:
            yield batch, [place, CHANGED] if copies.was_changed(path) else [place]
