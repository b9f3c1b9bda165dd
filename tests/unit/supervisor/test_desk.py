"""The desk of intake: slots, held attempts, and the one thread that works off the inbox."""

import threading
from collections.abc import Iterator

import pytest

from supervisor.desk import Desk

LIMIT = 5.0


class Enough(Exception):
    """Ends the endless loop of a desk."""


@pytest.fixture
def desk() -> Desk:
    return Desk(2)


@pytest.fixture
def at_work(desk: Desk) -> Iterator[Desk]:
    """A desk whose inbox is worked off."""

    def stop() -> None:
        raise Enough

    def work() -> None:
        with pytest.raises(Enough):
            desk.work(lambda: None, 0.01)

    thread = threading.Thread(target=work)
    thread.start()
    yield desk
    desk.inbox.put(stop)
    thread.join(LIMIT)
    assert not thread.is_alive()


def test_a_desk_gives_as_many_slots_as_it_has(desk: Desk) -> None:
    assert desk.begin("A")
    assert desk.begin("B")
    assert not desk.begin("C")
    assert desk.free() == 0

    desk.release("A")

    assert desk.free() == 1
    assert desk.begin("C")


def test_a_job_gets_no_second_slot(desk: Desk) -> None:
    assert desk.begin("A")
    assert not desk.begin("A")


def test_a_claim_under_way_is_attempt_nought(desk: Desk) -> None:
    desk.begin("A")
    assert desk.held() == {"A": 0}

    desk.hold("A", 3)
    assert desk.held() == {"A": 3}

    desk.release("A")
    desk.release("A")
    assert desk.held() == {}


def test_a_draining_desk_gives_nothing_and_keeps_what_it_has(desk: Desk) -> None:
    desk.begin("A")
    desk.drain()

    assert not desk.begin("B")
    assert desk.free() == 0
    assert not desk.wait_for_slot(0.01)
    assert desk.held() == {"A": 0}


def test_whoever_waits_for_a_slot_is_told_at_once(desk: Desk) -> None:
    desk.begin("A")
    desk.begin("B")
    assert not desk.wait_for_slot(0.01)
    told: list[bool] = []
    waiting = threading.Thread(target=lambda: told.append(desk.wait_for_slot(LIMIT)))
    waiting.start()

    desk.release("A")

    waiting.join(LIMIT / 2)
    assert told == [True]


def test_whoever_asks_waits_for_the_answer(at_work: Desk) -> None:
    done: list[str] = []

    at_work.ask(lambda: done.append("asked"), LIMIT)

    assert done == ["asked"]


def test_whoever_asks_an_idle_desk_waits_no_longer_than_it_said(desk: Desk) -> None:
    desk.ask(lambda: None, 0.01)

    assert desk.inbox.qsize() == 1


def test_the_poll_comes_round_by_itself(desk: Desk) -> None:
    polls: list[int] = []

    def poll() -> None:
        polls.append(1)
        if len(polls) == 3:
            raise Enough

    with pytest.raises(Enough):
        desk.work(poll, 0.01)


def test_the_poll_comes_round_however_much_news_there_is(desk: Desk) -> None:
    news = 0

    def more() -> None:
        nonlocal news
        news += 1
        assert news < 100_000, "the poll never came"
        desk.inbox.put(more)

    def poll() -> None:
        if news:
            raise Enough

    desk.inbox.put(more)
    with pytest.raises(Enough):
        desk.work(poll, 0.01)
