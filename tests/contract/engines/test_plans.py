"""Plans over every engine: the figures of the job that comes after, and a job that moves exactly what a plan names."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Entry, Side
from avio.engines.local.engine import LocalEngine
from avio.engines.versions import VersionChanged
from avio.executor import run as running
from avio.executor.attempt import Attempt
from avio.filelist_parser import VersionedLines
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.plans import Action
from avio.wire.results import Outcome, Result
from avio.wire.states import JobType, State
from tests.contract.engines import harness
from tests.contract.engines.harness import Harness

FILES = [f"/data/{folder}/{number}" for folder in ("a", "b") for number in range(3)]
MOVES = (Action.LOAD, Action.SAVE)

RunJob = Callable[..., Result]
Lines = list[dict[str, Any]]


@pytest.fixture
def run_job(world: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunJob:
    """Return what runs a job over the engine in this process; all files are in the bucket."""
    monkeypatch.setattr(running, "open_engine", lambda settings: world.engine)
    world.put_all(FILES)

    def run(type_: JobType, *, lines: Iterable[dict[str, Any]] | None = None, **params: Any) -> Result:
        directory = tmp_path / f"attempt{len(list(tmp_path.glob('attempt*')))}"
        directory.mkdir()
        file_list = None
        if lines is not None:
            named = ({"path": line["path"], "version": line["version"]} for line in lines)
            text = b"".join(json.dumps(each).encode() + b"\n" for each in named)
            file_list = directory / "filelist"
            file_list.write_bytes(b"".join(VersionedLines(lines_max=99, bytes_max=1 << 20).clean([text])))
            params |= {"from_file_list": True, "versions": True}
        wanted = Params(**({"alluxio_uri": None if lines is not None else "/data"} | params))
        named_list = None if file_list is None else str(file_list)
        order = Order("JOB", 1, type_, wanted, file_list=named_list, threads=4)
        return running.run(order, Attempt("JOB", 1, threads=4), directory)

    return run


def planned(tmp_path: Path) -> Lines:
    """Return the lines of the last plan."""
    file = max(tmp_path.glob("attempt*/entries.jsonl"), key=lambda each: each.stat().st_mtime_ns)
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def test_a_plan_counts_what_the_preload_after_it_does(world: Harness, run_job: RunJob) -> None:
    run_job(JobType.PRELOAD, alluxio_uri="/data/a")

    plan = run_job(JobType.PLAN, plan_of="preload").plan
    job = run_job(JobType.PRELOAD).progress.counters

    assert plan is not None
    assert (plan.files, plan.files_in_place, plan.files_to_move) == (6, 3, 3)
    assert (job.files_total, job.files_skipped, job.files_done) == (6, 3, 6)
    assert (job.bytes_total, job.bytes_skipped) == (plan.bytes, plan.bytes_in_place)
    assert plan.fits is True
    assert {tier.alias for tier in plan.tiers} >= {"MEM"}


def test_a_plan_counts_what_the_save_after_it_does(world: Harness, run_job: RunJob) -> None:
    run_job(JobType.PRELOAD)
    world.put_cache("/data/new", b"new")

    plan = run_job(JobType.PLAN, plan_of="save").plan
    job = run_job(JobType.SAVE).progress.counters

    assert plan is not None
    assert (plan.files, plan.files_in_place, plan.files_to_move, plan.fits) == (7, 6, 1, None)
    assert (job.files_total, job.files_skipped, job.files_done) == (7, 6, 7)


def test_a_job_moves_exactly_the_files_of_an_edited_plan(world: Harness, run_job: RunJob, tmp_path: Path) -> None:
    run_job(JobType.PLAN, plan_of="preload")
    wanted = [line for line in planned(tmp_path) if line["path"] in FILES[1:3]]
    world.put_bucket("/data/later", b"later")

    job = run_job(JobType.PRELOAD, lines=wanted)

    assert (job.state, job.progress.counters.files_done) == (State.SUCCEEDED, 2), job.message
    cached = [path for path in [*FILES, "/data/later"] if world.engine.stat(path).in_cache]
    assert cached == FILES[1:3]


def test_a_changed_version_is_refused_by_name_and_the_rest_moves(
    world: Harness, run_job: RunJob, tmp_path: Path
) -> None:
    run_job(JobType.PLAN, plan_of="preload")
    wanted = planned(tmp_path)
    world.put_bucket(FILES[0], b"another version")
    world.drop_bucket(FILES[1])

    job = run_job(JobType.PRELOAD, lines=wanted)

    assert job.state == State.PARTIAL
    failed = {failure.path: failure.reason for failure in job.failures}
    assert failed == {FILES[0]: "VERSION_CHANGED", FILES[1]: "PATH_NOT_FOUND"}
    assert [world.engine.stat(path).in_cache for path in FILES if path != FILES[1]] == [False, True, True, True, True]


def test_a_save_refuses_a_copy_that_changed_since_the_plan(world: Harness, run_job: RunJob, tmp_path: Path) -> None:
    world.put_cache("/data/new", b"new")
    world.put_cache("/data/same", b"same")
    run_job(JobType.PLAN, plan_of="save")
    wanted = [line for line in planned(tmp_path) if line["action"] == Action.SAVE]
    world.put_cache("/data/new", b"newer")

    job = run_job(JobType.SAVE, lines=wanted)

    assert [(failure.path, failure.reason) for failure in job.failures] == [("/data/new", "VERSION_CHANGED")]
    assert (world.read_bucket("/data/new"), world.read_bucket("/data/same")) == (None, b"same")


def test_an_object_that_is_replaced_after_the_look_is_not_moved(world: Harness) -> None:
    if not isinstance(world.engine, LocalEngine):
        pytest.skip("only the local engine fetches by version")
    world.put_bucket("/data/f", b"1")
    entries = list(world.engine.walk("/data", depth=None, side=Side.BUCKET))
    world.put_bucket("/data/f", b"22")

    refused = _moved(world, entries, versions=True)
    moved = _moved(world, entries)

    assert isinstance(refused.error, VersionChanged)
    assert moved.outcome is Outcome.DONE
    assert world.read_cache("/data/f") == b"22"


def test_a_copy_that_is_changed_after_the_look_is_not_saved(world: Harness) -> None:
    if not isinstance(world.engine, LocalEngine):
        pytest.skip("only the local engine compares right before an upload")
    world.put_cache("/data/f", b"1")
    entries = list(world.engine.walk("/data", depth=None, side=Side.SAVE))
    world.put_cache("/data/f", b"22")

    [refused] = world.engine.save(entries, Params(versions=True), harness.Attempt())
    assert isinstance(refused.error, VersionChanged)
    assert world.read_bucket("/data/f") is None

    [moved] = world.engine.save(entries, Params(), harness.Attempt())
    assert moved.outcome is Outcome.DONE
    assert world.read_bucket("/data/f") == b"22"


def _moved(world: Harness, entries: list[Entry], **params: Any) -> Any:
    [moved] = world.engine.preload(entries, Params(**params), harness.Attempt())
    return moved
