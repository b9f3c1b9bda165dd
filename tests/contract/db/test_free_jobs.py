"""When a free becomes a job, and what is checked before: quota, keys, unsaved files, the right of a retry."""

import json

import pytest

from avio.db import orders
from avio.errors import BadRequest, Forbidden, IsDirectory, TooMany, Unsaved
from avio.rules import free as rules
from avio.rules.order_checks import JobSpec
from avio.rules.types import Job
from avio.wire.params import Params
from avio.wire.states import JobType
from tests.contract.db import given
from tests.contract.db.free_world import ADA, FILES, ROOT, World, job


def test_more_files_than_a_call_drops_make_a_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "FREE_FILES_MAX", 1)
    job(1, "/data")

    made = world.free(ADA, "/data/d")

    assert isinstance(made, Job)
    assert (made.type, made.uid, made.path, made.state) == (4, 1, "/data/d", "queued")
    assert json.loads(made.params) == {"alluxioUri": "/data/d", "fromFileList": False}
    assert set(world.engine.cache) == set(FILES)


def test_a_job_for_a_single_file_says_so_and_a_directory_needs_recursive(world: World) -> None:
    job(1, "/data")

    made = world.free(ADA, "/data/d/a", recursive=False, as_job=True)

    assert isinstance(made, Job)
    assert json.loads(made.params)["depth"] == 0
    with pytest.raises(IsDirectory):
        world.free(ADA, "/data/d", recursive=False, as_job=True)


def test_a_free_with_a_key_is_ordered_once(world: World) -> None:
    job(1, "/data")

    first = world.free(ADA, "/data/d", as_job=True, key="key")

    assert world.free(ADA, "/data/d", as_job=True, key="key") == first
    assert orders.count_queued(1) == 1


def test_free_jobs_count_for_the_quota(world: World) -> None:
    for _ in range(3):
        world.free(ROOT, "/data/d", as_job=True)

    with pytest.raises(TooMany):
        world.free(ROOT, "/data/d", as_job=True)


def test_what_is_not_saved_is_refused_before_anything_is_dropped(world: World) -> None:
    job(1, "/data")
    world.engine.put_cache("/data/d/new", b"new")

    with pytest.raises(Unsaved, match="/data/d/new"):
        world.free(ADA, "/data/d")
    assert set(world.engine.cache) == {*FILES, "/data/d/new"}


def test_a_retry_of_a_free_is_asked_for_its_right_again(world: World) -> None:
    job(1, "/data")
    made = world.free(ADA, "/data/d", as_job=True)
    assert isinstance(made, Job)
    given.set_row(made.id, state="failed", finished_at=1.0)
    other = job(2, "/data/d")

    with pytest.raises(Forbidden, match=other):
        world.service.retry(ADA, made.id)
    again, _ = world.service.retry(ROOT, made.id)
    assert (again.type, again.uid, again.retry_of) == (4, ROOT.uid, made.id)


def test_an_order_of_a_free_is_refused_where_orders_are_taken(world: World) -> None:
    with pytest.raises(BadRequest) as refused:
        world.service.submit(ROOT, JobSpec(JobType.FREE, Params("/data")))

    assert [field.field for field in refused.value.fields] == ["type"]
