"""Listing and moving overlap: what fails on one side must not leave the other at work."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from avio.engines.base import Entry, Side
from avio.engines.memory import MemoryEngine
from avio.errors import EngineAway
from avio.executor.worklist import FLUSH_LINES
from tests.unit.executor.conftest import SIZE, RunJob

FILES = 3 * FLUSH_LINES


@pytest.fixture
def slow_listing(engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The first listing stops after two thirds, until the event is set."""
    check_cancelled = threading.Event()
    walk = engine.walk
    for number in range(FILES - 12):
        engine.put_bucket(f"/data/more/{number:04}", b"x" * SIZE)
    walks = 0

    def slow_walk(path: str, *, depth: int | None, side: Side, **options: Any) -> Iterator[Entry]:
        nonlocal walks
        walks += 1
        first = walks == 1
        for number, entry in enumerate(walk(path, depth=depth, side=side)):
            if first and number == 2 * FLUSH_LINES:
                assert check_cancelled.wait(10)
            yield entry

    monkeypatch.setattr(engine, "walk", slow_walk)
    return check_cancelled


def test_files_are_moved_while_others_are_still_listed(
    run_job: RunJob, engine: MemoryEngine, slow_listing: threading.Event
) -> None:
    engine.before_move = lambda path: slow_listing.set()

    result = run_job()

    assert (result.state, result.verified_files) == ("succeeded", FILES)


def test_a_store_that_goes_away_while_files_are_still_listed_doubles_no_counter(
    run_job: RunJob, engine: MemoryEngine, slow_listing: threading.Event
) -> None:
    failures = iter([EngineAway("the cache does not answer")])

    def away_once(path: str) -> None:
        slow_listing.set()
        for failure in failures:
            raise failure

    engine.before_move = away_once

    result = run_job()

    assert (result.state, result.progress.counters.files_total) == ("succeeded", FILES)
    assert "lister" not in {thread.name for thread in threading.enumerate()}
