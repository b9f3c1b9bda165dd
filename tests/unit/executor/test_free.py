"""Free jobs: all is looked at first, then dropped, then looked for again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Entry
from avio.engines.memory import MemoryEngine
from avio.errors import EngineAway
from avio.executor import free, patience
from avio.executor.attempt import Attempt
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, SIZE, RunJob, figures, report


@pytest.fixture(autouse=True)
def _cached(run_job: RunJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files are in the cache, and a cache that does not follow is not waited for."""
    monkeypatch.setattr(free, "FOLLOW_SECONDS", 0.0)
    assert run_job().state == "succeeded"


def test_a_tree_is_dropped_and_each_file_is_in_the_report(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    result = run_job(JobType.FREE, alluxio_uri="/data/b")

    assert (result.state, result.message) == ("succeeded", "8 files freed")
    assert figures(result) == (8, 8, 0, 0)
    assert (result.verified_files, result.verified_bytes) == (8, 8 * SIZE)
    assert sorted(engine.cache) == sorted(path for path in FILES if path.startswith("/data/a"))
    assert report(tmp_path) == {path: "done" for path in FILES if path.startswith("/data/b")}


def test_the_message_says_how_many_had_been_deleted_in_the_bucket(run_job: RunJob, engine: MemoryEngine) -> None:
    for path in FILES[:2]:
        del engine.bucket[path]

    assert run_job(JobType.FREE).message == "12 files freed; 2 of them had been deleted in the bucket"


def test_nothing_is_dropped_when_a_file_is_not_saved(run_job: RunJob, engine: MemoryEngine) -> None:
    engine.put_cache("/data/b/new", b"never saved")

    result = run_job(JobType.FREE)

    assert (result.state, result.reason) == ("failed", "NOT_SAVED")
    assert "/data/b/new" in result.message
    assert result.progress.counters.files_done == 0
    assert set(engine.cache) == {*FILES, "/data/b/new"}


def test_a_directory_is_not_dropped_by_the_free_of_a_file(run_job: RunJob, engine: MemoryEngine) -> None:
    result = run_job(JobType.FREE, depth=0)

    assert (result.state, result.reason) == ("failed", "IS_DIRECTORY")
    assert set(engine.cache) == set(FILES)
    assert run_job(JobType.FREE, alluxio_uri=FILES[0], depth=0).state == "succeeded"


def test_a_file_that_is_written_meanwhile_stays_and_what_is_gone_is_counted(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop, written = engine.drop, FILES[-1]

    def write_then_drop(path: str) -> Iterator[Entry]:
        engine.put_cache(written, b"just written")
        yield from drop(path)

    monkeypatch.setattr(engine, "drop", write_then_drop)

    result = run_job(JobType.FREE)

    assert (result.state, result.reason) == ("failed", "NOT_SAVED")
    assert engine.cache[written].content == b"just written"
    assert result.progress.counters.files_done == len(FILES) - 1


def test_what_the_cache_still_holds_has_failed(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "drop", lambda path: iter(()))
    for path in FILES[1:]:
        monkeypatch.delitem(engine.cache, path)
    walk, walks = engine.walk, iter([engine.cache | dict.fromkeys(FILES, engine.cache[FILES[0]])])

    def walk_all_at_first(*args: object, **options: object) -> Iterator[Entry]:
        with monkeypatch.context() as patch:
            patch.setattr(engine, "cache", next(walks, engine.cache))
            yield from list(walk(*args, **options))  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "walk", walk_all_at_first)

    result = run_job(JobType.FREE)

    assert (result.state, result.reason) == ("partial", "STILL_CACHED")
    assert figures(result) == (12, 11, 0, 1)
    assert [failure.path for failure in result.failures] == [FILES[0]]
    assert report(tmp_path)[FILES[0]] == "failed"


def test_a_free_of_what_is_gone_already_has_nothing_to_do(run_job: RunJob) -> None:
    assert run_job(JobType.FREE).state == "succeeded"

    result = run_job(JobType.FREE)

    assert (result.state, result.message) == ("succeeded", "0 files freed")


def test_a_free_that_is_stopped_drops_no_further_file(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt, drop = Attempt("JOB", 1), engine.drop

    def drop_and_stop(path: str) -> Iterator[Entry]:
        for number, entry in enumerate(drop(path), 1):
            if number == 3:
                attempt.stop()
            yield entry

    monkeypatch.setattr(engine, "drop", drop_and_stop)

    result = run_job(JobType.FREE, attempt=attempt)

    assert result.state == "stopped"
    assert len(engine.cache) == len(FILES) - 3


def test_a_free_goes_on_when_the_cache_is_back_and_counts_what_it_dropped_before(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop, failures = engine.drop, iter([EngineAway("the cache does not answer")])

    def drop_or_not(path: str) -> Iterator[Entry]:
        for entry in drop(path):
            yield entry
            for failure in failures:
                raise failure

    monkeypatch.setattr(engine, "drop", drop_or_not)

    result = run_job(JobType.FREE)

    assert (result.state, result.message) == ("succeeded", "12 files freed")
    assert figures(result) == (12, 12, 0, 0)
    assert report(tmp_path) == dict.fromkeys(FILES, "done")
    assert engine.cache == {}


def test_a_file_that_was_listed_but_not_judged_is_judged_after_the_cache_was_unavailable(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.0,))
    engine.put_cache("/data/b/new", b"never saved")
    recheck, failures = engine.recheck, iter([EngineAway("away"), EngineAway("away")])

    def fail_twice(*given: Any) -> Iterator[Entry]:
        for failure in failures:
            raise failure
        yield from recheck(*given)

    monkeypatch.setattr(engine, "recheck", fail_twice)
    before = dict(engine.cache)

    assert run_job(JobType.FREE).reason == "NOT_SAVED"
    assert engine.cache == before
