"""What intake passes on at each poll: wishes to cancel, and limits that have changed."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from avio.config import Settings
from avio.db import ends, limits, orders
from avio.wire.states import State
from supervisor.intake.channel import Channel
from supervisor.intake.wishes import Wishes
from supervisor.shared.messages import Adjust, Message, MessageBuffer, StillBefore, Stop
from tests.contract.db import given

MIB = 1 << 20


class Desk:
    """The wishes of node n1 in epoch 1, and what keeper hears of them."""

    def __init__(self, **settings: Any) -> None:
        self._keeper, self._ours = socket.socketpair()
        self._keeper.setblocking(False)
        self._wishes = Wishes(Settings(node="n1", **settings), 1, Channel(self._ours))

    def look(self) -> list[Message]:
        """Poll; return what keeper was told."""
        self._wishes.look()
        try:
            return list(MessageBuffer().feed(self._keeper.recv(1 << 16)))
        except BlockingIOError:
            return []

    def close(self) -> None:
        self._keeper.close()
        self._ours.close()


@pytest.fixture
def desk(tables: str) -> Iterator[Desk]:
    made = Desk()
    yield made
    made.close()


@pytest.fixture
def sharing(tables: str) -> Iterator[Desk]:
    """A server with a bandwidth of its own, and one for /data."""
    made = Desk(bandwidth=9 * MIB, mounts={"/data": {"url": "file:///x", "bandwidth": 4 * MIB}})
    yield made
    made.close()


def test_a_wish_is_obeyed(desk: Desk) -> None:
    wanted, unwanted = given.running(), given.running()
    orders.cancel(unwanted, "")

    assert Stop(unwanted, 1) in desk.look()
    assert desk.look() == [Stop(unwanted, 1)], "it is told until the attempt has ended"
    assert given.state(wanted) == "running"


def test_limits_are_told_once_and_again_when_they_change(desk: Desk) -> None:
    job = given.running()
    assert desk.look() == [Adjust(job, 1, None, None)]
    assert desk.look() == []

    limits.adjust(job, {"bandwidth": MIB})
    assert desk.look() == [Adjust(job, 1, MIB, None)]
    assert desk.look() == []

    limits.adjust(job, {"bandwidth": None, "concurrency": 16})
    assert desk.look() == [Adjust(job, 1, None, 16)]


def test_a_job_that_moves_nothing_has_no_limits(sharing: Desk) -> None:
    given.running(type=0)

    assert sharing.look() == []


def test_jobs_share_and_the_rest_gets_more_when_one_ends(sharing: Desk) -> None:
    first, second = given.running(), given.running()
    given.node("n2")
    elsewhere = given.running("n2", path="/other")
    assert set(map(str, sharing.look())) == {str(Adjust(job, 1, 2 * MIB, None)) for job in (first, second)}

    given.from_result(first, "succeeded")
    assert sharing.look() == [Adjust(second, 1, 4 * MIB, None)]

    given.from_result(elsewhere, "succeeded")
    assert sharing.look() == []


ALLUXIO = {"engine": "alluxio", "alluxio": {"masters": ["m:19998"]}}


def test_on_alluxio_a_preload_is_told_which_earlier_ones_still_run(tables: str) -> None:
    first, second, third = given.running(), given.running(), given.running()
    desk = Desk(**ALLUXIO)

    def told() -> dict[str, list[str]]:
        return {message.job: message.jobs for message in desk.look() if isinstance(message, StillBefore)}

    assert told() == {first: [], second: [first], third: [first, second]}
    assert told() == {}
    ends.finish(given.result(first), State.FAILED)
    assert told() == {second: [], third: [second]}
    desk.close()


def test_the_local_engine_needs_no_word_of_earlier_preloads(desk: Desk) -> None:
    given.running()
    given.running()
    assert not [message for message in desk.look() if isinstance(message, StillBefore)]
