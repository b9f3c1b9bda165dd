"""A free ends the use of the freed files by ended jobs: who may free them afterwards."""

import pytest

from avio.db import ends
from avio.engines.tier import Freed
from avio.rules.types import Job
from tests.contract.db import given
from tests.contract.db.free_world import ADA, ROOT, World, job, refusal


def test_what_was_freed_is_used_by_no_ended_job_any_longer(world: World) -> None:
    job(1, "/data")
    for path in ("/data/d", "/data/d/e"):
        job(2, path)
    world.free(ROOT, "/data/d")

    world.fill()
    assert world.free(ADA, "/data/d") == Freed(2, 8)


@pytest.mark.parametrize("freed", ["/data/d/e", "/data/d/a", "/data/other"])
def test_a_free_of_a_part_releases_no_job_above_or_beside_it(world: World, freed: str) -> None:
    job(1, "/data")
    job(2, "/data/d")
    world.free(ROOT, freed)

    world.fill()
    assert "of bob" in refusal(world, "/data/d")


def test_a_job_that_has_not_ended_is_not_released(world: World) -> None:
    job(1, "/data")
    job(2, "/data/d", "running")
    world.free(ROOT, "/data/d")

    world.fill()
    assert "of bob" in refusal(world, "/data/d")


def test_a_free_job_releases_what_it_dropped_once_it_has_succeeded(world: World) -> None:
    job(1, "/data")
    job(2, "/data/d")
    made = world.free(ROOT, "/data/d", as_job=True)
    assert isinstance(made, Job)
    assert "of bob" in refusal(world, "/data/d")
    given.claim(made.id)

    assert ends.finish(given.result(made.id), "succeeded")

    assert world.free(ADA, "/data/d") == Freed(2, 8)


@pytest.mark.parametrize("state", ["partial", "failed", "cancelled"])
def test_a_free_job_that_did_not_drop_all_releases_nothing(world: World, state: str) -> None:
    job(1, "/data")
    job(2, "/data/d")
    made = world.free(ROOT, "/data/d", as_job=True)
    assert isinstance(made, Job)
    given.claim(made.id)

    assert ends.finish(given.result(made.id), state)

    assert "of bob" in refusal(world, "/data/d")


def test_a_preload_that_succeeds_releases_nothing(world: World) -> None:
    job(1, "/data")
    job(2, "/data/d")
    mine = job(1, "/data", "running")

    assert ends.finish(given.result(mine), "succeeded")

    assert "of bob" in refusal(world, "/data/d")


def test_a_job_that_ended_while_the_free_job_ran_is_not_released(world: World) -> None:
    job(1, "/data")
    made = world.free(ROOT, "/data/d", as_job=True)
    assert isinstance(made, Job)
    given.claim(made.id)
    other = job(2, "/data/d")
    given.set_row(other, finished_at=given.row(made.id)["started_at"] + 1)

    assert ends.finish(given.result(made.id), "succeeded")

    assert "of bob" in refusal(world, "/data/d")
