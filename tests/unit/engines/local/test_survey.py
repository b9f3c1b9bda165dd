"""A survey tells of each copy when it came, whether a program has read it since, and whether it is saved."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import Side
from avio.engines.local import survey as surveys
from avio.engines.local.engine import LocalEngine
from avio.engines.survey import Surveyed
from avio.executor.attempt import Attempt
from avio.wire.params import Params


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    root = tmp_path / "bucket"
    for name in ("a/one", "a/two", "b"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
        os.utime(file, ns=(5 * 10**17, 10**18))
    return root


@pytest.fixture
def engine(tmp_path: Path, bucket: Path) -> Iterator[LocalEngine]:
    tier = tmp_path / "tier"
    tier.mkdir(0o755)
    made = LocalEngine.from_settings(
        {
            "mounts": {"/data": {"url": f"file://{bucket}"}},
            "tiers": [{"alias": "SSD", "path": str(tier), "capacity": 1 << 30}],
        }
    )
    entries = made.walk("/data", depth=None, side=Side.BUCKET)
    assert [moved.error for moved in made.preload(entries, Params(), Attempt("j", 1))] == [None] * 3
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _access(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk of the tests keeps the time of access, whatever it does."""
    monkeypatch.setattr(surveys, "_keeps_access", lambda _: True)


def survey(engine: LocalEngine) -> dict[str, Surveyed]:
    return {each.path: each for each in engine.surveys["SSD"]()}


def born(file: Path) -> int:
    with open(file, "rb") as stream:
        return surveys.inode_of(stream.fileno()).born_ns


def test_what_a_preload_brought_was_not_read_until_a_program_does(engine: LocalEngine, tmp_path: Path) -> None:
    found = survey(engine)
    assert set(found) == {"/data/a/one", "/data/a/two", "/data/b"}
    assert found["/data/b"] == Surveyed("/data/b", 1, 10**18, born(tmp_path / "tier/data/b"), is_read=False)
    assert survey(engine) == found  # a survey is no read

    os.utime(tmp_path / "tier/data/b", ns=(10**18 + 1, 10**18))  # as a read does
    assert survey(engine)["/data/b"].is_read


def test_a_read_is_seen_on_a_disk_that_keeps_it(engine: LocalEngine, tmp_path: Path) -> None:
    file = tmp_path / "tier/data/b"
    if os.statvfs(file).f_flag & os.ST_NOATIME:
        pytest.skip("the disk of the tests has noatime")
    assert file.read_bytes()
    assert survey(engine)["/data/b"].is_read


def test_without_times_of_access_nobody_knows_of_no_read(
    engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveys, "_keeps_access", lambda _: False)
    os.utime(tmp_path / "tier/data/b", ns=(10**18 + 1, 10**18))
    found = survey(engine)
    assert (found["/data/a/one"].is_read, found["/data/b"].is_read) == (None, True)


@pytest.mark.parametrize(
    ("flags", "kind", "keeps"),
    [(0, "ext4", True), (os.ST_RELATIME, "xfs", True), (os.ST_NOATIME, "ext4", False), (0, "nfs4", False)],
)
def test_a_disk_keeps_times_of_access_unless_its_mount_or_another_machine_may_not(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch, flags: int, kind: str, keeps: bool
) -> None:
    monkeypatch.undo()
    (tier,) = engine._tiers
    status = os.statvfs(tier.root.path)
    monkeypatch.setattr(surveys.os, "fstatvfs", lambda _: os.statvfs_result((*status[:8], flags, *status[9:])))
    monkeypatch.setattr(surveys, "file_system", lambda _: kind)
    assert surveys._keeps_access(tier) is keeps


def test_a_file_of_a_program_is_unsaved_and_once_it_is_saved_written(engine: LocalEngine, tmp_path: Path) -> None:
    file = tmp_path / "tier/data/new"
    file.write_bytes(b"1234")
    mtime_ns = file.stat().st_mtime_ns
    assert survey(engine)["/data/new"] == Surveyed("/data/new", 4, mtime_ns, is_unsaved=True)

    entries = engine.walk("/data/new", depth=None, side=Side.CACHE)
    assert [moved.error for moved in engine.save(entries, Params(), Attempt("j", 1))] == [None]
    assert survey(engine)["/data/new"] == Surveyed("/data/new", 4, mtime_ns, is_written=True)


def test_a_copy_that_was_changed_is_unsaved(engine: LocalEngine, tmp_path: Path) -> None:
    (tmp_path / "tier/data/b").write_bytes(b"other")
    assert survey(engine)["/data/b"].is_unsaved


def test_a_disk_that_knows_no_births_tells_only_that_it_is_saved(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = surveys.inode_of
    monkeypatch.setattr(surveys, "inode_of", lambda fd: real(fd)._replace(born_ns=0))
    assert survey(engine)["/data/b"] == Surveyed("/data/b", 1, 10**18)


def test_what_can_not_be_opened_or_is_of_no_mount_counts_as_unsaved(
    engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tier/other").write_bytes(b"1")
    assert survey(engine)["/other"].is_unsaved

    def refuse(path: str) -> int:
        raise surveys.Unreadable("no")

    (tier,) = engine._tiers
    monkeypatch.setattr(tier, "open_if_there", refuse)
    assert all(each.is_unsaved for each in survey(engine).values())
    monkeypatch.setattr(tier, "open_if_there", lambda path: None)
    assert survey(engine) == {}
