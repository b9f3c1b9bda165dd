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
        self.configuration: dict[str, str] = {}

    def cluster(self, patience: float | None = None) -> Any:
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
