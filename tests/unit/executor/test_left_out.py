"""What an engine leaves out: counted, in report, log and message; an error unless the order allows it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Entry
from avio.engines.left_out import LeftOut
from avio.engines.memory import MemoryEngine
from avio.errors import EngineError
from avio.executor.left_out import in_words
from avio.wire.states import JobType, State
from tests.unit.executor.conftest import RunJob


class Changed(EngineError):
    """A failure of one file, which no other try helps."""

    reason = "CHANGED"


ODD = os.fsdecode(b"/data/a/100%\xc4")


@pytest.fixture
def with_symlinks(engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch) -> MemoryEngine:
    """An engine whose walks leave out two symlinks."""
    walk = engine.walk

    def leaving_out(*args: Any, left_out: Any = None, **options: Any) -> Iterator[Entry]:
        for name in ("/data/a/link", "/data/b/link"):
            if left_out is not None:
                left_out(LeftOut(name, "SYMLINK", "it is a symlink", "skip it"))
        yield from walk(*args, **options)

    monkeypatch.setattr(engine, "walk", leaving_out)
    return engine


def lines(directory: Path) -> list[dict[str, Any]]:
    texts = [(directory / name).read_text(encoding="utf-8") for name in ("report.jsonl", "failed.jsonl")]
    return [json.loads(line) for text in texts for line in text.splitlines()]


@pytest.mark.usefixtures("with_symlinks")
def test_a_job_that_leaves_files_out_is_partial_and_names_them(
    run_job: RunJob, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    result = run_job()
    assert (result.state, result.reason) == (State.PARTIAL, "LEFT_OUT")
    assert result.message == "12 files in place; 2 files left out: 2 symlinks"
    counters = result.progress.counters
    assert (counters.files_total, counters.files_done, counters.files_left_out) == (12, 12, 2)
    [group] = result.progress.errors
    assert (group.reason, group.count, group.samples) == ("SYMLINK", 2, ["/data/a/link", "/data/b/link"])
    named = [line for line in lines(tmp_path) if line["outcome"] == "left_out"]
    assert [(line["path"], line["reason"], line["message"]) for line in named] == [
        ("/data/a/link", "SYMLINK", "it is a symlink"),
        ("/data/b/link", "SYMLINK", "it is a symlink"),
    ]
    assert "left out: /data/a/link: it is a symlink (SYMLINK)" in caplog.messages


def test_the_reason_of_failed_files_is_none_of_files_that_were_left_out(
    with_symlinks: MemoryEngine, run_job: RunJob
) -> None:
    for path in ("/data/a/1", "/data/b/2"):
        with_symlinks.failures[path] = [Changed("both changed")]
    result = run_job()
    assert (result.state, result.reason) == (State.PARTIAL, "CHANGED")
    assert result.message == ("2 of 12 files failed: 2 with CHANGED, first /data/a/1; 2 files left out: 2 symlinks")
    assert {group.reason: group.count for group in result.progress.errors} == {"CHANGED": 2, "SYMLINK": 2}


@pytest.mark.usefixtures("with_symlinks")
def test_an_order_that_skips_symlinks_succeeds_and_counts_them(run_job: RunJob) -> None:
    result = run_job(symlinks="skip")
    assert (result.state, result.reason) == (State.SUCCEEDED, None)
    assert result.message == "12 files in place; 2 files left out: 2 symlinks"
    assert result.progress.counters.files_left_out == 2
    assert result.progress.errors == []


def test_a_job_without_any_other_file_fails_by_what_it_left_out(with_symlinks: MemoryEngine, run_job: RunJob) -> None:
    with_symlinks.bucket.clear()
    result = run_job()
    assert (result.state, result.reason) == (State.FAILED, "LEFT_OUT")
    assert "2 symlinks" in result.message


@pytest.mark.usefixtures("with_symlinks")
def test_a_free_keeps_symlinks_and_tells(run_job: RunJob) -> None:
    run_job(symlinks="skip")
    result = run_job(JobType.FREE)
    assert (result.state, result.message) == (State.SUCCEEDED, "12 files freed; 2 files left out: 2 symlinks")


def test_what_was_left_out_in_words() -> None:
    assert in_words({}) == ""
    assert in_words({"SYMLINK": 2, "NAME_NOT_HELD": 1}) == (
        "3 files left out: 1 name that the bucket can't hold, 2 symlinks"
    )


@pytest.mark.parametrize("type_", [JobType.PRELOAD, JobType.LS])
def test_a_name_that_is_no_utf8_is_in_all_that_a_job_writes(
    engine: MemoryEngine, run_job: RunJob, tmp_path: Path, type_: JobType
) -> None:
    engine.put_bucket(ODD, b"x")
    result = run_job(type_, alluxio_uri="/data/a/100%25%C4", alluxio_uri_encoded=True)
    assert (result.state, result.progress.counters.files_done) == (State.SUCCEEDED, 1)
    if type_ is JobType.PRELOAD:
        [line] = lines(tmp_path)
        assert (line["path"], line["pathBytes"]) == ("/data/a/100%25%C4", "L2RhdGEvYS8xMDAlxA==")
    else:
        assert json.loads((tmp_path / "entries.jsonl").read_bytes())["path"] == ODD
