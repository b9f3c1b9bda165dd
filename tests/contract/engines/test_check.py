"""A check compares bucket and cache file by file, over every engine; it moves and changes nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Side
from avio.engines.local.engine import LocalEngine
from avio.engines.local.stamps import renew_stamp
from avio.executor import run as running
from avio.executor.attempt import Attempt
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.results import Result
from avio.wire.states import JobType, State
from tests.contract.engines.harness import FilesHarness, Harness, OnDisk
from tests.contract.engines.test_set_back import edit

SIGNS = {"same": "=", "different": "*", "only_in_bucket": "-", "only_in_cache": "+", "failed": "!", "left_out": "!"}

Checked = tuple[Result, dict[str, str]]
CheckJob = Callable[..., Checked]


def check_job(world: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckJob:
    """Return what runs a check over the engine in this process, and returns its result and the sign of each file."""
    monkeypatch.setattr(running, "open_engine", lambda settings: world.engine)

    def run(*, lines: list[str] | None = None, **params: Any) -> Checked:
        directory = tmp_path / f"attempt{len(list(tmp_path.glob('attempt*')))}"
        directory.mkdir()
        if lines is not None:
            (directory / "filelist").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        wanted = Params(**({"alluxio_uri": "/data"} | params))
        file_list = None if lines is None else str(directory / "filelist")
        order = Order("JOB", 1, JobType.CHECK, wanted, file_list=file_list, threads=4)
        result = running.run(order, Attempt("JOB", 1, threads=4), directory)
        text = (directory / "failed.jsonl").read_bytes() + (directory / "report.jsonl").read_bytes()
        told = [json.loads(line) for line in text.splitlines()]
        assert len(told) == len({line["path"] for line in told}), "each file has one line"
        return result, {line["path"].removeprefix("/data/"): SIGNS[line["outcome"]] for line in told}

    return run


@pytest.fixture
def check(world: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckJob:
    return check_job(world, tmp_path, monkeypatch)


@pytest.fixture
def check_local(local: OnDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckJob:
    return check_job(local, tmp_path, monkeypatch)


def amounts(result: Result) -> dict[str, tuple[int, int]]:
    """Return files and bytes of each counter of a check that is not 0."""
    counters = result.progress.counters
    names = ("total", "done", "different", "only_in_bucket", "only_in_cache", "failed")
    found = {name: (getattr(counters, f"files_{name}"), getattr(counters, f"bytes_{name}")) for name in names}
    return {name: amount for name, amount in found.items() if amount != (0, 0)}


def test_a_check_succeeds_if_all_files_are_the_same(world: Harness, check: CheckJob) -> None:
    world.put_all(["/data/a", "/data/d/b"])
    world.preload()

    result, signs = check()

    assert signs == {"a": "=", "d/b": "="}
    assert (result.state, result.reason, result.message) == (State.SUCCEEDED, None, "2 files the same")
    assert amounts(result) == {"total": (2, 14), "done": (2, 14)}
    assert result.progress.total_complete


def test_a_check_tells_what_only_one_side_has(world: Harness, check: CheckJob) -> None:
    world.put_all(["/data/a", "/data/d/b"])
    world.preload("/data/a")
    world.put_cache("/data/new", b"newer")

    result, signs = check()

    assert signs == {"a": "=", "d/b": "-", "new": "+"}
    assert (result.state, result.reason) == (State.PARTIAL, "DIFFERENT")
    assert result.message == "1 files the same, 1 only in the bucket, 1 only in the cache"
    assert amounts(result) == {"total": (3, 19), "done": (1, 7), "only_in_bucket": (1, 7), "only_in_cache": (1, 5)}


def differ(world: Harness) -> dict[str, str]:
    """Make a file of each kind. Return their signs."""
    world.put_all([f"/data/{name}" for name in ("same", "changed", "written", "both", "deleted")])
    world.preload()
    world.put_bucket("/data/changed", b"changed")
    world.put_cache("/data/written", b"written")
    world.put_bucket("/data/both", b"by all!")
    world.put_cache("/data/both", b"by both")
    world.drop_bucket("/data/deleted")
    world.put_bucket("/data/missing", b"missing")
    world.put_cache("/data/new", b"created")
    return {"same": "=", "changed": "*", "written": "*", "both": "*", "deleted": "+", "missing": "-", "new": "+"}


@pytest.mark.parametrize("verify", ["content", "checksum"])
def test_a_check_knows_each_kind_of_difference(world: Harness, check: CheckJob, verify: str) -> None:
    expected = differ(world)
    result, signs = check(verify=verify)
    assert signs == expected
    assert (result.state, result.reason) == (State.PARTIAL, "DIFFERENT")
    assert amounts(result) == {
        "total": (7, 49),
        "done": (1, 7),
        "different": (3, 21),
        "only_in_bucket": (1, 7),
        "only_in_cache": (2, 14),
    }


def test_by_size_files_of_one_size_are_the_same(world: Harness, check: CheckJob) -> None:
    expected = differ(world)
    world.put_cache("/data/written", b"much longer")
    _, signs = check(verify="size")
    assert signs == expected | {"changed": "=", "both": "="}


@pytest.mark.parametrize("verify", ["content", "size", "checksum"])
def test_a_check_changes_nothing(local: OnDisk, check_local: CheckJob, verify: str) -> None:
    signs = differ(local)
    before = sides(local, signs)
    assert len(before) == 5 + 6
    check_local(verify=verify)
    assert sides(local, signs) == before
    assert local.temporaries() == []


def sides(local: OnDisk, names: dict[str, str]) -> dict[str, object]:
    """Return what bucket and tiers have, by bytes, and by ctime in the tiers."""
    bucket = {f"bucket {name}": local.read_bucket(f"/data/{name}") for name in names}
    files = (file for tier in local.tiers for file in (tier / "data").glob("**/*"))
    tiers = {str(file): (file.read_bytes(), file.stat().st_ctime_ns, file.stat().st_ino) for file in files}
    return {name: found for name, found in {**bucket, **tiers}.items() if found is not None}


@pytest.mark.parametrize("verify", ["content", "checksum"])
def test_a_copy_that_was_only_touched_is_the_same(local: OnDisk, check_local: CheckJob, verify: str) -> None:
    local.put_bucket("/data/f", b"content")
    local.preload()
    os.utime(local.tiers[0] / "data/f")
    assert [entry.state.value for entry in local.engine.walk("/data", depth=None, side=Side.BOTH)] == ["dirty"]
    assert check_local(verify=verify)[1] == {"f": "="}


def test_a_copy_without_a_stamp_is_compared_by_its_bytes(local: OnDisk, check_local: CheckJob) -> None:
    local.put_all(["/data/same", "/data/other"], b"content")
    local.put_cache("/data/same", b"content")
    local.put_cache("/data/other", b"CONTENT")
    assert check_local()[1] == {"same": "=", "other": "*"}


def test_a_change_whose_mtime_is_set_back_is_seen(local: OnDisk, check_local: CheckJob) -> None:
    local.put_bucket("/data/f", b"content")
    local.preload()
    edit(local.tiers[0] / "data/f", b"CONTENT")
    assert check_local()[1] == {"f": "*"}


def test_only_a_check_of_the_bytes_finds_a_disk_that_went_bad(local: OnDisk, check_local: CheckJob) -> None:
    local.put_bucket("/data/f", b"content")
    local.preload()
    damage(local, "f")
    assert check_local(verify="content")[1] == {"f": "="}
    result, signs = check_local(verify="checksum")
    assert signs == {"f": "*"}
    assert result.message == "0 files the same, 1 different"


def damage(local: OnDisk, name: str) -> None:
    """Change a cached byte as a bad disk does: neither size nor times tell of it."""
    file = local.tiers[0] / "data" / name
    before = file.stat()
    file.write_bytes(b"X" + file.read_bytes()[1:])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert isinstance(local.engine, LocalEngine)
    with open(file, "rb") as damaged:
        renew_stamp(damaged.fileno(), local.engine._mounts.find(f"/data/{name}").object_name(f"/data/{name}"))


def test_of_several_copies_the_unsaved_one_counts(local: OnDisk, check_local: CheckJob) -> None:
    local.put_bucket("/data/f", b"content")
    local.preload(tier="SSD")
    file = local.tiers[0] / "data/f"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"another")
    assert check_local()[1] == {"f": "*"}


# -- which files


TREE = ["/data/a", "/data/b.tmp", "/data/d/c", "/data/d/e/f", "/data/g"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"depth": 1}, {"a": "=", "b.tmp": "-", "g": "-", "new": "+"}),
        ({"depth": 2}, {"a": "=", "b.tmp": "-", "g": "-", "new": "+", "d/c": "-", "d/new": "+"}),
        ({"filters": ("- *.tmp", "- new")}, {"a": "=", "d/c": "-", "d/e/f": "-", "g": "-"}),
        ({"max_files": 2}, 2),
        ({"min_size": 8}, {"new": "+", "d/new": "+"}),
        ({"alluxio_uri": "/data/a"}, {"a": "="}),
        ({"alluxio_uri": "/data/g", "depth": 0}, {"g": "-"}),
        ({"alluxio_uri": "/data/new"}, {"new": "+"}),
        ({"alluxio_uri": "/data/d/e"}, {"d/e/f": "-"}),
        (
            {"alluxio_uri": None, "paths": ("/data/d", "/data/d/new", "/data/a")},
            {"a": "=", "d/c": "-", "d/e/f": "-", "d/new": "+"},
        ),
    ],
    ids=str,
)
def test_a_check_takes_what_its_order_names(
    world: Harness, check: CheckJob, params: dict[str, Any], expected: dict[str, str] | int
) -> None:
    world.put_all(TREE)
    world.preload("/data/a")
    for path in ("/data/new", "/data/d/new"):
        world.put_cache(path, b"new and unsaved")
    result, signs = check(**params)
    assert (len(signs) if isinstance(expected, int) else signs) == expected
    assert result.progress.counters.files_total == len(signs)


def test_a_check_of_a_list_tells_of_each_line(world: Harness, check: CheckJob) -> None:
    world.put_all(TREE)
    world.preload("/data/a")
    world.put_cache("/data/new", b"new")
    lines = ["/data/a", "/data/g", "/data/new", "/data/no", "/data/d", "/data/a"]

    result, signs = check(lines=lines, from_file_list=True, alluxio_uri=None)

    assert signs == {"a": "=", "g": "-", "new": "+", "no": "!", "d/c": "-", "d/e/f": "-"}
    assert (result.state, result.reason) == (State.PARTIAL, "PATH_NOT_FOUND")
    assert result.message == "1 files the same, 3 only in the bucket, 1 only in the cache, 1 not compared"
    assert [failure.path for failure in result.failures] == ["/data/no"]


def test_a_path_that_no_side_has_fails_the_check(world: Harness, check: CheckJob) -> None:
    world.put_bucket("/data/a", b"a")
    result, _ = check(alluxio_uri="/data/no")
    assert (result.state, result.reason) == (State.FAILED, "PATH_NOT_FOUND")


def test_rules_that_take_no_file_fail_the_check(world: Harness, check: CheckJob) -> None:
    world.put_bucket("/data/a", b"a")
    result, _ = check(filters=("- *",))
    assert (result.state, result.reason) == (State.FAILED, "NOTHING_MATCHED")
    assert "neither bucket nor cache has a file that matches /data" in result.message


# -- what can't be compared


@pytest.fixture
def files(tmp_path: Path) -> FilesHarness:
    """An engine on a directory: for symlinks and special files."""
    return FilesHarness(tmp_path)


@pytest.fixture
def check_files(files: FilesHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckJob:
    return check_job(files, tmp_path, monkeypatch)


def test_what_is_left_out_keeps_a_check_from_success(files: FilesHarness, check_files: CheckJob) -> None:
    files.put_bucket("/data/a", b"a")
    files.preload()
    (files.bucket / "link").symlink_to("a")
    os.mkfifo(files.tiers[0] / "data/pipe")

    result, signs = check_files()

    assert signs == {"a": "=", "link": "!", "pipe": "!"}
    assert (result.state, result.reason) == (State.PARTIAL, "LEFT_OUT")
    assert [each.hint for each in result.progress.errors if each.reason == "SYMLINK"] == ["exclude it by filters"]
    result, signs = check_files(filters=("- link", "- pipe"))
    assert (result.state, signs) == (State.SUCCEEDED, {"a": "="})


def test_a_symlink_that_a_preload_followed_is_compared_with_what_it_leads_to(
    files: FilesHarness, check_files: CheckJob
) -> None:
    files.put_bucket("/data/a", b"content")
    (files.bucket / "link").symlink_to("a")
    entries = files.engine.walk("/data", depth=None, side=Side.BUCKET, follow=True)
    list(files.engine.preload(entries, Params(), Attempt("JOB", 1)))
    assert check_files()[1] == {"a": "=", "link": "="}
    files.put_cache("/data/link", b"CONTENT")
    assert check_files()[1] == {"a": "=", "link": "*"}
