"""Files that a job leaves as they are, since the cache has its own version, are counted apart."""

from pathlib import Path

from avio.engines.memory import MemoryEngine
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, RunJob, report


def test_a_preload_keeps_what_is_not_saved(run_job: RunJob, engine: MemoryEngine, tmp_path: Path) -> None:
    run_job()
    engine.put_cache(FILES[0], b"ours")

    result = run_job()

    counters = result.progress.counters
    assert (result.state, counters.files_done, counters.files_kept, counters.files_failed) == ("succeeded", 11, 1, 0)
    assert result.verified_files == 11
    assert report(tmp_path)[FILES[0]] == "kept"
    assert engine.cache[FILES[0]].content == b"ours"


def test_a_preload_that_meets_a_conflict_is_partial(run_job: RunJob, engine: MemoryEngine, tmp_path: Path) -> None:
    run_job()
    engine.put_cache(FILES[0], b"ours")
    engine.put_bucket(FILES[0], b"theirs")

    result = run_job()

    counters = result.progress.counters
    assert (result.state, result.reason) == ("partial", "BOTH_CHANGED")
    assert FILES[0] in result.message
    assert (counters.files_done, counters.files_kept, counters.files_failed, result.verified_files) == (11, 1, 0, 11)
    assert [(group.reason, group.count) for group in result.progress.errors] == [("BOTH_CHANGED", 1)]
    assert report(tmp_path)[FILES[0]] == "kept"
    assert engine.cache[FILES[0]].content == b"ours"


def test_a_save_leaves_what_the_bucket_deleted_or_has_newer(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    run_job()
    del engine.bucket[FILES[0]]
    engine.put_bucket(FILES[1], b"newer")

    result = run_job(JobType.SAVE)

    assert (result.state, result.verified_files, result.progress.counters.files_kept) == ("succeeded", 10, 2)
    assert [report(tmp_path)[path] for path in FILES[:2]] == ["kept", "kept"]
    assert FILES[0] not in engine.bucket
    assert engine.bucket[FILES[1]].content == b"newer"
    assert result.message == (
        "10 files in place, 2 kept as they are in the cache; kept: 1 deleted in the bucket (touch the cached copy and "
        "save again to have it there, or drop it by POST /free), 1 older than in the bucket (a preload brings the new "
        "version)"
    )


def test_a_save_that_fails_for_some_tells_what_it_kept_too(run_job: RunJob, engine: MemoryEngine) -> None:
    run_job()
    for path in FILES[:2]:
        del engine.bucket[path]
    engine.put_cache(FILES[2], b"ours")
    engine.put_bucket(FILES[2], b"theirs")

    result = run_job(JobType.SAVE)

    assert (result.state, result.reason) == ("partial", "SAVE_CONFLICT")
    assert result.message.endswith(
        "; kept: 2 deleted in the bucket (touch the cached copies and save again to have them there, "
        "or drop them by POST /free)"
    )


def test_a_save_that_kept_nothing_tells_of_nothing(run_job: RunJob, engine: MemoryEngine) -> None:
    engine.put_cache("/data/new", b"ours")

    assert run_job(JobType.SAVE).message == "1 files in place"
