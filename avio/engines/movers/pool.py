"""The movers of a job as its engine sees them: hands out batches, collects results, replaces a mover that died.

Runs in the job process, in its main thread. It forks nothing: `start` does, and returns the socket of a new mover.
"""

import logging
import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Any

from avio.engines.movers.batches import Batch
from avio.engines.movers.handle import Mover
from avio.engines.movers.packets import PACKET_BYTES, Row, error_of, packed, unpacked
from avio.engines.movers.page import MAX_MOVERS, Page
from avio.engines.movers.shares import Shares
from avio.engines.run import Run
from avio.wire.limits import LEAST_BANDWIDTH
from avio.wire.params import Params

POLL_SECONDS = 0.05
LEAVE_SECONDS = 0.7  # for movers to stop; then they are killed
KILL_SECONDS = 0.5  # for the kernel to end them; one that it can't end is left to keeper
MAX_DEATHS = 3  # of movers with a batch, one after another, without a result of it in between
GROW_BATCHES = 20  # that each mover has done before one more mover is worth its start

Start = Callable[[int], socket.socket]  # starts the mover at a place of the page, and returns the socket to it
Late = Callable[[Batch, list[Row]], object]  # gets results that come after the task was given up

log = logging.getLogger(__name__)


def _nothing(_batch: Batch, _results: list[Row]) -> None:
    """Do nothing: nobody waits for what comes, and it takes no room."""


class MoversDied(Exception):
    """Movers die again and again: what they work on kills them, or the machine does."""


class MoverFailed(Exception):
    """A mover met an error that the engine does not know."""


class Pool:
    """Up to `most` movers, started as the work needs them."""

    def __init__(self, start: Start, most: int, page: Page, shares: Shares | None = None) -> None:
        self._start = start
        self.shares = shares or Shares()
        self._most = most
        self._page = page
        self._poll = select.poll()
        self._movers: dict[int, Mover] = {}  # by the descriptor of the socket
        self._places = 0
        self._numbers = 0
        self._done = 0
        self.started = 0  # the most movers that worked at once

    @property
    def most(self) -> int:
        """How many movers there may be."""
        return self._most

    def spread(
        self, task: str, params: Params, batches: Iterator[Batch | None], run: Run, late: Late = _nothing
    ) -> Generator[tuple[Batch, list[Row]], None, None]:
        """Yield the results of `batches` as they come, each with its batch. None among the batches: none is there now.

        Raises the error that ends the task in a mover, MoverFailed, MoversDied. After `run.stopping()`, an error and
        an early end of the caller the rest has no results; `late` gets those that come while the movers leave.
        """
        # Movers get files: they need neither the paths nor the rules, which may be larger than a packet.
        begin = packed(["task", task, replace(params, paths=(), filters=()).to_json()])
        batches = chain(batches, [_END])
        redo: deque[Batch] = deque()
        more, done_before = True, self._done
        leave = float("inf")
        mark = self._numbers = self._numbers + 1
        try:
            while (more or redo or self._under_way()) and time.monotonic() < leave:
                if leave == float("inf") and run.stopping():
                    leave, more = time.monotonic() + LEAVE_SECONDS, False
                    redo.clear()
                waits = False
                while leave == float("inf") and (more or redo) and self._has_room(done_before):
                    batch = redo.popleft() if redo else next(batches)
                    if batch is _END:
                        more = False
                    elif batch is not None and batch.rows:
                        self._give(self._free_mover(), batch, begin, mark)
                    else:
                        waits = True
                        if batch is not None:
                            yield batch, []
                        break
                yield from self._results(0 if waits else POLL_SECONDS, redo, run)
                self._tell(run)
        finally:
            self._tell(run)  # the last result may tell of bytes that its mover took back
            if self._under_way():
                for mover in self._movers.values():
                    _forget(mover, run)
                self._abandon(late, min(leave, time.monotonic() + LEAVE_SECONDS))

    def close(self) -> None:
        """Let all movers end, and wait a short time for that."""
        self._abandon(_nothing, time.monotonic() + LEAVE_SECONDS)

    def _under_way(self) -> bool:
        return any(mover.batches for mover in self._movers.values())

    def _has_room(self, done_before: int) -> bool:
        """Return True if a mover can take a batch: one that is there, or a new one that the work is worth."""
        count, usable = len(self._movers), self._usable
        if any(mover.has_room for mover in usable):
            return True
        much = self._done - done_before >= GROW_BATCHES * count or all(each.has_much for each in usable)
        return count < self._most_now and much

    @property
    def _most_now(self) -> int:
        """How many movers can share the present limits so that each keeps its share."""
        limits = self._page.limits
        most = min(self._most, limits.concurrency or self._most)
        return max(1, most if limits.bandwidth is None else min(most, limits.bandwidth // LEAST_BANDWIDTH))

    @property
    def _usable(self) -> list[Mover]:
        """The movers that get batches: the others have too many for limits that came later, and wait."""
        return list(self._movers.values())[: self._most_now]

    def _free_mover(self) -> Mover:
        """Return the mover with the least to do, or a new one if all are busy."""
        free = [mover for mover in self._usable if mover.has_room]
        return min(free, key=lambda mover: mover.rows) if free else self._new_mover()

    def _new_mover(self) -> Mover:
        while any(mover.place == self._places for mover in self._movers.values()):
            self._places = (self._places + 1) % MAX_MOVERS
        self._page.clear(self._places)
        self.shares.begin(self._places)
        try:
            mover = Mover(self._page, self._places, self._start(self._places))
        except OSError as error:
            raise MoversDied(f"no mover can be started: {error}") from error
        self._places = (self._places + 1) % MAX_MOVERS
        self._movers[mover.sock.fileno()] = mover
        self._poll.register(mover.sock, select.POLLIN)
        self.started = max(self.started, len(self._movers))
        self._page.movers = len(self._usable)
        return mover

    def _give(self, mover: Mover, batch: Batch, begin: bytes, mark: int) -> None:
        self._numbers += 1
        mover.take(self._numbers, batch)
        with suppress(ConnectionError):  # it has died: `_results` sees that
            if mover.task != mark:
                mover.sock.send(begin)
                mover.task = mark
            mover.sock.send(batch.packet(self._numbers))

    def _results(self, seconds: float, redo: deque[Batch], run: Run) -> Iterator[tuple[Batch, list[Row]]]:
        for fd, _ in self._poll.poll(seconds * 1000):
            mover = self._movers[fd]
            for message in _received(mover.sock):
                if message is None:
                    self._bury(mover, redo, run)
                    break
                if message[0] == "failed":
                    raise _error(message[1])
                if message[0] == "waits":
                    _tell_wait(mover, message[1], run)
                else:
                    yield self._done_by(mover, message)

    def _done_by(self, mover: Mover, message: list[Any]) -> tuple[Batch, list[Row]]:
        """Return the results that `message` has, and their batch."""
        _, number, results = message
        batch = mover.done(number, {result[0] for result in results})
        self.shares.did(mover.place, results)
        self._done += not batch.open
        return batch, results

    def _bury(self, mover: Mover, redo: deque[Batch], run: Run) -> None:
        """Let other movers do what a dead one had not done, unless the attempt stops: then a mover leaves by itself."""
        self._tell_of(mover, run)
        _forget(mover, run)
        self._remove(mover)
        if run.stopping():
            return
        log.warning("mover %d has died; others do its files", mover.place)
        for place, batch in enumerate(mover.batches.values()):
            rest = batch.rest(begun=place == 0)
            if rest.deaths >= MAX_DEATHS:
                raise MoversDied(f"{rest.deaths} movers died, one after another, and moved nothing in between")
            redo.append(rest)

    def _tell(self, run: Run) -> None:
        """Tell the attempt what the movers have done, and the movers how many share the limits."""
        self._page.movers = len(self._usable)
        for mover in self._movers.values():
            self._tell_of(mover, run)
            self.shares.spent(mover.place, self._page.pid(mover.place))

    def _tell_of(self, mover: Mover, run: Run) -> None:
        now = self._page.shown(mover.place)
        if now.moved > mover.shown.moved:
            run.moved(now.moved - mover.shown.moved)
            self.shares.moved(mover.place, now.moved - mover.shown.moved)
        if now.beats != mover.shown.beats or now.silent_until > time.monotonic():
            run.checked(now.checked - mover.shown.checked)
        if advanced := now.advanced - mover.shown.advanced:
            mover.held += advanced
            run.advanced(advanced)
        mover.shown = now

    def _remove(self, mover: Mover) -> None:
        self._poll.unregister(mover.sock)
        del self._movers[mover.sock.fileno()]
        mover.sock.close()

    def _abandon(self, late: Late, until: float) -> None:
        """Have all movers leave, and wait for that: none works on for a task that is over."""
        for mover in self._movers.values():
            self.shares.spent(mover.place, self._page.pid(mover.place), last=True)
            self._page.dismiss(mover.place)
            with suppress(OSError):
                mover.sock.shutdown(socket.SHUT_WR)
        self._await_ends(late, until)
        for mover in self._movers.values():  # one that hangs would leave a temporary file behind
            if pid := self._page.pid(mover.place):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._await_ends(late, time.monotonic() + KILL_SECONDS)
        for mover in list(self._movers.values()):
            self._remove(mover)

    def _await_ends(self, late: Late, until: float) -> None:
        """Wait for movers that leave, and take their last results."""
        while self._movers and (left := until - time.monotonic()) > 0:
            for fd, _ in self._poll.poll(left * 1000):
                mover = self._movers[fd]
                for message in _received(mover.sock):
                    if message is None:
                        self._remove(mover)
                    elif message[0] == "done":
                        late(*self._done_by(mover, message))


_END = Batch([], [])


def _forget(mover: Mover, run: Run) -> None:
    """Take back the bytes of files that a mover leaves without a result, and that it waits."""
    run.advanced(-mover.held)
    mover.held = 0
    if mover.waits:
        _tell_wait(mover, None, run)


def _tell_wait(mover: Mover, error: Row | None, run: Run) -> None:
    mover.waits = error is not None
    run.waits(None if error is None else error_of(error), f"mover {mover.place}")


def _received(sock: socket.socket) -> Iterator[list[Any] | None]:
    """Yield the packets that are there, and None if the mover is gone."""
    while True:
        try:
            packet = sock.recv(4 * PACKET_BYTES)
        except BlockingIOError:
            return
        except ConnectionResetError:  # it ended with batches unread; what it sent before comes after this error
            continue
        if not packet:
            yield None
            return
        yield unpacked(packet)


def _error(row: Row) -> Exception:
    return error_of(row) if row[0] else MoverFailed(row[1])


def movers_for(asked: int) -> int:
    """Return how many movers a job may have: as `asked`, or, if that is 0, half of the processors, at most 16."""
    return asked or max(1, min(16, len(os.sched_getaffinity(0)) // 2))
