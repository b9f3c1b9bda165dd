"""What an eviction drops: clean files that no job uses, those first that were not used for longest."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from avio.clock import boottime
from avio.engines.base import Side
from avio.engines.kept_paths import KeptPaths
from avio.engines.local import capacity, paths_in_use
from avio.engines.local.engine import LocalEngine
from avio.engines.local.evictions import Evictions
from avio.engines.local.paths_in_use import Look, PathsInUse
from avio.engines.local.tiers import Tiers
from avio.errors import CacheFull, EngineAway, StoreError
from avio.wire.keeps import OpenKeep, OpenKeeps
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt

SIZE, FULL = 1_000, 10_000


class World:
    """A local engine over a directory as its bucket, with a tier of ten files."""

    def __init__(self, directory: Path) -> None:
        self.bucket, self.tier, self.keeps = directory / "bucket", directory / "MEM", directory / "keeps"
        self.bucket.mkdir()
        self.engine = self.process()

    def process(self) -> LocalEngine:
        tiers = [{"alias": "MEM", "path": str(self.tier), "capacity": FULL}]
        engine = LocalEngine.from_settings({"mounts": {"/data": {"url": f"file://{self.bucket}"}}, "tiers": tiers})
        self.keep()
        engine.kept = KeptPaths(self.keeps)
        return engine

    def keep(self, *paths: str) -> None:
        """Write which paths users keep, as intake does; that is known for an hour."""
        keeps = tuple(OpenKeep(path, 7, "lena") for path in paths)
        self.keeps.write_text(OpenKeeps(boottime() + 3600, keeps).to_json())

    def put(self, *names: str) -> None:
        for name in names:
            file = self.bucket / name
            file.parent.mkdir(exist_ok=True, parents=True)
            file.write_bytes(name.encode().ljust(SIZE))

    def load(self, path: str, engine: LocalEngine | None = None, **params: Any) -> set[Outcome]:
        """Preload as the executor does: list all, then have room, then move."""
        engine, wanted, run = engine or self.engine, Params(alluxio_uri=path, **params), Attempt()
        with engine.eviction.using([path], run):
            room = engine.admit(wanted)
            try:
                listed = list(engine.walk(path, depth=None, side=Side.BUCKET))
                for entry in listed:
                    room.add(0 if entry.in_cache else entry.size or 0, entry.tiers if entry.in_cache else {})
                room.complete(run)
                moving = [entry for entry in listed if not entry.in_cache]
                return {moved.outcome for moved in engine.preload(moving, wanted, run)}
            finally:
                room.close()

    def cached(self) -> list[str]:
        return sorted(str(file.relative_to(self.tier / "data")) for file in (self.tier / "data").rglob("*/*"))

    def use(self, name: str, seconds: int) -> None:
        """Let a cached file be read so long ago."""
        status = (self.tier / "data" / name).stat()
        os.utime(self.tier / "data" / name, ns=(status.st_ctime_ns + seconds * 10**9, status.st_mtime_ns))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.put(*(f"old/{number}" for number in range(8)))
    made.load("/data/old")
    yield made
    made.engine.close()


OLD = [f"old/{number}" for number in range(8)]


def test_the_files_that_were_not_used_for_longest_give_way(world: World) -> None:
    for name in (*OLD[:4], *OLD[5:]):
        world.use(name, 3600)
    world.put("new/a", "new/b", "new/c")

    assert world.load("/data/new", if_full="evict") == {Outcome.DONE}

    assert world.cached() == sorted({"new/a", "new/b", "new/c", *OLD} - {"old/4"})


def test_an_unsaved_file_stays(world: World) -> None:
    for name in OLD[1:]:
        world.use(name, 3600)
    (world.tier / "data/old/0").write_bytes(b"results".ljust(SIZE))
    world.use("old/0", -3600)
    world.put(*(f"new/{letter}" for letter in "abc"))

    world.load("/data/new", if_full="evict")

    assert (world.tier / "data/old/0").read_bytes().startswith(b"results")


def test_a_file_that_is_gone_from_the_bucket_stays_since_the_copy_is_the_last_one(world: World) -> None:
    for name in OLD:
        (world.bucket / name).unlink()
    world.put("new/a", "new/b", "new/c")

    with pytest.raises(CacheFull):
        world.load("/data/new", if_full="evict")

    assert world.cached() == OLD


def test_a_file_that_may_not_be_removed_stays_and_others_give_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in OLD[1:]:
        world.use(name, 3600)
    drop = Tiers.drop

    def refused(tiers: Tiers, path: str, copies: Any) -> Any:
        if path == "/data/old/0":
            raise StoreError("another user's, in a sticky directory")
        return drop(tiers, path, copies)

    monkeypatch.setattr(Tiers, "drop", refused)
    world.put("new/a", "new/b", "new/c")

    assert world.load("/data/new", if_full="evict") == {Outcome.DONE}
    assert "old/0" in world.cached()


def test_a_stale_copy_gives_way(world: World) -> None:
    for name in OLD:
        (world.bucket / name).write_bytes(b"newer".ljust(SIZE + 1))
    world.put("new/a", "new/b", "new/c")

    assert world.load("/data/new", if_full="evict") == {Outcome.DONE}


def test_files_of_another_running_job_stay(world: World) -> None:
    other = world.process()
    world.put("new/a", "new/b", "new/c")
    with other.eviction.using(["/data/old"], Attempt()), pytest.raises(CacheFull, match="jobs use them"):
        world.load("/data/new", if_full="evict")
    assert world.cached() == OLD

    assert world.load("/data/new", if_full="evict") == {Outcome.DONE}
    other.close()


def test_of_a_job_with_one_file_only_that_stays(world: World) -> None:
    for name in OLD[1:]:
        world.use(name, 3600)
    other = world.process()
    world.put("new/a", "new/b", "new/c")
    with other.eviction.using(["/data/old/0"], Attempt()):
        world.load("/data/new", if_full="evict")
    assert "old/0" in world.cached()
    other.close()


def test_the_files_of_the_job_itself_stay(world: World) -> None:
    world.put(*(f"old/new{number}" for number in range(3)))

    with pytest.raises(CacheFull):
        world.load("/data/old", if_full="evict")

    assert world.cached() == OLD


def test_nothing_is_dropped_for_what_does_not_fit_anyway(world: World) -> None:
    other = world.process()
    world.put(*(f"new/{number}" for number in range(5)))
    with other.eviction.using([f"/data/old/{number}" for number in range(6)], Attempt()), pytest.raises(CacheFull):
        world.load("/data/new", if_full="evict")
    assert world.cached() == OLD
    other.close()


def test_a_job_that_begins_between_the_look_and_the_drop_keeps_its_files(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.process()
    world.put("new/a", "new/b", "new/c")
    clean = Evictions._clean

    def begins_meanwhile(self: Evictions, *args: Any) -> Any:
        found = clean(self, *args)
        fd_holder.append(other.eviction.using(["/data/old"], Attempt()))
        fd_holder[-1].__enter__()
        return found

    fd_holder: list[Any] = []
    monkeypatch.setattr(Evictions, "_clean", begins_meanwhile)
    with pytest.raises(CacheFull):
        world.load("/data/new", if_full="evict")
    assert world.cached() == OLD
    for held in fd_holder:
        held.__exit__(None, None, None)


def test_a_job_that_begins_waits_for_the_drop_that_was_decided(world: World) -> None:
    other, run, looks = world.process(), Attempt(), iter((False, True))
    run.stop = lambda: next(looks, True)
    with world.engine.eviction.in_use.look() as look, look.dropping(Attempt()) as alone:
        assert alone
        with other.eviction.using(["/data"], run):
            pass
    assert next(looks, None) is None  # it looked until it had to stop
    other.close()


def test_drops_that_free_nothing_end_with_what_the_job_needs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that reads a file keeps its bytes on the disk, and so does a snapshot."""
    monkeypatch.setattr(capacity, "disk_free", lambda tier: 0)
    world.put("new/a", "new/b", "new/c")

    with pytest.raises(CacheFull, match=r"; 2\.9 KiB were dropped"):
        world.load("/data/new", if_full="evict")

    assert len(world.cached()) == len(OLD) - 3


def test_a_process_that_is_frozen_in_a_drop_is_waited_for_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(paths_in_use, "DROP_SECONDS", 0.02)
    monkeypatch.setattr(paths_in_use, "sleep", lambda seconds, stop: slept.append(seconds) or time.sleep(0.01) or True)
    world.put("new/a", "new/b", "new/c")
    frozen = world.process().eviction.in_use

    with frozen.look() as look, look.dropping(Attempt()) as is_alone:
        assert is_alone
        monkeypatch.setattr(PathsInUse, "used", lambda *_: nullcontext())
        with pytest.raises(CacheFull):
            world.load("/data/new", if_full="evict")

    assert len(slept) <= 3, "not once for each file"
    assert world.cached() == OLD


def test_the_use_of_a_path_ends_with_its_process(world: World) -> None:
    text = (
        "import sys\nfrom tests.unit.engines.local.test_evictions import *\n"
        "import pathlib\nclass W(World):\n"
        "  def __init__(s, d): s.bucket, s.tier, s.keeps = d/'bucket', d/'MEM', d/'keeps'\n"
        "e = W(pathlib.Path(sys.argv[1])).process()\nu = e.eviction.using(['/data/old'], Attempt())\nu.__enter__()\n"
        "print('used', flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", text, str(world.tier.parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "used\n"
        with world.engine.eviction.in_use.look() as look:
            assert look.is_used("/data/old/3")
        process.kill()
        process.wait()
    with world.engine.eviction.in_use.look() as look:
        assert not look.is_used("/data/old/3")


def test_files_of_a_store_that_does_not_answer_stay(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("new/a", "new/b", "new/c")
    bucket = world.engine._mounts.find("/data/old").bucket

    head = bucket.head

    def away(key: str) -> Any:
        if key.startswith("old"):
            raise EngineAway("no answer")
        return head(key)

    with monkeypatch.context() as patched:
        patched.setattr(bucket, "head", away)
        with pytest.raises(CacheFull):
            world.load("/data/new", if_full="evict")
    assert world.cached() == OLD


def test_what_a_user_keeps_stays_and_other_files_give_way(world: World) -> None:
    world.keep("/data/old/0", "/data/old/1")
    world.engine.kept = KeptPaths(world.keeps)
    world.put("new/a", "new/b", "new/c")
    assert world.load("/data/new", if_full="evict") == {Outcome.DONE}
    assert {"old/0", "old/1"} <= {*world.cached()}


def test_a_keep_that_is_made_after_the_look_around_holds_at_the_drop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = Evictions._clean

    def kept_meanwhile(self: Evictions, *args: Any) -> Any:
        world.keep("/data/old")
        self._kept()._looked = 0.0  # a second has passed
        return clean(self, *args)

    monkeypatch.setattr(Evictions, "_clean", kept_meanwhile)
    world.put("new/a", "new/b", "new/c")
    with pytest.raises(CacheFull):
        world.load("/data/new", if_full="evict")
    assert world.cached() == OLD


def test_while_nobody_tells_what_is_kept_nothing_gives_way(world: World) -> None:
    world.engine.kept = KeptPaths()
    world.put("new/a", "new/b", "new/c")
    with pytest.raises(CacheFull):
        world.load("/data/new", if_full="evict")
    assert world.cached() == OLD


def test_there_is_one_place_that_says_what_may_be_dropped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def keeps(self: Evictions, path: str, look: Look) -> bool:
        return False

    monkeypatch.setattr(Evictions, "may_be_dropped", keeps)
    world.put("new/a", "new/b", "new/c")
    with pytest.raises(CacheFull):
        world.load("/data/new", if_full="evict")
    assert world.cached() == OLD
