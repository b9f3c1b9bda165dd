"""A check job over an engine in memory: what it waits for, what it reports, what ends it."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Compared, Entry
from avio.engines.memory import MemoryEngine
from avio.errors import AccessDenied, EngineAway, Gone, TierNotMounted
from avio.executor.attempt import Attempt
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, SIZE, RunJob, report
from tests.unit.executor.test_away import AWAY, breaking


@pytest.fixture(autouse=True)
def _all_cached(run_job: RunJob, engine: MemoryEngine) -> None:
    """All files are cached, and the second one was changed to the bytes that it had."""
    assert run_job().state == "succeeded"
    engine.put_cache(FILES[1], engine.bucket[FILES[1]].content)


@pytest.mark.parametrize("call", ["walk", "compare"])
def test_a_check_waits_and_goes_on_wherever_the_store_goes_away(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: str
) -> None:
    monkeypatch.setattr(engine, call, breaking(getattr(engine, call), after=7, times=5))

    result = run_job(JobType.CHECK, verify="checksum")

    counters = result.progress.counters
    assert (result.state, counters.files_total, counters.files_done) == ("succeeded", 12, 12)
    assert counters.bytes_total == counters.bytes_done == 12 * SIZE
    assert report(tmp_path) == dict.fromkeys(FILES, "same")


def test_lines_that_name_no_file_are_told_once_though_the_listing_begins_again(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = iter(range(100))
    look, broken = engine.walk, {7}

    def walk(path: str, **options: Any) -> Iterator[Any]:
        if next(calls) in broken:
            raise AWAY
        return look(path, **options)

    monkeypatch.setattr(engine, "walk", walk)
    lines = ["/data/no", *FILES[:3], "/data/no2", *FILES[3:6]]
    result = run_job(JobType.CHECK, lines=lines, from_file_list=True, alluxio_uri=None)

    assert next(calls) == 16
    assert result.progress.counters.files_failed == 2
    assert report(tmp_path) == dict.fromkeys(FILES[:6], "same") | dict.fromkeys(["/data/no", "/data/no2"], "failed")


def test_a_store_that_stays_away_ends_the_check(run_job: RunJob, engine: MemoryEngine) -> None:
    engine.away = EngineAway("the bucket does not answer")
    result = run_job(JobType.CHECK)
    assert (result.state, result.reason) == ("failed", "ENGINE_AWAY")


def test_a_file_that_can_not_be_read_is_told_and_the_others_are_compared(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    engine.failures[FILES[1]] = [AccessDenied("it is not yours")]

    result = run_job(JobType.CHECK)

    assert (result.state, result.reason) == ("partial", "ACCESS_DENIED")
    assert result.message == "11 files the same, 1 not compared"
    assert report(tmp_path)[FILES[1]] == "failed"
    assert (result.failures[0].path, result.failures[0].message) == (FILES[1], "it is not yours")


def test_a_cache_that_is_not_there_ends_the_check(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compare(*arguments: Any) -> Iterator[Any]:
        raise TierNotMounted("tier MEM is not mounted")
        yield

    monkeypatch.setattr(engine, "compare", compare)
    result = run_job(JobType.CHECK)
    assert (result.state, result.reason) == ("failed", "TIER_NOT_MOUNTED")


def test_a_check_that_is_stopped_while_it_reads_has_no_verdict(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Attempt("JOB", 1)

    def compare(*arguments: Any) -> Iterator[Any]:
        attempt.stop()
        return iter(())

    monkeypatch.setattr(engine, "compare", compare)
    assert run_job(JobType.CHECK, attempt=attempt).state == "stopped"


def test_the_engine_gets_all_copies_as_one_stream_that_goes_on_where_a_store_went_away(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[list[str]] = []
    look = engine.compare

    def compare(entries: Iterable[Entry], *rest: Any) -> Iterator[Compared]:
        if asked:
            handed_out = list(entries)
            asked.append([entry.path for entry in handed_out])
            yield from look(handed_out, *rest)
            return
        ahead = list(islice(entries, 5))
        asked.append([entry.path for entry in ahead])
        yield from look(ahead[:3], *rest)
        raise AWAY

    monkeypatch.setattr(engine, "compare", compare)
    assert run_job(JobType.CHECK, verify="checksum").state == "succeeded"
    assert asked == [FILES[:5], FILES[3:]]
    assert report(tmp_path) == dict.fromkeys(FILES, "same")


def test_what_was_listed_and_is_gone_on_both_sides_is_not_compared(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.failures[FILES[1]] = [Gone("neither bucket nor cache has the file")]
    assert run_job(JobType.CHECK).reason == "GONE"


def test_the_phase_of_reading_is_the_check(run_job: RunJob) -> None:
    result = run_job(JobType.CHECK)
    assert (result.progress.phase, result.progress.total_complete, result.verified_files) == ("verifying", True, None)


def test_files_that_a_late_lease_kept_from_being_compared_are_compared_after_it(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compare, cut = engine.compare, [2, 1]

    def short(entries: Iterable[Entry], *arguments: Any) -> Iterator[Compared]:
        found = compare(entries, *arguments)
        yield from islice(found, cut.pop()) if cut else found

    monkeypatch.setattr(engine, "compare", short)

    result = run_job(JobType.CHECK, verify="checksum")

    assert (result.state, result.progress.counters.files_done) == ("succeeded", 12)
    assert report(tmp_path) == dict.fromkeys(FILES, "same")
