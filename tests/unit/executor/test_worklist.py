"""The worklist: read behind its writer, from the beginning, to its end or its early end."""

import errno
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from avio.engines.base import Entry, EntryState
from avio.executor.worklist import FLUSH_LINES, Worklist
from tests.processes import wait_until

LIMIT = 5.0


def entry(number: int) -> Entry:
    return Entry(f"/dätä/{number}", "file", number, 1.5, EntryState.REMOTE, token=f"v{number}")


@pytest.fixture
def worklist(tmp_path: Path) -> Worklist:
    return Worklist(tmp_path / "worklist")


def reading(read: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=read)
    thread.start()
    return thread


def test_entries_come_back_as_they_were_and_those_to_move_apart(worklist: Worklist) -> None:
    for number in range(5):
        worklist.append(entry(number), move=number % 2 == 0)
    worklist.close()

    assert list(worklist.entries()) == [entry(number) for number in range(5)]
    assert list(worklist.to_move()) == [entry(0), entry(2), entry(4)]
    assert list(worklist.to_move()) == [entry(0), entry(2), entry(4)]


def test_an_empty_worklist_ends(worklist: Worklist) -> None:
    worklist.close()

    assert list(worklist.entries()) == []


def test_a_reader_gets_entries_while_the_writer_is_at_work(worklist: Worklist) -> None:
    got = threading.Event()
    found: list[Entry] = []

    def read() -> None:
        for one in worklist.to_move():
            found.append(one)
            got.set()

    reader = reading(read)
    for number in range(FLUSH_LINES):
        worklist.append(entry(number), move=True)
    assert got.wait(LIMIT)
    worklist.append(entry(99), move=True)
    worklist.close()
    reader.join(LIMIT)

    assert not reader.is_alive()
    assert len(found) == FLUSH_LINES + 1


def test_readers_of_a_worklist_that_failed_end_early(worklist: Worklist) -> None:
    found: list[Entry] = []
    reader = reading(lambda: found.extend(worklist.entries()))
    worklist.append(entry(1), move=True)

    worklist.close(failed=OSError("the listing broke"))

    reader.join(LIMIT)
    assert not reader.is_alive()
    assert len(found) <= 1
    assert isinstance(worklist.failed, OSError)
    assert list(worklist.to_move()) == []


@pytest.mark.timeout(20)
def test_readers_of_a_worklist_on_a_full_disk_end_and_are_told_why() -> None:
    worklist = Worklist(Path("/dev/full"))
    worklist.append(Entry("/a", "file", 1, None, EntryState.REMOTE), move=True)

    worklist.close()

    assert list(worklist.to_move()) == []
    assert isinstance(worklist.failed, OSError)
    assert worklist.failed.errno == errno.ENOSPC


def test_a_hold_that_begins_while_a_reader_waits_keeps_what_comes_from_it(worklist: Worklist) -> None:
    found: list[Entry | None] = []
    reader = reading(lambda: found.extend(worklist.to_move()))
    wait_until(lambda: bool(worklist._changed._waiters), LIMIT, "the reader waits")  # type: ignore[attr-defined]

    worklist.hold_until(time.monotonic() + 60)
    for number in range(FLUSH_LINES):
        worklist.append(entry(number), move=True)
    reader.join(0.2)
    assert found == []

    worklist.close()
    reader.join(LIMIT)
    assert len(found) == FLUSH_LINES
