"""Whose bytes a cached file holds, whatever hand put it there; nothing that exists only once is dropped."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from avio.engines.base import EntryState, Side
from avio.engines.factory import open_engine
from avio.engines.local import removal, stamps
from avio.errors import NotSaved, Unsaved
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, OnDisk, outcomes, settings
from tests.contract.engines.lying_store import lying_store
from tests.contract.engines.test_other_bytes import World

DONE, SKIPPED, KEPT, FAILED = Outcome.DONE, Outcome.SKIPPED, Outcome.KEPT, Outcome.FAILED
UNSAVED = (EntryState.DIRTY, EntryState.CONFLICT)


def copy_aside_and_rename(source: Path, target: Path) -> None:
    """Put a copy with all its attributes at the place of another file, as `cp -a --remove-destination` does."""
    shutil.copy2(source, target.with_suffix(".new"))
    target.with_suffix(".new").rename(target)


def link(source: Path, target: Path) -> None:
    """Make `target` a hard link of `source`, as `ln -f` does."""
    target.unlink()
    os.link(source, target)


@pytest.mark.parametrize(
    "put",
    [shutil.copy2, copy_aside_and_rename, lambda source, target: source.rename(target), link],
    ids=["copied", "copied-anew", "moved", "linked"],
)
@pytest.mark.parametrize("changed", [False, True], ids=["bucket-the-same", "bucket-newer"])
def test_another_files_stamp_is_none(local: OnDisk, put: Callable[[Path, Path], object], *, changed: bool) -> None:
    local.put_bucket("/data/best", b"epoch 100")
    local.put_bucket("/data/ckpt", b"EPOCH 200")
    local.preload()
    if changed:
        local.put_bucket("/data/best", b"somebody's")
    tier = local.tiers[0] / "data"
    put(tier / "ckpt", tier / "best")

    entry = local.engine.stat("/data/best")

    assert entry.state in UNSAVED
    assert not entry.may_go
    assert local.engine.list("/data", depth=1, size=9).entries[0].state is entry.state
    assert local.preload()["/data/best"].outcome is KEPT
    assert local.read_cache("/data/best") == b"EPOCH 200"
    with pytest.raises(Unsaved):
        local.engine.free("/data/best", recursive=False)
    moved = local.save("/data/best")["/data/best"]
    assert moved.outcome is (DONE if entry.state is EntryState.DIRTY else FAILED)
    assert local.save("/data/best", on_conflict="overwrite")["/data/best"].error is None
    assert local.read_bucket("/data/best") == b"EPOCH 200"
    assert local.engine.stat("/data/best").state is EntryState.CACHED


def test_a_copy_over_a_known_file_is_saved(local: OnDisk) -> None:
    local.put_bucket("/data/best", b"epoch 100")
    local.put_bucket("/data/ckpt", b"EPOCH 200")
    local.preload()
    shutil.copy2(local.tiers[0] / "data/ckpt", local.tiers[0] / "data/best")

    assert outcomes(local.save()) == {"/data/best": DONE, "/data/ckpt": SKIPPED}
    assert local.read_bucket("/data/best") == b"EPOCH 200"


def test_a_backup_that_is_put_back_is_not_stale(local: OnDisk, tmp_path: Path) -> None:
    local.put_bucket("/data/f", b"version 1")
    local.preload()
    file = local.tiers[0] / "data/f"
    shutil.copy2(file, tmp_path / "backup")
    local.put_bucket("/data/f", b"version 2, longer")
    local.preload()
    shutil.copy2(tmp_path / "backup", file)

    assert local.engine.stat("/data/f").state in UNSAVED


def test_all_names_of_a_file_are_saved_each_with_its_own_stamp(local: OnDisk) -> None:
    local.put_cache("/data/a", b"content")
    os.link(local.tiers[0] / "data/a", local.tiers[0] / "data/b")

    assert outcomes(local.save()) == {"/data/a": DONE, "/data/b": DONE}
    assert {entry.state for entry in local.engine.list("/data", depth=1, size=9).entries} == {EntryState.CACHED}

    with open(local.tiers[0] / "data/a", "ab") as file:
        file.write(b"!")
    assert {entry.state for entry in local.engine.list("/data", depth=1, size=9).entries} == {EntryState.DIRTY}


def old_stamp(file: Path) -> None:
    """Give a cached file the stamp of an older cache, which names neither object nor inode."""
    for each in os.listxattr(file):
        if each.startswith(stamps.ATTRIBUTE):
            content = stamps.orjson.loads(os.getxattr(file, each))
            os.removexattr(file, each)
            content.pop("inode")
            os.setxattr(file, stamps.ATTRIBUTE, stamps.orjson.dumps(content))


def test_the_stamps_of_older_caches_count_only_for_the_present_source(local: OnDisk) -> None:
    local.put_all(["/data/same", "/data/newer", "/data/deleted"])
    local.preload()
    for name in ("same", "newer", "deleted"):
        old_stamp(local.tiers[0] / "data" / name)
    local.put_bucket("/data/newer", b"newer than that")
    local.drop_bucket("/data/deleted")

    states = {name: local.engine.stat(f"/data/{name}").state for name in ("same", "newer", "deleted")}

    assert states == {"same": EntryState.CACHED, "newer": EntryState.CONFLICT, "deleted": EntryState.DIRTY}


def test_a_stamp_of_an_earlier_inode_with_the_same_number_is_none(local: OnDisk) -> None:
    local.put_bucket("/data/f", b"version 1")
    local.preload()
    file = local.tiers[0] / "data/f"
    [name] = [each for each in os.listxattr(file) if each.startswith(stamps.ATTRIBUTE)]
    stamp = stamps.orjson.loads(os.getxattr(file, name))
    if not stamp["born_ns"]:
        pytest.skip("the file system of the tests does not keep when an inode was made")
    local.put_bucket("/data/f", b"version 2, longer")
    assert local.engine.stat("/data/f").state is EntryState.STALE

    os.setxattr(file, name, stamps.orjson.dumps(stamp | {"born_ns": stamp["born_ns"] - 1}))

    assert local.engine.stat("/data/f").state is EntryState.CONFLICT
    assert local.preload()["/data/f"].outcome is KEPT
    assert local.read_cache("/data/f") == b"version 1"


@pytest.mark.parametrize("there", [True, False], ids=["an-object-there", "none-there"])
def test_a_file_that_is_moved_to_the_same_name_in_another_store_is_unsaved(tmp_path: Path, *, there: bool) -> None:
    with lying_store() as one, lying_store() as other:
        mounts = {"/one": ("s3://b", one.options), "/other": ("s3://b", other.options)}
        engine = open_engine(settings(mounts, tmp_path / "tiers"))
        one.put("f", b"new result")
        if there:
            other.put("f", b"old result")
        walk = engine.walk("/one", depth=None, side=Side.BUCKET)
        assert [moved.outcome for moved in engine.preload(walk, Params(), Attempt())] == [DONE]
        tier = tmp_path / "tiers/MEM"
        (tier / "other").mkdir()
        (tier / "one/f").rename(tier / "other/f")

        assert engine.stat("/other/f").state in UNSAVED
        with pytest.raises(Unsaved):
            engine.free("/other/f", recursive=False)
        saving = engine.save(
            engine.walk("/other", depth=None, side=Side.SAVE), Params(on_conflict="overwrite"), Attempt()
        )
        assert [moved.outcome for moved in saving] == [DONE]
        assert other.objects["f"][0] == b"new result"
        assert engine.stat("/other/f").state is EntryState.CACHED


def test_a_copy_of_another_version_is_not_cached_because_its_time_and_size_are_those_of_the_object(
    tmp_path: Path,
) -> None:
    with lying_store() as store:
        local = World(tmp_path, ("s3://b", store.options), 1 << 30)
        store.put("f", b"version 1")
        local.preload()
        store.objects["f"] = (b"version 2", '"another"', 1e9)
        file = local.tiers[0] / "data/f"
        copy_aside_and_rename(file, file)
        os.utime(file, (1e9, 1e9))

        assert local.engine.stat("/data/f").state is EntryState.CONFLICT
        assert local.preload()["/data/f"].outcome is KEPT


def two_copies(local: OnDisk, ages: dict[str, int]) -> None:
    """Write /data/f on both tiers, with the name of the tier as content and the given ages in seconds."""
    for tier in local.tiers:
        (tier / "data").mkdir(parents=True, exist_ok=True)
        file = tier / "data/f"
        file.write_bytes(tier.name.encode())
        os.utime(file, (1e9, 1e9 - ages[tier.name]))


@pytest.mark.parametrize("ages", [{"MEM": 0, "SSD": 60}, {"MEM": 60, "SSD": 0}], ids=["MEM-newer", "SSD-newer"])
def test_of_two_unsaved_copies_none_is_lost(local: OnDisk, ages: dict[str, int]) -> None:
    two_copies(local, ages)

    moved = local.save()["/data/f"]

    assert isinstance(moved.error, NotSaved)
    assert all(str(tier) in str(moved.error) for tier in local.tiers)
    assert local.read_bucket("/data/f") is None
    assert [(tier / "data/f").read_bytes() for tier in local.tiers] == [b"MEM", b"SSD"]


@pytest.mark.parametrize("ages", [{"MEM": 0, "SSD": 60}, {"MEM": 60, "SSD": 0}], ids=["MEM-newer", "SSD-newer"])
def test_a_copy_that_the_bucket_has_hides_no_unsaved_one(tmp_path: Path, ages: dict[str, int]) -> None:
    with lying_store() as store:
        local = World(tmp_path, ("s3://b", store.options), 1 << 30)
        store.put("f", b"MEM")
        two_copies(local, ages)

        with pytest.raises(Unsaved):
            local.engine.free("/data", recursive=True)
        with pytest.raises(Unsaved):
            list(local.engine.drop("/data/f"))
        assert local.preload(tier="SSD")["/data/f"].outcome is KEPT
        [entry] = local.engine.walk("/data", depth=None, side=Side.SAVE)
        assert entry.saved is False
        assert isinstance(local.save()["/data/f"].error, NotSaved)
        assert [(tier / "data/f").read_bytes() for tier in local.tiers] == [b"MEM", b"SSD"]


def test_a_clean_copy_on_another_tier_goes_and_the_unsaved_one_is_saved(local: OnDisk) -> None:
    local.put_bucket("/data/f", b"old")
    local.preload(tier="MEM")
    (local.tiers[1] / "data").mkdir(parents=True)
    (local.tiers[1] / "data/f").write_bytes(b"new result")

    assert outcomes(local.save(on_conflict="overwrite")) == {"/data/f": DONE}
    assert local.read_bucket("/data/f") == local.read_cache("/data/f") == b"new result"


def test_what_is_written_while_a_directory_is_freed_stays(local: OnDisk) -> None:
    local.put_all([f"/data/d/{number}" for number in range(5)])
    local.preload()
    dropping = local.engine.drop("/data/d")
    assert next(dropping).path == "/data/d/0"
    local.put_cache("/data/d/3", b"written meanwhile")

    with pytest.raises(Unsaved, match="/data/d/3"):
        list(dropping)

    assert local.read_cache("/data/d/3") == b"written meanwhile"
    assert local.engine.stat("/data/d/3").state is EntryState.DIRTY


def test_a_file_that_is_open_for_writing_is_not_freed(local: OnDisk) -> None:
    local.put_all(["/data/f"])
    local.preload()
    with open(local.tiers[0] / "data/f", "ab") as writer:
        with pytest.raises(Unsaved):
            local.engine.free("/data/f", recursive=False)
        writer.write(b" and more")

    assert local.read_cache("/data/f") == b"content and more"
    assert local.engine.stat("/data/f").state is EntryState.DIRTY
    assert local.temporaries() == []


@pytest.mark.parametrize("taken", [False, True], ids=["name-free", "name-taken"])
def test_a_write_in_the_last_moment_of_a_free_is_kept(
    local: OnDisk, monkeypatch: pytest.MonkeyPatch, *, taken: bool
) -> None:
    local.put_all(["/data/f"])
    local.preload()
    directory = local.tiers[0] / "data"
    rename = os.rename

    def rename_and_write(source: str, target: str, **where: int) -> None:
        rename(source, target, **where)
        [aside] = (local.tiers[0] / ".avio").glob(removal.ASIDE + "*")
        aside.write_bytes(b"last moment")
        if taken:
            (directory / "f").write_bytes(b"somebody's")

    monkeypatch.setattr(os, "rename", rename_and_write)
    list_of = lambda: {file.name: file.read_bytes() for file in directory.iterdir()}  # noqa: E731
    if taken:
        with pytest.raises(Unsaved):
            local.engine.free("/data/f", recursive=False)
        assert list_of() == {"f": b"somebody's", "f.kept-1": b"last moment"}
    else:
        with pytest.raises(Unsaved):
            local.engine.free("/data/f", recursive=False)
        assert list_of() == {"f": b"last moment"}


@pytest.mark.parametrize("other", ["", ".0123"], ids=["of an older cache", "of another object"])
def test_a_stamp_is_written_over_those_that_came_with_other_bytes(tmp_path: Path, other: str) -> None:
    file, name = tmp_path / "f", stamps.ObjectName("s3://b/f")
    file.write_bytes(b"x")
    with open(file, "rb") as stream:
        fd = stream.fileno()
        stamp = stamps.Stamp(1, 0, '"e"', os.fstat(fd).st_mtime_ns)
        assert stamps.read_marks(fd, name).alone
        assert stamps.write_stamp(fd, name, stamp, alone=True)
        assert stamps.read_marks(fd, name).alone
        os.setxattr(fd, stamps.ATTRIBUTE + other, b"[]")
        marks = stamps.read_marks(fd, name)

        assert stamps.write_stamp(fd, name, stamp, alone=marks.alone)

        assert os.listxattr(fd) == [stamps.attribute_of(name)]
