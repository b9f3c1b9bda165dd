"""Which files a job takes, over every engine: rules on paths, bounds of size and time, several paths, limits."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from avio.executor import run as running
from avio.executor.attempt import Attempt
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.results import Result
from avio.wire.states import JobType, State
from tests.contract.engines.harness import FilesHarness, Harness

FILES = {
    "/data/a.jpg": b"1",
    "/data/b.tmp": b"22",
    "/data/logs/1.jpg": b"333",
    "/data/logs/2.log": b"4444",
    "/data/train/deep/c.jpg": b"55555",
    "/data/train/logs/3.jpg": b"666666",
}

RunJob = Callable[..., Result]


@pytest.fixture
def run_job(world: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunJob:
    """Return what runs a job over the engine in this process; all files are in the bucket."""
    monkeypatch.setattr(running, "open_engine", lambda settings: world.engine)
    for path, content in FILES.items():
        world.put_bucket(path, content)

    def run(type_: JobType = JobType.PRELOAD, *, lines: list[str] | None = None, **params: Any) -> Result:
        directory = tmp_path / f"attempt{len(list(tmp_path.glob('attempt*')))}"
        directory.mkdir()
        if lines is not None:
            (directory / "filelist").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        wanted = Params(**({"alluxio_uri": "/data"} | params))
        file_list = None if lines is None else str(directory / "filelist")
        order = Order("JOB", 1, type_, wanted, file_list=file_list, threads=4)
        return running.run(order, Attempt("JOB", 1, threads=4), directory)

    return run


def cached(world: Harness) -> set[str]:
    """Return the files of the bucket that the cache has."""
    return {path.removeprefix("/data/") for path in FILES if world.engine.stat(path).in_cache}


@pytest.mark.parametrize(
    ("params", "taken", "excluded"),
    [
        ({"filters": ("- *.tmp", "- *.log")}, {"a.jpg", "logs/1.jpg", "train/deep/c.jpg", "train/logs/3.jpg"}, 2),
        ({"filters": ("- /logs/**", "+ *.jpg", "- **")}, {"a.jpg", "train/deep/c.jpg", "train/logs/3.jpg"}, 3),
        (
            {"filters": ("+ {train,logs}/**/*.{jpg,log}", "- *")},
            {"logs/1.jpg", "logs/2.log", "train/deep/c.jpg", "train/logs/3.jpg"},
            2,
        ),
        ({"min_size": 3, "max_size": 5}, {"logs/1.jpg", "logs/2.log", "train/deep/c.jpg"}, 3),
        ({"depth": 1, "filters": ("- *.tmp",)}, {"a.jpg"}, 1),
        ({"newer_than": "2001-01-01T00:00:00Z", "max_size": 1}, {"a.jpg"}, 5),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
def test_a_preload_takes_what_its_filter_takes(
    world: Harness, run_job: RunJob, params: dict[str, Any], taken: set[str], excluded: int
) -> None:
    result = run_job(**params)

    assert result.state == State.SUCCEEDED
    assert cached(world) == taken
    assert result.progress.counters.files_total == result.verified_files == len(taken)
    assert f"{excluded} file{'s' * (excluded > 1)} excluded by filters" in result.message


def test_a_save_takes_what_its_filter_takes(world: Harness, run_job: RunJob) -> None:
    world.put_cache("/data/new.jpg", b"new")
    world.put_cache("/data/new.tmp", b"newer")

    result = run_job(JobType.SAVE, filters=("- *.tmp",))

    assert result.state == State.SUCCEEDED
    assert (world.read_bucket("/data/new.jpg"), world.read_bucket("/data/new.tmp")) == (b"new", None)
    assert "1 file excluded by filters" in result.message


@pytest.mark.parametrize(
    ("bound", "takes"),
    [({"newer_than": -1}, True), ({"older_than": 1}, True), ({"newer_than": 1}, False), ({"older_than": -1}, False)],
)
def test_the_time_of_an_object_counts(world: Harness, run_job: RunJob, bound: dict[str, int], takes: bool) -> None:
    now = datetime.now(UTC)
    params = {name: (now + timedelta(days=days)).isoformat(timespec="seconds") for name, days in bound.items()}

    result = run_job(**params)

    assert (result.state, result.reason) == ((State.SUCCEEDED, None) if takes else (State.FAILED, "NOTHING_MATCHED"))
    assert len(cached(world)) == (len(FILES) if takes else 0)


def test_several_paths_are_one_job_and_each_file_is_moved_once(world: Harness, run_job: RunJob) -> None:
    paths = ("/data/train", "/data/train/deep", "/data/a.jpg", "/data/train/deep/c.jpg")

    result = run_job(alluxio_uri=None, paths=paths)

    assert result.state == State.SUCCEEDED
    assert cached(world) == {"a.jpg", "train/deep/c.jpg", "train/logs/3.jpg"}
    assert result.progress.counters.files_total == result.verified_files == 3


def test_rules_match_below_each_of_several_paths_and_one_that_takes_a_file_is_enough(
    world: Harness, run_job: RunJob
) -> None:
    result = run_job(alluxio_uri=None, paths=("/data/train", "/data/logs", "/data"), filters=("- /logs/**", "- *.tmp"))

    assert cached(world) == {"a.jpg", "logs/1.jpg", "logs/2.log", "train/deep/c.jpg", "train/logs/3.jpg"}
    assert result.verified_files == 5


def test_rules_match_the_whole_paths_of_a_file_list(world: Harness, run_job: RunJob) -> None:
    lines = ["/data/logs/1.jpg", "/data/train", "/data/b.tmp", "/data/nowhere.tmp", "/data/train/deep/c.jpg"]

    result = run_job(lines=lines, alluxio_uri=None, from_file_list=True, filters=("- /data/logs/**", "- *.tmp"))

    assert result.state == State.SUCCEEDED
    assert cached(world) == {"train/deep/c.jpg", "train/logs/3.jpg"}
    assert "3 files excluded by filters" in result.message


@pytest.mark.parametrize("separator", [b"\n", b"\0"])
def test_the_list_may_be_an_object_of_the_bucket(world: Harness, run_job: RunJob, separator: bytes) -> None:
    paths = [b"/data/a.jpg", b"/data/train//", b"/data/a.jpg", b"/data/nowhere.tmp"]
    world.put_bucket("/data/list", b"".join(path + separator for path in paths))

    result = run_job(alluxio_uri=None, from_file_list=True, file_list_path="/data/list", filters=("- *.tmp",))

    assert (result.state, result.verified_files) == (State.SUCCEEDED, 3)
    assert cached(world) == {"a.jpg", "train/deep/c.jpg", "train/logs/3.jpg"}


@pytest.mark.parametrize(
    ("content", "reason", "message"),
    [
        (b"/data/a.jpg\nb\n\n/data/../c\n", "INVALID_FILE_LIST", "2 lines of the file list can't be used: line 2: 'b'"),
        (b"\n", "INVALID_FILE_LIST", "/data/list: the file list is empty"),
        (None, "PATH_NOT_FOUND", "/data/list"),
    ],
)
def test_a_list_in_the_bucket_that_can_not_be_used_fails_the_job(
    world: Harness, run_job: RunJob, content: bytes | None, reason: str, message: str
) -> None:
    if content is not None:
        world.put_bucket("/data/list", content)

    result = run_job(alluxio_uri=None, from_file_list=True, file_list_path="/data/list")

    assert (result.state, result.reason) == (State.FAILED, reason)
    assert message in result.message
    assert cached(world) == set()


@pytest.mark.parametrize("by_list", [False, True])
def test_what_the_filter_excludes_need_not_be_handled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_list: bool
) -> None:
    world = FilesHarness(tmp_path)
    world.put_all(["/data/a", "/data/sub/b"])
    for name in ("link.tmp", "sub/link.tmp"):
        (world.bucket / name).symlink_to("/nowhere")
    monkeypatch.setattr(running, "open_engine", lambda settings: world.engine)
    (tmp_path / "filelist").write_text("/data/link.tmp\n/data/a\n/data/sub\n")
    files: dict[str, Any] = {"from_file_list": True} if by_list else {"alluxio_uri": "/data"}
    order = Order(
        "JOB",
        1,
        JobType.PRELOAD,
        Params(filters=("- *.tmp",), **files),
        file_list=str(tmp_path / "filelist") if by_list else None,
    )

    result = running.run(order, Attempt("JOB", 1), tmp_path)

    assert (result.state, result.verified_files) == (State.SUCCEEDED, 2)
    assert result.progress.counters.files_left_out == 0
    assert "2 files excluded by filters" in result.message


def test_a_directory_is_no_list(run_job: RunJob) -> None:
    result = run_job(alluxio_uri=None, from_file_list=True, file_list_path="/data/train")

    assert (result.state, result.reason) == (State.FAILED, "PATH_NOT_FOUND")


def test_a_list_with_nuls_names_files_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = FilesHarness(tmp_path)
    names = [b"line\nbreak", b"\xff\xfe", b" blank ", b"plain"]
    for name in names:
        (world.bucket / os.fsdecode(name)).write_bytes(b"x")
    (tmp_path / "filelist").write_bytes(b"".join(b"/data/" + name + b"\0" for name in [*names, names[0]]))
    monkeypatch.setattr(running, "open_engine", lambda settings: world.engine)
    params = Params(from_file_list=True, filters=("- *.tmp", "- /data/pl*"))
    order = Order("JOB", 1, JobType.PRELOAD, params, file_list=str(tmp_path / "filelist"))

    result = running.run(order, Attempt("JOB", 1), tmp_path)

    assert (result.state, result.verified_files) == (State.SUCCEEDED, 3)
    assert {name for name in names if (world.tiers[0] / "data" / os.fsdecode(name)).exists()} == {*names[:3]}


@pytest.mark.parametrize(("limit", "taken"), [({"max_files": 2}, 2), ({"max_bytes": 6}, 3), ({"max_bytes": 5}, 2)])
def test_a_limit_ends_the_listing_before_the_file_that_is_too_much(
    world: Harness, run_job: RunJob, limit: dict[str, int], taken: int
) -> None:
    first = sorted(path.removeprefix("/data/") for path in FILES)[:taken]

    for _ in range(2):  # files that are in place count: a second job takes the same
        result = run_job(**limit)

        assert result.state == State.SUCCEEDED
        assert cached(world) == set(first)
        assert "the listing ended at max" in result.message


def test_a_limit_that_is_not_reached_is_not_mentioned(world: Harness, run_job: RunJob) -> None:
    assert "listing ended" not in run_job(max_files=len(FILES), max_bytes=sum(map(len, FILES.values()))).message


@pytest.mark.parametrize(
    ("params", "words", "cure"),
    [
        ({"filters": ("- **",)}, "6 files excluded by filters", "correct params.filters"),
        ({"alluxio_uri": None, "paths": ("/data/a.jpg", "/data/logs"), "min_size": 99}, "3 files excluded", "minSize"),
        ({"filters": ("- a.jpg",), "max_bytes": 1}, "the listing ended at maxBytes=1", "raise maxBytes"),
    ],
)
def test_a_job_that_takes_no_file_says_why(run_job: RunJob, params: dict[str, Any], words: str, cure: str) -> None:
    result = run_job(**params)

    assert (result.state, result.reason) == (State.FAILED, "NOTHING_MATCHED")
    assert words in result.message
    assert cure in result.message


@pytest.mark.parametrize("verb", [JobType.PRELOAD, JobType.CHECK])
def test_a_list_with_depth_0_takes_files_alone(world: Harness, run_job: RunJob, verb: JobType) -> None:
    result = run_job(verb, lines=["/data/a.jpg", "/data/logs"], alluxio_uri=None, from_file_list=True, depth=0)

    counters = result.progress.counters
    assert (counters.files_total, counters.files_failed) == (1, 0)
