"""The lease of a node: what a renewal says to keeper, and what it finds when database and desk differ."""

import socket
from collections.abc import Iterator

import pytest

from avio.clock import boottime
from avio.config import Settings
from avio.db import ends, leases, orders, reaping
from supervisor.desk import Desk
from supervisor.leasing import Leasing
from supervisor.messages import Evict, Lines, Message, Renew, Stop
from supervisor.voice import Voice
from tests.contract.db import given


class Office:
    """A lease with its desk; `said` is what keeper heard since the last time."""

    def __init__(self) -> None:
        self._keeper, self._ours = socket.socketpair()
        self.desk = Desk(5)
        self.lost: list[leases.Held] = []
        self.settings = Settings(node="n1", heartbeat=0.5, fence=2, lease=3, grace=1)
        self.leasing = Leasing(self.settings, 1, self.desk, Voice(self._ours), self.lost.append)

    def said(self) -> list[Message]:
        self._keeper.setblocking(False)
        try:
            return list(Lines().feed(self._keeper.recv(1 << 16)))
        except BlockingIOError:
            return []

    def close(self) -> None:
        self._keeper.close()
        self._ours.close()


@pytest.fixture
def office(tables: str) -> Iterator[Office]:
    made = Office()
    yield made
    made.close()


def test_a_renewal_gives_keeper_a_deadline_from_before_it_was_sent(office: Office) -> None:
    before = boottime()

    assert office.leasing.renew()

    (renewed,) = office.said()
    assert isinstance(renewed, Renew)
    assert before + 2 <= renewed.deadline <= boottime() + 2


def test_a_lease_that_is_lost_evicts_everything(office: Office) -> None:
    given.lease_over("n1", 100)
    reaping.mark_lost(10)

    office.leasing.run()

    assert office.said() == [Evict()]


def test_an_attempt_that_is_the_databases_alone_is_lost(office: Office) -> None:
    job = given.running()

    office.leasing.renew()

    assert [held.job for held in office.lost] == [job]


def test_an_attempt_that_is_ours_alone_is_stopped(office: Office) -> None:
    job = given.running()
    office.desk.hold(job, 1)
    ends.give_back(job, 1, ends.Cause.LOST, "")

    office.leasing.renew()

    assert Stop(job, 1) in office.said()
    assert office.lost == []


def test_an_older_attempt_of_a_job_that_is_ours_again_is_stopped(office: Office) -> None:
    job = given.running()
    ends.give_back(job, 1, ends.Cause.LOST, "")
    given.claim(job)
    office.desk.hold(job, 1)

    office.leasing.renew()

    assert Stop(job, 1) in office.said()


def test_a_claim_under_way_is_neither_lost_nor_stopped(office: Office) -> None:
    given_to_us, free = given.running(), given.job()
    office.desk.hold(given_to_us, 1)
    office.desk.begin(free)

    office.leasing.renew()

    assert [type(message) for message in office.said()] == [Renew]
    assert office.lost == []


def test_a_wish_is_obeyed(office: Office) -> None:
    wanted, unwanted = given.running(), given.running()
    orders.cancel(unwanted, "")

    office.leasing.obey_wishes()

    assert office.said() == [Stop(unwanted, 1)]
    assert given.state(wanted) == "running"
