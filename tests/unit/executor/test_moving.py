"""Preload and save over the memory engine: what counts in the end is what is there."""

import itertools
import json
from pathlib import Path

import pytest

from avio.engines.base import Tier
from avio.engines.memory import MemoryEngine
from avio.errors import AccessDenied, Corrupt, EngineAway, NodeFault
from avio.executor import moving
from avio.executor.attempt import Attempt
from avio.wire.results import Result
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, SIZE, RunJob


def report(directory: Path) -> dict[str, str]:
    """Return the outcome of each file of the report."""
    lines = (directory / "report.jsonl").read_text(encoding="utf-8").splitlines()
    found = {line["path"]: line["outcome"] for line in map(json.loads, lines)}
    assert len(found) == len(lines), "a file is in the report twice"
    return found


def figures(result: Result) -> tuple[int, ...]:
    """Return the files in total, done, skipped and failed."""
    counters = result.progress.counters
    return counters.files_total, counters.files_done, counters.files_skipped, counters.files_failed


def test_a_preload_brings_every_file_into_the_cache(run_job: RunJob, engine: MemoryEngine, tmp_path: Path) -> None:
    result = run_job()

    assert (result.state, result.reason, figures(result)) == ("succeeded", None, (12, 12, 0, 0))
    assert (result.verified_files, result.verified_bytes) == (12, 12 * SIZE)
    assert result.progress.total_complete
    assert result.progress.counters.bytes_wire == 12 * SIZE
    assert set(engine.cache) == set(FILES)
    assert report(tmp_path) == dict.fromkeys(FILES, "done")


def test_what_is_there_already_is_skipped_and_counts_as_done(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    run_job()
    del engine.cache[FILES[0]]
    engine.put_bucket(FILES[1], b"new")

    result = run_job()

    assert result.state == "succeeded"
    assert set(report(tmp_path).values()) == {"done", "skipped"}
    assert list(report(tmp_path).values()).count("done") == 2
    assert engine.cache[FILES[1]].content == b"new"


def test_depth_bounds_what_is_loaded(run_job: RunJob, engine: MemoryEngine) -> None:
    result = run_job(depth=2)

    assert result.verified_files == 8
    assert "/data/b/deep/0" not in engine.cache


def test_a_file_that_fails_makes_the_job_partial_and_is_named(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    engine.failures[FILES[0]] = [AccessDenied("no")]
    engine.failures[FILES[1]] = [Corrupt("bad")] * 5

    result = run_job()

    assert (result.state, figures(result)) == ("partial", (12, 10, 0, 2))
    assert {failure.path: (failure.reason, failure.tries) for failure in result.failures} == {
        FILES[0]: ("ACCESS_DENIED", 1),
        FILES[1]: ("CORRUPT", 5),
    }
    assert {group.reason: group.retryable for group in result.progress.errors} == {
        "ACCESS_DENIED": False,
        "CORRUPT": True,
    }
    assert report(tmp_path)[FILES[0]] == "failed"
    assert result.verified_files == 10


def test_a_job_none_of_whose_files_arrive_has_failed(run_job: RunJob, engine: MemoryEngine) -> None:
    for path in FILES:
        engine.failures[path] = [AccessDenied("no")]

    result = run_job()

    assert (result.state, result.reason, figures(result)) == ("failed", "ACCESS_DENIED", (12, 0, 0, 12))


def test_a_path_that_is_not_there_fails_the_job(run_job: RunJob) -> None:
    result = run_job(alluxio_uri="/data/nowhere")

    assert (result.state, result.reason) == ("failed", "PATH_NOT_FOUND")
    assert "avio ls" in result.message


def test_a_job_that_matches_no_file_is_no_success(run_job: RunJob) -> None:
    result = run_job(depth=0)

    assert (result.state, result.reason, result.verified_files) == ("failed", "NOTHING_MATCHED", None)


def test_too_many_failures_end_the_job(run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "MAX_FAILED_FILES", 3)
    for path in FILES:
        engine.failures[path] = [AccessDenied("no")]

    result = run_job()

    assert (result.state, result.reason) == ("failed", "TOO_MANY_FAILURES")
    assert len(result.failures) == 4


def test_a_preload_that_does_not_fit_ends_before_it_fills_the_cache(run_job: RunJob, engine: MemoryEngine) -> None:
    engine._tiers = (Tier("MEM", 5 * SIZE, 0),)

    result = run_job()

    assert (result.state, result.reason) == ("failed", "CACHE_FULL")
    assert "ifFull=partial" in result.message


def test_a_preload_that_takes_what_fits_is_partial(run_job: RunJob, engine: MemoryEngine) -> None:
    engine._tiers = (Tier("MEM", 5 * SIZE, 0),)

    result = run_job(if_full="partial")

    assert (result.state, result.reason, figures(result)) == ("partial", "CACHE_FULL", (12, 5, 0, 7))


def test_only_the_room_of_the_tier_that_was_asked_for_counts(run_job: RunJob, engine: MemoryEngine) -> None:
    engine._tiers = (Tier("MEM", 5 * SIZE, 0), Tier("SSD", 100 * SIZE, 0))

    assert run_job(tier="MEM").reason == "CACHE_FULL"


def test_what_is_in_the_cache_already_needs_no_room(run_job: RunJob, engine: MemoryEngine) -> None:
    engine._tiers = (Tier("MEM", 12 * SIZE, 0),)
    run_job()

    assert run_job().state == "succeeded"


def test_a_file_that_vanishes_after_it_arrived_is_loaded_again(run_job: RunJob, engine: MemoryEngine) -> None:
    vanished: list[str] = []

    def vanish(path: str) -> None:
        if path == FILES[5] and not vanished:
            vanished.append(FILES[0])
            del engine.cache[FILES[0]]

    engine.before_move = vanish

    result = run_job()

    assert vanished
    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))
    assert set(engine.cache) == set(FILES)
    assert result.progress.counters.bytes_wire == 13 * SIZE


def test_a_file_that_vanishes_for_ever_is_never_called_there(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "fault", lambda point: engine.cache.pop(FILES[0], None))

    result = run_job()

    assert (result.state, result.reason, figures(result)) == ("partial", "NOT_THERE", (12, 11, 0, 1))
    assert result.verified_files == 11
    assert [failure.path for failure in result.failures] == [FILES[0]]


def test_a_cache_that_loses_everything_each_time_is_a_failure(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "fault", lambda point: engine.cache.clear())

    result = run_job()

    assert (result.state, result.reason, result.verified_files) == ("failed", "NOT_THERE", 0)
    assert result.progress.counters.bytes_done == 0


def test_a_file_that_leaves_the_bucket_while_the_job_runs_is_gone(run_job: RunJob, engine: MemoryEngine) -> None:
    engine.before_move = lambda path: engine.bucket.pop(FILES[7], None)  # type: ignore[assignment,return-value]

    result = run_job()

    assert (result.state, result.reason, figures(result)) == ("partial", "GONE", (12, 11, 0, 1))


def test_a_file_list_loads_files_and_directories_and_names_what_is_not_there(
    run_job: RunJob, engine: MemoryEngine
) -> None:
    result = run_job(lines=[FILES[0], "/data/b", "/data/no", "/elsewhere"], from_file_list=True, alluxio_uri=None)

    assert (result.state, result.reason) == ("partial", "PATH_NOT_FOUND")
    assert figures(result) == (11, 9, 0, 2)
    assert {failure.path for failure in result.failures} == {"/data/no", "/elsewhere"}


def test_a_save_brings_what_is_dirty_into_the_bucket(run_job: RunJob, engine: MemoryEngine) -> None:
    run_job()
    engine.put_cache(FILES[0], b"trained")
    engine.put_cache("/data/new", b"checkpoint")

    result = run_job(JobType.SAVE)

    assert result.state == "succeeded"
    assert result.verified_files == 13
    assert engine.bucket[FILES[0]].content == b"trained"
    assert engine.bucket["/data/new"].content == b"checkpoint"


def test_a_save_overwrites_no_file_that_changed_in_the_bucket_unless_it_is_asked_to(
    run_job: RunJob, engine: MemoryEngine
) -> None:
    run_job()
    engine.put_cache(FILES[0], b"ours")
    engine.put_bucket(FILES[0], b"theirs")

    assert run_job(JobType.SAVE).reason == "SAVE_CONFLICT"
    assert engine.bucket[FILES[0]].content == b"theirs"

    assert run_job(JobType.SAVE, on_conflict="overwrite").state == "succeeded"
    assert engine.bucket[FILES[0]].content == b"ours"


def test_the_work_begins_again_when_the_store_goes_away_midway(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    calls = itertools.count()

    def away_once(path: str) -> None:
        if next(calls) == 5:
            raise EngineAway("the bucket does not answer")

    engine.before_move = away_once

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 5, 0))
    assert result.progress.counters.bytes_wire == 12 * SIZE
    assert list(report(tmp_path).values()).count("skipped") == 5


def test_a_store_that_stays_away_fails_the_job(run_job: RunJob, engine: MemoryEngine) -> None:
    engine.away = EngineAway("the bucket does not answer")

    result = run_job()

    assert (result.state, result.reason) == ("failed", "ENGINE_AWAY")


def test_a_full_disk_of_the_node_is_told_as_such(run_job: RunJob, engine: MemoryEngine) -> None:
    engine.failures[FILES[0]] = [NodeFault("the disk is full")]
    assert run_job().reason == "NODE_FAULT"


def test_a_fault_of_our_own_is_told_as_such(run_job: RunJob, engine: MemoryEngine) -> None:
    def broken(path: str) -> None:
        raise ZeroDivisionError("oh")

    engine.before_move = broken

    result = run_job()

    assert (result.state, result.reason, result.message) == ("failed", "INTERNAL", "ZeroDivisionError: oh")


@pytest.mark.parametrize("moved_first", [0, 3])
def test_a_job_that_is_asked_to_stop_is_neither_done_nor_failed(
    run_job: RunJob, engine: MemoryEngine, moved_first: int
) -> None:
    attempt = Attempt("JOB", 1)
    calls = itertools.count()
    engine.before_move = lambda path: attempt.stop() if next(calls) == moved_first else None

    result = run_job(attempt=attempt)

    assert (result.state, result.message) == ("stopped", "stopped on request")
    assert len(engine.cache) == moved_first + 1
    assert result.verified_files is None


def test_a_job_whose_lease_is_over_stops(run_job: RunJob, engine: MemoryEngine) -> None:
    attempt = Attempt("JOB", 1)
    attempt.deadline = 0

    result = run_job(attempt=attempt)

    assert (result.state, result.message) == ("stopped", "the lease of the node is over")
    assert engine.cache == {}
