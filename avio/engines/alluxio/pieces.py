"""What is on its way into the cache: files, their blocks, and the queue of blocks that wait for a worker.

Used in the job process. Opens nothing.
"""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from avio.engines.alluxio.status import Address, Block, Status
from avio.engines.alluxio.windows import Window
from avio.engines.alluxio.worker import LoadBlock
from avio.engines.base import Entry


@dataclass(slots=True, eq=False)
class Arriving:
    """A file that is being loaded. `waiting` blocks, or bytes on the ways round, are not answered for yet."""

    entry: Entry
    status: Status
    waiting: int = 0
    tries: int = 1
    error: Exception | None = None
    holders: dict[int, Address] = field(default_factory=dict)  # blocks that a worker said it has already
    looks: int = 0  # how often the master was asked since the last try
    again: Sequence[Block] = ()  # blocks that are to be loaded once more


@dataclass(slots=True, eq=False)
class Piece:
    """A block to load, of a file."""

    block: LoadBlock
    owner: Arriving
    tries: int = 1


SMALL = 1 << 20  # bytes that are not worth sharing


class Pieces:
    """Blocks that wait, taken by the lanes of the workers as their windows allow."""

    def __init__(self) -> None:
        self._waiting: deque[Piece] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, pieces: Iterable[Piece], *, first: bool = False) -> None:
        """Add pieces at the end, or before all others."""
        with self._changed:
            if first:
                self._waiting.extendleft(reversed(list(pieces)))
            else:
                self._waiting.extend(pieces)
            self._changed.notify_all()

    def take(self, window: Window, takers: int, patience: float) -> Sequence[Piece]:
        """Return what the next call of a worker carries, and count it in its window; nothing when there is no work.

        The last pieces are shared among the `takers`, so that no worker idles while another has all of them.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._fits(window), patience)
            if self._closed or not self._fits(window):
                return ()
            share = -(-len(self._waiting) // takers)
            batch = [self._waiting.popleft()]
            size = batch[0].block.length
            while self._waiting and len(batch) < window.blocks and (len(batch) < share or size < SMALL):
                length = self._waiting[0].block.length
                if size + length > window.call_bytes() or not window.admits(size + length):
                    break
                batch.append(self._waiting.popleft())
                size += length
            window.begin(size)
            return batch

    def done(self, window: Window, batch: Sequence[Piece], seconds: float | None, *, refused: bool = False) -> None:
        """A call ended; `seconds` is how long it took if all went well."""
        with self._changed:
            window.end(sum(piece.block.length for piece in batch))
            if refused:
                window.was_refused()
            elif seconds is not None:
                window.went_well(seconds)
            self._changed.notify_all()

    def take_all(self) -> list[Piece]:
        """Return all that wait: nobody is left to load them."""
        with self._changed:
            rest = list(self._waiting)
            self._waiting.clear()
            return rest

    def close(self) -> None:
        """Give out nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Tell whether nothing is given out any more."""
        return self._closed

    def __len__(self) -> int:
        return len(self._waiting)

    def _fits(self, window: Window) -> bool:
        return bool(self._waiting) and window.admits(self._waiting[0].block.length)
