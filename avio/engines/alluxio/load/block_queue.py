"""Files that are being loaded, their blocks, and the queue of blocks that wait for a worker.

Used in the job process. Opens nothing.
"""

import threading
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from avio.engines.alluxio.clients.status import Address, Block, Status
from avio.engines.alluxio.clients.worker import LoadBlock
from avio.engines.alluxio.load.adaptive_window import AdaptiveWindow
from avio.engines.base import Entry


@dataclass(slots=True, eq=False)
class LoadingFile:
    """A file that is being loaded. `waiting` is the number of blocks (bytes in the fallbacks) without an answer."""

    entry: Entry
    status: Status
    waiting: int = 0
    tries: int = 1
    error: Exception | None = None
    holders: dict[int, Address] = field(default_factory=dict)  # blocks that a worker reported as cached already
    looks: int = 0  # number of checks with the master since the last try
    to_reload: Sequence[Block] = ()  # blocks to load again


@dataclass(slots=True, eq=False)
class BlockTask:
    """A block to load, and its file."""

    block: LoadBlock
    file: LoadingFile
    tries: int = 1


SMALL_BYTES = 1 << 20  # fewer bytes are not shared


class BlockQueue:
    """Waiting blocks. The lanes of the workers take them, as their windows allow."""

    def __init__(self) -> None:
        self._waiting: deque[BlockTask] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, tasks: Iterable[BlockTask], *, first: bool = False) -> None:
        """Add blocks at the end, or before all others."""
        with self._changed:
            if first:
                self._waiting.extendleft(reversed(list(tasks)))
            else:
                self._waiting.extend(tasks)
            self._changed.notify_all()

    def take(self, window: AdaptiveWindow, takers: int, patience: float) -> Sequence[BlockTask]:
        """Return the blocks of a worker's next call, and count them in its window. Empty if there is no work.

        The last blocks are shared among the `takers`, so that no worker idles while another has all of them.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._fits(window), patience)
            if self._closed or not self._fits(window):
                return ()
            share = -(-len(self._waiting) // takers)
            batch = [self._waiting.popleft()]
            size = batch[0].block.length
            while self._waiting and len(batch) < window.blocks and (len(batch) < share or size < SMALL_BYTES):
                length = self._waiting[0].block.length
                if size + length > window.call_bytes() or not window.admits(length, beside=size):
                    break
                batch.append(self._waiting.popleft())
                size += length
            window.begin(size)
            return batch

    def done(
        self,
        window: AdaptiveWindow,
        batch: Sequence[BlockTask],
        seconds: float | None,
        *,
        missed: int = 0,
        refused: bool = False,
    ) -> None:
        """A call ended. `seconds` is its duration if it succeeded; `missed` of its bytes were not loaded."""
        with self._changed:
            window.end(sum(task.block.length for task in batch), missed)
            if refused:
                window.was_refused()
            elif seconds is not None:
                window.went_well(seconds)
            self._changed.notify_all()

    def take_unfit(self, windows: Collection[AdaptiveWindow]) -> list[BlockTask]:
        """Return the next blocks for which none of `windows` has room, now that none waits for a call."""
        unfit: list[BlockTask] = []
        with self._changed:
            while self._waiting and all(window.idle for window in windows):
                size = self._waiting[0].block.length
                if any(window.has_room(size) for window in windows):
                    break
                unfit.append(self._waiting.popleft())
        return unfit

    def take_all(self) -> list[BlockTask]:
        """Return all waiting blocks, since no worker is left."""
        with self._changed:
            rest = list(self._waiting)
            self._waiting.clear()
            return rest

    def close(self) -> None:
        """Give out no more blocks."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Return True if the queue gives out no more blocks."""
        return self._closed

    def __len__(self) -> int:
        return len(self._waiting)

    def _fits(self, window: AdaptiveWindow) -> bool:
        return bool(self._waiting) and window.admits(self._waiting[0].block.length)
