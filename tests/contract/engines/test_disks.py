"""What only real disks and buckets can do to the local engine: symlinks, big files, changes under way, damage."""

import errno
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from avio.engines.base import EntryState, Side
from avio.engines.factory import open_engine
from avio.engines.local import directory_sums, listings, scratch
from avio.engines.local.buckets import object_put, objects
from avio.engines.local.engine import LocalEngine
from avio.engines.local.stamps import ATTRIBUTE, renew_stamp
from avio.errors import CacheFull, PathNotFound, TooLarge
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.conftest import PATIENT
from tests.contract.engines.harness import Attempt, FilesHarness, ObjectsHarness, OnDisk, outcomes

DONE, SKIPPED, FAILED = Outcome.DONE, Outcome.SKIPPED, Outcome.FAILED


def unmark(file: Path) -> None:
    """Take the stamps off a cached file."""
    for each in os.listxattr(file):
        if each.startswith(ATTRIBUTE):
            os.removexattr(file, each)


def test_a_cached_file_is_a_plain_file_with_the_time_of_its_source(local: OnDisk) -> None:
    local.put_all(["/data/d/f"])
    local.preload()
    file = local.tiers[0] / "data/d/f"
    assert file.stat().st_mtime == local.engine.stat("/data/d/f").modified
    assert file.stat().st_mode & 0o777 == 0o644
    assert file.parent.stat().st_mode & 0o777 == 0o755
    [stamp] = [each for each in os.listxattr(file) if each.startswith(ATTRIBUTE)]
    assert b'"size":7' in os.getxattr(file, stamp)


def test_a_symlink_in_a_tier_is_neither_followed_nor_overwritten(local: OnDisk, tmp_path: Path) -> None:
    # Given a file and a directory of the cache that lead elsewhere
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    local.put_all(["/data/link", "/data/d/secret"])
    tier = local.tiers[0] / "data"
    tier.mkdir(parents=True)
    (tier / "link").symlink_to(outside / "secret")
    (tier / "d").symlink_to(outside)
    # Then neither is a cached file, nothing is written through them, nothing is saved from them
    assert local.engine.stat("/data").files_cached == 0
    assert outcomes(local.preload()) == {"/data/link": FAILED, "/data/d/secret": FAILED}
    assert (outside / "secret").read_text() == "secret"
    assert os.listdir(outside) == ["secret"]
    assert local.save() == {}
    assert local.temporaries() == []


def test_a_symlink_in_a_bucket_is_not_there(tmp_path: Path) -> None:
    world = FilesHarness(tmp_path)
    (tmp_path / "secret").write_text("secret")
    (world.bucket / "link").symlink_to(tmp_path / "secret")
    (world.bucket / "up").symlink_to(tmp_path)
    assert world.paths() == []
    for path in ("/data/link", "/data/up/secret"):
        with pytest.raises(PathNotFound):
            world.engine.stat(path)
    world.put_cache("/data/up/new", b"new")
    assert outcomes(world.save()) == {"/data/up/new": FAILED}
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("path", ["/data/../../etc/passwd", "/data/d/../../..", "/../etc"])
def test_a_path_never_leaves_its_root(local: OnDisk, path: str) -> None:
    with pytest.raises(PathNotFound):
        local.engine.stat(path)


@pytest.mark.parametrize("path", ["/data/*.tar", "/data/a?", "/data/[ab]", "/data/{a,b}"])
def test_a_pattern_in_place_of_a_path_gets_told_where_patterns_go(local: OnDisk, path: str) -> None:
    local.put_bucket("/data/a", b"x")
    for ask in (local.engine.stat, lambda path: list(local.engine.walk(path, depth=None, side=Side.BUCKET))):
        with pytest.raises(PathNotFound) as caught:
            ask(path)
        assert "chooses its files by params.filters" in caught.value.cure
    with pytest.raises(PathNotFound) as caught:
        local.engine.stat("/data/b")
    assert caught.value.cure == PathNotFound.cure
    local.put_bucket("/data/*.tar", b"x")
    assert local.engine.stat("/data/*.tar").path == "/data/*.tar"


def test_what_is_avios_own_has_no_path(local: OnDisk) -> None:
    local.put_cache("/data/f", b"x")
    (local.tiers[0] / ".avio" / "01OTHER.1").mkdir(parents=True)
    with pytest.raises(PathNotFound):
        local.engine.stat("/data/.avio/x")
    assert local.paths("/") == ["/data/", "/data/f"]


def test_a_tier_that_is_mounted_anew_is_seen(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avio.engines.local.root.LOOK_SECONDS", 0)
    local.put_all(["/data/f"])
    local.preload()
    local.tiers[0].rename(local.tiers[0].with_name("away"))
    assert local.engine.stat("/data/f").state is EntryState.REMOTE
    assert outcomes(local.preload()) == {"/data/f": DONE}
    assert local.read_cache("/data/f") == b"content"


def test_a_tier_that_is_emptied_under_a_preload_ends_no_file(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avio.engines.local.root.LOOK_SECONDS", 0)
    local.put_all([f"/data/{number}" for number in range(100)], b"x" * 10_000)
    run = Attempt()
    emptied: list[bool] = []

    def stop() -> bool:
        if run.bytes > 300_000 and not emptied:
            emptied.append(True)
            shutil.rmtree(local.tiers[0], ignore_errors=True)  # others are writing into it
        return False

    run.stop = stop
    moved = local.preload(run=run)
    assert emptied
    assert [each.error for each in moved.values() if each.outcome is not DONE] == []
    # Then the recheck tells which are gone, and the next preload brings just those
    gone = {path for path, entry in local.recheck(each.entry for each in moved.values()).items() if not entry.in_cache}
    assert gone
    assert {path for path, outcome in outcomes(local.preload()).items() if outcome is DONE} == gone
    assert local.engine.stat("/data").state is EntryState.CACHED


def test_a_sweep_removes_what_dead_attempts_left(local: OnDisk) -> None:
    for name in ("01DEAD.1", "01LIVE.2"):
        (local.tiers[1] / ".avio" / name).mkdir(parents=True)
        (local.tiers[1] / ".avio" / name / "0").write_bytes(b"half")
    local.engine.sweep(lambda: {"01LIVE.2"})
    assert os.listdir(local.tiers[1] / ".avio") == ["01LIVE.2"]


def used_by_book(local: OnDisk) -> int:
    """Return the bytes in use by the book of the first tier, which nobody measures again meanwhile."""
    engine = local.engine
    assert isinstance(engine, LocalEngine)
    tier = next(iter(engine._tiers))
    with engine._capacity._locked(tier) as pages:
        return pages[tier].used


def test_damage_is_found_by_checksum_and_repaired(local: OnDisk) -> None:
    local.put_all(["/data/good", "/data/bad"])
    entries = [each.entry for each in local.preload().values()]
    # Given one flipped byte that no size and no time tells of
    file = local.tiers[0] / "data/bad"
    status = file.stat()
    file.write_bytes(b"contenT")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    with open(file, "rb") as damaged:  # nor does the ctime: a disk that goes bad writes none
        renew_stamp(damaged.fileno(), local.engine._mounts.find("/data/bad").object_name("/data/bad"))
    local.engine = open_engine(local.settings)  # another process: this one knows the ctime of what it has put in place
    assert local.recheck(entries)["/data/bad"].state is EntryState.CACHED
    assert used_by_book(local) == 2 * len(b"content")
    now = local.recheck(entries, verify="checksum")
    assert used_by_book(local) == len(b"content")
    assert (now["/data/good"].state, now["/data/bad"].state) == (EntryState.CACHED, EntryState.REMOTE)
    assert outcomes(local.preload()) == {"/data/good": SKIPPED, "/data/bad": DONE}
    assert local.read_cache("/data/bad") == b"content"


def test_a_copy_without_a_stamp_is_trusted_by_size_and_time_alone(local: OnDisk) -> None:
    local.put_all(["/data/same", "/data/other"])
    local.preload()
    for name in ("same", "other"):
        unmark(local.tiers[0] / "data" / name)
    os.utime(local.tiers[0] / "data/other")
    assert local.engine.stat("/data/same").state is EntryState.CACHED
    other = EntryState.CACHED if isinstance(local, ObjectsHarness) else EntryState.CONFLICT  # an etag proves it
    assert local.engine.stat("/data/other").state is other
    saved = SKIPPED if other is EntryState.CACHED else FAILED
    assert outcomes(local.save()) == {"/data/same": SKIPPED, "/data/other": saved}


def test_an_etag_that_is_no_md5_is_compared_by_content(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_put, "PART_BYTES", 5 << 20)
    local.put_cache("/data/parts", bytes(12 << 20))
    entries = [each.entry for each in local.save().values()]
    assert local.recheck(entries, verify="checksum")["/data/parts"].state is EntryState.CACHED


def test_the_markers_that_consoles_make_for_folders_are_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a listing as obstore gives it: the keys "c/" and "d/" have lost their slash
    def meta(key: str, size: int) -> dict[str, object]:
        return {"path": key, "size": size, "last_modified": datetime.fromtimestamp(0, UTC), "e_tag": None}

    pages = [[meta("c", 0)], [meta("c/x", 1)], [meta("d-", 1), meta("d", 0)], [meta("d/a", 1), meta("e", 0)]]
    monkeypatch.setattr("obstore.list", lambda *_, **__: iter(pages))
    bucket = objects.ObjectsBucket("s3://bucket", {"region": "us-east-1"})
    # Then they are not among the files, while an empty file is
    assert [source.key for source in bucket.scan("")] == ["c/x", "d-", "d/a", "e"]


def test_a_directory_with_too_many_files_is_listed_uncounted(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_sums, "FIRST_FILES", 2)
    monkeypatch.setattr(listings, "BRIEF", PATIENT._replace(files=5))
    local.put_all([f"/data/d/{number}" for number in range(10)] + ["/data/d-e", "/data/e/f", "/data/g"])
    entries = {entry.path: entry for entry in local.engine.list("/data", depth=1, size=10).entries}
    assert set(entries) == {"/data/d", "/data/d-e", "/data/e", "/data/g"}
    assert (entries["/data/d"].state, entries["/data/d"].files) == (EntryState.REMOTE, None)
    assert (entries["/data/d"].cached_bytes, entries["/data/e"].files) == (0, 1)
    assert entries["/data/g"].state is EntryState.REMOTE


def test_a_mount_among_the_files_hides_none_of_them_from_a_limited_stat(tmp_path: Path) -> None:
    for name in ("outer", "inner", "mem"):
        (tmp_path / name).mkdir()
    for name in ("b", "c", "d"):
        (tmp_path / "outer" / name).write_bytes(b"1")
    mounts = {
        "/data": {"url": f"file://{tmp_path}/outer", "options": {}},
        "/data/a": {"url": f"file://{tmp_path}/inner", "options": {}},
    }
    tier = {"alias": "MEM", "path": str(tmp_path / "mem"), "capacity": 1 << 20}
    engine = open_engine({"engine": "local", "mounts": mounts, "tiers": [tier]})

    assert engine.stat("/data", limit=3).files == 3
    with pytest.raises(TooLarge):
        engine.stat("/data", limit=2)


def test_a_free_gives_the_room_back_at_once(local: OnDisk) -> None:
    local.put_all(["/data/d/a", "/data/d/b"], b"x" * 1000)
    local.preload()
    before = local.engine.capacity()[0].used

    assert local.engine.free("/data/d/a", recursive=False).bytes == 1000

    assert (before, local.engine.capacity()[0].used) == (2000, 1000)


def without_inodes(fd: int, real: Callable[[int], os.statvfs_result] = os.fstatvfs) -> SimpleNamespace:
    """Return what the kernel says of a disk that has free bytes, and no free inode."""
    found = real(fd)
    names = ("f_bavail", "f_blocks", "f_frsize", "f_flag")
    return SimpleNamespace(f_files=1000, f_favail=0, **{name: getattr(found, name) for name in names})


@pytest.mark.parametrize("params", [{}, {"if_full": "partial"}, {"tier": "MEM"}, {"spread": True}])
def test_a_disk_without_inodes_says_so(
    local: OnDisk, monkeypatch: pytest.MonkeyPatch, params: dict[str, str | bool]
) -> None:
    local.put_all(["/data/f"])
    monkeypatch.setattr(os, "fstatvfs", without_inodes)
    try:
        error: object = local.preload(**params)["/data/f"].error
    except CacheFull as raised:
        error = raised
    assert isinstance(error, CacheFull)
    assert "MEM" in error.message
    assert "no free inodes" in error.message
    assert "df -i" in error.cure
    assert local.read_cache("/data/f") is None


def test_an_empty_file_on_a_disk_without_inodes_says_so(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    local.put_all(["/data/empty"], b"")
    local.put_all(["/data/there"])
    local.preload("/data/there")
    entries = list(local.engine.walk("/data/empty", depth=None, side=Side.BUCKET))

    def full(*_: object) -> None:
        monkeypatch.setattr(os, "fstatvfs", without_inodes)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(scratch, "Temporary", full)
    with pytest.raises(CacheFull, match="no free inodes"):
        list(local.engine.preload(entries, Params(), Attempt()))
