"""When a job need not wait for the master's books: no block has left since it began, by the daemons' own counts."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from avio.engines.alluxio.clients.cluster_info import WorkerInfo
from avio.engines.alluxio.clients.counters import WorkerCounts, accepted_frees, worker_counts
from avio.engines.alluxio.clients.status import Address
from avio.engines.alluxio.view.departures import HEARTBEATS, Books, Departures
from avio.engines.alluxio.view.settlement import settle
from avio.errors import EngineAway
from avio.executor.attempt import Attempt

ONE, OTHER = Address("one", 1), Address("other", 1)
LAG = 1.5


class Daemons:
    """The web ports of a master and two workers."""

    def __init__(self) -> None:
        self.accepted: tuple[int, ...] | None = (5, 40)
        self.counts: dict[Address, WorkerCounts | None] = {ONE: WorkerCounts(10, 7), OTHER: WorkerCounts(20, 0)}
        self.silent = False

    def beat(self, times: int = HEARTBEATS, *, removed: int = 0) -> None:
        """Let each worker send heartbeats, and the first one remove blocks."""
        for address, counts in self.counts.items():
            assert counts is not None
            gone = removed if address is ONE else 0
            self.counts[address] = WorkerCounts(counts.heartbeats + times, counts.removed + gone)

    def live(self) -> list[WorkerInfo]:
        return [WorkerInfo(1, each, "", {}, live=True, silent=0, version="", blocks=0) for each in self.counts]

    def frees(self) -> tuple[int, ...] | None:
        if self.silent:
            raise EngineAway("no answer")
        return self.accepted

    def worker_counts(self, worker: WorkerInfo) -> WorkerCounts | None:
        return self.counts[worker.address]

    def lag(self) -> float:
        return LAG


def begun(daemons: Any) -> Departures:
    made = Departures(daemons, daemons)
    made.begin()
    return made


def test_the_books_are_true_once_all_heartbeats_of_before_are_in_and_no_block_has_left() -> None:
    daemons = Daemons()
    made = begun(daemons)
    assert made.books() is Books.LATE

    daemons.beat(HEARTBEATS - 1)
    assert made.books() is Books.LATE

    daemons.beat(1)
    assert made.books() is Books.TRUE


def test_a_worker_that_removed_a_block_makes_the_books_unknown() -> None:
    daemons = Daemons()
    made = begun(daemons)
    daemons.beat(removed=1)

    assert made.books() is Books.UNKNOWN


def test_a_free_that_the_master_accepted_makes_them_unknown() -> None:
    daemons = Daemons()
    made = begun(daemons)
    daemons.beat()
    daemons.accepted = 6

    assert made.books() is Books.UNKNOWN


def test_a_worker_that_restarted_counts_from_the_beginning_and_makes_them_unknown() -> None:
    daemons = Daemons()
    daemons.counts = {ONE: WorkerCounts(10, 0)}
    made = begun(daemons)
    daemons.counts = {ONE: WorkerCounts(5, 0)}

    assert made.books() is Books.UNKNOWN


def test_a_worker_that_came_makes_them_unknown() -> None:
    daemons = Daemons()
    gone = daemons.counts.pop(OTHER)
    made = begun(daemons)
    daemons.beat()
    daemons.counts[OTHER] = gone

    assert made.books() is Books.UNKNOWN


def test_a_daemon_that_does_not_tell_makes_them_unknown() -> None:
    daemons = Daemons()
    assert Departures(daemons, daemons).books() is Books.UNKNOWN  # type: ignore[arg-type]  # all that it asks

    made = begun(daemons)
    daemons.beat()
    daemons.silent = True
    assert made.books() is Books.UNKNOWN

    daemons.silent, daemons.counts[ONE] = False, None
    assert made.books() is Books.UNKNOWN


def test_an_answer_that_is_none_makes_them_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    daemons = Daemons()
    made = begun(daemons)
    monkeypatch.setattr(daemons, "worker_counts", lambda worker: worker_counts(None))  # type: ignore[arg-type]

    assert made.books() is Books.UNKNOWN


@pytest.mark.parametrize(
    ("removed", "at_least", "below"), [pytest.param(0, 0.0, 0.5, id="true"), pytest.param(1, LAG, 9.0, id="unknown")]
)
def test_the_wait_ends_where_the_books_are_true_and_else_after_their_lag(
    removed: int, at_least: float, below: float
) -> None:
    daemons: Any = Daemons()
    made = begun(daemons)
    daemons.beat(removed=removed)
    began = time.monotonic()

    settle(daemons, Attempt("JOB", 1), made)

    assert at_least <= time.monotonic() - began < below


def test_missing_heartbeats_are_waited_for_no_longer_than_the_lag() -> None:
    daemons: Any = Daemons()
    made = begun(daemons)
    began = time.monotonic()

    settle(daemons, Attempt("JOB", 1), made)

    assert LAG <= time.monotonic() - began < LAG + 5


def test_the_counts_are_read_from_what_the_web_ports_tell() -> None:
    counters = {f"Worker.Blocks{name}": {"count": no} for no, name in enumerate(("Evicted", "Deleted", "Lost"), 1)}
    timers = {"Worker.Heartbeat.User:alluxio": {"count": 9}, "Worker.CommitBlock.User:alluxio": {"count": 4}}

    assert worker_counts({"counters": counters, "timers": timers}) == WorkerCounts(9, 6)
    assert worker_counts({"counters": counters, "timers": {}}) is None
    assert worker_counts({"counters": {}, "timers": timers}) is None
    frees = {"Master.FreeFileOps": {"count": 3}, "Master.FilesFreed": {"count": 7}}
    assert accepted_frees({"counters": frees}) == (3, 7)
    assert accepted_frees({"counters": {"Master.FreeFileOps": {"count": 3}}}) is None
    assert accepted_frees({"counters": {}}) is None


def test_the_wait_ends_with_the_attempt() -> None:
    attempt = Attempt("JOB", 1)
    attempt.stop()
    slow: Any = SimpleNamespace(lag=lambda: 60.0)
    began = time.monotonic()

    settle(slow, attempt)

    assert time.monotonic() - began < 5
