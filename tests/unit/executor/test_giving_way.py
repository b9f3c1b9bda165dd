"""A preload into a cache that drops its oldest files for new ones: what fits is kept, and what gives way is told."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from avio.engines.admission import Admission
from avio.engines.base import Entry, Side
from avio.engines.memory import MemoryEngine
from avio.engines.run import Run
from avio.engines.tier import Tier
from avio.errors import EngineAway
from avio.executor.worklist import FLUSH_LINES
from avio.wire.params import Params
from tests.unit.executor.conftest import FILES, SIZE, RunJob, figures


class Full:
    """A cache of so many files. `dropped` has what it dropped for others, the longest unused first."""

    def __init__(self, engine: MemoryEngine, files: int) -> None:
        self.dropped: list[str] = []
        self._engine, self._files = engine, files
        engine._tiers = (Tier("MEM", files * SIZE, 0, gives_way=True),)
        engine.before_move = self._make_room

    def put(self, *paths: str) -> None:
        """Have these files in the cache before the job."""
        for path in paths:
            if path not in self._engine.bucket:
                self._engine.put_bucket(path, b"x" * SIZE)
            self._engine._load(path, Params())
        self.dropped.clear()

    def use(self, entries: Iterable[Entry], run: Run) -> None:
        """Use files: others are dropped first then."""
        for entry in entries:
            self._engine.cache[entry.path] = self._engine.cache.pop(entry.path)

    def _make_room(self, path: str) -> None:
        while len(self._engine.cache) >= self._files:
            oldest = next(iter(self._engine.cache))
            self.dropped.append(oldest)
            del self._engine.cache[oldest]


@pytest.fixture
def full(engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Full]:
    """Return what makes the engine a full cache of so many files."""
    engine._mounts = ["/data", "/other"]

    def make(files: int) -> Full:
        made = Full(engine, files)
        monkeypatch.setattr(Admission, "protect", lambda self, entries, run: made.use(entries, run))
        return made

    return make


def others(count: int) -> list[str]:
    return [f"/other/{number}" for number in range(count)]


def test_a_set_larger_than_the_cache_loads_what_fits_and_drops_none_of_its_own(
    run_job: RunJob, engine: MemoryEngine, full: Callable[[int], Full]
) -> None:
    cache = full(5)
    before = FILES[-3:]  # the last ones of the listing
    cache.put(*before)

    result = run_job(if_full="partial")

    assert (result.state, result.reason, figures(result)) == ("partial", "CACHE_FULL", (12, 5, 3, 7))
    assert cache.dropped == []
    assert set(engine.cache) == {*before, *FILES[:2]}
    assert result.progress.counters.bytes_wire == 2 * SIZE


def test_files_in_place_count_where_they_would_give_way_to_the_rest(
    run_job: RunJob, engine: MemoryEngine, full: Callable[[int], Full]
) -> None:
    cache = full(10)
    cache.put(*FILES[:6])

    result = run_job()

    assert (result.state, result.reason) == ("failed", "CACHE_FULL")
    assert set(engine.cache) == set(FILES[:6])


def test_other_data_gives_way_before_what_is_in_place_and_is_told(
    run_job: RunJob, engine: MemoryEngine, full: Callable[[int], Full], caplog: pytest.LogCaptureFixture
) -> None:
    cache = full(14)
    cache.put(*FILES[:4], *others(8))  # 2 are free

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 4, 0))
    assert cache.dropped == others(6)
    assert result.message == f"12 files in place; {6 * SIZE} bytes of other data gave way"
    assert f"{8 * SIZE} bytes are loaded, {2 * SIZE} are free: {6 * SIZE} of other data give way" in caplog.text


def test_nothing_is_told_where_nothing_gives_way(run_job: RunJob, full: Callable[[int], Full]) -> None:
    full(12)

    assert run_job().message == "12 files in place"


def test_no_other_data_is_dropped_before_the_listing_ends(
    run_job: RunJob, engine: MemoryEngine, full: Callable[[int], Full], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4 * FLUSH_LINES):
        engine.put_bucket(f"/data/more/{number:04}", b"x" * SIZE)
    files = 4 * FLUSH_LINES + len(FILES)
    cache = full(files)
    spare = 2 * FLUSH_LINES
    cache.put(*others(files - spare))
    moved = threading.Event()
    make_room = engine.before_move

    def count(path: str) -> None:
        moved.set()
        make_room(path)

    walk = engine.walk

    def slowly(path: str, *, depth: int | None, side: Side, **options: Any) -> Iterator[Entry]:
        yield from walk(path, depth=depth, side=side, **options)
        assert moved.wait(10)  # those for the free bytes
        assert cache.dropped == []

    engine.before_move = count
    monkeypatch.setattr("avio.executor.room.HOLD_SECONDS", 0.0)
    monkeypatch.setattr(engine, "walk", slowly)

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (files, files, 0, 0))
    assert len(cache.dropped) == files - spare


def test_a_listing_that_began_again_counts_each_waiting_file_once(
    run_job: RunJob, engine: MemoryEngine, full: Callable[[int], Full], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = full(14)
    cache.put(*others(14))
    walk = engine.walk
    failures = iter([True])

    def cut(path: str, *, depth: int | None, side: Side, **options: Any) -> Iterator[Entry]:
        for number, entry in enumerate(walk(path, depth=depth, side=side, **options)):
            if number == 7 and next(failures, False):
                raise EngineAway("for a moment")
            yield entry

    monkeypatch.setattr(engine, "walk", cut)

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))
    assert len(cache.dropped) == 12


def test_a_cache_that_is_unavailable_at_the_listings_end_is_waited_for(
    run_job: RunJob, engine: MemoryEngine, full: Callable[[int], Full], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = full(14)
    cache.put(*FILES[:4], *others(10))
    failures = iter([True])

    def protect(self: Admission, entries: Iterable[Entry], run: Run) -> None:
        if next(failures, False):
            next(iter(entries))
            raise EngineAway("for a moment")
        cache.use(entries, run)

    monkeypatch.setattr(Admission, "protect", protect)

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 4, 0))
    assert cache.dropped == others(8)


def test_any_number_of_files_may_not_fit_if_the_order_takes_what_does(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avio.executor.failed_files.MAX_FAILED_FILES", 3)
    engine._tiers = (Tier("MEM", 2 * SIZE, 0),)

    result = run_job(if_full="partial")

    assert (result.state, result.reason, figures(result)) == ("partial", "CACHE_FULL", (12, 2, 0, 10))
