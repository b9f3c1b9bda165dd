"""One mover as the job process sees it: its socket, the batches that it has, and whether it takes another.

Runs in the job process, in its main thread.
"""

import fcntl
import socket
import struct
import termios

from avio.engines.movers.batches import Batch
from avio.engines.movers.packets import PACKET_BYTES
from avio.engines.movers.page import Page, Shown

BATCHES_AHEAD = 2  # that a mover has at a time at least: it never waits for the next one
# Rows that it may have for each that it wants under way: it tells of results some at a time, and others must come
# meanwhile. More than BATCHES_AHEAD it gets only while it reads them: a socket must have room for the next packet.
ROWS_EACH = 2
UNREAD_BYTES = 2 * PACKET_BYTES
GROW_BYTES = 64 << 20


class Mover:
    """The mover at `place` of `page`, by its socket."""

    def __init__(self, page: Page, place: int, sock: socket.socket) -> None:
        self.place = place
        self.sock = sock
        self.batches: dict[int, Batch] = {}
        self.rows = 0  # without a result
        self.task = 0
        self.shown = Shown()
        self.held = 0  # bytes that came of files without a result
        self.waits = False  # for a store
        self._page = page
        sock.setblocking(False)

    @property
    def has_room(self) -> bool:
        """True if it takes another batch."""
        if len(self.batches) < BATCHES_AHEAD:
            return True
        wants_more = self.rows < ROWS_EACH * self._page.wanted(self.place)
        return wants_more and not self.has_much and self._unread() <= UNREAD_BYTES

    @property
    def has_much(self) -> bool:
        """True if its batches take long, so that one more mover is worth its start."""
        return sum(batch.size for batch in self.batches.values()) >= GROW_BYTES

    def take(self, number: int, batch: Batch) -> None:
        """Note that it has `batch`."""
        self.batches[number] = batch
        batch.settle = self.settle
        self.rows += len(batch.open)

    def done(self, number: int, places: set[int]) -> Batch:
        """Note that the rows at `places` of a batch have a result. Return the batch, whose end it may be."""
        batch = self.batches[number]
        self.rows -= len(batch.open & places)
        batch.open -= places
        if not batch.open:
            del self.batches[number]
        return batch

    def settle(self, size: int) -> None:
        """Note that `size` of the bytes that it holds are of files with a result."""
        self.held -= size

    def _unread(self) -> int:
        """Return how many bytes of its socket's buffer are taken."""
        found: int = struct.unpack("i", fcntl.ioctl(self.sock, termios.TIOCOUTQ, bytes(4)))[0]
        return found
