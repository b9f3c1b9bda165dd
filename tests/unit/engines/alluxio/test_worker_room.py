"""A worker that is full of the order's own files takes no more of them, and another does, as long as one can."""

import threading
import time
from typing import Any

from avio.engines.alluxio.clients.cluster_info import TierUse, WorkerInfo
from avio.engines.alluxio.clients.status import Address, Block, Location, Persistence, Status
from avio.engines.alluxio.clients.worker import BlockFailure, LoadBlock
from avio.engines.alluxio.load.block_loader import BlockLoader
from avio.engines.alluxio.load.block_queue import BlockTask, LoadingFile
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
        self.away: set[Address] = set()

    def live(self) -> list[WorkerInfo]:
        tiers = {"MEM": TierUse(10, 0)}
        return [WorkerInfo(1, each, "", tiers, live=True, silent=0, version="", blocks=0) for each in self.loaded]

    def answers(self, address: Address) -> bool:
        return address not in self.away

    def load(self, worker: Address, blocks: list[LoadBlock], **_: Any) -> list[BlockFailure]:
        if worker in self.away:
            raise EngineAway("it is lost")
        self.loaded[worker] += len(blocks)
        return []


def holding(*blocks: Block) -> Holdings:
    count, holdings = Count(), Holdings()
    count.add(status(*blocks))
    holdings.replace(count)
    return holdings


def load(cluster: Cluster, holdings: Holdings, count: int, seconds: float = LIMIT) -> list[Exception | None]:
    """Have so many blocks loaded; return the answers that came in time."""
    answers: list[Exception | None] = []
    answered = threading.Condition()

    def answer(task: BlockTask, worker: Address | None, error: Exception | None) -> None:
        with answered:
            answers.append(error)
            answered.notify_all()

    file = LoadingFile(None, None)  # type: ignore[arg-type]  # not looked at
    made: Any = cluster
    loader = BlockLoader(made, made, Attempt("JOB", 1), answer, holdings)
    loader.put([BlockTask(LoadBlock(number, SIZE, "", 0, 1), file) for number in range(count)])
    until = time.monotonic() + seconds
    while time.monotonic() < until and len(answers) < count:
        loader.poll_workers()
        with answered:
            answered.wait(0.05)
    loader.stop(LIMIT)
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
