"""Files that can't be checked at the end, after all tries: each fails alone, unless they are too many."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from avio.engines.base import Entry
from avio.engines.memory import MemoryEngine
from avio.engines.run import Run
from avio.errors import AccessDenied, BadReply, Corrupt, EngineAway, EngineError, NodeFault, SourceChanged
from avio.executor import failed_files
from avio.wire.params import Params
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, RunJob, figures


def refuse(engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, errors: dict[str, EngineError]) -> None:
    """Let the check of some files fail, as an engine does."""
    recheck = engine.recheck

    def checked(
        entries: Iterable[Entry], params: Params, run: Run, *, unchecked: Any = None, **how: Any
    ) -> Iterator[Entry]:
        for entry in recheck(entries, params, run, **how):
            error = errors.get(entry.path)
            if error is not None and unchecked is None:
                raise error
            if error is not None:
                unchecked(entry.path, error)
                entry = Entry(entry.path, "file", 0, None, entry.state.REMOTE, saved=False)
            yield entry

    monkeypatch.setattr(engine, "recheck", checked)


@pytest.mark.parametrize("error", [Corrupt("a"), SourceChanged("b"), BadReply("c"), AccessDenied("d")])
@pytest.mark.parametrize("kind", [JobType.PRELOAD, JobType.SAVE])
def test_a_file_that_can_not_be_checked_fails_alone_by_its_reason(
    run_job: RunJob,
    engine: MemoryEngine,
    monkeypatch: pytest.MonkeyPatch,
    error: EngineError,
    kind: JobType,
) -> None:
    if kind is JobType.SAVE:
        for path in FILES:
            engine.put_cache(path, b"written")
    refuse(engine, monkeypatch, {FILES[3]: error})

    result = run_job(kind, verify="checksum", **({"on_conflict": "overwrite"} if kind is JobType.SAVE else {}))

    assert (result.state, result.reason, figures(result)) == ("partial", error.reason, (12, 11, 0, 1))
    assert [(failure.path, failure.reason) for failure in result.failures] == [(FILES[3], error.reason)]


def test_too_many_of_them_end_the_job(run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_files, "MAX_FAILED_FILES", 2)
    refuse(engine, monkeypatch, dict.fromkeys(FILES, BadReply("the store speaks no S3")))

    result = run_job()

    assert (result.state, result.reason) == ("failed", "TOO_MANY_FAILURES")
    assert "the store speaks no S3" in (result.message or "")


def test_what_failed_in_an_earlier_check_is_not_told(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: dict[str, EngineError] = {FILES[3]: Corrupt("once")}
    refuse(engine, monkeypatch, errors)
    move = engine.preload

    def again(*args: Any) -> Any:
        yield from move(*args)
        if engine.cache.keys() == set(FILES):
            moves.append(1)
            if len(moves) > 1:
                errors.clear()

    moves: list[int] = []
    monkeypatch.setattr(engine, "preload", again)

    result = run_job()

    assert (result.state, figures(result)) == ("succeeded", (12, 12, 0, 0))


@pytest.mark.parametrize("error", [EngineAway("the store is away"), NodeFault("the disk is broken")])
def test_what_concerns_all_files_still_ends_the_job(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, error: EngineError
) -> None:
    def broken(*_: Any, **__: Any) -> Iterator[Entry]:
        raise error

    monkeypatch.setattr(engine, "recheck", broken)

    result = run_job()

    assert (result.state, result.reason) == ("failed", error.reason)
