"""A job whose attempt ended before its work: the next attempt moves what is missing, and lists nothing again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avio.engines.memory import MemoryEngine
from avio.errors import AccessDenied, EngineError
from avio.executor.attempt import Attempt
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, SIZE, RunJob, figures, report

Listing = Callable[[], Path]


@pytest.fixture
def stopped(run_job: RunJob, engine: MemoryEngine, tmp_path: Path) -> Callable[..., Path]:
    """Return what lets an attempt stop at its fifth file, and returns what it has listed."""

    def stop(**order: Any) -> Path:
        attempt = Attempt("JOB", 1, threads=2)
        moved: list[str] = []

        def before_move(path: str) -> None:
            moved.append(path)
            if len(moved) == 5:
                attempt.stop()

        engine.before_move = before_move
        assert run_job(attempt=attempt, **order).state == "stopped"
        engine.before_move = lambda path: None
        return tmp_path / "listing"

    return stop


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("it was listed")


def test_the_next_attempt_lists_nothing_again_and_counts_all(
    run_job: RunJob, engine: MemoryEngine, stopped: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listing = stopped()
    assert listing.stat().st_size > 0
    before = len(engine.cache)
    monkeypatch.setattr(engine, "walk", never)
    monkeypatch.setattr(engine, "walk_on", never)

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, before, 0))
    assert 0 < before < 12
    assert result.verified_files == 12
    assert result.progress.counters.bytes_total == 12 * SIZE
    assert set(report(tmp_path)) == set(FILES)
    assert not listing.exists(), "no other attempt will need it"


def test_an_object_that_changed_since_it_was_listed_comes_as_it_is_now(
    run_job: RunJob, engine: MemoryEngine, stopped: Callable[..., Path]
) -> None:
    stopped()
    engine.put_bucket(FILES[11], b"new")

    assert run_job().state == "succeeded"
    assert engine.cache[FILES[11]].content == b"new"


def test_an_object_that_was_deleted_since_it_was_listed_fails(
    run_job: RunJob, engine: MemoryEngine, stopped: Callable[..., Path]
) -> None:
    stopped()
    del engine.bucket[FILES[11]]

    result = run_job()

    assert (result.state, figures(result)[0], [each.path for each in result.failures]) == ("partial", 12, [FILES[11]])


def test_a_copy_that_was_dropped_since_is_loaded_again(
    run_job: RunJob, engine: MemoryEngine, stopped: Callable[..., Path]
) -> None:
    stopped()
    engine.cache.clear()

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))


def test_a_file_that_failed_is_tried_again(run_job: RunJob, engine: MemoryEngine, stopped: Callable[..., Path]) -> None:
    errors: list[EngineError] = [AccessDenied("not yours")]
    engine.failures[FILES[0]] = errors
    stopped()
    assert errors == []

    result = run_job()

    assert (result.state, result.failures) == ("succeeded", [])


def test_a_line_that_named_nothing_when_it_was_listed_stays_failed(
    run_job: RunJob, engine: MemoryEngine, stopped: Callable[..., Path]
) -> None:
    lines = ["/data/late", *FILES]
    order: dict[str, Any] = {"lines": lines, "from_file_list": True, "alluxio_uri": None}
    stopped(**order)
    engine.put_bucket("/data/late", b"late")

    result = run_job(**order)

    assert (result.state, figures(result)[0]) == ("partial", 13)
    assert [(each.path, each.reason) for each in result.failures] == [("/data/late", "PATH_NOT_FOUND")]


def test_a_limit_counts_what_was_listed_before(
    run_job: RunJob, engine: MemoryEngine, stopped: Callable[..., Path]
) -> None:
    stopped(max_bytes=7 * SIZE)

    result = run_job(max_bytes=7 * SIZE)

    assert (result.state, figures(result)[:2]) == ("succeeded", (7, 7))
    assert "the listing ended at maxBytes=700" in result.message


@pytest.mark.parametrize("type_", [JobType.SAVE, JobType.FREE])
def test_other_jobs_leave_no_listing(run_job: RunJob, engine: MemoryEngine, tmp_path: Path, type_: JobType) -> None:
    run_job()
    attempt = Attempt("JOB", 1)
    attempt.stop()

    assert run_job(type_, attempt=attempt).state == "stopped"
    assert not (tmp_path / "listing").exists()


def test_an_engine_that_can_only_list_from_the_beginning_does_so(
    run_job: RunJob, engine: MemoryEngine, stopped: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryEngine, "resumes", False)
    listing = stopped()
    assert not listing.exists()

    assert run_job().state == "succeeded"
