"""Who may free what: jobs of one's own cover the path, nobody else's uses it."""

import json
from typing import Any

import pytest

from avio.db import ends, orders
from avio.db.sql import now
from avio.engines.tier import Freed
from avio.errors import Forbidden
from avio.wire.params import Params
from avio.wire.progress import Progress
from avio.wire.states import JobType, State
from tests.contract.db import given
from tests.contract.db.free_world import ADA, ROOT, World, job, refusal


@pytest.mark.parametrize("above", ["/", "/data", "/data/d"])
@pytest.mark.parametrize("type_", [JobType.PRELOAD, JobType.SAVE])
@pytest.mark.parametrize("state", ["running", "succeeded", "partial", "failed", "cancelled"])
def test_a_user_frees_what_a_job_of_their_own_brought(world: World, above: str, type_: JobType, state: str) -> None:
    job(1, above, state, type_)

    assert world.free(ADA, "/data/d") == Freed(2, 8)
    assert set(world.engine.cache) == {"/data/d0", "/data/other"}


@pytest.mark.parametrize("state", ["running", "succeeded", "partial", "failed", "cancelled"])
def test_what_a_job_has_in_place_by_its_counters_does_not_matter(world: World, state: str) -> None:
    job(1, "/data/d", state, files=0)

    assert world.free(ADA, "/data/d") == Freed(2, 8)


def test_what_an_earlier_attempt_loaded_is_the_jobs_though_the_last_one_found_no_tier(world: World) -> None:
    made = job(1, "/data/d", "queued")
    given.claim(made)
    ends.give_back(made, 1, ends.Cause.CRASHED, "died", files_done=2)
    given.claim(made)
    result = given.result(made, attempt=2)
    result.progress, result.reason = Progress(), "TIER_NOT_MOUNTED"

    assert ends.finish(result, "failed")

    assert given.row(made)["files_done"] == 0
    assert world.free(ADA, "/data/d") == Freed(2, 8)


@pytest.mark.parametrize(
    "brought",
    [
        {"path": "/data/d/e"},
        {"path": "/data/d0"},
        {"path": "/data", "state": "queued"},
        {"path": "/data", "state": "cancelled", "begun": False},
        {"path": "/data", "type_": JobType.STAT},
        {"path": "/data", "type_": JobType.FREE},
        {"path": "/data", "type_": JobType.PLAN},
        {"path": "/data", "depth": 3},
        {"path": None},
    ],
    ids=str,
)
def test_a_user_does_not_free_what_no_job_of_their_own_covers(world: World, brought: dict[str, Any]) -> None:
    job(1, **brought)

    assert "none of your preloads and saves that have begun covers /data/d" in refusal(world, "/data/d")


def test_a_job_with_a_depth_covers_single_files_down_to_it(world: World) -> None:
    job(1, "/data/d", depth=1)

    assert world.free(ADA, "/data/d/a", recursive=False) == Freed(1, 4)
    with pytest.raises(Forbidden):
        world.free(ADA, "/data/d/e/b", recursive=False)


def several(uid: int, *paths: str, **params: Any) -> str:
    """A job of a user with several paths that has succeeded."""
    wanted = json.dumps(Params(paths=paths, **params).to_json())
    made, _ = orders.insert(orders.NewJob(uid, "", JobType.PRELOAD, wanted))
    given.set_row(made.id, state="succeeded", started_at=0.5, finished_at=1.0)
    return str(made.id)


def test_a_job_with_several_paths_covers_each_of_them(world: World) -> None:
    several(1, "/data/other", "/data/d")

    assert world.free(ADA, "/data/other", recursive=False) == Freed(1, 4)
    assert world.free(ADA, "/data/d/e") == Freed(1, 4)
    assert world.free(ADA, "/data/d") == Freed(1, 4)
    with pytest.raises(Forbidden):
        world.free(ADA, "/data/d0")


def test_so_does_one_with_a_depth_or_with_encoded_paths(world: World) -> None:
    several(1, "/data/%64", alluxio_uri_encoded=True, depth=1)

    assert "none of your preloads and saves that have begun covers /data/d" in refusal(world, "/data/d")
    assert world.free(ADA, "/data/d/a", recursive=False) == Freed(1, 4)


def test_several_paths_of_somebody_else_or_of_a_job_that_never_began_cover_nothing(world: World) -> None:
    several(2, "/data/d", "/data/other")
    given.set_row(several(1, "/data/d"), started_at=None)

    assert "none of your preloads" in refusal(world, "/data/d")


@pytest.mark.parametrize("path", ["/", "/data", "/data/d", "/data/d/e", "/data/d/e/b"])
@pytest.mark.parametrize("state", ["queued", "starting", "running", "stopping", "succeeded", "partial"])
def test_what_somebody_elses_job_uses_stays_and_the_refusal_names_both(world: World, path: str, state: str) -> None:
    job(1, "/")
    other = job(2, path, state, files=0)

    assert refusal(world, "/data/d") == f"/data/d is used by job {other} of bob"


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/data/d", "state": "failed"},
        {"path": "/data/d", "state": "cancelled"},
        {"path": "/data/d", "type_": JobType.LS},
        {"path": "/data/d", "type_": JobType.PLAN, "state": "running"},
        {"path": "/data/d", "type_": JobType.PLAN},
        {"path": "/data/d0"},
        {"path": "/data/other", "state": "running"},
        {"path": None, "state": "succeeded"},
    ],
    ids=str,
)
def test_jobs_of_others_that_use_nothing_there_do_not_stand_in_the_way(world: World, other: dict[str, Any]) -> None:
    job(1, "/data")
    job(2, **other)

    assert world.free(ADA, "/data/d") == Freed(2, 8)


@pytest.mark.parametrize("state", sorted(set(State) - {"succeeded", "partial", "failed", "cancelled"}))
def test_a_file_list_of_somebody_else_may_name_any_path_until_its_job_has_ended(world: World, state: str) -> None:
    job(1, "/data")
    other = job(2, None, state)

    assert f"job {other} of bob has a file list or several paths" in refusal(world, "/data/d")


@pytest.mark.parametrize("path", ["/data/d", None])
def test_a_job_whose_time_is_far_ahead_uses_nothing_yet(world: World, path: str | None) -> None:
    job(1, "/data")
    other = job(2, path, "queued")

    given.set_row(other, not_before=now() + 600, run_at=now() + 600)
    assert f"job {other} of bob" in refusal(world, "/data/d")

    given.set_row(other, not_before=now() + 86_400, run_at=now() + 86_400)
    assert world.free(ADA, "/data/d") == Freed(2, 8)


def test_long_paths_are_told_apart_beyond_what_the_index_holds(world: World) -> None:
    stem = "/data/" + "/".join(["x" * 200] * 3)
    job(1, "/data")
    job(2, stem + "/theirs")

    assert "is used by job" in refusal(world, stem)
    world.engine.put_bucket(stem + "/mine/a", b"1")
    assert world.free(ADA, stem + "/mine") == Freed(0, 0)


def test_an_admin_frees_what_others_use(world: World) -> None:
    job(2, "/data", "running")

    assert world.free(ROOT, "/data").files == 4  # type: ignore[union-attr]
