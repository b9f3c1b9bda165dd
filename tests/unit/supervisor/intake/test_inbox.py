"""The inbox of intake's database thread: tasks in order, and a poll that none of them can delay."""

import threading
from collections.abc import Iterator

import pytest

from supervisor.intake.inbox import Inbox

LIMIT = 5.0


class Enough(BaseException):
    """Ends the endless loop of an inbox."""


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def running(inbox: Inbox) -> Iterator[Inbox]:
    """An inbox whose tasks are run by a thread."""

    def stop() -> None:
        raise Enough

    def work() -> None:
        with pytest.raises(Enough):
            inbox.run(lambda: None, 0.01)

    thread = threading.Thread(target=work)
    thread.start()
    yield inbox
    inbox.put(stop)
    thread.join(LIMIT)
    assert not thread.is_alive()


def test_tasks_are_run_in_order_and_whoever_waits_is_told_of_the_end(running: Inbox) -> None:
    done: list[int] = []

    running.put(lambda: done.append(1))
    running.put_and_wait(lambda: done.append(2), LIMIT)

    assert done == [1, 2]


def test_whoever_waits_for_an_inbox_that_nobody_runs_waits_no_longer_than_it_said(inbox: Inbox) -> None:
    done: list[int] = []

    inbox.put_and_wait(lambda: done.append(1), 0.01)

    assert done == []


def test_a_task_that_fails_and_a_poll_that_fails_stop_neither_the_tasks_nor_the_poll(inbox: Inbox) -> None:
    done: list[int] = []

    def fail() -> None:
        raise ValueError("its own fault")

    def poll() -> None:
        if done:
            raise Enough
        fail()

    inbox.put(fail)
    inbox.put(lambda: done.append(1))

    with pytest.raises(Enough):
        inbox.run(poll, 0.01)


def test_the_poll_repeats_by_itself(inbox: Inbox) -> None:
    polls: list[int] = []

    def poll() -> None:
        polls.append(1)
        if len(polls) == 3:
            raise Enough

    with pytest.raises(Enough):
        inbox.run(poll, 0.01)


def test_the_poll_repeats_however_many_tasks_there_are(inbox: Inbox) -> None:
    tasks = 0

    def more() -> None:
        nonlocal tasks
        tasks += 1
        assert tasks < 100_000, "the poll never came"
        inbox.put(more)

    def poll() -> None:
        if tasks:
            raise Enough

    inbox.put(more)
    with pytest.raises(Enough):
        inbox.run(poll, 0.01)
