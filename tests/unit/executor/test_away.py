"""A store that is away for a while: every kind of job waits and goes on, and nothing that was counted falls."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Entry, Moved, Page
from avio.engines.memory import MemoryEngine
from avio.errors import BadReply, Corrupt, EngineAway
from avio.executor import patience
from avio.executor.attempt import Attempt
from avio.wire.results import Outcome
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, SIZE, RunJob, figures, report

AWAY = EngineAway("the bucket does not answer")


def breaking(generator: Callable[..., Iterator[Any]], after: int, times: int) -> Callable[..., Iterator[Any]]:
    """Return `generator`, which fails `times` times after `after` items."""
    left = iter(range(times))

    def broken(*arguments: Any, **options: Any) -> Iterator[Any]:
        stream = generator(*arguments, **options)
        yield from itertools.islice(stream, after)
        if next(left, None) is not None:
            raise AWAY
        yield from stream

    return broken


@pytest.mark.parametrize("call", ["walk", "preload", "recheck"])
def test_a_preload_waits_and_goes_on_wherever_the_store_goes_away(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: str
) -> None:
    monkeypatch.setattr(engine, call, breaking(getattr(engine, call), after=7, times=5))

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))
    assert result.progress.counters.bytes_total == 12 * SIZE
    assert report(tmp_path) == dict.fromkeys(FILES, "done")


def test_a_file_that_failed_while_the_store_was_away_is_moved_again(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    engine.failures[FILES[3]] = [AWAY] * 7
    engine.failures[FILES[4]] = [Corrupt("bad")] * 6

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))
    assert (result.failures, result.progress.errors) == ([], [])
    assert report(tmp_path) == dict.fromkeys(FILES, "done")


def test_a_file_that_fails_in_every_round_is_named_with_its_own_reason(run_job: RunJob, engine: MemoryEngine) -> None:
    engine.failures[FILES[3]] = [AWAY] * 1000

    result = run_job()

    assert (result.state, result.reason, figures(result)) == ("partial", "ENGINE_AWAY", (12, 11, 0, 1))
    assert [(failure.path, failure.reason, failure.tries) for failure in result.failures] == [
        (FILES[3], "ENGINE_AWAY", 20)
    ]


def test_no_file_begins_while_as_many_failed_in_a_row_as_there_are_threads(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.3, 0.3, 0.3, 0.3))
    for path in FILES[:2]:
        engine.failures[path] = [AWAY] * 5
    begun: dict[str, float] = {}
    engine.before_move = lambda path: begun.setdefault(path, time.monotonic()) and None

    assert run_job().state == "succeeded"

    assert begun[FILES[1]] - begun[FILES[0]] < 0.2
    assert begun[FILES[2]] - begun[FILES[1]] >= 0.25


def test_progress_never_falls_over_an_outage(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Attempt("JOB", 1, threads=2)
    seen = []

    def watched(*arguments: Any, **options: Any) -> Iterator[Entry]:
        for entry in walk(*arguments, **options):
            counters = attempt.progress().counters
            seen.append((counters.files_total, counters.files_done))
            yield entry

    walk = breaking(engine.walk, after=9, times=2)
    monkeypatch.setattr(engine, "walk", watched)

    assert run_job(attempt=attempt).state == "succeeded"

    assert len(seen) > len(FILES)
    assert [total for total, _ in seen] == sorted(total for total, _ in seen)
    assert [done for _, done in seen] == sorted(done for _, done in seen)


def test_blips_are_counted_from_the_last_progress_not_over_the_attempt(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = itertools.cycle([False, True])

    def away_each_time(path: str) -> None:
        if next(failing):
            raise AWAY

    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.1, 60.0))
    engine.before_move = away_each_time

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))


def test_a_store_that_moves_bytes_but_ends_no_file_is_not_waited_for_without_end(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(entries: Iterator[Entry], params: Any, run: Any) -> Iterator[Moved]:
        for entry in entries:
            run.moved(1)
            yield Moved(entry, Outcome.DONE)
            raise AWAY

    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.2,))
    monkeypatch.setattr(engine, "preload", broken_off)
    monkeypatch.setattr(Attempt, "arrived", lambda *arguments, **options: None)

    result = run_job()

    assert (result.state, result.reason) == ("failed", "ENGINE_AWAY")


def test_a_store_that_lies_is_not_waited_for(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lying(*_: Any, **__: Any) -> Iterator[Any]:
        raise BadReply("the store's answer is not a complete listing")

    monkeypatch.setattr(engine, "walk", lying)
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (60.0,))

    result = run_job()

    assert (result.state, result.reason) == ("failed", "BAD_REPLY")


@pytest.mark.parametrize("type_", [JobType.LS, JobType.STAT])
def test_an_ls_or_stat_job_waits_too(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, type_: JobType
) -> None:
    answers: dict[str, Callable[..., Any]] = {"list": engine.list, "stat": engine.stat}
    left = iter(range(4))

    def away(name: str) -> Callable[..., Any]:
        def ask(*arguments: Any, **options: Any) -> Page | Entry:
            if next(left, None) is not None:
                raise AWAY
            return answers[name](*arguments, **options)  # type: ignore[no-any-return]

        return ask

    for name in answers:
        monkeypatch.setattr(engine, name, away(name))

    result = run_job(type_)

    assert result.state == "succeeded"
    assert len((tmp_path / "entries.jsonl").read_text().splitlines()) == (15 if type_ is JobType.LS else 1)


@pytest.mark.parametrize("call", ["walk", "drop"])
def test_a_free_job_counts_what_it_freed_before_the_cache_went_away(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    run_job()
    monkeypatch.setattr(engine, call, breaking(getattr(engine, call), after=5, times=2))

    result = run_job(JobType.FREE)

    assert (result.state, result.verified_files, figures(result)) == ("succeeded", 12, (12, 12, 0, 0))
    assert engine.cache == {}


def test_a_job_that_waits_leaves_at_once_when_it_is_asked_to(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (60.0,))
    engine.away = AWAY
    attempt = Attempt("JOB", 1)
    threading.Timer(0.3, attempt.stop).start()
    began = time.monotonic()

    assert run_job(attempt=attempt).state == "stopped"

    assert time.monotonic() - began < 5
