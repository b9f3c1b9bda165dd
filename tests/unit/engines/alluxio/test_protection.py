"""Files in place are used before other data gives way, so that a full worker drops the others first."""

from types import SimpleNamespace
from typing import Any

import pytest

from avio.engines.alluxio.clients.status import Address, Block, Location, Persistence, Status
from avio.engines.alluxio.load import protection
from avio.engines.alluxio.load.protection import ProtectingAdmission, Protection
from avio.engines.alluxio.view.holdings import Holdings
from avio.engines.base import Entry, EntryState
from avio.errors import Gone
from avio.executor.attempt import Attempt
from avio.wire.params import Params

HERE, THERE = Address("here", 1), Address("there", 1)
SIZE = 10


def status(path: str, *blocks: tuple[int, Address | None]) -> Status:
    made = tuple(
        Block(number, SIZE, 0, () if on is None else (Location(on, 1, "MEM", "MEM"),)) for number, on in blocks
    )
    return Status(path, False, SIZE, True, Persistence.PERSISTED, False, 1, "", made, 100, 0, "", False)


class Cluster:
    """The statuses of some files, and which blocks were used."""

    def __init__(self, *statuses: Status) -> None:
        self._statuses = {each.path: each for each in statuses}
        self.used: list[tuple[Address, int]] = []
        self.gone: set[int] = set()

    def statuses(self, paths: list[str]) -> dict[str, Status | None]:
        return {path: self._statuses.get(path) for path in paths}

    def touch(self, worker: Address, block: int) -> None:
        if block in self.gone:
            raise Gone("it was dropped")
        self.used.append((worker, block))


def protect(cluster: Cluster, *paths: str, attempt: Attempt | None = None) -> Holdings:
    """Protect these files; return what the workers hold of them."""
    entries = [Entry(path, "file", SIZE, None, EntryState.CACHED) for path in paths]
    roster: Any = SimpleNamespace(best=lambda locations: next(iter(locations), None))
    made: Any = cluster
    holdings = Holdings()
    holdings.assume({HERE: 1000})
    admission = ProtectingAdmission(100, 0, Protection(made, made, roster, holdings), Params())
    admission.protect(entries, attempt or Attempt("JOB", 1))
    return holdings


def test_each_block_in_place_is_used_on_its_worker_and_counted() -> None:
    cluster = Cluster(status("/a", (1, HERE), (2, THERE)), status("/b", (3, THERE)), status("/c", (4, None)))

    holdings = protect(cluster, "/a", "/b", "/c", "/vanished")

    assert sorted(cluster.used) == [(HERE, 1), (THERE, 2), (THERE, 3)]
    assert (holdings.of(HERE), holdings.of(THERE)) == (SIZE, 2 * SIZE)


def test_a_block_that_went_meanwhile_stops_nothing() -> None:
    cluster = Cluster(status("/a", (1, HERE), (2, HERE)))
    cluster.gone = {1}

    protect(cluster, "/a")

    assert cluster.used == [(HERE, 2)]


def test_after_its_time_the_rest_is_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protection, "PROTECT_SECONDS", 0.0)
    cluster = Cluster(status("/a", (1, HERE)))

    assert protect(cluster, "/a").of(HERE) == SIZE
    assert cluster.used == []


def test_an_attempt_that_must_stop_uses_nothing_more() -> None:
    cluster = Cluster(status("/a", (1, HERE)))
    attempt = Attempt("JOB", 1)
    attempt.stop()

    protect(cluster, "/a", attempt=attempt)

    assert cluster.used == []
