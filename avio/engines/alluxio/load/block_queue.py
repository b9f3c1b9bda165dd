"""Files that are being loaded, their blocks, and the queue of blocks that wait for a worker.

Used in the job process. Opens nothing.
"""

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from avio.engines.alluxio.clients.status import Address, Block, Status
from avio.engines.alluxio.clients.worker import LoadBlock
from avio.engines.alluxio.load.adaptive_window import MAX_BLOCKS, AdaptiveWindow
from avio.engines.base import Entry


@dataclass(slots=True, eq=False)
class LoadingFile:
    """A file that is being loaded. `waiting` is the number of blocks (bytes in the fallbacks) without an answer.

    `come` are the bytes of its blocks that have come, as far as the run was told.
    """

    entry: Entry
    status: Status
    waiting: int = 0
    come: int = 0
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
    """Waiting blocks. The lanes of the workers take them, as their windows allow.

    `most` returns how many may be with workers at once, None: as many as the windows allow.
    """

    def __init__(self, most: Callable[[], int | None] = lambda: None) -> None:
        self._most = most
        self._with_workers = 0
        self._waiting: deque[BlockTask] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._open: set[AdaptiveWindow] = set()

    def know(self, window: AdaptiveWindow, free: int) -> None:
        """Take over that a worker is there, and has `free` bytes that nothing needs."""
        with self._changed:
            self._open.add(window)
            window.tell_free(free)
            self._changed.notify_all()

    def remember(self, window: AdaptiveWindow) -> None:
        """Take over that a lost worker is there again. Until the master answers, it has the free bytes of before."""
        with self._changed:
            self._open.add(window)
            self._changed.notify_all()

    def forget(self, window: AdaptiveWindow) -> None:
        """Take over that a worker is lost."""
        with self._changed:
            self._open.discard(window)
            self._changed.notify_all()

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
            blocks = min(window.blocks, self._free())
            while self._waiting and len(batch) < blocks and (len(batch) < share or size < SMALL_BYTES):
                length = self._waiting[0].block.length
                if size + length > window.call_bytes() or not window.admits(length, beside=size):
                    break
                batch.append(self._waiting.popleft())
                size += length
            window.begin(size)
            self._with_workers += len(batch)
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
            self._with_workers -= len(batch)
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
        if not self._waiting or self._free() <= 0:
            return False
        task = self._waiting[0]
        block = task.block.length
        # A block that another worker did not load may go to any.
        return window.admits(block) and (
            window.has_free(block) or task.tries > 1 or not self._fits_elsewhere(window, block)
        )

    def _fits_elsewhere(self, window: AdaptiveWindow, block: int) -> bool:
        """Return True if another worker takes a block without dropping anything: then none drops something for it."""
        return any(each.has_free(block) and each.has_room(block) for each in self._open if each is not window)

    def _free(self) -> int:
        """Return how many more blocks may be with workers."""
        most = self._most()
        return MAX_BLOCKS if most is None else most - self._with_workers
