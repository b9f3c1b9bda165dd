"""Bytes in flight of a job: those of files with an outcome are in it no longer, whatever the outcome."""

from collections.abc import Iterator
from typing import Any

import pytest

from avio.engines.memory import MemoryEngine
from avio.errors import Corrupt, EngineAway
from avio.executor.attempt import Attempt
from avio.executor.in_flight import InFlightBytes
from avio.wire.progress import Counters
from tests.unit.executor.conftest import FILES, SIZE, RunJob, figures


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was in flight at the end of each transfer."""
    seen: list[int] = []
    clear = InFlightBytes.clear

    def noted(self: InFlightBytes) -> None:
        seen.append(self.bytes)
        clear(self)

    monkeypatch.setattr(InFlightBytes, "clear", noted)
    return seen


def test_nothing_is_in_flight_once_all_files_have_an_outcome(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, left: list[int]
) -> None:
    engine.failures[FILES[3]] = [Corrupt("bad")]
    engine.put_bucket(FILES[4], b"x" * 7)
    recheck, lost = engine.recheck, [FILES[0], FILES[1]]

    def losing(*arguments: Any, **options: Any) -> Iterator[Any]:
        while lost:
            del engine.cache[lost.pop()]
        return recheck(*arguments, **options)

    monkeypatch.setattr(engine, "recheck", losing)

    assert figures(run_job()) == (12, 12, 0, 0)
    assert left == [0, 0], "the second transfer moved again what was lost"


def test_what_a_transfer_leaves_that_broke_off_is_forgotten(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, left: list[int]
) -> None:
    preload, errors = engine.preload, [EngineAway("503")]

    def broken(entries: Any, params: Any, run: Attempt) -> Iterator[Any]:
        if errors:
            run.advanced(50)
            raise errors.pop()
        yield from preload(entries, params, run)

    monkeypatch.setattr(engine, "preload", broken)

    assert figures(run_job()) == (12, 12, 0, 0)
    assert left == [50, 0]


def test_a_job_tells_no_more_than_is_left_and_nothing_below_0() -> None:
    attempt = Attempt("JOB", 1)
    attempt.listed(SIZE)
    attempt.listed(SIZE)
    attempt.arrived(SIZE, skipped=False, moved=SIZE)  # before its mover has told of its bytes
    assert attempt.progress().bytes_in_flight == 0
    attempt.advanced(4 * SIZE)
    assert attempt.progress().bytes_in_flight == SIZE
    assert Counters(bytes_total=10, bytes_done=20).bytes_left == 0
