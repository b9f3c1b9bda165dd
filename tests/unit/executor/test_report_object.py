"""The report that a job stores in a bucket: where it goes, what it has, and what is said when it is missing."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avio.engines import cancel
from avio.engines.memory import MemoryEngine
from avio.engines.memory_objects import MemoryObjects
from avio.engines.run import Run
from avio.errors import AccessDenied, EngineAway
from avio.executor import reporter
from avio.executor import run as running
from avio.executor.attempt import Attempt
from avio.wire.checked_params import check
from avio.wire.params import Params
from avio.wire.reports import other_names, without_report
from avio.wire.results import Result
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, report

RunJob = Callable[..., Result]


@pytest.fixture(autouse=True)
def logs(engine: MemoryEngine) -> None:
    """A second mount, outside of the tree of the job."""
    engine._mounts = ("/data", "/logs")


def stored(engine: MemoryEngine, path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in engine.bucket[path].content.splitlines()]


def test_the_report_is_stored_as_it_is_served(engine: MemoryEngine, run_job: RunJob, tmp_path: Path) -> None:
    engine.failures[FILES[5]] = [AccessDenied("no")]

    result = run_job(report_to="/logs/r.jsonl")

    assert (result.state, result.message.endswith("; report stored at /logs/r.jsonl")) == ("partial", True)
    lines = stored(engine, "/logs/r.jsonl")
    assert {line["path"]: line["outcome"] for line in lines} == report(tmp_path)
    assert lines[0]["path"] == FILES[5]  # failed files first
    assert not (tmp_path / "report.object").exists()


@pytest.mark.parametrize(
    ("path", "there", "stored_at", "also"),
    [
        ("/logs/r", None, "/logs/r", ""),
        ("/logs/new/", None, "/logs/new/JOB.jsonl", ""),
        ("/logs", None, "/logs/JOB.jsonl", ""),
        ("/logs/old", "/logs/old/x", "/logs/old/JOB.jsonl", ""),
        ("/logs/r", "/logs/r", "/logs/r.JOB.jsonl", ", since /logs/r was there already"),
        ("/logs/", "/logs/JOB.jsonl", "/logs/JOB.1.jsonl", ", since /logs/JOB.jsonl was there already"),
    ],
)
def test_where_the_report_goes(
    engine: MemoryEngine, run_job: RunJob, path: str, there: str | None, stored_at: str, also: str
) -> None:
    if there is not None:
        engine.put_bucket(there, b"mine")

    result = run_job(report_to=path)

    assert result.message == f"12 files in place; report stored at {stored_at}{also}"
    assert len(stored(engine, stored_at)) == len(FILES)
    assert there is None or engine.bucket[there].content == b"mine"


def test_of_all_names_taken_nothing_is_replaced_and_the_message_says_it(engine: MemoryEngine, run_job: RunJob) -> None:
    for name in other_names("/logs/r", "JOB", 1):
        engine.put_bucket(name, b"mine")

    result = run_job(report_to="/logs/r")

    assert result.state == "succeeded"
    assert "the report could not be stored at /logs/r: there are objects of its names" in result.message
    assert {engine.bucket[name].content for name in other_names("/logs/r", "JOB", 1)} == {b"mine"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (EngineAway("the store is away"), "the store is away"),
        (AccessDenied("may not write"), "may not write"),
        (OSError(28, "No space left"), "No space left"),
        (ZeroDivisionError("odd"), "ZeroDivisionError"),
    ],
)
def test_a_report_that_cannot_be_stored_leaves_the_state_and_is_told(
    engine: MemoryEngine, run_job: RunJob, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_: object) -> bool:
        raise error

    monkeypatch.setattr(MemoryObjects, "add", fail)

    result = run_job(report_to="/logs/r")

    assert (result.state, result.reason, result.verified_files) == ("succeeded", None, 12)
    assert result.message.startswith("12 files in place; the report could not be stored at /logs/r: ")
    assert words in result.message


def test_a_store_that_comes_back_gets_the_report(
    engine: MemoryEngine, run_job: RunJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, errors = MemoryObjects.add, [EngineAway("away"), EngineAway("away")]

    def later(*given: Any) -> bool:
        if errors:
            raise errors.pop()
        return add(*given)

    monkeypatch.setattr(MemoryObjects, "add", later)

    assert run_job(report_to="/logs/r").message.endswith("report stored at /logs/r")


def test_a_job_that_fails_before_its_end_stores_what_it_has(engine: MemoryEngine, run_job: RunJob) -> None:
    result = run_job(alluxio_uri="/data/nowhere", report_to="/logs/r")

    assert (result.state, result.reason) == ("failed", "PATH_NOT_FOUND")
    assert result.message.endswith("; report stored at /logs/r")
    assert stored(engine, "/logs/r") == []


def test_a_job_whose_own_report_is_incomplete_stores_none(
    engine: MemoryEngine, run_job: RunJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = running.Reporter.close_report

    def full(reporter: Any) -> None:
        close(reporter)
        raise OSError(28, "No space left")

    monkeypatch.setattr(running.Reporter, "close_report", full)

    result = run_job(report_to="/logs/r")

    assert (result.state, result.reason) == ("failed", "NODE_FAULT")
    assert result.message.endswith("; the report could not be stored at /logs/r: it is incomplete")
    assert "/logs/r" not in engine.bucket


@pytest.mark.parametrize("by_engine", [True, False])
def test_an_attempt_that_is_stopped_meanwhile_is_not_judged(
    engine: MemoryEngine, run_job: RunJob, monkeypatch: pytest.MonkeyPatch, by_engine: bool
) -> None:
    attempt = Attempt("JOB", 1, threads=2)

    def stop(*_: object) -> bool:
        attempt.stop()
        raise cancel.Stopped if by_engine else EngineAway("away")

    monkeypatch.setattr(MemoryObjects, "add", stop)

    result = run_job(attempt=attempt, report_to="/logs/r")

    assert (result.state, result.reason, result.message) == ("stopped", None, "stopped on request")


@pytest.mark.parametrize("type_", [JobType.CHECK, JobType.SAVE])
def test_checks_and_saves_store_theirs(engine: MemoryEngine, run_job: RunJob, type_: JobType) -> None:
    engine.put_cache("/data/new", b"x")

    run_job(type_, report_to="/logs/r")

    assert "/data/new" in {line["path"] for line in stored(engine, "/logs/r")}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"report_to": "r"}, "is not absolute"),
        ({"report_to": "/"}, "is not below a mount"),
        ({"report_to": "/a\tb"}, "choose another name"),
        ({"report_to": "/data"}, "is below '/data', which the job lists"),
        ({"report_to": "/data/logs/"}, "is below '/data'"),
        ({"report_to": "alluxio://h:1/data/r"}, "is below '/data'"),
        ({"alluxio_uri": None, "paths": ("/x", "/data"), "report_to": "/x/r"}, "is below '/x'"),
        ({"alluxio_uri": "/d%FF", "alluxio_uri_encoded": True, "report_to": "/dz/r"}, ""),
    ],
)
def test_a_report_is_not_part_of_what_the_job_lists(given: dict[str, Any], words: str) -> None:
    _, wrong = check(Params(**{"alluxio_uri": "/data", **given}))

    assert words in wrong.get("reportTo", "")
    assert bool(wrong) is bool(words)


def test_a_slash_at_the_end_stays() -> None:
    params, wrong = check(Params("/data", report_to="alluxio://h:1//logs//x/"))
    assert (params.report_to, wrong) == ("/logs/x/", {})


@pytest.mark.parametrize(
    ("params", "said"), [('{"reportTo": "/r"}', "x; no report was stored at /r"), ("{}", "x"), ("{", "x"), ("3", "x")]
)
def test_the_message_of_a_job_without_its_process(params: str, said: str) -> None:
    assert without_report("x", params) == said


def test_a_store_that_takes_its_time_with_the_report_is_no_stall(
    engine: MemoryEngine, run_job: RunJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[int] = []
    attempt = Attempt("JOB", 1, beats.append, threads=2)

    def slow(_: object, path: str, source: int, run: Run) -> bool:
        with run.silent(60):
            before, end = len(beats), time.monotonic() + 10
            while len(beats) < before + 2 and time.monotonic() < end:
                time.sleep(0.01)
        return len(beats) >= before + 2

    monkeypatch.setattr(MemoryObjects, "add", slow)
    monkeypatch.setattr(reporter, "INTERVAL_SECONDS", 0.02)

    assert run_job(report_to="/logs/r", attempt=attempt).message.endswith("report stored at /logs/r")
