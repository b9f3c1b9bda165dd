"""The lease of a node: what a renewal says to keeper, and what it finds when database and slots differ."""

import socket
from collections.abc import Iterator

import pytest

from avio.clock import boottime
from avio.config import Settings
from avio.db import dead_nodes, ends, leases
from avio.db.away import DatabaseAway
from supervisor.intake import lease
from supervisor.intake.channel import Channel
from supervisor.intake.identity import Identity
from supervisor.intake.lease import LeaseHolder
from supervisor.intake.slots import Slots
from supervisor.shared.messages import Evict, Message, MessageBuffer, Renew, Stop
from tests.contract.db import given


class Office:
    """A lease holder with its slots; `said` is what keeper got since the last time."""

    def __init__(self) -> None:
        self._keeper, self._ours = socket.socketpair()
        self.slots = Slots(5)
        self.lost: list[leases.Held] = []
        self.settings = Settings(node="n1", heartbeat=0.5, fence=2, lease=3, grace=1)
        identity = Identity("boot", "spool")
        self.leasing = LeaseHolder(self.settings, identity, 1, self.slots, Channel(self._ours), self.lost.append)

    def said(self) -> list[Message]:
        self._keeper.setblocking(False)
        try:
            return list(MessageBuffer().feed(self._keeper.recv(1 << 16)))
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
    dead_nodes.mark_lost(10)

    office.leasing.run()

    assert office.said() == [Evict()]


@pytest.mark.parametrize("other", [("boot", "other"), ("other", "spool")], ids=["another spool", "another boot"])
def test_a_name_that_another_supervisor_has_is_left_to_it_with_words(office: Office, other: tuple[str, str]) -> None:
    given.lease_over("n1", 1)
    assert leases.register("n1", *other, 2, 60) == 2

    office.leasing.run()

    (evicted,) = office.said()
    assert isinstance(evicted, Evict)
    assert f"another supervisor is registered as node n1 (on a machine with boot id {other[0]}" in evicted.leave
    assert "AVIO_NODE" in evicted.leave


def test_an_error_of_a_renewal_does_not_end_the_renewals(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    renew, failures = leases.renew, iter([ValueError("its own fault"), DatabaseAway("busy")])

    def faulty(*arguments: object) -> bool:
        for error in failures:
            raise error
        given.lease_over("n1", 100)
        dead_nodes.mark_lost(10)
        return renew(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(leases, "renew", faulty)
    monkeypatch.setattr(lease, "RETRY_SECONDS", 0.01)

    office.leasing.run()

    assert office.said() == [Evict()]


def test_an_attempt_that_is_the_databases_alone_is_lost(office: Office) -> None:
    job = given.running()

    office.leasing.renew()

    assert [held.job for held in office.lost] == [job]


def test_an_attempt_that_is_ours_alone_is_stopped(office: Office) -> None:
    job = given.running()
    office.slots.assign(job, 1)
    ends.give_back(job, 1, ends.Cause.LOST, "")

    office.leasing.renew()

    assert Stop(job, 1) in office.said()
    assert office.lost == []


def test_an_older_attempt_of_a_job_that_is_ours_again_is_stopped(office: Office) -> None:
    job = given.running()
    ends.give_back(job, 1, ends.Cause.LOST, "")
    given.claim(job)
    office.slots.assign(job, 1)

    office.leasing.renew()

    assert Stop(job, 1) in office.said()


def test_a_claim_under_way_is_neither_lost_nor_stopped(office: Office) -> None:
    given_to_us, free = given.running(), given.job()
    office.slots.assign(given_to_us, 1)
    office.slots.reserve(free)

    office.leasing.renew()

    assert [type(message) for message in office.said()] == [Renew]
    assert office.lost == []
