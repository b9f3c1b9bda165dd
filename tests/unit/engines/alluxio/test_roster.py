"""Which replicas count: those of workers that are there, by our own knocks and the master's word."""

import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from avio.engines.alluxio.clients.cluster_info import TierUse, WorkerInfo
from avio.engines.alluxio.clients.status import Address, Location
from avio.engines.alluxio.view.roster import Roster


class Info:
    """The master's web port, with these workers; slow, for those who ask at the same time."""

    def __init__(self, *addresses: Address, pause: float = 0.0, silent: int = 0) -> None:
        uses = {"MEM": TierUse(10, 0)}
        self._workers = tuple(
            WorkerInfo(no, address, "", uses, live=True, silent=silent, version="", blocks=0)
            for no, address in enumerate(addresses)
        )
        self._pause = pause
        self.asked = 0
        self.configuration: dict[str, str] = {}

    def cluster(self, *, fresh: bool = False, patience: float | None = None) -> Any:
        self.asked += 1
        time.sleep(self._pause)
        return SimpleNamespace(workers=self._workers, tiers=["MEM", "SSD"], configuration=self.configuration)


@pytest.fixture
def opened() -> Iterator[Address]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Address(*server.getsockname())


@pytest.fixture
def closed() -> Address:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return Address(*server.getsockname())


def roster(info: Info) -> Roster:
    return Roster(info)  # type: ignore[arg-type]  # all that it asks for


def on(address: Address) -> Location:
    return Location(address, 1, "MEM", "MEM")


def test_replicas_on_a_worker_that_does_not_answer_count_for_nothing(opened: Address, closed: Address) -> None:
    made = roster(Info(opened, closed))

    assert made.probe() is True

    assert (made.counts(on(opened)), made.counts(on(closed))) == (True, False)
    assert [worker.address for worker in made.live()] == [opened]


def test_where_no_worker_ever_answered_the_masters_word_holds(closed: Address) -> None:
    made = roster(Info(closed))

    assert made.probe() is False

    assert made.counts(on(closed))
    assert [worker.address for worker in made.live()] == [closed]


def test_a_worker_that_answered_once_is_lost_when_it_does_not(opened: Address) -> None:
    made = roster(Info(opened))
    made.probe()
    made.lost(opened)

    assert not made.counts(on(opened))
    assert made.live() == []


def test_a_worker_that_the_master_has_not_heard_of_for_long_is_lost(closed: Address) -> None:
    assert not roster(Info(closed, silent=60)).counts(on(closed))


def test_all_who_ask_first_get_the_first_answer(opened: Address) -> None:
    made = roster(Info(opened, pause=0.2))
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(made.live()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [1, 1, 1, 1]


def test_the_lag_of_the_masters_books_follows_the_clusters_own_heartbeats(closed: Address) -> None:
    info = Info(closed)
    info.configuration["alluxio.worker.block.heartbeat.interval"] = "4sec"

    assert roster(info).lag() == 8.5


def test_a_master_that_takes_long_to_answer_is_asked_less_often(
    opened: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avio.engines.alluxio.view.looks.CACHE_SECONDS", 0.1)
    slow, quick = Info(opened, pause=0.1), Info(opened)
    for info in (slow, quick):
        made = roster(info)
        made.live()
        time.sleep(0.3)
        made.live()

    assert (slow.asked, quick.asked) == (1, 2)


def test_the_number_of_an_answer_comes_with_its_own_workers(opened: Address) -> None:
    info = Info(opened)
    made = roster(info)
    worker, answers = info._workers[0], 300
    over = threading.Event()

    def learn() -> None:
        for number in range(1, answers + 1):
            info._workers = (worker._replace(blocks=number),)
            assert made.insist() is None
        over.set()

    thread = threading.Thread(target=learn)
    thread.start()
    seen: dict[int, set[int]] = {}
    while not over.is_set():
        number, workers = made.answer()
        seen.setdefault(number, set()).add(workers[0].blocks)
    thread.join()

    assert len(seen) > 1
    assert [number for number, of_it in seen.items() if len(of_it) > 1] == []
