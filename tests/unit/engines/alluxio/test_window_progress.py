"""What shows of a window while it is under way: what the master says is cached, and nothing else."""

from collections.abc import Mapping, Sequence

import pytest

from avio.engines.alluxio.clients.status import Address, Block, Location, Persistence, Status
from avio.engines.alluxio.load import window_progress
from avio.engines.alluxio.load.block_queue import LoadingFile
from avio.engines.alluxio.load.window_progress import WindowProgress
from avio.engines.base import Entry, EntryState
from avio.errors import EngineAway
from tests.contract.engines.harness import Attempt

HERE = (Location(Address("w", 1), 1, "MEM", "MEM"),)


def status(path: str, cached: int) -> Status:
    """A file of four blocks of 10 bytes, so many of which are cached."""
    blocks = tuple(Block(no, 10, 10 * no, HERE if no < cached else ()) for no in range(4))
    return Status(path, False, 40, True, Persistence.PERSISTED, False, 1, "", blocks, 25 * cached, 0, "", False)


def arriving(path: str) -> LoadingFile:
    return LoadingFile(Entry(path, "file", 40, 0, EntryState.REMOTE), status(path, 0), waiting=40)


class Books:
    """What the master knows, and what was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *paths: str) -> None:
        monkeypatch.setattr(window_progress, "LOOK_SECONDS", 0.0)
        monkeypatch.setattr(window_progress, "LOOK_COST_FACTOR", 0)
        self.cached = dict.fromkeys(paths, 0)
        self.told: list[int] = []
        self.run = Attempt()
        self.run.moved = self.told.append  # type: ignore[method-assign]
        self.asked: list[list[str]] = []
        self.away = False
        self.watch = WindowProgress([arriving(path) for path in paths], self.statuses, self.run)

    def statuses(self, paths: Sequence[str]) -> Mapping[str, Status | None]:
        self.asked.append([*paths])
        if self.away:
            raise EngineAway("the master is away")
        return {path: status(path, self.cached[path]) for path in paths}

    def look(self) -> list[str]:
        return [file.entry.path for file in self.watch.look()]


def test_blocks_are_told_as_they_come_and_a_file_when_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(monkeypatch, "/a", "/b")

    books.cached |= {"/a": 3, "/b": 1}
    assert (books.look(), books.told) == ([], [30, 10])
    books.cached["/a"] = 4
    assert (books.look(), books.told) == (["/a"], [30, 10, 10])
    assert (books.look(), books.asked[-1]) == ([], ["/b"])


def test_the_end_of_a_window_tells_only_what_was_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(monkeypatch, "/a")
    books.cached["/a"] = 1
    books.look()

    books.watch.end()

    assert books.told == [10, 30]
    assert books.run.in_flight == 40


def test_a_file_that_was_ordered_twice_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(monkeypatch, "/a")
    books.watch.missing.append(arriving("/a"))

    books.cached["/a"] = 4

    assert books.look() == ["/a", "/a"]
    assert books.watch.missing == []


def test_what_goes_from_the_cache_again_is_not_told_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(monkeypatch, "/a")
    for cached in (2, 0, 2, 3):
        books.cached["/a"] = cached
        books.look()

    assert books.told == [20, 10]
    assert (books.run.in_flight, books.watch.missing[0].come) == (30, 30)


def test_a_master_that_is_away_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(monkeypatch, "/a")
    books.away, books.cached["/a"] = True, 4
    assert books.look() == []

    books.away = False
    assert books.look() == ["/a"]


def test_looks_are_no_nearer_than_they_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(monkeypatch, "/a")
    monkeypatch.setattr(window_progress, "LOOK_SECONDS", 60.0)

    books.look()
    books.look()

    assert len(books.asked) == 1
