"""What a plan tells beside its figures: jobs at the same paths, and the time by the jobs that were done."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from avio.db import history
from avio.db.models import Job
from avio.rules.plans import BESIDE, Outlook, outlook
from avio.wire.params import Params
from avio.wire.plans import Plan
from avio.wire.states import JobType
from tests.contract.db import given
from tests.contract.db.free_world import job

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _users(db: str) -> None:
    given.user()
    given.user("bob")
    given.node()


def told(found: Job | None) -> Outlook | None:
    assert found is not None
    return outlook(found)


def plan(path: str | None = "/data/d", files: int = 10, size: int = 1000, **params: Any) -> str:
    """A plan of a preload that has ended, and would move some files."""
    made = job(1, path, type_=JobType.PLAN)
    wanted = Params(alluxio_uri=path, plan_of="preload", **params)
    given.set_row(
        made,
        plan=json.dumps(asdict(Plan(files_to_move=files, bytes_to_move=size))),
        params=json.dumps(wanted.to_json()),
    )
    return made


def beside(plan_id: str) -> set[str]:
    found = told(history.find(plan_id))
    assert found is not None
    return {each.job for each in found.beside}


def test_a_job_that_is_no_plan_has_no_outlook() -> None:
    assert told(history.find(job(1, "/data"))) is None


def test_a_plan_of_a_newer_version_is_not_read() -> None:
    made = plan()
    given.set_row(made, plan='{"tiers": [], "warnings": [], "colour": "red"}')

    assert told(history.find(made)) is None


def test_jobs_at_above_and_below_that_have_not_ended_are_named_running_ones_first() -> None:
    queued = job(2, "/data/d/e", "queued")
    running = job(2, "/data", "running")
    saving = job(1, "/data/d", "queued", JobType.SAVE)
    freeing = job(1, "/", "queued", JobType.FREE)
    by_list = job(2, None, "queued")
    for path, state, type_ in (
        ("/data/d0", "queued", 1),
        ("/data/d", "succeeded", 1),
        ("/data/d", "queued", JobType.LS),
        ("/data/d", "queued", JobType.PLAN),
        ("/other", "running", 1),
    ):
        job(2, path, state, type_)

    found = told(history.find(plan()))

    assert found is not None
    assert [each.job for each in found.beside] == [running, *sorted([queued, saving, freeing, by_list])]
    assert (found.beside[0].user, found.beside[0].path, found.more) == ("bob", "/data", False)


def test_a_plan_of_several_paths_looks_at_each_and_one_of_a_list_at_all() -> None:
    here, there = job(2, "/data/a/x", "queued"), job(2, "/data/b", "queued")

    assert beside(plan(None, paths=("/data/a", "/data/c"))) == {here}
    assert beside(plan(None, from_file_list=True)) == {here, there}


def test_of_many_jobs_some_are_named() -> None:
    for _ in range(BESIDE + 1):
        job(2, "/data/d", "queued")

    found = told(history.find(plan()))

    assert found is not None
    assert (len(found.beside), found.more) == (BESIDE, True)


def done(files: int, size: int, seconds: float, state: str = "succeeded", **columns: Any) -> None:
    made = job(2, "/x", state, files=files)
    given.set_row(
        made, **{"bytes_done": size, "attempt": 1, "started_at": 100.0, "finished_at": 100.0 + seconds} | columns
    )


def seconds(plan_id: str) -> float | None:
    found = told(history.find(plan_id))
    assert found is not None
    return found.seconds


def test_the_time_is_that_of_the_jobs_that_were_done() -> None:
    assert seconds(plan()) is None

    done(100, 10_000, 5.0)

    assert seconds(plan(files=200, size=20_000)) == pytest.approx(10.0)
    assert seconds(plan(files=0, size=0)) is None
    assert seconds(plan(files=200, size=20_000, bandwidth=1000)) == pytest.approx(20.0)


@pytest.mark.parametrize(
    "columns",
    [
        {"type": 2},
        {"type": 6},
        {"files_skipped": 100},
        {"files_shared": 60, "files_skipped": 40},
        {"bandwidth": 100_000},
        {"attempt": 2},
        {"state": "partial"},
    ],
    ids=str,
)
def test_jobs_that_say_nothing_about_the_time_do_not_count(columns: dict[str, Any]) -> None:
    done(100, 10_000, 5.0, **columns)

    assert seconds(plan()) is None
