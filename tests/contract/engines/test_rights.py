"""Who may read and change what is cached: the rights of copies, and the directories that avio takes as tiers."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avio.config import Settings, load
from avio.engines.base import Side
from avio.engines.factory import open_engine
from avio.engines.local import scratch
from avio.engines.local.marker import marker_of
from avio.engines.local.tier_safety import TierUnsafe
from avio.errors import SettingsError, SourceChanged, StoreError
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness, ObjectsHarness, OnDisk, outcomes

OTHER = 61_184  # a user without a name

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_of(file: Path) -> int:
    return file.stat().st_mode & 0o7777


def with_mode(world: OnDisk, mode: int) -> None:
    """Open the engine of `world` again, with the setting copy_mode."""
    world.engine = open_engine({**world.settings, "copy_mode": mode})


@pytest.mark.parametrize(("theirs", "ours"), [(0o600, 0o600), (0o640, 0o640), (0o755, 0o644), (0o4666, 0o644)])
def test_a_copy_of_a_file_gives_no_more_rights_than_the_file(tmp_path: Path, theirs: int, ours: int) -> None:
    world = FilesHarness(tmp_path)
    world.put_bucket("/data/d/f", b"content")
    (world.bucket / "d/f").chmod(theirs)

    assert outcomes(world.preload()) == {"/data/d/f": Outcome.DONE}

    assert mode_of(world.tiers[0] / "data/d/f") == ours


@pytest.mark.parametrize(("directory", "ours"), [(0o700, 0o600), (0o750, 0o640), (0o711, 0o644)])
def test_a_copy_is_closed_to_those_who_may_not_enter_its_directory(tmp_path: Path, directory: int, ours: int) -> None:
    world = FilesHarness(tmp_path)
    world.put_all(["/data/closed/deep/f", "/data/open/f"])
    (world.bucket / "closed").chmod(directory)

    world.preload()

    assert mode_of(world.tiers[0] / "data/closed/deep/f") == ours
    assert mode_of(world.tiers[0] / "data/open/f") == 0o644


def test_a_copy_of_what_a_symlink_leads_to_has_the_rights_of_the_target(tmp_path: Path) -> None:
    world = FilesHarness(tmp_path)
    world.put_all(["/data/closed/f", "/data/secret"])
    (world.bucket / "closed").chmod(0o700)
    (world.bucket / "secret").chmod(0o600)
    for name, target in (("one", "closed/f"), ("two", "secret"), ("three", "closed")):
        (world.bucket / name).symlink_to(target)
    entries = world.engine.walk("/data", depth=None, side=Side.BUCKET, follow=True)

    moved = list(world.engine.preload(entries, Params(symlinks="follow"), Attempt()))

    assert {each.outcome for each in moved} == {Outcome.DONE}
    assert {mode_of(world.tiers[0] / "data" / name) for name in ("one", "two", "three/f")} == {0o600}


def test_a_file_that_is_closed_between_two_looks_is_not_copied_open(tmp_path: Path) -> None:
    world = FilesHarness(tmp_path)
    world.put_bucket("/data/f", b"content")
    bucket = world.engine._mounts.find("/data/f").bucket  # type: ignore[attr-defined]
    source = bucket.head("f")
    (world.bucket / "f").chmod(0o600)

    with open(tmp_path / "copy", "wb") as copy, pytest.raises(SourceChanged, match="rights"):
        bucket.fetch(source, copy.fileno(), Attempt())


def test_an_object_of_a_store_is_readable_for_the_machine_unless_set_otherwise(local: OnDisk) -> None:
    local.put_all(["/data/a"])
    if isinstance(local, FilesHarness):
        (local.bucket / "a").chmod(0o600)
    else:
        local.preload()
        assert mode_of(local.tiers[0] / "data/a") == 0o644
        local.drop_cache("/data/a")

    with_mode(local, 0o640)
    local.preload()

    assert mode_of(local.tiers[0] / "data/a") == 0o640


def test_a_saved_file_gives_no_more_rights_than_the_cached_one(tmp_path: Path) -> None:
    world = FilesHarness(tmp_path)
    for name, mode in (("closed", 0o600), ("open", 0o664)):
        world.put_cache(f"/data/{name}", b"result")
        (world.tiers[0] / "data" / name).chmod(mode)

    world.save()

    assert (mode_of(world.bucket / "closed"), mode_of(world.bucket / "open")) == (0o600, 0o644)


@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_a_tier_that_others_may_write_to_is_refused_with_a_cure(local: OnDisk, mode: int) -> None:
    local.put_all(["/data/f"])
    local.tiers[0].mkdir(parents=True)
    local.tiers[0].chmod(mode)

    with pytest.raises(TierUnsafe, match=f"other users may write to {local.tiers[0]} .mode {mode:04o}") as refused:
        local.preload()

    assert refused.value.cure.startswith(f"chmod {mode & ~0o022:o} {local.tiers[0]}")
    assert list(local.tiers[0].iterdir()) == []
    with pytest.raises(TierUnsafe):
        marker_of(local.tiers[0])


def test_a_directory_that_is_for_everybody_stays_so_and_the_tier_goes_below_it(local: OnDisk) -> None:
    local.put_all(["/data/f"])
    local.tiers[0].mkdir(parents=True)
    local.tiers[0].chmod(0o1777)  # as /tmp and /dev/shm

    with pytest.raises(TierUnsafe, match=f"everybody may write to {local.tiers[0]} .mode 1777") as refused:
        local.preload()

    assert "chmod" not in refused.value.cure
    assert refused.value.cure.startswith(
        f"give the tier a directory below it in avio.toml: path = {local.tiers[0]}/avio"
    )


@as_root
def test_a_tier_of_another_user_is_refused_unless_jobs_are_that_users(local: OnDisk) -> None:
    local.put_all(["/data/f"])
    local.tiers[0].mkdir(parents=True)
    os.chown(local.tiers[0], OTHER, -1)

    with pytest.raises(TierUnsafe, match=f"belongs to another user .uid {OTHER}"):
        local.preload()

    for key, value in (("owners", [OTHER]), ("shared", True)):
        tiers = [{**tier, key: value} for tier in local.settings["tiers"]]
        engine = open_engine({**local.settings, "tiers": tiers})
        assert engine.stat("/data/f").files == 1


def test_a_symlink_in_the_place_of_a_tier_is_refused(local: OnDisk, tmp_path: Path) -> None:
    local.put_all(["/data/f"])
    (tmp_path / "elsewhere").mkdir()
    local.tiers[0].parent.mkdir()
    local.tiers[0].symlink_to(tmp_path / "elsewhere")

    with pytest.raises(TierUnsafe, match="is a symlink") as refused:
        local.preload()

    assert f"in avio.toml: path = {tmp_path.resolve()}/elsewhere;" in refused.value.cure
    assert list((tmp_path / "elsewhere").iterdir()) == []
    local.engine.close()
    tiers = [{**tier, "shared": True} for tier in local.settings["tiers"]]
    assert open_engine({**local.settings, "tiers": tiers}).stat("/data/f").files == 1


def test_a_tier_that_is_opened_to_others_under_a_job_is_refused(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avio.engines.local.root.LOOK_SECONDS", 0)
    local.put_all(["/data/f"])
    local.preload()

    local.tiers[0].chmod(0o777)

    with pytest.raises(TierUnsafe):
        local.engine.stat("/data/f")
    assert isinstance(local, FilesHarness | ObjectsHarness)


@pytest.mark.parametrize("text", ["0777", "0444", "640x", "0660"])
def test_rights_of_copies_that_avio_can_not_work_with_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="copy_mode"):
        load({"AVIO_CONFIG": "/dev/null", "AVIO_COPY_MODE": text})


def test_the_engine_gets_the_rights_of_copies_and_the_user_of_jobs() -> None:
    settings = Settings(copy_mode="0640", job_user="nobody", tiers=[{"alias": "A", "path": "/a", "capacity": 1}])

    given = settings.engine_settings()

    assert given["copy_mode"] == 0o640
    assert [(tier["shared"], tier["owners"]) for tier in given["tiers"]] == [(False, [65534])]


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Let the sticky bit of its directory keep a file, as the kernel does for a job without CAP_FOWNER."""
    held: set[tuple[int, str]] = set()

    def refuse(*names: tuple[int, str]) -> None:
        if any((os.fstat(fd).st_ino, name) in held for fd, name in names):
            raise PermissionError(errno.EPERM, "Operation not permitted")

    def swapped(one: tuple[int, str], other: tuple[int, str]) -> None:
        refuse(one, other)
        swap(one, other)

    def renamed(one: str, other: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        refuse((src_dir_fd, one), (dst_dir_fd, other))
        rename(one, other, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    swap, rename = scratch.swap, os.rename
    monkeypatch.setattr(scratch, "swap", swapped)
    monkeypatch.setattr(os, "rename", renamed)
    monkeypatch.setattr("avio.engines.local.sticky.user", lambda: OTHER, raising=False)

    def kept(file: Path) -> None:
        file.parent.chmod(0o1777)
        held.add((file.parent.stat().st_ino, file.name))

    return kept


def test_a_copy_that_the_sticky_bit_keeps_is_named_with_what_to_do(
    tmp_path: Path, keep: Callable[[Path], None]
) -> None:
    world = FilesHarness(tmp_path)
    world.put_bucket("/data/d/f", b"old")
    world.preload()
    keep(world.tiers[0] / "data/d/f")
    world.put_bucket("/data/d/f", b"newer")

    moved = world.preload()["/data/d/f"]

    assert moved.outcome is Outcome.FAILED
    assert f"belongs to another user (uid {os.geteuid()}), and its directory has the sticky bit" in str(moved.error)
    assert "chmod -t" in str(moved.error and moved.error.cure)
    assert world.read_cache("/data/d/f") == b"old"
    assert world.temporaries() == []
    with pytest.raises(StoreError, match="sticky bit"):
        world.engine.free("/data/d/f", recursive=False)
    assert world.read_cache("/data/d/f") == b"old"


def test_a_file_of_a_bucket_that_the_sticky_bit_keeps_is_named_with_what_to_do(
    tmp_path: Path, keep: Callable[[Path], None]
) -> None:
    world = FilesHarness(tmp_path)
    world.put_bucket("/data/d/f", b"old")
    world.preload()
    keep(world.bucket / "d/f")
    world.put_cache("/data/d/f", b"result")

    moved = world.save()["/data/d/f"]

    assert moved.outcome is Outcome.FAILED
    assert f"belongs to another user (uid {os.geteuid()}), and its directory has the sticky bit" in str(moved.error)
    assert "chmod -t" in str(moved.error and moved.error.cure)
    assert (world.read_bucket("/data/d/f"), world.read_cache("/data/d/f")) == (b"old", b"result")
    assert world.temporaries() == []
