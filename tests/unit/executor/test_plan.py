"""The plan: read behind its writer, from the beginning, to its end or its early end."""

import errno
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from avio.engines.base import Entry, EntryState
from avio.executor.plan import FLUSH_LINES, Plan

LIMIT = 5.0


def entry(number: int) -> Entry:
    return Entry(f"/dätä/{number}", "file", number, 1.5, EntryState.REMOTE, token=f"v{number}")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(tmp_path / "plan")


def reading(read: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=read)
    thread.start()
    return thread


def test_entries_come_back_as_they_were_and_those_to_move_apart(plan: Plan) -> None:
    for number in range(5):
        plan.append(entry(number), move=number % 2 == 0)
    plan.close()

    assert list(plan.entries()) == [entry(number) for number in range(5)]
    assert list(plan.to_move()) == [entry(0), entry(2), entry(4)]
    assert list(plan.to_move()) == [entry(0), entry(2), entry(4)]


def test_an_empty_plan_ends(plan: Plan) -> None:
    plan.close()

    assert list(plan.entries()) == []


def test_a_reader_gets_entries_while_the_writer_is_at_work(plan: Plan) -> None:
    got = threading.Event()
    found: list[Entry] = []

    def read() -> None:
        for one in plan.to_move():
            found.append(one)
            got.set()

    reader = reading(read)
    for number in range(FLUSH_LINES):
        plan.append(entry(number), move=True)
    assert got.wait(LIMIT)
    plan.append(entry(99), move=True)
    plan.close()
    reader.join(LIMIT)

    assert not reader.is_alive()
    assert len(found) == FLUSH_LINES + 1


def test_readers_of_a_plan_that_failed_end_early(plan: Plan) -> None:
    found: list[Entry] = []
    reader = reading(lambda: found.extend(plan.entries()))
    plan.append(entry(1), move=True)

    plan.close(failed=OSError("the listing broke"))

    reader.join(LIMIT)
    assert not reader.is_alive()
    assert len(found) <= 1
    assert isinstance(plan.failed, OSError)
    assert list(plan.to_move()) == []


@pytest.mark.timeout(20)
def test_readers_of_a_plan_on_a_full_disk_end_and_are_told_why() -> None:
    plan = Plan(Path("/dev/full"))
    plan.append(Entry("/a", "file", 1, None, EntryState.REMOTE), move=True)

    plan.close()

    assert list(plan.to_move()) == []
    assert isinstance(plan.failed, OSError)
    assert plan.failed.errno == errno.ENOSPC
