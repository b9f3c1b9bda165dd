"""ls and stat jobs: the entries that a task would give, in a file."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from avio.engines import entry_pages
from avio.engines.left_out import LeftOut, Symlink, Unreadable
from avio.engines.memory import MemoryEngine
from avio.errors import EngineAway, EngineError
from avio.executor import patience
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, RunJob


def entries(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "entries.jsonl").read_text(encoding="utf-8").splitlines()]


def test_an_ls_job_lists_every_level_page_by_page(
    run_job: RunJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry_pages, "PAGE_ENTRIES", 4)

    result = run_job(JobType.LS)

    assert result.state == "succeeded"
    assert (result.verified_files, result.progress.total_complete) == (None, True)
    paths = [entry["path"] for entry in entries(tmp_path)]
    assert sorted(paths) == sorted([*FILES, "/data/a", "/data/b", "/data/b/deep"])
    assert result.progress.counters.files_done == len(paths)


def test_an_ls_job_of_one_level_lists_the_direct_children(run_job: RunJob, tmp_path: Path) -> None:
    run_job(JobType.LS, depth=1)

    assert [(entry["path"], entry["kind"]) for entry in entries(tmp_path)] == [
        ("/data/a", "directory"),
        ("/data/b", "directory"),
    ]


def test_a_stat_job_tells_how_much_of_a_directory_is_cached(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path
) -> None:
    run_job(alluxio_uri="/data/a")

    run_job(JobType.STAT)

    (entry,) = entries(tmp_path)
    assert (entry["state"], entry["files"], entry["files_cached"]) == ("partial", 12, 4)


def test_a_stat_job_of_a_list_tells_of_each_line_and_names_those_that_lead_nowhere(
    run_job: RunJob, tmp_path: Path
) -> None:
    result = run_job(JobType.STAT, lines=[FILES[0], "/data/no", "/data/b"], from_file_list=True, alluxio_uri=None)

    assert (result.state, result.reason) == ("partial", "PATH_NOT_FOUND")
    assert [entry["path"] for entry in entries(tmp_path)] == [FILES[0], "/data/b"]
    assert [failure.path for failure in result.failures] == ["/data/no"]


def test_an_ls_job_of_a_path_that_is_not_there_fails(run_job: RunJob) -> None:
    result = run_job(JobType.LS, alluxio_uri="/data/no")

    assert (result.state, result.reason) == ("failed", "PATH_NOT_FOUND")


def test_a_look_begins_again_when_the_store_goes_away_and_lists_nothing_twice(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry_pages, "PAGE_ENTRIES", 4)
    pages = iter([None, EngineAway("the bucket does not answer")])
    list_ = engine.list

    def list_or_not(*args: Any, **options: Any) -> Any:
        failure = next(pages, None)
        if failure is not None:
            raise failure
        return list_(*args, **options)

    monkeypatch.setattr(engine, "list", list_or_not)

    result = run_job(JobType.LS)

    assert result.state == "succeeded"
    assert len(entries(tmp_path)) == result.progress.counters.files_total == 15


@pytest.mark.parametrize(("error", "state"), [(Unreadable("no rights"), "partial"), (Symlink("a link"), "succeeded")])
def test_what_an_ls_job_cannot_list_is_counted_and_named(
    run_job: RunJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: EngineError, state: str
) -> None:
    left_out = [LeftOut.of("/data/x", error), LeftOut.of("/data/y", error)]
    real = MemoryEngine.list
    monkeypatch.setattr(MemoryEngine, "list", lambda *args, **kw: replace(real(*args, **kw), left_out=left_out))
    monkeypatch.setattr(entry_pages, "PAGE_ENTRIES", 4)

    result = run_job(JobType.LS)

    assert (result.state, result.progress.counters.files_left_out) == (state, 2)
    assert "2 files left out" in result.message
    assert "/data/y" in (tmp_path / "failed.jsonl").read_text(encoding="utf-8")


def test_an_ls_job_waits_for_mounts_that_do_not_answer(run_job: RunJob, monkeypatch: pytest.MonkeyPatch) -> None:
    real, silent = MemoryEngine.list, iter([("/data/m",), ()])
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.01,))
    monkeypatch.setattr(
        MemoryEngine, "list", lambda *args, **kw: replace(real(*args, **kw), unanswered=next(silent, ()))
    )

    assert run_job(JobType.LS).state == "succeeded"
    assert next(silent, None) is None
