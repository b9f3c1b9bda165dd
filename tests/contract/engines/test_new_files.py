"""Small new files that a mover puts in place in one pass: the same files as one by one, whatever happens meanwhile."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from avio.engines.base import EntryState, Moved
from avio.engines.content import Content
from avio.engines.local.stamps import ObjectName
from avio.engines.local.transfer import download, new_files
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt
from tests.contract.engines.lying_store import Store, lying_store
from tests.contract.engines.test_other_bytes import World
from tests.contract.engines.test_shared_work import share, used
from tests.unit.engines.movers.thread_movers import Fleet

pytestmark = pytest.mark.usefixtures("unmeasured")

NAMES = [f"{folder}/{number}" for folder in ("a", "b") for number in range(6)]
ODD = "/data/a/3"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with lying_store() as store:
        fill(store)
        yield World(tmp_path, ("s3://b", store.options), 1 << 30)
    while Fleet.made:
        Fleet.made.pop().close()


def fill(store: Store) -> None:
    for name in NAMES:
        store.put(name, name.encode() * 100)


def assert_in_place(world: World, *but: str) -> None:
    for name in NAMES:
        if f"/data/{name}" not in but:
            assert world.read_cache(f"/data/{name}") == name.encode() * 100
    assert world.temporaries() == []


class OneByOne:
    """Counts the files that are put in place one by one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        bring_all = download.Download.bring_all

        def counted(self_: download.Download, files: list[tuple[download.Wanted, object]]) -> list[object]:
            self.paths += [wanted.entry.path for wanted, _ in files]
            return bring_all(self_, files)  # type: ignore[arg-type,return-value]

        monkeypatch.setattr(download.Download, "bring_all", counted)


def outcomes(moved: dict[str, Moved]) -> set[tuple[Outcome, Content]]:
    return {(each.outcome, each.content) for each in moved.values()}


def stamps(world: World) -> dict[str, dict[str, object]]:
    """Return what the stamps say, without what differs from copy to copy."""
    found = {}
    for name in NAMES:
        file = world.tiers[0] / "data" / name
        [attribute] = os.listxattr(file)
        stamp = json.loads(os.getxattr(file, attribute))
        assert stamp["inode"] == file.stat().st_ino
        found[attribute] = {key: stamp[key] for key in stamp.keys() - {"inode", "seen_ns", "born_ns"}}
    return found


def test_files_and_stamps_are_as_those_that_come_one_by_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = world.preload()  # without movers
    expected = stamps(world)
    shutil.rmtree(world.tiers[0] / "data")
    slow = OneByOne(monkeypatch)
    share(world)

    again = world.preload()

    assert slow.paths == []
    assert again == moved
    assert outcomes(again) == {(Outcome.DONE, Content.PROVED)}
    assert_in_place(world)
    assert stamps(world) == expected
    assert used(world)[1] == 0
    found = world.recheck([each.entry for each in again.values()])
    assert {entry.state for entry in found.values()} == {EntryState.CACHED}


def fails_once(monkeypatch: pytest.MonkeyPatch, name: str, at: int = 1) -> None:
    """Let a call of `new_files` fail, as on a disk with a bad block."""
    real: Callable[..., object] = getattr(new_files, name)
    calls = [0]

    def failing(*arguments: object) -> object:
        calls[0] += 1
        if calls[0] == at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(*arguments)

    monkeypatch.setattr(new_files, name, failing)


@pytest.mark.parametrize(("call", "at"), [("write_all", 1), ("write_all", 4), ("sync_within", 1), ("move", 3)])
def test_what_a_disk_refuses_comes_one_by_one(
    world: World, call: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = OneByOne(monkeypatch)
    share(world)
    fails_once(monkeypatch, call, at)
    moved = world.preload()
    assert slow.paths
    assert outcomes(moved) == {(Outcome.DONE, Content.PROVED)}
    assert_in_place(world)
    assert used(world) == (sum(100 * len(name) for name in NAMES), 0)


def test_a_file_that_appears_meanwhile_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = new_files.stamp_new

    def appear(fd: int, name: ObjectName, *arguments: object) -> bool:
        if name.text.endswith("/a/3"):
            world.put_cache(ODD, b"another program's")
        return real(fd, name, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(new_files, "stamp_new", appear)
    share(world)
    moved = world.preload()
    assert moved.pop(ODD).outcome is Outcome.KEPT
    assert outcomes(moved) == {(Outcome.DONE, Content.PROVED)}
    assert world.read_cache(ODD) == b"another program's"
    assert_in_place(world, ODD)


def test_a_name_that_comes_long_after_the_stamp_renews_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[str] = []
    real = new_files.renew_stamp

    def renew(fd: int, name: ObjectName) -> None:
        renewed.append(name.text)
        real(fd, name)

    monkeypatch.setattr(new_files, "OWN_NS", 0)
    monkeypatch.setattr(new_files, "renew_stamp", renew)
    share(world)
    moved = world.preload()
    assert len(renewed) == len(NAMES)
    found = world.recheck([each.entry for each in moved.values()])
    assert {entry.state for entry in found.values()} == {EntryState.CACHED}


def test_no_file_gets_its_name_after_the_attempt_must_stop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = share(world)
    run = Attempt()
    run.stop = lambda: fleet.page.stopped
    real = new_files.sync_within
    groups: list[int] = []

    def sync_and_stop(fds: Sequence[int], *arguments: object) -> None:
        real(fds, *arguments)  # type: ignore[arg-type]
        groups.append(len(fds))
        fleet.page.stop()

    monkeypatch.setattr(new_files, "sync_within", sync_and_stop)
    assert world.preload(run=run) == {}
    assert groups
    assert [world.read_cache(f"/data/{name}") for name in NAMES] == [None] * len(NAMES)
    assert world.temporaries() == []
    assert used(world) == (0, 0)
