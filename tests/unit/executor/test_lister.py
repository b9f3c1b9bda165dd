"""The lister alone: what a job would do, and nothing is moved."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from avio.engines.admission import Admission
from avio.engines.memory import MemoryEngine
from avio.engines.tier import Tier
from avio.errors import CacheFull, EngineAway, NothingMatched, PathNotFound
from avio.executor.attempt import Attempt, Stopped
from avio.executor.failed_files import FailedFiles
from avio.executor.lister import Listed, Lister, judged
from avio.executor.reporter import Reporter
from avio.executor.selection import select
from avio.executor.verb import verb_of
from avio.executor.work import Work
from avio.executor.worklist import Worklist
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.states import JobType, State
from tests.unit.executor.conftest import FILES, SIZE, RunJob


def order(type_: JobType = JobType.PRELOAD, file_list: Path | None = None, **params: Any) -> Order:
    wanted = Params(**({"alluxio_uri": "/data"} | params))
    return Order("JOB", 1, type_, wanted, file_list=None if file_list is None else str(file_list), threads=2)


@pytest.fixture
def reporter(tmp_path: Path) -> Iterator[Reporter]:
    made = Reporter(Attempt("JOB", 1), tmp_path, None)
    yield made
    made.close()


@pytest.fixture
def work(engine: MemoryEngine, reporter: Reporter, tmp_path: Path) -> Work:
    return Work(engine, order(), reporter._attempt, reporter, tmp_path)


@pytest.fixture
def lister(work: Work) -> Lister:
    return Lister(work, verb_of(work.engine, work.order), FailedFiles(work.attempt, work.reporter))


@pytest.fixture
def worklist(tmp_path: Path) -> Iterator[Worklist]:
    made = Worklist(tmp_path / "worklist")
    yield made
    if not made._closed:
        made.close()


def list_files(engine: MemoryEngine, wanted: Order) -> Iterator[Listed]:
    verb = verb_of(engine, wanted)
    return (judged(found, verb) for found in select(engine, wanted, verb.side))


def preload(engine: MemoryEngine, path: str) -> None:
    """Bring a file into the cache, for another attempt."""
    verb = verb_of(engine, order())
    [[moved]] = verb.move([engine.stat(path)], verb.params, Attempt("OTHER", 1))
    assert moved.error is None


def test_every_file_is_listed_with_what_its_move_needs(engine: MemoryEngine) -> None:
    preload(engine, FILES[0])
    wanted = order()

    found = {listed.entry.path: listed for listed in list_files(engine, wanted)}

    assert {path: (listed.in_place, listed.needed) for path, listed in found.items()} == {
        path: (True, 0) if path == FILES[0] else (False, SIZE) for path in FILES
    }


def test_a_line_of_a_file_list_that_names_nothing_is_listed_with_its_error(
    engine: MemoryEngine, tmp_path: Path
) -> None:
    names = tmp_path / "names"
    names.write_text(f"{FILES[0]}\n/data/no\n")
    wanted = order(file_list=names, from_file_list=True, alluxio_uri=None)

    first, second = list_files(engine, wanted)

    assert (first.entry.path, first.needed, first.error) == (FILES[0], SIZE, None)
    assert second.entry.path == "/data/no"
    assert isinstance(second.error, PathNotFound)


def test_the_lister_alone_fills_the_worklist_counts_and_moves_nothing(
    engine: MemoryEngine, lister: Lister, work: Work, worklist: Worklist
) -> None:
    preload(engine, FILES[0])

    lister.run(worklist)
    worklist.close()

    assert list(engine.cache) == [FILES[0]]
    progress = work.attempt.progress()
    assert progress.total_complete
    counters = progress.counters
    assert (counters.files_total, counters.files_done, counters.files_skipped) == (12, 1, 1)
    assert len(list(worklist.entries())) == 12
    assert {entry.path for entry in worklist.to_move()} == set(FILES[1:])


def test_the_lister_stops_at_the_first_file_that_does_not_fit(
    engine: MemoryEngine, lister: Lister, worklist: Worklist
) -> None:
    engine._tiers = (Tier("MEM", 3 * SIZE, 0),)

    with pytest.raises(CacheFull, match="400 B or more are needed; room for it: MEM 300 B"):
        lister.run(worklist)

    worklist.close()
    assert len(list(worklist.entries())) == 3


def test_a_lister_that_finds_no_file_raises(engine: MemoryEngine, lister: Lister, worklist: Worklist) -> None:
    engine.walk = lambda path, **options: iter(())  # type: ignore[method-assign]

    with pytest.raises(NothingMatched, match="the bucket has no file that matches /"):
        lister.run(worklist)


def test_a_save_of_what_is_not_cached_says_that_the_cache_has_nothing(
    engine: MemoryEngine, work: Work, worklist: Worklist
) -> None:
    engine.walk = lambda path, **options: iter(())  # type: ignore[method-assign]
    work = replace(work, order=replace(work.order, type=JobType.SAVE))
    lister = Lister(work, verb_of(engine, work.order), FailedFiles(work.attempt, work.reporter))

    with pytest.raises(NothingMatched, match="the cache has no file that matches /"):
        lister.run(worklist)


def test_a_lister_that_was_stopped_lists_nothing_further(lister: Lister, work: Work, worklist: Worklist) -> None:
    lister.stop()

    with pytest.raises(Stopped):
        lister.run(worklist)

    assert work.attempt.progress().counters.files_total == 0


def test_depth_0_is_for_files_and_a_directory_says_so(engine: MemoryEngine, work: Work, worklist: Worklist) -> None:
    engine.walk = lambda path, **options: iter(())  # type: ignore[method-assign]
    work = replace(work, order=order(depth=0))
    lister = Lister(work, verb_of(engine, work.order), FailedFiles(work.attempt, work.reporter))

    with pytest.raises(NothingMatched) as nothing:
        lister.run(worklist)

    assert nothing.value.cure == "depth=0 takes no directory: use depth=1 for the files directly in it"


@pytest.mark.parametrize("how", [{"lines": FILES}, {"max_files": len(FILES)}])
def test_a_cache_that_is_unavailable_when_a_file_is_admitted_costs_no_file(
    engine: MemoryEngine, run_job: RunJob, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    add = Admission.add
    sizes: list[int] = []

    def away_once(self: Admission, size: int, *held: Any) -> None:
        sizes.append(size)
        if len(sizes) == 3:
            raise EngineAway("the cache does not answer")
        add(self, size, *held)

    monkeypatch.setattr(Admission, "add", away_once)

    result = run_job(**how)

    assert (result.state, result.progress.counters.files_done) == (State.SUCCEEDED, len(FILES))
    assert set(engine.cache) == set(FILES)
