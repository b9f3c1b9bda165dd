"""The local path of an entry: given only where a program reads all of it, and reads the right bytes."""

import os
from pathlib import Path

import pytest

from avio.engines.base import Entry, EntryState, Side
from avio.engines.factory import open_engine
from avio.engines.local.engine import LocalEngine
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt


class World:
    """A bucket at /data with the files `d/a` and `d/b`, and the tiers MEM and SSD."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "bucket/d").mkdir(parents=True)
        for name in "ab":
            self.put(name, "one")
        mounts = {"/data": {"url": f"file://{home}/bucket", "options": {}}}
        tiers = [{"alias": alias, "path": str(home / alias), "capacity": 1 << 20} for alias in ("MEM", "SSD")]
        engine = open_engine({"engine": "local", "mounts": mounts, "tiers": tiers})
        assert isinstance(engine, LocalEngine)
        self.engine = engine

    def put(self, name: str, text: str) -> None:
        (self.home / "bucket/d" / name).write_text(text)

    def write(self, name: str, text: str) -> None:
        """Change the cached file, as a training job does."""
        (self.home / "MEM/data/d" / name).write_text(text)

    def load(self, path: str = "/data/d", tier: str = "MEM") -> None:
        found = self.engine.walk(path, depth=None, side=Side.BUCKET)
        list(self.engine.preload(found, Params(tier=tier), Attempt()))

    def stat(self, path: str) -> tuple[EntryState, str | None]:
        entry = self.engine.stat(path)
        assert [found.local_path for found in self.listed(path)] == [entry.local_path]
        local = None if entry.local_path is None else entry.local_path.removeprefix(f"{self.home}/")
        return entry.state, local

    def listed(self, path: str) -> list[Entry]:
        """Return the entry of `path` as the listing of the directory above has it."""
        page = self.engine.list(path.rpartition("/")[0] or "/", depth=1, size=100)
        return [entry for entry in page.entries if entry.path == path]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_is_cached_on_one_tier_is_there(world: World) -> None:
    assert world.stat("/data/d") == (EntryState.REMOTE, None)
    world.load("/data/d/a")
    assert world.stat("/data/d/a") == (EntryState.CACHED, "MEM/data/d/a")
    assert world.stat("/data/d") == (EntryState.PARTIAL, None)
    world.load()
    assert world.stat("/data/d") == (EntryState.CACHED, "MEM/data/d")
    assert world.stat("/data") == (EntryState.CACHED, "MEM/data")
    assert world.engine.stat("/").local_path == f"{world.home}/MEM"
    assert (world.home / "MEM/data/d/a").read_text() == "one"


def test_files_on_two_tiers_are_in_no_directory(world: World) -> None:
    world.load("/data/d/a")
    world.load("/data/d/b", tier="SSD")

    assert world.stat("/data/d/b") == (EntryState.CACHED, "SSD/data/d/b")
    assert world.stat("/data/d") == (EntryState.CACHED, None)


def test_a_users_own_newer_file_is_given_and_a_stale_or_doubtful_copy_is_not(world: World) -> None:
    world.load()
    world.write("a", "mine")
    assert world.stat("/data/d/a") == (EntryState.DIRTY, "MEM/data/d/a")
    assert world.stat("/data/d") == (EntryState.DIRTY, "MEM/data/d")
    world.put("a", "theirs")
    assert world.stat("/data/d/a") == (EntryState.CONFLICT, None)
    assert world.stat("/data/d") == (EntryState.DIRTY, None)
    world.load("/data/d/a")
    world.put("b", "newer")
    assert world.stat("/data/d/b") == (EntryState.STALE, None)
    os.unlink(world.home / "bucket/d/b")
    assert world.stat("/data/d/b") == (EntryState.GONE, None)
    assert world.stat("/data/d") == (EntryState.DIRTY, None)


def test_a_directory_with_a_file_that_the_bucket_deleted_is_not_saved_and_has_no_place(world: World) -> None:
    world.load()
    os.unlink(world.home / "bucket/d/b")

    listed = world.engine.list("/data", depth=1, size=9, sums=True).entries
    for entry in (world.engine.stat("/data/d"), world.engine.stat("/data"), *listed):
        assert (entry.state, entry.saved, entry.local_path) == (EntryState.STALE, False, None), entry.path
    assert world.engine.stat("/data/d/a").saved


def test_a_directory_with_a_file_that_is_not_cached_beside_a_dirty_one_has_none(world: World) -> None:
    world.load("/data/d/a")
    world.write("a", "mine")
    assert world.stat("/data/d") == (EntryState.DIRTY, None)
