"""Loads blocks by the workers' own Load call: lanes over all workers, each with a window of its own.

Used in the job process. Every block is answered for; a lost worker's batches go to the others.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from avio.engines.alluxio.errors import Exhausted
from avio.engines.alluxio.pacing import Pace
from avio.engines.alluxio.pieces import Piece, Pieces
from avio.engines.alluxio.roster import Roster
from avio.engines.alluxio.status import Address
from avio.engines.alluxio.windows import CALLS, Window
from avio.engines.alluxio.worker import BlockFailure, Workers
from avio.engines.base import Run
from avio.errors import CacheFull, EngineAway, EngineError, Gone, Scope, StoreError

TRIES = 4  # for a block that fails
REFUSALS = 10  # for a block that finds no memory, the window halving each time
CALL_LIMIT = 120.0  # seconds for one call
LOOK = 2.0  # seconds between two looks for new workers
PATIENCE = 0.5  # seconds that a lane waits for work before it looks around
LOST_LIMIT = 60.0  # seconds without any worker after which what waits has failed
PAUSE = 0.3

Answer = Callable[[Piece, Address | None, Exception | None], None]

log = logging.getLogger(__name__)


class NoWorkers(EngineError):
    """All workers are gone, and none came for too long."""

    scope = Scope.JOB
    reason = "NO_WORKERS"
    status = 503
    cure = "start Alluxio's workers, then retry the job"


class Loader:
    """The lanes of one attempt.

    `answer` is called for each piece, from any thread: with the worker that has it, or with the error.
    An address with no error and `already` in `piece.owner.holders` means that the worker had it before.
    """

    def __init__(
        self, workers: Workers, roster: Roster, run: Run, answer: Answer, bandwidth: int | None = None
    ) -> None:
        self._workers = workers
        self._roster = roster
        self._run = run
        self._answer = answer
        self._bandwidth = bandwidth
        self._pieces = Pieces()
        self._lock = threading.Lock()
        self._lanes: dict[Address, Lane] = {}
        self._looked = float("-inf")
        self._alone_since: float | None = None
        self._threads: list[threading.Thread] = []

    def put(self, pieces: Sequence[Piece]) -> None:
        """Give pieces to the workers."""
        self._pieces.put(pieces)

    def waiting(self) -> int:
        """Return how many pieces no worker has taken yet."""
        return len(self._pieces)

    def look_around(self) -> None:
        """Open lanes for workers that came, and give up on what waits when there has been no worker for too long."""
        if time.monotonic() - self._looked < LOOK:
            return
        self._looked = time.monotonic()
        for worker in self._roster.live():
            if worker.address not in self._lanes:
                self._open(worker.address)
        if any(not lane.lost for lane in self._lanes.values()):
            self._alone_since = None
            return
        self._alone_since = self._alone_since or time.monotonic()
        if time.monotonic() - self._alone_since > LOST_LIMIT:
            self._give_up()

    def leave(self, limit: float) -> None:
        """Begin no call any more, and wait up to `limit` seconds for those under way."""
        self._pieces.close()
        deadline = time.monotonic() + limit
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _open(self, address: Address) -> None:
        lane = Lane(address, self._bandwidth)
        self._lanes[address] = lane
        for number in range(CALLS):
            thread = threading.Thread(target=self._labour, args=(lane,), name=f"load-{address}-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _labour(self, lane: "Lane") -> None:
        while not self._pieces.closed and not self._run.stopping():
            if lane.lost and not self._comes_back(lane):
                continue
            batch = self._pieces.take(lane.window, CALLS * len(self._lanes), PATIENCE)
            if batch and self._waits_for_turn(lane, batch):
                self._load(lane, batch)

    def _waits_for_turn(self, lane: "Lane", batch: Sequence[Piece]) -> bool:
        """Wait until the bandwidth allows the batch; False when the attempt must leave meanwhile."""
        begin = lane.pace.turn(sum(piece.block.length for piece in batch))
        while (left := begin - time.monotonic()) > 0:
            if self._pieces.closed or self._run.stopping():
                return False
            time.sleep(min(left, PAUSE))
        return True

    def _load(self, lane: "Lane", batch: Sequence[Piece]) -> None:
        began = time.monotonic()
        try:
            failures = self._workers.load(
                lane.address,
                [piece.block for piece in batch],
                tag=self._run.name,
                limit=CALL_LIMIT,
            )
        except Exhausted as error:
            failures = [BlockFailure(piece.block.id, "RESOURCE_EXHAUSTED", str(error), True) for piece in batch]
        except EngineAway as error:
            self._pieces.done(lane.window, batch, None)
            if not self._run.stopping():
                self._lose(lane, batch, error)
            return
        except EngineError as error:
            failures = [BlockFailure(piece.block.id, error.reason, str(error), True) for piece in batch]
        seconds = time.monotonic() - began
        failed = {failure.block_id: failure for failure in failures if not failure.already_there}
        refused = any(failure.code == "RESOURCE_EXHAUSTED" for failure in failed.values())
        unknown = any(_is_unknown(failure) for failure in failed.values())
        lane.unknown_since = (lane.unknown_since or time.monotonic()) if unknown else None
        self._pieces.done(lane.window, batch, None if failed else seconds, refused=refused)
        had = {failure.block_id for failure in failures if failure.already_there}
        for piece in batch:
            if (failure := failed.get(piece.block.id)) is not None:
                self._fail(piece, lane, failure)
                continue
            if piece.block.id in had:
                piece.owner.holders[piece.block.id] = lane.address
            else:
                self._run.moved(piece.block.length)
            self._answer(piece, lane.address, None)
        if refused or unknown:
            time.sleep(PAUSE)

    def _fail(self, piece: Piece, lane: "Lane", failure: BlockFailure) -> None:
        if _is_unknown(failure) and time.monotonic() - (lane.unknown_since or 0) < LOST_LIMIT:
            self._pieces.put([piece])
            return
        refused = failure.code == "RESOURCE_EXHAUSTED"
        error = _error(piece, lane.address, failure)
        if not isinstance(error, Gone) and piece.tries < (REFUSALS if refused else TRIES):
            piece.tries += 1
            self._pieces.put([piece])
            return
        self._answer(piece, None, error)

    def _lose(self, lane: "Lane", batch: Sequence[Piece], error: EngineAway) -> None:
        """Give a batch that broke off back. It counts as a try only where the worker itself is still there."""
        if self._roster.answers(lane.address):
            time.sleep(PAUSE)
            for piece in batch:
                self._fail(piece, lane, BlockFailure(piece.block.id, "UNAVAILABLE", str(error), True))
            return
        if not lane.lost:
            log.warning("worker %s is lost, its blocks go to the others: %s", lane.address, error)
        lane.lost = str(error)
        self._pieces.put(batch, first=True)

    def _comes_back(self, lane: "Lane") -> bool:
        if self._roster.answers(lane.address):
            with self._lock:
                if lane.lost:
                    log.info("worker %s answers again", lane.address)
                lane.lost = ""
            return True
        time.sleep(PAUSE)
        return False

    def _give_up(self) -> None:
        reasons = "; ".join(lane.lost for lane in self._lanes.values()) or "the master knows none"
        error = NoWorkers(f"no worker answered for {LOST_LIMIT:.0f} s: {reasons}")
        for piece in self._pieces.take_all():
            self._answer(piece, None, error)


class Lane:
    """One worker: its window and pace, why it is lost, empty while it is not, and since when the master forgot it."""

    def __init__(self, address: Address, bandwidth: int | None) -> None:
        self.address = address
        self.window = Window(bandwidth)
        self.pace = Pace(bandwidth)
        self.lost = ""
        self.unknown_since: float | None = None


def _is_unknown(failure: BlockFailure) -> bool:
    """Tell whether the master, restarted, does not know the worker yet: NOT_FOUND, but of the worker."""
    return failure.code == "NOT_FOUND" and "No worker with workerId" in failure.message


def _error(piece: Piece, worker: Address, failure: BlockFailure) -> EngineError:
    text = f"worker {worker}: {failure.message} ({failure.code})"
    if failure.code == "NOT_FOUND" and not _is_unknown(failure):
        return Gone(f"the bucket has no {piece.block.ufs_path}: {text}")
    if failure.code == "RESOURCE_EXHAUSTED":
        if "direct memory" in failure.message.lower():
            return StoreError(text, cure="give the workers more direct memory than a block is long")
        return CacheFull(text)
    return StoreError(text)
