"""Files that vanish and stores that go away while a job runs: what counts in the end is what is there."""

import itertools
from pathlib import Path

import pytest

from avio.engines.memory import MemoryEngine
from avio.errors import EngineAway
from avio.executor import verifier
from tests.unit.executor.conftest import FILES, SIZE, RunJob, figures, report


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
    monkeypatch.setattr(verifier, "fault", lambda point: engine.cache.pop(FILES[0], None))

    result = run_job()

    assert (result.state, result.reason, figures(result)) == ("partial", "NOT_THERE", (12, 11, 0, 1))
    assert result.verified_files == 11
    assert [failure.path for failure in result.failures] == [FILES[0]]


def test_a_cache_that_loses_everything_each_time_is_a_failure(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "fault", lambda point: engine.cache.clear())

    result = run_job()

    assert (result.state, result.reason, result.verified_files) == ("failed", "NOT_THERE", 0)
    assert result.progress.counters.bytes_done == 0


def test_a_file_that_leaves_the_bucket_while_the_job_runs_is_gone(run_job: RunJob, engine: MemoryEngine) -> None:
    engine.before_move = lambda path: engine.bucket.pop(FILES[7], None)  # type: ignore[assignment,return-value]

    result = run_job()

    assert (result.state, result.reason, figures(result)) == ("partial", "GONE", (12, 11, 0, 1))


def test_the_work_goes_on_when_the_store_was_away_midway(run_job: RunJob, engine: MemoryEngine, tmp_path: Path) -> None:
    calls = itertools.count()

    def away_once(path: str) -> None:
        if next(calls) == 5:
            raise EngineAway("the bucket does not answer")

    engine.before_move = away_once

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))
    assert result.progress.counters.bytes_wire == 12 * SIZE
    assert report(tmp_path) == dict.fromkeys(FILES, "done")


def test_a_store_that_stays_away_fails_the_job(run_job: RunJob, engine: MemoryEngine) -> None:
    engine.away = EngineAway("the bucket does not answer")

    result = run_job()

    assert (result.state, result.reason) == ("failed", "ENGINE_AWAY")
