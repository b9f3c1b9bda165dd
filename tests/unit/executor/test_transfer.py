"""Preload and save over the memory engine: outcomes, counters, and the reasons of what fails."""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Entry, EntryState, Moved
from avio.engines.memory import MemoryEngine
from avio.engines.run import Run
from avio.errors import AccessDenied, Corrupt, EngineAway, NodeFault
from avio.executor import failed_files, patience
from avio.executor.attempt import Attempt
from avio.wire.params import Params
from avio.wire.results import Outcome
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, SIZE, RunJob, figures, report


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
    engine.failures[FILES[1]] = [Corrupt("bad")] * 20

    result = run_job()

    assert (result.state, figures(result)) == ("partial", (12, 10, 0, 2))
    assert {failure.path: (failure.reason, failure.tries) for failure in result.failures} == {
        FILES[0]: ("ACCESS_DENIED", 1),
        FILES[1]: ("CORRUPT", 20),
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
    monkeypatch.setattr(failed_files, "MAX_FAILED_FILES", 3)
    for path in FILES:
        engine.failures[path] = [AccessDenied("no")]

    result = run_job()

    assert (result.state, result.reason) == ("failed", "TOO_MANY_FAILURES")
    assert len(result.failures) == 4


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


def test_a_job_that_fails_as_a_whole_counts_what_is_there(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a cache whose disk fails at the last file, and takes two others with it
    preload = engine.preload

    def failing(*arguments: Any) -> Iterator[Moved]:
        for count, moved in enumerate(preload(*arguments), 1):
            if count == len(FILES):
                del engine.cache[FILES[0]], engine.cache[FILES[1]]
                raise NodeFault("no disk any more")
            yield moved

    monkeypatch.setattr(engine, "preload", failing)
    result = run_job()

    assert (result.state, result.reason, result.verified_files) == ("failed", "NODE_FAULT", None)
    assert figures(result) == (12, len(engine.cache), 0, 0)
    assert len(engine.cache) == 10


def test_what_another_job_has_moved_meanwhile_is_shared(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preload = engine.preload

    def beside_others(entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        for moved in preload(entries, params, run):
            yield moved._replace(outcome=Outcome.SHARED, bytes=SIZE) if moved.entry.path == FILES[0] else moved

    monkeypatch.setattr(engine, "preload", beside_others)

    result = run_job()

    counters = result.progress.counters
    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))
    assert (counters.files_shared, counters.bytes_shared) == (1, SIZE)
    assert report(tmp_path)[FILES[0]] == "shared"


def test_what_this_job_had_moved_before_its_store_was_away_is_not_shared(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those files are given to the engine again, as files of which nobody knows whether they are in place."""
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.01,))
    preload, calls = engine.preload, []

    def breaks(entries: Iterable[Entry | None], params: Params, run: Run) -> Iterator[Moved]:
        calls.append([])
        taken = [entry for entry in entries if entry is not None]
        calls[-1] += [entry.state for entry in taken]
        if len(calls) == 1:
            raise EngineAway("503")
        yield from preload(taken, params, run)

    monkeypatch.setattr(engine, "preload", breaks)

    assert run_job().state == "succeeded"
    assert [set(states) for states in calls] == [{EntryState.REMOTE}, {EntryState.UNKNOWN}]
