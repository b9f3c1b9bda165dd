"""Tiers that overlap with each other or with a bucket are refused before any process starts."""

import os
import threading
import time
from pathlib import Path

import pytest

from avio.admin import main
from avio.config import load, overlap
from avio.config.local import Mount, TierSpec
from avio.config.overlap import overlaps
from avio.errors import SettingsError

TIER = '[[tiers]]\nalias = "{alias}"\npath = "{path}"\ncapacity = "1GiB"\n'


def tier(alias: str, path: Path | str) -> TierSpec:
    return TierSpec.model_validate({"alias": alias, "path": path, "capacity": 1})


def found(*tiers: TierSpec, bucket: Path | str = "/nowhere/bucket") -> list[str]:
    return list(overlaps({"/data": Mount(url=f"file://{bucket}"), "/s3": Mount(url="s3://b")}, tiers))


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A directory with a directory in it, and a symlink to each beside it."""
    (tmp_path / "real/in").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "deep").symlink_to("real/in")
    return tmp_path / "real"


@pytest.mark.parametrize("other", ["real", "link", "real/", "x/../real", "real/../link/."])
def test_one_directory_is_no_two_tiers(tmp_path: Path, real: Path, other: str) -> None:
    (message,) = found(tier("A", real), tier("B", f"{tmp_path}/{other}"))

    assert message.startswith(f"tier A at {real} and tier B at {tmp_path}/")
    assert message.endswith("are the same directory; give each tier a directory of its own")


@pytest.mark.parametrize("inner", ["real/in", "real/new/deep", "link/in", "link/new", "deep"])
def test_a_tier_inside_a_tier_is_refused_both_ways(tmp_path: Path, real: Path, inner: str) -> None:
    expected = f"tier B at {tmp_path}/{inner} is inside tier A at {real}; move the tier to a directory outside"

    assert found(tier("A", real), tier("B", tmp_path / inner)) == [expected]
    assert found(tier("B", tmp_path / inner), tier("A", real)) == [expected]


def test_a_tier_and_a_bucket_are_apart(tmp_path: Path, real: Path) -> None:
    (same,) = found(tier("A", tmp_path / "link"), bucket=real)
    (tier_inside,) = found(tier("A", tmp_path / "deep"), bucket=real)
    (bucket_inside,) = found(tier("A", real), bucket=f"{tmp_path}/deep/%6eew")

    assert f"tier A at {tmp_path}/link and the bucket of /data at {real} are the same directory" in same
    assert f"tier A at {tmp_path}/deep is inside the bucket of /data at {real}" in tier_inside
    assert f"the bucket of /data at {tmp_path}/deep/new is inside tier A at {real}" in bucket_inside


def test_one_directory_at_two_mount_points_is_known_by_its_inode(
    tmp_path: Path, real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = tmp_path / "bound"
    (bound / "in").mkdir(parents=True)
    stat = os.stat
    monkeypatch.setattr(overlap.os, "stat", lambda path: stat(real if Path(path) == bound else path))

    (same,) = found(tier("A", real), tier("B", bound))
    (inside,) = found(tier("A", real), tier("B", bound / "in"))

    assert "same directory" in same
    assert f"tier B at {bound}/in is inside tier A" in inside


def test_directories_that_are_apart_are_accepted(tmp_path: Path, real: Path) -> None:
    (tmp_path / "real2").mkdir()

    assert not found(tier("A", real), tier("B", tmp_path / "real2"), tier("C", "/nowhere/c"), bucket=tmp_path / "b")
    two_mounts = {name: Mount(url=f"file://{real}") for name in ("/a", "/b")}
    assert not list(overlaps(two_mounts, [tier("A", tmp_path / "real2")]))


def test_a_disk_that_never_answers_does_not_stop_the_start(
    tmp_path: Path, real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()
    monkeypatch.setattr(overlap, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(overlap.os.path, "realpath", lambda path: [never.wait(30), path][1])
    began = time.monotonic()

    assert len(found(tier("A", real), tier("B", real / "in"))) == 1
    assert not found(tier("A", real), tier("B", tmp_path / "link"))

    assert time.monotonic() - began < 5
    never.set()


def test_the_settings_are_refused_with_every_overlap(tmp_path: Path, real: Path) -> None:
    file = tmp_path / "avio.toml"
    tiers = {"A": real, "B": tmp_path / "link", "C": real / "in"}
    file.write_text("".join(TIER.format(alias=alias, path=path) for alias, path in tiers.items()))

    with pytest.raises(SettingsError) as refused:
        load({"AVIO_CONFIG": str(file)})

    assert len(refused.value.problems) == 3


@pytest.mark.parametrize("command", ["check", "doctor"])
def test_check_and_doctor_name_both_without_a_traceback(
    tmp_path: Path, real: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    file = tmp_path / "avio.toml"
    file.write_text(TIER.format(alias="A", path=real) + TIER.format(alias="B", path=tmp_path / "link"))
    monkeypatch.setenv("AVIO_CONFIG", str(file))
    monkeypatch.setattr("sys.argv", ["avio-server", command])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"error: tier A at {real} and tier B at {tmp_path}/link are the same")
