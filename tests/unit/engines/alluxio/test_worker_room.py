"""A worker that is full of the order's own files takes no more of them, and another does, as long as one can."""

import threading
import time
from typing import Any

import pytest

from avio.engines.alluxio.clients.cluster_info import TierUse, WorkerInfo
from avio.engines.alluxio.clients.status import Address, Block, Location, Persistence, Status
from avio.engines.alluxio.clients.worker import BlockFailure, LoadBlock
from avio.engines.alluxio.load import block_loader
from avio.engines.alluxio.load.block_loader import BlockLoader
from avio.engines.alluxio.load.block_queue import BlockQueue, BlockTask, LoadingFile
from avio.engines.alluxio.view.holdings import Count, Holdings
from avio.errors import CacheFull, EngineAway, Scope
from avio.executor.attempt import Attempt

FULL, FREE = Address("full", 1), Address("free", 1)
SIZE = 4
LIMIT = 10.0  # seconds until all blocks have an answer


def status(*blocks: Block) -> Status:
    return Status("/f", False, 8, True, Persistence.PERSISTED, False, 1, "", blocks, 100, 0, "", False)


def held(on: Address, size: int, block_id: int = 1) -> Block:
    return Block(block_id, size, 0, (Location(on, 1, "MEM", "MEM"),))


class Cluster:
    """Two workers of ten bytes each, and what each was given to load."""

    def __init__(self) -> None:
        self.loaded: dict[Address, int] = {FULL: 0, FREE: 0}
        self.used: dict[Address, int] = {FULL: 0, FREE: 0}
        self.away: set[Address] = set()
        self.refuses: set[Address] = set()  # the master gives them up after their first call

    answers_told = 0

    def answer(self) -> tuple[int, list[WorkerInfo]]:
        return self.answers_told, self.live()

    def live(self) -> list[WorkerInfo]:
        return [
            WorkerInfo(1, each, "", {"MEM": TierUse(10, used)}, live=True, silent=0, version="", blocks=0)
            for each, used in self.used.items()
        ]

    def answers(self, address: Address) -> bool:
        return address not in self.away

    def load(self, worker: Address, blocks: list[LoadBlock], **_: Any) -> list[BlockFailure]:
        if worker in self.away:
            raise EngineAway("it is lost")
        if worker in self.refuses:
            self.used.pop(worker, None)
            return [BlockFailure(block.id, "NOT_FOUND", "No worker with workerId 7 is found", True) for block in blocks]
        self.loaded[worker] += len(blocks)
        return []


def holding(*blocks: Block) -> Holdings:
    count, holdings = Count(), Holdings()
    count.add(status(*blocks))
    holdings.replace(count)
    return holdings


def load(
    cluster: Cluster, holdings: Holdings, count: int, seconds: float = LIMIT, run: Attempt | None = None
) -> list[Exception | None]:
    """Have so many blocks loaded; return the answers that came in time."""
    answers: list[Exception | None] = []
    answered = threading.Condition()

    def answer(task: BlockTask, worker: Address | None, error: Exception | None) -> None:
        with answered:
            answers.append(error)
            answered.notify_all()

    file = LoadingFile(None, None)  # type: ignore[arg-type]  # not looked at
    made: Any = cluster
    run = run or Attempt("JOB", 1)
    loader = BlockLoader(made, made, run, answer, holdings)
    loader.put([BlockTask(LoadBlock(number, SIZE, "", 0, 1), file) for number in range(count)])
    until = time.monotonic() + seconds
    while time.monotonic() < until and len(answers) < count:
        loader.poll_workers()
        with answered:
            answered.wait(0.05)
    loader.stop(LIMIT)
    assert run.in_flight.bytes == file.come == SIZE * answers.count(None)
    return answers


def test_a_worker_that_is_full_of_the_orders_files_takes_no_more_of_them() -> None:
    cluster = Cluster()

    assert load(cluster, holding(held(FULL, 8)), 2) == [None, None]
    assert cluster.loaded == {FULL: 0, FREE: 2}


def test_a_block_that_fits_on_no_worker_fails_alone() -> None:
    cluster = Cluster()

    answers = load(cluster, Holdings(), 5)

    assert sum(error is None for error in answers) == 4
    (error,) = [error for error in answers if error is not None]
    assert isinstance(error, CacheFull)
    assert error.scope is Scope.FILE
    assert cluster.loaded == {FULL: 2, FREE: 2}


def test_the_room_of_a_worker_that_may_come_back_is_waited_for() -> None:
    cluster = Cluster()
    cluster.away = {FULL}

    assert load(cluster, Holdings(), 5, seconds=3) == [None, None]


def test_a_job_says_that_it_waits_while_no_worker_answers() -> None:
    cluster, run = Cluster(), Attempt("JOB", 1)
    cluster.away = {FULL, FREE}

    assert load(cluster, Holdings(), 1, seconds=3, run=run) == []

    wait = run.waiting.told()
    assert wait is not None
    assert (wait.why, "no worker answers: " in wait.what) == ("STORE_UNAVAILABLE", True)


def test_before_the_first_count_the_free_bytes_are_used_first() -> None:
    cluster, holdings = Cluster(), Holdings()
    holdings.assume({FULL: 10, FREE: 2})

    assert load(cluster, holdings, 1) == [None]
    assert cluster.loaded == {FULL: 0, FREE: 1}


def test_an_assumption_fails_no_block() -> None:
    cluster, holdings = Cluster(), Holdings()
    holdings.assume({FULL: 10, FREE: 10})

    assert load(cluster, holdings, 2) == [None, None]


def test_what_was_counted_takes_the_place_of_what_was_assumed() -> None:
    holdings = holding(held(FULL, 8), held(FREE, 3, 2))

    assert (holdings.of(FULL), holdings.of(FREE)) == (8, 3)
    assert not holdings.forget_assumption()
    assert holdings.of(FULL) == 8


def test_while_a_worker_has_free_bytes_no_other_drops_data_for_a_block() -> None:
    cluster = Cluster()
    cluster.used[FULL] = 10

    assert load(cluster, Holdings(), 2) == [None, None]
    assert cluster.loaded == {FULL: 0, FREE: 2}


def test_beyond_the_free_bytes_of_all_workers_other_data_gives_way() -> None:
    cluster = Cluster()
    cluster.used[FULL] = 10

    assert load(cluster, Holdings(), 4) == [None] * 4
    assert cluster.loaded == {FULL: 2, FREE: 2}


def test_the_free_bytes_of_a_lost_worker_are_not_waited_for() -> None:
    cluster = Cluster()
    cluster.used[FULL] = 10
    cluster.away = {FREE}

    assert load(cluster, Holdings(), 2) == [None, None]
    assert cluster.loaded == {FULL: 2, FREE: 0}


def test_the_free_bytes_of_a_worker_that_the_master_gave_up_are_not_waited_for() -> None:
    cluster = Cluster()
    cluster.used[FULL] = 10
    cluster.refuses = {FREE}

    assert load(cluster, Holdings(), 1) == [None]
    assert cluster.loaded == {FULL: 1, FREE: 0}


def test_a_worker_that_answers_again_has_its_free_bytes_before_the_master_answers_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(block_loader, "PAUSE_SECONDS", 0.05)
    cluster: Any = Cluster()
    cluster.used[FULL] = 10
    cluster.away = {FREE}
    answered = threading.Semaphore(0)
    loader = BlockLoader(cluster, cluster, Attempt("JOB", 1), lambda *_: answered.release(), Holdings())
    file = LoadingFile(None, None)  # type: ignore[arg-type]  # not looked at
    loader.poll_workers()
    loader.put([BlockTask(LoadBlock(1, SIZE, "", 0, 1), file)])
    assert answered.acquire(timeout=LIMIT)
    assert loader._lanes[FREE].window not in loader._queue._open

    cluster.away = set()
    until = time.monotonic() + LIMIT
    while loader._lanes[FREE].lost and time.monotonic() < until:
        time.sleep(0.01)

    with loader._lock:  # a lane that answers is counted in the same step
        assert loader._lanes[FREE].window in loader._queue._open
    loader.stop(LIMIT)


def test_what_is_free_is_taken_over_once_for_each_answer_of_the_master(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_loader, "ROSTER_POLL_SECONDS", 0.0)
    told: list[int] = []
    know = BlockQueue.know
    monkeypatch.setattr(BlockQueue, "know", lambda self, window, free: (told.append(free), know(self, window, free)))
    cluster: Any = Cluster()
    loader = BlockLoader(cluster, cluster, Attempt("JOB", 1), lambda *_: None, Holdings())
    for answer in (0, 0, 0, 1, 1):
        cluster.answers_told = answer
        loader.poll_workers()
    loader.stop(LIMIT)

    assert told == [10, 10] * 2
