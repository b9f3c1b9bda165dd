"""The rows that a mover works on, as the job process sends them.

Used in a mover process, by one thread.
"""

import select
import socket
from collections import deque
from typing import NamedTuple

from avio.engines.movers.mover_run import MoverRun
from avio.engines.movers.outbox import Outbox
from avio.engines.movers.packets import PACKET_BYTES, Row, unpacked
from avio.wire.params import Params

IDLE_SECONDS = 1.0

new = tuple.__new__  # makes named tuples in half of the time of their constructors


class Piece(NamedTuple):
    """A row of a batch, by its place in it. `again` is True if a mover died with the batch: it may be done."""

    batch: int
    place: int
    row: Row
    again: bool


class Task(NamedTuple):
    """What to do with the rows: the engine's name for it, and the params of the job."""

    name: str
    params: Params


class Inbox:
    """The packets of the job process. When it closes the socket, the mover's run must stop."""

    def __init__(self, sock: socket.socket, run: MoverRun) -> None:
        self._sock = sock
        self._run = run
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self.closed = False
        self.next_task: Task | None = None

    def receive(self, seconds: float) -> list[Piece]:
        """Return the rows of the next packet; none if none comes within `seconds`, or none will."""
        if self.closed or not self._poll.poll(seconds * 1000):
            return []
        try:
            packet = self._sock.recv(2 * PACKET_BYTES)
        except ConnectionError:
            packet = b""
        if not packet:
            self.closed = True
            self._run.leave()
            return []
        kind, *message = unpacked(packet)
        if kind == "task":
            name, params = message
            self.next_task = Task(name, Params.from_json(params))
            return []
        number, rows, again = message
        return [new(Piece, (number, place, row, again)) for place, row in enumerate(rows)]

    def want(self, rows: int) -> None:
        """Ask for as many rows as may be under way at once."""
        self._run.want(rows)

    def wait_for_task(self) -> Task | None:
        """Return the next task, None if none will come. Rows of an earlier task are dropped."""
        while self.next_task is None and not self.closed:
            self.receive(IDLE_SECONDS)
        task, self.next_task = self.next_task, None
        return task


class Supply:
    """The rows of one task. While it waits for rows, it sends results that have waited long enough."""

    def __init__(self, inbox: Inbox, outbox: Outbox) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._rows: deque[Piece] = deque()
        self._wanted = 0
        inbox.want(0)

    @property
    def ended(self) -> bool:
        """True if no row will come."""
        return self._inbox.closed or (not self._rows and self._inbox.next_task is not None)

    def want(self, rows: int) -> None:
        """Ask for as many rows as may be under way at once. Without that there are some batches.

        Called at each turn, also while no row may begin: results that have waited long enough are sent.
        """
        self._outbox.flush_if_due()
        if rows != self._wanted:
            self._wanted = rows
            self._inbox.want(rows)

    def take(self, seconds: float) -> Piece | None:
        """Return the next row; None if none comes within `seconds`, or none will."""
        rows = self._rows
        if not rows:
            self._receive(seconds)
        return rows.popleft() if rows and not self._inbox.closed else None

    def take_all(self, seconds: float) -> list[Piece]:
        """Return the rows that are there; none if none comes within `seconds`, or none will."""
        if not self._rows:
            self._receive(seconds)
        rows = [] if self._inbox.closed else list(self._rows)
        self._rows.clear()
        return rows

    def _receive(self, seconds: float) -> None:
        if self.ended:
            return
        self._outbox.flush_if_due()
        self._rows.extend(self._inbox.receive(0))
        if not self._rows and seconds and not self.ended:
            self._outbox.flush()
            self._rows.extend(self._inbox.receive(seconds))
