"""The limits of a job on Alluxio: what workers are given to load, windows of the fallbacks, files that are saved."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from avio.engines.alluxio.clients.status import Address, Block
from avio.engines.alluxio.clients.worker import BlockFailure, LoadBlock
from avio.engines.alluxio.load.block_loader import BlockLoader
from avio.engines.alluxio.load.block_queue import BlockTask, LoadingFile
from avio.engines.alluxio.load.window_carrier import WINDOW_SECONDS, WindowCarrier
from avio.engines.alluxio.save.save import Save
from avio.engines.alluxio.view.holdings import Holdings
from avio.engines.base import Entry, EntryState
from avio.executor.attempt import Attempt
from avio.wire.limits import Limits
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.processes import wait_until
from tests.unit.engines.alluxio.test_alluxio_save import FILES, Service, entries
from tests.unit.engines.alluxio.test_worker_room import Cluster

KIB = 1 << 10
LIMIT = 20.0


class Slow(Cluster):
    """Workers with much room; each call takes a moment. It notes how many blocks were with them at once."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.began: list[float] = []

    answers_told = 0

    def live(self) -> list[Any]:
        return [
            worker._replace(tiers={"MEM": worker.tiers["MEM"]._replace(capacity=1 << 40)}) for worker in super().live()
        ]

    def load(self, worker: Address, blocks: list[LoadBlock], **options: Any) -> list[BlockFailure]:
        with self.lock:
            self.now += len(blocks)
            self.most = max(self.most, self.now)
            self.began.append(time.monotonic())
        time.sleep(0.02)
        with self.lock:
            self.now -= len(blocks)
            return super().load(worker, blocks, **options)


class Load:
    """A load of some blocks that runs in a thread."""

    def __init__(self, cluster: Cluster, attempt: Attempt, count: int, size: int) -> None:
        self.answers: list[Exception | None] = []
        made: Any = cluster
        self._loader = BlockLoader(made, made, attempt, lambda *answer: self.answers.append(answer[2]), Holdings())
        file = LoadingFile(None, None)  # type: ignore[arg-type]  # not looked at
        self._loader.put([BlockTask(LoadBlock(number, size, "", 0, 1), file) for number in range(count)])
        self._loader.poll_workers()
        self._count = count

    def wait(self) -> None:
        wait_until(lambda: len(self.answers) == self._count, LIMIT, "all blocks have an answer")
        self._loader.stop(5)
        assert set(self.answers) == {None}

    def stop(self) -> None:
        self._loader.stop(0.5)


def test_the_workers_load_no_faster_than_the_job_may() -> None:
    cluster, attempt = Slow(), Attempt("JOB", 1, limits=Limits(bandwidth=512 * KIB))

    Load(cluster, attempt, 64, 16 * KIB).wait()  # two seconds

    assert cluster.began[-1] - cluster.began[0] > 1


def test_a_load_that_waits_goes_on_soon_after_a_change() -> None:
    cluster, attempt = Slow(), Attempt("JOB", 1, limits=Limits(bandwidth=64 * KIB))
    load = Load(cluster, attempt, 640, 16 * KIB)  # 160 s
    time.sleep(0.5)
    assert len(load.answers) < 100

    attempt.limit(Limits())

    load.wait()


def test_a_load_that_waits_ends_soon_after_a_stop() -> None:
    attempt = Attempt("JOB", 1, limits=Limits(bandwidth=64 * KIB))
    load = Load(Slow(), attempt, 640, 16 * KIB)
    time.sleep(0.3)

    attempt.stop()
    time.sleep(0.3)
    before = len(load.answers)
    time.sleep(0.5)

    assert len(load.answers) == before
    load.stop()


@pytest.mark.parametrize(("concurrency", "least", "most"), [(3, 1, 3), (None, 8, 1000)])
def test_no_more_blocks_are_with_the_workers_than_the_job_may_have(
    concurrency: int | None, least: int, most: int
) -> None:
    cluster, attempt = Slow(), Attempt("JOB", 1, limits=Limits(concurrency=concurrency))

    Load(cluster, attempt, 60, KIB).wait()

    assert least <= cluster.most <= most


class Windows(WindowCarrier):
    """Loads nothing, and notes the files and bytes of each window."""

    name = "noted"
    size = 1000

    def __init__(self, attempt: Attempt) -> None:
        self.windows: list[tuple[int, int]] = []
        self.arrived: list[LoadingFile] = []
        super().__init__(lambda paths: {}, attempt, self.arrived.append)

    def load(self, files: Sequence[LoadingFile]) -> None:
        self.windows.append((len(files), sum(file.waiting for file in files)))


@pytest.mark.parametrize(
    ("limits", "files", "size"),
    [
        (Limits(concurrency=5), 5, 1000 * KIB),
        (Limits(bandwidth=1000 * KIB), 1000, int(WINDOW_SECONDS * 1000 * KIB)),
    ],
    ids=["concurrency", "bandwidth"],
)
def test_windows_are_as_small_as_the_limits_ask(limits: Limits, files: int, size: int) -> None:
    windows = Windows(Attempt("JOB", 1, limits=limits))
    for number in range(30):
        entry = Entry(f"/{number}", "file", 200 * KIB, 0, EntryState.REMOTE)
        file = LoadingFile(entry, None)  # type: ignore[arg-type]  # not looked at
        windows.carry(file, [Block(number, 200 * KIB, 0, ())])
    wait_until(lambda: len(windows.arrived) == 30, LIMIT, "all files are answered for")
    windows.stop()

    assert max(count for count, _ in windows.windows) <= files
    assert max(total for _, total in windows.windows) <= size
    assert len(windows.windows) > 2


def test_no_more_files_are_saved_at_once_than_the_job_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avio.engines.alluxio.save.save.POLL_SECONDS", 0.001)
    service = Service()
    run: Any = Attempt("JOB", 1, limits=Limits(concurrency=4))

    moved = list(Save(service, service, Params(), run).run(entries()))  # type: ignore[arg-type]

    assert {each.outcome for each in moved} == {Outcome.DONE}
    assert len(moved) == FILES
    assert service.most <= 4


def test_a_save_begins_files_no_faster_than_the_job_may_and_faster_after_a_change() -> None:
    service = Service()
    attempt = Attempt("JOB", 1, limits=Limits(bandwidth=20))  # two files a second
    change = threading.Timer(1.0, attempt.limit, [Limits()])
    change.start()
    began = time.monotonic()
    run: Any = attempt
    saved = Save(service, service, Params(), run).run(entries())  # type: ignore[arg-type]
    seen = [time.monotonic() - began for _ in saved]
    change.join()

    assert len(seen) == FILES
    assert 1 <= sum(at < 1 for at in seen) < 10
    assert seen[-1] < LIMIT
