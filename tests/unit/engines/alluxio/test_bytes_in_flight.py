"""The bytes of files that Alluxio loads: block by block while they come, all at the end, none of a file that failed."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from avio.engines.alluxio.clients.status import Address, Block, Location, Persistence, Status
from avio.engines.alluxio.load import confirm, preload
from avio.engines.alluxio.load.block_queue import LoadingFile
from avio.engines.alluxio.load.preload import Preload
from avio.engines.base import Entry, EntryState
from avio.errors import StoreError
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt

HERE = (Location(Address("w", 1), 1, "MEM", "MEM"),)
ENTRY = Entry("/f", "file", 40, 0, EntryState.REMOTE)


class Watched(Attempt):
    """An attempt that notes each number of bytes in flight."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def advanced(self, size: int) -> None:
        super().advanced(size)
        self.seen.append(self.in_flight)


class Cluster:
    """Master, books of the workers, and carrier at once. `/f` has four blocks of 10 bytes."""

    def __init__(self, run: Attempt, cached: int, loads: Callable[[int], bool], error: Exception | None = None) -> None:
        self.run, self.loads, self.error = run, loads, error
        self.cached = set(range(cached))
        self.times = 0

    # -- as master and roster

    def statuses(self, paths: Sequence[str]) -> dict[str, Status | None]:
        blocks = tuple(Block(no, 10, 10 * no, HERE if no in self.cached else ()) for no in range(4))
        status = Status("/f", False, 40, True, Persistence.PERSISTED, False, 1, "", blocks, 0, 0, "", False)
        return dict.fromkeys(paths, status)

    def afresh(self, path: str) -> Status | None:
        return self.statuses([path])[path]

    def best(self, locations: Sequence[Location]) -> Location | None:
        return locations[0] if locations else None

    def take(self, entry: Entry) -> None:
        return None

    # -- as carrier

    def made(self, on_loaded: Callable[[LoadingFile], None]) -> "Cluster":
        self.on_loaded = on_loaded
        return self

    def carry(self, file: LoadingFile, blocks: Sequence[Block]) -> None:
        self.times += 1
        for block in blocks:
            self.run.advanced(block.length)
            file.come += block.length
        if self.loads(self.times):
            self.cached |= {block.id for block in blocks}
        file.error = self.error
        self.on_loaded(file)

    def tick(self) -> None: ...

    def stop(self) -> None: ...


def load(cluster: Cluster) -> Outcome:
    made: Any = cluster
    (moved,) = Preload(made, made, made, Params(), made.run, made.made, made).run([ENTRY])
    return moved.outcome


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preload, "GATHER_SECONDS", 0.0)
    monkeypatch.setattr(preload, "LOOK_SECONDS", 0.0)


def test_a_file_in_place_has_all_of_its_bytes_also_those_that_were_cached() -> None:
    run = Watched()
    assert load(Cluster(run, 1, lambda time: True)) is Outcome.DONE
    assert run.seen == [10, 20, 30, 40]


def test_a_file_that_failed_has_none() -> None:
    run = Watched()
    assert load(Cluster(run, 0, lambda time: False, StoreError("it broke"))) is Outcome.FAILED
    assert (max(run.seen), run.in_flight) == (40, 0)


def test_blocks_that_are_loaded_again_are_taken_back_before() -> None:
    run = Watched()
    assert load(Cluster(run, 0, lambda time: time == 2)) is Outcome.DONE
    assert run.seen == [10, 20, 30, 40, 0, 10, 20, 30, 40, 40]
    assert confirm.MAX_LOADS > 2
