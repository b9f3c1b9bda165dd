"""A walk of the bucket: directories are compared side by side, some ahead and not all, and come in their order."""

import threading
import time
from typing import Any

import pytest

from avio.engines.alluxio.clients.comparison import Comparison
from avio.engines.alluxio.clients.master import StatusPage
from avio.engines.alluxio.clients.status import Persistence, Status
from avio.engines.alluxio.view.directories_ahead import AHEAD, MAX_BEGUN
from avio.engines.alluxio.view.read_ahead import read_ahead
from avio.engines.alluxio.view.synced_walk import FILES_AHEAD, synced
from avio.errors import EngineAway, PathNotFound

PAUSE_SECONDS = 0.05


def folder(path: str) -> Status:
    return Status(path, True, 1, True, Persistence.PERSISTED, False, 1, "", (), 100, 0, "", False)


def file(path: str, *, saved: bool = True) -> Status:
    state = Persistence.PERSISTED if saved else Persistence.NOT_PERSISTED
    return Status(path, False, 1, True, state, False, 1, "", (), 0, 0, "", False)


class Space:
    """Directories by their paths; a comparison with the bucket takes a while."""

    def __init__(self, tree: dict[str, list[Status]]) -> None:
        self.tree = tree
        self.lock = threading.Lock()
        self.at_once = self.most = 0
        self.files_at_once = self.most_files = 0
        self.file_pause = 0.0
        self.syncs: dict[str, bool] = {}
        self.broken = ""

    def page(self, path: str, *, size: int, after: str | None = None, **_: Any) -> StatusPage:
        rest = [each for each in self.tree[path] if after is None or each.path > after]
        return StatusPage(rest[:size], len(rest) > size)

    def sync(self, path: str, *, recursive: bool, compare: bool) -> None:
        if path == self.broken:
            raise EngineAway("no answer")
        with self.lock:
            self.syncs[path] = compare
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(PAUSE_SECONDS)
        with self.lock:
            self.at_once -= 1

    def status(self, path: str, *, sync: bool = False) -> Status:
        if sync:
            with self.lock:
                self.files_at_once += 1
                self.most_files = max(self.most_files, self.files_at_once)
            time.sleep(self.file_pause)
            with self.lock:
                self.files_at_once -= 1
        if path == self.broken:
            raise EngineAway("no answer")
        if path.endswith("gone"):
            raise PathNotFound("it is not there")
        if sync:
            self.syncs[path] = True
        return file(path, saved=not path.endswith(("new", "rewritten")))._replace(length=2 if sync else 1)

    def compare(self, path: str) -> Comparison:
        return Comparison("", differs=False)


@pytest.fixture
def space() -> Any:
    names = [f"/t/{n:02}" for n in range(40)]
    tree = {"/t": [folder(name) for name in names]}
    return Space(tree | {name: [file(f"{name}/{n}") for n in range(2)] for name in names})


def test_directories_are_compared_side_by_side_and_come_in_their_order(space: Any) -> None:
    found = [each.path for each in synced(space, folder("/t"), depth=None)]

    assert found == [f"/t/{n:02}/{no}" for n in range(40) for no in range(2)]
    assert 1 < space.most <= AHEAD


def test_a_walk_that_is_not_read_on_begins_with_a_few_directories(space: Any) -> None:
    walk = synced(space, folder("/t"), depth=None)
    next(walk)
    time.sleep(PAUSE_SECONDS * 10)

    assert len(space.syncs) <= 2 + MAX_BEGUN
    walk.close()  # type: ignore[attr-defined]  # a generator


def test_a_walk_into_the_depth_keeps_a_bounded_number_of_first_pages() -> None:
    depth, tree, at = 12, {}, "/t"
    for _ in range(depth):
        tree[at] = [folder(f"{at}/{n}") for n in range(AHEAD + 1)]
        tree |= {f"{at}/{n}": [file(f"{at}/{n}/f")] for n in range(AHEAD + 1)}
        at += "/0"
    deep: Any = Space(tree)

    walk = synced(deep, folder("/t"), depth=None)
    next(walk)
    time.sleep(PAUSE_SECONDS * 20)

    assert len(deep.syncs) <= depth + 1 + MAX_BEGUN
    walk.close()  # type: ignore[attr-defined]  # a generator


def test_a_directory_with_unsaved_files_is_not_compared(space: Any) -> None:
    space.tree["/t/03"].append(file("/t/03/new", saved=False))

    list(synced(space, folder("/t"), depth=None))

    assert [path for path, compared in space.syncs.items() if not compared] == ["/t/03"]


def test_an_error_comes_at_the_turn_of_its_directory(space: Any) -> None:
    space.broken = "/t/03"
    walk = synced(space, folder("/t"), depth=None)

    assert [next(walk).path for _ in range(6)] == [f"/t/{n:02}/{no}" for n in range(3) for no in range(2)]
    with pytest.raises(EngineAway):
        next(walk)


def test_a_directory_of_several_pages_is_read_whole(space: Any) -> None:
    space.tree["/t/05"] = [file(f"/t/05/{n:05}") for n in range(2500)]

    found = [each.path for each in synced(space, folder("/t"), depth=None) if each.path.startswith("/t/05")]

    assert found == [each.path for each in space.tree["/t/05"]]


def test_calls_run_ahead_of_their_turn_and_no_further() -> None:
    calls: list[int] = []

    class Now:
        def submit(self, call: Any, thing: int) -> Any:
            calls.append(thing)

            class Done:
                def result(self) -> int:
                    return int(call(thing))

            return Done()

    ahead = read_ahead(Now(), lambda thing: thing * 2, iter(range(10)), 3)  # type: ignore[arg-type]  # all it needs

    assert next(ahead) == (0, 0)
    assert calls == [0, 1, 2, 3]
    assert [result for _, result in ahead] == [2 * thing for thing in range(1, 10)]


@pytest.mark.parametrize("each_file", [False, True])
def test_saved_files_beside_an_unsaved_one_are_compared_one_by_one_if_asked(each_file: bool) -> None:
    found_before = [file("/t/a"), file("/t/gone"), file("/t/new", saved=False), file("/t/rewritten")]
    space: Any = Space({"/t": found_before})

    found = {each.path: each.length for each in synced(space, folder("/t"), depth=None, each_file=each_file)}

    assert space.syncs.pop("/t") is False
    unsynced = {"/t/new": 1, "/t/rewritten": 1}  # Alluxio would drop what was written anew since the page was read
    assert found == ({"/t/a": 2, **unsynced} if each_file else {"/t/a": 1, "/t/gone": 1, **unsynced})
    assert space.syncs == ({"/t/a": True} if each_file else {})


@pytest.fixture
def beside_unsaved() -> Any:
    """A directory of saved files and one unsaved file; comparing a saved one with its bucket takes a while."""
    files = [file(f"/t/{n:03}") for n in range(60)]
    made: Any = Space({"/t": [*files, file("/t/new", saved=False), folder("/t/sub")], "/t/sub": [file("/t/sub/f")]})
    made.file_pause = PAUSE_SECONDS
    return made


def test_files_beside_an_unsaved_one_are_compared_side_by_side_and_come_in_their_order(beside_unsaved: Any) -> None:
    found = [each.path for each in synced(beside_unsaved, folder("/t"), depth=None, each_file=True)]

    assert found == [*(f"/t/{n:03}" for n in range(60)), "/t/new", "/t/sub/f"]
    assert 1 < beside_unsaved.most_files <= FILES_AHEAD


def test_a_walk_that_is_not_read_on_compares_a_few_files(beside_unsaved: Any) -> None:
    walk = synced(beside_unsaved, folder("/t"), depth=None, each_file=True)
    next(walk)
    time.sleep(PAUSE_SECONDS * 10)

    assert len([path for path in beside_unsaved.syncs if path != "/t"]) <= 1 + FILES_AHEAD
    walk.close()  # type: ignore[attr-defined]  # a generator


def test_each_file_that_is_gone_and_each_directory_without_files_is_a_beat() -> None:
    gone = [file(f"/t/{n}gone") for n in range(5)]
    tree = {"/t": [*gone, file("/t/new", saved=False), folder("/t/a"), folder("/t/b")], "/t/a": [], "/t/b": []}
    space: Any = Space(tree)
    beats: list[int] = []

    walk = synced(space, folder("/t"), depth=None, each_file=True, beat=lambda: beats.append(1))

    assert [each.path for each in walk] == ["/t/new"]
    assert len(beats) == len(gone) + len(tree)


def test_an_error_comes_at_the_turn_of_its_file(beside_unsaved: Any) -> None:
    beside_unsaved.broken = "/t/003"
    walk = synced(beside_unsaved, folder("/t"), depth=None, each_file=True)

    assert [next(walk).path for _ in range(3)] == ["/t/000", "/t/001", "/t/002"]
    with pytest.raises(EngineAway):
        next(walk)
