"""What a job waits for is told while it lasts, and the log has a line for its begin and its end."""

import logging
from collections.abc import Iterator

import pytest

from avio.engines.memory import MemoryEngine
from avio.errors import EngineAway
from avio.executor import patience, reporter, silence
from avio.executor.attempt import Attempt
from avio.executor.silence import SilenceWatch
from avio.executor.waits import Waits
from avio.wire.states import Phase
from avio.wire.waiting import Wait, Why
from tests.unit.executor.conftest import FILES, RunJob

AWAY = EngineAway("s3://b/f: no connection (\0)")


def told(waits: Waits) -> tuple[str, str] | None:
    """Return reason and words of what is told."""
    wait = waits.told()
    return None if wait is None else (wait.why, wait.what)


def test_the_oldest_wait_is_told_until_its_end() -> None:
    waits = Waits()
    assert waits.told() is None
    waits.say(AWAY, "mover 0")
    first = waits.told()
    waits.begin("watch", Why.STORE_SILENT, seconds=60)
    waits.begin("lister", Why.STORE_UNAVAILABLE, "503")
    assert waits.told() == first
    assert told(waits) == ("STORE_UNAVAILABLE", "s3://b/f: no connection (\\0)")
    waits.say(None, "mover 0")
    assert told(waits) == ("STORE_UNAVAILABLE", "503")
    waits.end("lister")
    waits.end("lister")
    assert told(waits) == ("STORE_SILENT", "")
    waits.end("watch")
    assert waits.told() is None


def test_an_error_is_told_rather_than_silence_and_is_as_old() -> None:
    waits = Waits()
    waits.begin("watch", Why.STORE_SILENT, seconds=60)
    silent = waits.told()
    waits.say(AWAY, "mover 0")
    assert silent is not None
    assert waits.told() == Wait(Why.STORE_UNAVAILABLE, "s3://b/f: no connection (\\0)", silent.since_ms)


def test_a_wait_that_goes_on_keeps_its_begin() -> None:
    waits = Waits()
    waits.begin("lister", Why.STORE_UNAVAILABLE, "503", seconds=7)
    before = waits.told()
    assert before is not None
    waits.begin("lister", Why.STORE_UNAVAILABLE, "no answer in time")
    assert waits.told() == Wait(Why.STORE_UNAVAILABLE, "no answer in time", before.since_ms)


def test_a_wait_that_passes_ends_with_the_next_sign_after_its_last_begin() -> None:
    waits = Waits()
    for _ in range(2):
        waits.begin("lister", Why.STORE_UNAVAILABLE, "503", passes=True)
        waits.begin("gate", Why.STORE_UNAVAILABLE, "503")
        waits.pass_by((1,))
        waits.pass_by((1,))
        assert len(waits._begun) == 2
    waits.pass_by((2,))
    assert list(waits._begun) == ["gate"]


def test_the_log_has_a_line_for_the_begin_and_one_for_the_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    waits = Waits()
    waits.begin("mover 0", Why.STORE_UNAVAILABLE, "503")
    waits.begin("mover 1", Why.STORE_UNAVAILABLE, "503")
    waits.end("mover 0")
    waits.end("mover 1")
    waits.begin("watch", Why.STORE_SILENT, seconds=6)
    waits.end("watch")
    assert [record.getMessage() for record in caplog.records] == [
        "the job waits: the store is unavailable: 503",
        "the job goes on after a wait of 0 s",
        "the job waits: no byte comes from the store",
        "the job goes on after a wait of 6 s",
    ]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Attempt, SilenceWatch]]:
    """An attempt that moves files, and its watch, for which each look is a second later."""
    attempt = Attempt("JOB", 1)
    attempt.begin(Phase.TRANSFERRING)
    attempt.taken.count = lambda: 1
    seconds = iter(range(100, 1000))
    monkeypatch.setattr(silence.clock, "boottime", lambda: float(next(seconds)))
    return attempt, SilenceWatch(attempt)


def look(watch: SilenceWatch, times: int) -> None:
    for _ in range(times):
        watch.look()


def test_silence_is_told_after_some_seconds_and_ends_with_a_byte(watched: tuple[Attempt, SilenceWatch]) -> None:
    attempt, watch = watched
    look(watch, 5)
    assert attempt.waiting.told() is None
    look(watch, 1)
    assert told(attempt.waiting) == ("STORE_SILENT", "")
    attempt.advanced(1)
    look(watch, 1)
    assert attempt.waiting.told() is None
    look(watch, 5)
    assert attempt.waiting.told() is not None
    attempt.checked()
    look(watch, 1)
    assert attempt.waiting.told() is None


@pytest.mark.parametrize(("phase", "files"), [(Phase.VERIFYING, 1), (Phase.TRANSFERRING, 0)])
def test_what_asks_no_store_is_never_silent(watched: tuple[Attempt, SilenceWatch], phase: Phase, files: int) -> None:
    attempt, watch = watched
    attempt.begin(phase)
    attempt.taken.count = lambda: files
    look(watch, 20)
    assert attempt.waiting.told() is None


def test_a_job_tells_that_it_waits_for_its_store_and_no_longer_when_it_goes_on(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.1, 0.1, 0.1))
    monkeypatch.setattr(reporter, "INTERVAL_SECONDS", 0.01)
    attempt = Attempt("JOB", 1, threads=1)
    seen: list[tuple[str, str] | None] = []
    walk, failures = engine.walk, [EngineAway("s3://b: 503")] * 2

    def broken(*arguments: object, **options: object) -> Iterator[object]:
        seen.append(told(attempt.waiting))
        if failures:
            raise failures.pop()
        yield from walk(*arguments, **options)

    monkeypatch.setattr(engine, "walk", broken)
    result = run_job(attempt=attempt)
    assert (result.state, result.progress.counters.files_done) == ("succeeded", len(FILES))
    assert seen == [None, *[("STORE_UNAVAILABLE", "s3://b: 503")] * 2]
    assert result.progress.waiting is None
