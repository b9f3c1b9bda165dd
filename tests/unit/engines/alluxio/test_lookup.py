"""Lookups of many files: a page for those of a directory, in any order, and no call for a file that a page has."""

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from avio.engines.alluxio.clients.master import StatusPage
from avio.engines.alluxio.clients.status import Persistence, Status
from avio.engines.alluxio.view.lookup import Lookup, before
from avio.engines.alluxio.view.namespace import order
from avio.errors import PathNotFound


def status(path: str, *, folder: bool = False) -> Status:
    return Status(path, folder, 0, True, Persistence.PERSISTED, False, 1, "", (), 100, 0, "", False)


class Space:
    """A namespace that counts the calls."""

    def __init__(self, *paths: str) -> None:
        self._paths = sorted(paths, key=order)
        self._lock = threading.Lock()
        self.pages = self.read = self.single = 0

    def status(self, path: str, *, sync: bool = False) -> Status:
        with self._lock:
            self.single += 1
        if path not in self._paths:
            raise PathNotFound(path)
        return status(path)

    def page(self, path: str, *, recursive: bool, size: int, after: str | None = None, **_: Any) -> StatusPage:
        root = path.rstrip("/") + "/"
        inside = [each for each in self._paths if each.startswith(root) and (recursive or "/" not in each[len(root) :])]
        if not inside:
            raise PathNotFound(path)
        rest = [each for each in inside if after is None or order(each) > order(after)]
        with self._lock:
            self.pages += 1
            self.read += len(rest[:size])
        return StatusPage([status(each) for each in rest[:size]], len(rest) > size)


@pytest.fixture
def paths() -> list[str]:
    return [f"/d/{folder}/{n:04}.bin" for folder in range(3) for n in range(400)]


@pytest.fixture
def space(paths: list[str]) -> Space:
    return Space(*paths)


@pytest.fixture
def lookup(space: Any) -> Iterator[Lookup]:
    made = Lookup(space)
    yield made
    made.close()


def test_files_of_a_directory_cost_one_page_and_no_call_of_their_own(
    lookup: Lookup, space: Space, paths: list[str]
) -> None:
    asked = paths[50:650]  # 350 of the first directory, 250 of the second
    random.shuffle(asked)

    assert lookup.statuses(asked) == {path: status(path) for path in asked}
    assert (space.pages, space.read, space.single) == (2, 600, 0)


def test_a_file_that_is_gone_is_none(lookup: Lookup, space: Space) -> None:
    asked = [f"/d/0/{n:04}.bin" for n in range(10)] + ["/d/0/0003.none", "/nowhere/a"]

    found = lookup.statuses(asked)

    assert [path for path, each in found.items() if each is None] == ["/d/0/0003.none", "/nowhere/a"]
    assert set(found) == set(asked)


def test_few_files_of_many_directories_are_found_too(lookup: Lookup, space: Space) -> None:
    asked = ["/d/0/0000.bin", "/d/1/0000.bin", "/d/2/0000.bin", "/d/2/0001.bin"]

    assert lookup.statuses(asked) == {path: status(path) for path in asked}


@pytest.mark.parametrize("name", ["a", "0", "@", "~", "]", "é", "日", "\ue000", "\U0001f600", "0000.bin", "x y", "!"])
def test_the_place_before_a_file_is_before_it_and_is_in_its_directory(name: str) -> None:
    place = before(f"/d/{name}")

    if place is not None:
        assert place < f"/d/{name}"
        assert place.startswith("/d/")
        assert len(place) > len("/d/")
        assert not {"/", "?", "\\"} & set(place[len("/d/") + len(name) - 1 :])
        place.encode()


def test_before_the_first_possible_name_is_the_beginning() -> None:
    assert before("/d/!") is None
