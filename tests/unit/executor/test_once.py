"""A path counts once, however often a job names it, and a directory's sum is not added to its files."""

import json
from pathlib import Path

import pytest

from avio.engines.memory import MemoryEngine
from avio.engines.tier import Tier
from avio.executor.seen import Seen
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, SIZE, RunJob, figures, report


def test_a_set_on_disk_knows_each_path_it_was_given(tmp_path: Path) -> None:
    with Seen(tmp_path / "seen", ["/a"]) as seen:
        assert [seen.add(path) for path in ("/a", "/b", "/b", "/\udcff", "/\udcff")] == [
            False,
            True,
            False,
            True,
            False,
        ]

    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_hold_the_set_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "no").write_text("")

    with pytest.raises(OSError):
        Seen(tmp_path / "no" / "seen")


def test_a_file_is_counted_and_moved_once_though_lines_name_it_twice(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    lines = [FILES[0], FILES[0], "/data/a", "/data", "/data/a"]

    result = run_job(lines=lines, from_file_list=True, alluxio_uri=None)

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))
    assert result.progress.counters.bytes_total == 12 * SIZE
    assert report(tmp_path) == dict.fromkeys(FILES, "done")


def test_a_missing_file_that_is_named_twice_fails_once(run_job: RunJob) -> None:
    result = run_job(lines=[FILES[0], "/data/no", "/data/no"], from_file_list=True, alluxio_uri=None)

    assert (result.state, figures(result)) == ("partial", (2, 1, 0, 1))


def test_room_is_asked_for_once(run_job: RunJob, engine: MemoryEngine) -> None:
    engine._tiers = (Tier("MEM", 12 * SIZE, 0),)

    result = run_job(lines=["/data/a", "/data", FILES[0]], from_file_list=True, alluxio_uri=None)

    assert result.state == "succeeded"


def test_an_ls_job_counts_the_bytes_of_each_file_once(run_job: RunJob, tmp_path: Path) -> None:
    result = run_job(JobType.LS)

    assert result.progress.counters.bytes_total == result.progress.counters.bytes_done == 12 * SIZE
    assert figures(result) == (15, 15, 0, 0)


def test_an_ls_job_counts_a_directory_whose_files_it_does_not_list(run_job: RunJob) -> None:
    assert run_job(JobType.LS, depth=1).progress.counters.bytes_done == 12 * SIZE
    assert run_job(JobType.LS, depth=2).progress.counters.bytes_done == 12 * SIZE


def test_an_ls_job_of_a_list_writes_each_entry_once(run_job: RunJob, tmp_path: Path) -> None:
    result = run_job(JobType.LS, lines=["/data/a", FILES[0], "/data/a"], from_file_list=True, alluxio_uri=None)

    paths = [json.loads(line)["path"] for line in (tmp_path / "entries.jsonl").read_text().splitlines()]
    assert (sorted(paths), figures(result)) == (FILES[:4], (4, 4, 0, 0))


def test_a_file_that_changes_between_listing_and_move_counts_with_its_new_size(
    run_job: RunJob, engine: MemoryEngine
) -> None:
    def grow(path: str) -> None:
        if path == FILES[2]:
            engine.put_bucket(path, b"x" * 7)
        if path == FILES[3]:
            engine.put_bucket(path, b"x" * 700)

    engine.before_move = grow

    counters = run_job().progress.counters

    assert counters.bytes_total == counters.bytes_done == 10 * SIZE + 707
