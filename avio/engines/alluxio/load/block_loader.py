"""Loads blocks by the workers' own Load call: lanes to all workers, each worker with its own window.

Used in the job process. Every block gets an answer. The other workers take the batches of a lost worker.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from avio.engines.alluxio.clients.cluster_info import WorkerInfo
from avio.engines.alluxio.clients.errors import Exhausted
from avio.engines.alluxio.clients.status import Address
from avio.engines.alluxio.clients.worker import BlockFailure, Workers
from avio.engines.alluxio.load.adaptive_window import CALLS_PER_WORKER, AdaptiveWindow, RateLimit
from avio.engines.alluxio.load.block_queue import BlockQueue, BlockTask
from avio.engines.alluxio.view.holdings import Holdings
from avio.engines.alluxio.view.roster import Roster
from avio.engines.cancel import sleep
from avio.engines.pay import wait_for_turn
from avio.engines.run import Run
from avio.errors import CacheFull, EngineAway, EngineError, Gone, Scope, StoreError

MAX_TRIES = 4  # for a block that fails
MAX_REFUSALS = 10  # for a block without memory; each time the window is halved
CALL_LIMIT_SECONDS = 120.0  # seconds for one call
ROSTER_POLL_SECONDS = 2.0  # seconds between two checks for new workers
TAKE_SECONDS = 0.5  # seconds that a lane waits for work before it checks again
LOST_LIMIT_SECONDS = 60.0  # seconds without any worker, after which waiting blocks fail
PAUSE_SECONDS = 0.3

OnBlockDone = Callable[[BlockTask, Address | None, Exception | None], None]

log = logging.getLogger(__name__)


class NoWorkers(EngineError):
    """No worker has answered for too long."""

    scope = Scope.JOB
    reason = "NO_WORKERS"
    status = 503
    cure = "start Alluxio's workers, then retry the job"


class FullOfOwnFiles(CacheFull):
    """Each worker is full of files of the same order: one more would make it drop one of them."""

    scope = Scope.FILE
    cure = "request less, or give the cache more room"


class BlockLoader:
    """The lanes of one attempt.

    `on_block_done` is called for each block, from any thread: with the worker that has it, or with the error.
    A block that the worker had before is in `task.file.holders`.
    """

    def __init__(
        self,
        workers: Workers,
        roster: Roster,
        run: Run,
        on_block_done: OnBlockDone,
        holdings: Holdings,
        bandwidth: int | None = None,
    ) -> None:
        self._workers = workers
        self._holdings = holdings
        self._roster = roster
        self._run = run
        self._on_block_done = on_block_done
        self._bandwidth = bandwidth
        self._queue = BlockQueue(lambda: run.concurrency)
        self._lock = threading.Lock()  # held while a lane is lost or comes back, with its place in the queue
        self._lanes: dict[Address, Lane] = {}
        self._looked = float("-inf")
        self._told = -1  # the answer of the master that the lanes know
        self._alone_since: float | None = None
        self._threads: list[threading.Thread] = []

    def put(self, tasks: Sequence[BlockTask]) -> None:
        """Give blocks to the workers."""
        self._queue.put(tasks)

    def waiting(self) -> int:
        """Return the number of blocks that no worker has taken yet."""
        return len(self._queue)

    def poll_workers(self) -> None:
        """Open lanes for new workers. Fail blocks without room, and waiting blocks after too long without a worker."""
        self._fail_unfit()
        if time.monotonic() - self._looked < ROSTER_POLL_SECONDS:
            return
        self._looked = time.monotonic()
        self._take_over()
        if any(not lane.lost for lane in self._lanes.values()):
            if self._alone_since is not None:
                self._alone_since = None
                self._run.waits(None, self)
            return
        if self._alone_since is None:
            self._alone_since = time.monotonic()
            self._run.waits(EngineAway(f"no worker answers: {self._losses}"), self)
        if time.monotonic() - self._alone_since > LOST_LIMIT_SECONDS:
            self._give_up()

    def _take_over(self) -> None:
        """Take over which workers live, and what they have free, each answer of the master once."""
        number, live = self._roster.answer()
        is_new, self._told = self._told != number, number
        listed, new = {worker.address for worker in live}, []
        with self._lock:
            for lane in self._lanes.values():
                if lane.lost or lane.address not in listed:
                    self._queue.forget(lane.window)
            for worker in live:
                if worker.address not in self._lanes:
                    self._lanes[worker.address] = self._lane(worker)
                    new.append(self._lanes[worker.address])
                lane = self._lanes[worker.address]
                if not lane.lost and (is_new or lane in new):
                    self._queue.know(lane.window, sum(tier.capacity - tier.used for tier in worker.tiers.values()))
        for lane in new:  # once the free bytes of all are known
            self._start(lane)

    def stop(self, limit: float) -> None:
        """Start no new call, and wait up to `limit` seconds for running calls."""
        self._queue.close()
        deadline = time.monotonic() + limit
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _lane(self, worker: WorkerInfo) -> "Lane":
        address, capacity = worker.address, sum(tier.capacity for tier in worker.tiers.values())
        piece = self._run.bandwidth.piece
        window = AdaptiveWindow(
            self._bandwidth, lambda: capacity - self._holdings.of(address), len(worker.tiers), piece
        )
        return Lane(address, window, self._bandwidth)

    def _start(self, lane: "Lane") -> None:
        for number in range(CALLS_PER_WORKER):
            name = f"load-{lane.address}-{number}"
            thread = threading.Thread(target=self._work, args=(lane,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self, lane: "Lane") -> None:
        while not self._queue.closed and not self._run.stopping():
            if lane.lost and not self._is_back(lane):
                continue
            batch = self._queue.take(lane.window, CALLS_PER_WORKER * len(self._lanes), TAKE_SECONDS)
            if batch and self._wait_for_bandwidth(lane, batch):
                self._load(lane, batch)

    def _wait_for_bandwidth(self, lane: "Lane", batch: Sequence[BlockTask]) -> bool:
        """Wait until the bandwidths of worker and job allow the batch. Return False if it must not begin."""
        size = sum(task.block.length for task in batch)
        begin = lane.rate_limit.turn(size)
        return sleep(begin - time.monotonic(), self._leaving) and wait_for_turn(self._run, size, self._leaving)

    def _leaving(self) -> bool:
        return self._queue.closed or self._run.stopping()

    def _load(self, lane: "Lane", batch: Sequence[BlockTask]) -> None:
        began = time.monotonic()
        try:
            failures = self._workers.load(
                lane.address,
                [task.block for task in batch],
                tag=self._run.name,
                limit=CALL_LIMIT_SECONDS,
            )
        except Exhausted as error:
            failures = [BlockFailure(task.block.id, "RESOURCE_EXHAUSTED", str(error), True) for task in batch]
        except EngineAway as error:
            self._queue.done(lane.window, batch, None, missed=sum(task.block.length for task in batch))
            if not self._run.stopping():
                self._lose_worker(lane, batch, error)
            return
        except EngineError as error:
            failures = [BlockFailure(task.block.id, error.reason, str(error), True) for task in batch]
        seconds = time.monotonic() - began
        failed = {failure.block_id: failure for failure in failures if not failure.already_there}
        refused = any(failure.code == "RESOURCE_EXHAUSTED" for failure in failed.values())
        unknown = any(_is_unknown(failure) for failure in failed.values())
        lane.unknown_since = (lane.unknown_since or time.monotonic()) if unknown else None
        missed = sum(task.block.length for task in batch if task.block.id in failed)
        self._queue.done(lane.window, batch, None if failed else seconds, missed=missed, refused=refused)
        had = {failure.block_id for failure in failures if failure.already_there}
        for task in batch:
            if (failure := failed.get(task.block.id)) is not None:
                self._fail(task, lane, failure)
                continue
            if task.block.id in had:
                task.file.holders[task.block.id] = lane.address
            else:
                self._run.moved(task.block.length)
                self._run.advanced(task.block.length)
                with self._lock:
                    task.file.come += task.block.length
            self._on_block_done(task, lane.address, None)
        if refused or unknown:
            time.sleep(PAUSE_SECONDS)

    def _fail(self, task: BlockTask, lane: "Lane", failure: BlockFailure) -> None:
        if _is_unknown(failure) and time.monotonic() - (lane.unknown_since or 0) < LOST_LIMIT_SECONDS:
            self._queue.put([task])
            return
        refused = failure.code == "RESOURCE_EXHAUSTED"
        error = _error(task, lane.address, failure)
        if not isinstance(error, Gone) and task.tries < (MAX_REFUSALS if refused else MAX_TRIES):
            task.tries += 1
            self._queue.put([task])
            return
        self._on_block_done(task, None, error)

    def _lose_worker(self, lane: "Lane", batch: Sequence[BlockTask], error: EngineAway) -> None:
        """Return an interrupted batch to the queue. It counts as a try only if the worker still answers."""
        if self._roster.answers(lane.address):
            time.sleep(PAUSE_SECONDS)
            for task in batch:
                self._fail(task, lane, BlockFailure(task.block.id, "UNAVAILABLE", str(error), True))
            return
        with self._lock:
            if not lane.lost:
                log.warning("worker %s is lost; the other workers take its blocks: %s", lane.address, error)
                lane.lost_since = time.monotonic()
            lane.lost = str(error)
            self._queue.forget(lane.window)
        self._queue.put(batch, first=True)

    def _is_back(self, lane: "Lane") -> bool:
        if self._roster.answers(lane.address):
            with self._lock:
                if lane.lost:
                    log.info("worker %s answers again", lane.address)
                    lane.lost = ""
                    self._queue.remember(lane.window)
            return True
        time.sleep(PAUSE_SECONDS)
        return False

    def _fail_unfit(self) -> None:
        """Fail the next blocks if no worker has room for them beside the files of the same order."""
        lanes = self._lanes.values()
        if any(lane.lost and time.monotonic() - lane.lost_since < LOST_LIMIT_SECONDS for lane in lanes):
            return  # it may come back, with its room
        windows = [lane.window for lane in lanes if not lane.lost]
        if not windows or not (unfit := self._queue.take_unfit(windows)):
            return
        if self._holdings.forget_assumption():
            self._queue.put(unfit, first=True)
            return
        for task in unfit:
            self._on_block_done(task, None, FullOfOwnFiles("all workers are full of files of this job"))

    @property
    def _losses(self) -> str:
        return "; ".join(lane.lost for lane in self._lanes.values()) or "the master has no worker"

    def _give_up(self) -> None:
        error = NoWorkers(f"no worker answered for {LOST_LIMIT_SECONDS:.0f} s: {self._losses}")
        for task in self._queue.take_all():
            self._on_block_done(task, None, error)


class Lane:
    """One worker: window, rate limit, why and since when it is lost ("" while it answers).

    `unknown_since` is when the master forgot it.
    """

    def __init__(self, address: Address, window: AdaptiveWindow, bandwidth: int | None) -> None:
        self.address = address
        self.window = window
        self.rate_limit = RateLimit(bandwidth)
        self.lost = ""
        self.lost_since = float("-inf")
        self.unknown_since: float | None = None


def _is_unknown(failure: BlockFailure) -> bool:
    """Return True if the restarted master does not know the worker yet: NOT_FOUND, about the worker."""
    return failure.code == "NOT_FOUND" and "No worker with workerId" in failure.message


def _error(task: BlockTask, worker: Address, failure: BlockFailure) -> EngineError:
    text = f"worker {worker}: {failure.message} ({failure.code})"
    if failure.code == "NOT_FOUND" and not _is_unknown(failure):
        return Gone(f"the bucket has no {task.block.ufs_path}: {text}")
    if failure.code == "RESOURCE_EXHAUSTED":
        if "direct memory" in failure.message.lower():
            return StoreError(text, cure="give the workers more direct memory than a block is long")
        return CacheFull(text)
    return StoreError(text)
