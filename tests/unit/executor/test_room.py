"""A preload and the room that the cache has for it."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from avio.engines.base import Entry, Side
from avio.engines.memory import MemoryEngine
from avio.engines.tier import Tier
from avio.executor.worklist import FLUSH_LINES
from tests.unit.executor.conftest import SIZE, RunJob, figures


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


def test_nothing_is_moved_before_a_preload_is_known_to_fit(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avio.executor.room.HOLD_SECONDS", 1000.0)  # a busy machine lists slowly
    for number in range(3 * FLUSH_LINES):
        engine.put_bucket(f"/data/more/{number:04}", b"x" * SIZE)
    engine._tiers = (Tier("MEM", 2 * FLUSH_LINES * SIZE, 0),)

    result = run_job()

    assert (result.reason, engine.cache) == ("CACHE_FULL", {})


def slow_listing(engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the listing of `engine` sleep for `seconds` after its first lines."""
    walk = engine.walk

    def slow(path: str, *, depth: int | None, side: Side, **options: Any) -> Iterator[Entry]:
        for number, entry in enumerate(walk(path, depth=depth, side=side, **options)):
            if number == 2 * FLUSH_LINES:
                time.sleep(seconds)
            yield entry

    monkeypatch.setattr(engine, "walk", slow)


def test_a_tight_preload_waits_longer_for_its_listing(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3 * FLUSH_LINES):
        engine.put_bucket(f"/data/more/{number:04}", b"x" * SIZE)
    engine._tiers = (Tier("MEM", int(2.5 * FLUSH_LINES) * SIZE, 0),)
    slow_listing(engine, monkeypatch, 0.6)

    result = run_job()

    assert (result.reason, engine.cache) == ("CACHE_FULL", {})


def test_a_preload_with_much_room_waits_shortly_for_its_listing(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3 * FLUSH_LINES):
        engine.put_bucket(f"/data/more/{number:04}", b"x" * SIZE)
    engine._tiers = (Tier("MEM", 100 * FLUSH_LINES * SIZE, 0),)
    monkeypatch.setattr("avio.executor.room.TIGHT_HOLD_SECONDS", 1000.0)
    slow_listing(engine, monkeypatch, 1.0)
    moves: list[float] = []
    engine.before_move = lambda path: moves.append(time.monotonic())
    began = time.monotonic()

    assert run_job().state == "succeeded"
    assert 0.2 <= moves[0] - began < 0.9


def test_a_preload_that_takes_what_fits_waits_for_no_listing(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3 * FLUSH_LINES):
        engine.put_bucket(f"/data/more/{number:04}", b"x" * SIZE)
    monkeypatch.setattr("avio.executor.room.HOLD_SECONDS", 1000.0)
    walk = engine.walk

    def until_one_is_cached(path: str, *, depth: int | None, side: Side, **options: Any) -> Iterator[Entry]:
        for number, entry in enumerate(walk(path, depth=depth, side=side, **options)):
            if number == 2 * FLUSH_LINES:
                assert moved.wait(10)
            yield entry

    moved = threading.Event()
    monkeypatch.setattr(engine, "walk", until_one_is_cached)
    engine.before_move = lambda path: moved.set()

    assert run_job(if_full="partial").state == "succeeded"
