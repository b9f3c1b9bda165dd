"""What a save leaves unsaved by `overwrite` is counted as kept, named with its cause, and no error."""

import json
from pathlib import Path

import pytest

from avio.engines.memory import MemoryEngine
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, RunJob, figures, report


def change(engine: MemoryEngine) -> None:
    """Change a file here, and another one on both sides; make a new one."""
    for path in (FILES[0], FILES[1], "/data/new"):
        engine.put_cache(path, b"ours")
    engine.put_bucket(FILES[1], b"theirs")


@pytest.mark.parametrize("overwrite", ["never", "newer"])
def test_what_is_to_stay_is_kept_and_the_job_succeeds(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path, overwrite: str
) -> None:
    run_job()
    change(engine)
    engine.put_bucket(FILES[0], b"theirs too")

    result = run_job(JobType.SAVE, overwrite=overwrite)

    assert (result.state, result.reason, result.verified_files) == ("succeeded", None, 11)
    kept = f"2 kept as they are in the cache; kept: 2 spared by overwrite={overwrite}"
    assert result.message == f"11 files in place, {kept}"
    assert [report(tmp_path)[path] for path in (FILES[0], FILES[1], "/data/new")] == ["kept", "kept", "done"]
    lines = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    kept = {(line["reason"], line["message"]) for line in lines if line["outcome"] == "kept"}
    assert kept == {(None, "not saved: the bucket has another object there, and overwrite says to keep it")}
    assert engine.bucket[FILES[1]].content == b"theirs"


def test_what_may_not_be_there_fails(run_job: RunJob, engine: MemoryEngine) -> None:
    run_job()
    change(engine)

    result = run_job(JobType.SAVE, overwrite="fail")

    assert (result.state, result.reason, result.progress.counters.files_failed) == ("partial", "SAVE_CONFLICT", 2)
    assert engine.bucket["/data/new"].content == b"ours"


def test_a_save_that_overwrites_always_moves_what_is_in_place(run_job: RunJob, engine: MemoryEngine) -> None:
    run_job()
    versions = {path: engine.bucket[path].version for path in FILES}

    result = run_job(JobType.SAVE, overwrite="always")

    assert (result.state, *figures(result)) == ("succeeded", 12, 12, 0, 0)
    assert all(engine.bucket[path].version > version for path, version in versions.items())


def test_the_message_says_what_the_store_can_not_do(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_job()
    monkeypatch.setattr(engine, "remarks", lambda: ["s3://b has no conditional writes"])
    assert run_job(JobType.SAVE).message == "12 files in place; s3://b has no conditional writes"
