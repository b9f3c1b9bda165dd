"""Limits of running jobs: of a user, a group, a mount and a bucket. Claims of many nodes at once never exceed them."""

import pytest

from avio.db import claims, groups, leases
from avio.db.sql import change, rows
from avio.rules import history
from avio.rules.callers import LOCAL_ADMIN
from avio.wire.job_limits import JobLimits
from avio.wire.waiting import Why
from tests.contract.db import given
from tests.contract.db.concurrent import abreast

MOUNTS = {"/data": "s3://one", "/data/inner": "s3://two", "/more": "s3://two"}


@pytest.fixture(autouse=True)
def _users(db: str) -> None:
    for name in ("ada", "bob", "cy"):
        given.user(name)


def node(name: str = "n1", **limits: int) -> None:
    """A node with many slots whose settings have these limits."""
    assert leases.register(name, "boot", "spool", 50, 60, JobLimits(**limits, mounts=MOUNTS)) is not None


def job(path: str | None = "/data/x", uid: int = 1) -> str:
    return given.job(uid, path=path)


def started() -> set[str]:
    """Let all start that may; return the jobs that nodes have."""
    while any(claims.claim(each, "n1", 1) is not None for each in claims.due(8)):
        pass
    return {each for (each,) in rows("SELECT id FROM jobs WHERE state IN {owned}")}


def test_no_user_has_more_jobs_than_the_limit_and_the_others_go_on() -> None:
    node(user=2)
    ada, bob = [job() for _ in range(12)], [job(uid=2) for _ in range(2)]

    assert started() == {*ada[:2], *bob}
    assert claims.claim(ada[2], "n1", 1) is None


def test_a_limit_of_the_user_is_above_that_of_the_settings_and_holds_without_one() -> None:
    node(user=1)
    groups.set_user("ada", {"jobs_max": 3})
    ada = [job() for _ in range(5)]
    assert started() == set(ada[:3])

    change("UPDATE nodes SET job_limits = '{{}}'")
    assert claims.claim(ada[3], "n1", 1) is None


def test_users_of_a_group_have_a_limit_together() -> None:
    node(group=2)
    for group, limit in (("vision", None), ("speech", 1)):
        groups.put(group, {"jobs_max": limit})
    for name, group in (("ada", "vision"), ("bob", "vision"), ("cy", "speech")):
        groups.set_user(name, {"group_name": group})
    for uid in (1, 2, 3):
        for _ in range(3):
            job(uid=uid)

    started()

    assert rows("SELECT uid, count(*) FROM jobs WHERE state IN {owned} GROUP BY uid ORDER BY uid") == [
        *((1, 1), (2, 1), (3, 1))
    ]


@pytest.mark.parametrize("kind", ["mount", "bucket"])
def test_a_full_mount_keeps_only_its_own_jobs_waiting(kind: str) -> None:
    node(**{kind: 1})
    first = job("/data/inner/a")
    assert started() == {first}
    blocked = [job(path) for path in ("/data/inner/a", "/data/inner", "/data", "/", None)] + [
        job("/data/inner/b") for _ in range(20)
    ]
    beside = job("/data/a"), job("/more/a")

    now = started()

    assert now - {first} == ({*beside} if kind == "mount" else {beside[0]})
    assert not now & set(blocked)


def test_the_strictest_node_that_is_alive_counts() -> None:
    node("n1", user=5)
    node("n2", user=1)
    jobs = [job() for _ in range(3)]
    assert started() == set(jobs[:1])

    given.lease_over("n2", 1)
    assert started() == set(jobs)


@pytest.mark.parametrize("kind", ["user", "group", "mount", "bucket"])
def test_nodes_that_claim_at_once_stay_within_a_limit(kind: str) -> None:
    groups.put("all", {})
    change("UPDATE users SET group_name = 'all'")
    names = [f"n{number}" for number in range(1, 7)]
    for name in names:
        node(name, **{kind: 2})
    jobs = [job(uid=1 if kind == "user" else 1 + number % 3) for number in range(6)]

    taken = abreast(6, lambda number: claims.claim(jobs[number], names[number], 1))

    assert len([claim for claim in taken if claim is not None]) == 2
    assert len({each for (each,) in rows("SELECT id FROM jobs WHERE state IN {owned}")}) == 2


def test_a_job_says_which_limit_it_waits_for() -> None:
    node(user=1, mount=2)
    job(), job(uid=2)
    started()
    mine, other = job(), job(uid=3)

    shown = history.get(LOCAL_ADMIN, mine), history.get(LOCAL_ADMIN, other)

    assert [each.waiting and (each.waiting.why, each.waiting.what) for each in shown] == [
        (Why.LIMIT, "user ada has 1 of 1 running jobs"),
        (Why.LIMIT, "mount /data has 2 of 2 running jobs"),
    ]
    assert shown[0].message == "waits: user ada has 1 of 1 running jobs; 1 job before it"


def in_turn(wide: str, tries: int) -> int | None:
    """Each running job ends in turn, and all start that may. Return after how many ends `wide` has started."""
    for ends_ in range(1, tries + 1):
        oldest = min(started(), key=lambda each: (given.row(each)["started_at"], each))
        end(oldest)
        if wide in started():
            return ends_
    return None


def end(job_id: str) -> None:
    change(
        "UPDATE jobs SET state = 'succeeded', finished_at = {now}, node = NULL, node_epoch = NULL WHERE id = ?", job_id
    )


def waited(job_id: str, seconds: float) -> None:
    change("UPDATE jobs SET run_at = run_at - ? WHERE id = ?", seconds, job_id)


@pytest.mark.parametrize("kind", ["mount", "bucket"])
@pytest.mark.parametrize("path", ["/", None])
@pytest.mark.parametrize("most", [1, 2])
def test_a_job_of_several_mounts_has_a_slot_on_each_in_the_end(kind: str, path: str | None, most: int) -> None:
    """Jobs of one mount start as soon as another has ended there: all mounts are never free at once by chance."""
    node(**{kind: most})
    for _ in range(12):
        job("/data/x"), job("/data/inner/x"), job("/more/x")
    started()
    wide = job(path, uid=2)
    assert in_turn(wide, 4) is None

    waited(wide, 61)

    assert in_turn(wide, 6) is not None


def test_slots_are_kept_for_one_job_that_may_start_and_no_more_than_one_of_a_mount() -> None:
    node(mount=2, user=1)
    first = job("/data/x", uid=1)
    assert started() == {first}
    at_its_limit, wide = job(None, uid=1), job(None, uid=2)
    waited(at_its_limit, 90), waited(wide, 61)
    change("UPDATE jobs SET run_at = run_at + 3600 WHERE id = ?", wide)
    beside = job("/data/x", uid=3)

    assert beside in started(), "no slot is kept for a job that its own user's limit holds"

    change("UPDATE jobs SET run_at = run_at - 3600 WHERE id = ?", wide)
    given.user("dan")
    other = job("/more/x", uid=4)
    assert other in started(), "another slot is free there"
    given.user("eve")
    held = job("/more/y", uid=5)
    assert held not in started()
    shown = history.get(LOCAL_ADMIN, held)
    assert shown.waiting is not None
    assert (shown.waiting.why, shown.waiting.what) == (Why.OTHER_JOB, wide)
    assert shown.message.startswith(f"waits: job {wide} has waited longer for slots on several mounts; one on each")


def test_a_job_of_a_higher_priority_takes_the_slot_that_is_kept_for_another() -> None:
    node(mount=1)
    first = job("/data/x")
    assert started() == {first}
    waited(job(None, uid=2), 61)
    urgent = given.job(path="/more/x", priority=1)

    assert urgent in started()


def test_a_job_of_several_mounts_that_waits_for_room_keeps_no_slots() -> None:
    node(mount=1)
    first = job("/data/x")
    assert started() == {first}
    wide = given.job(2, path=None, room_bytes=1 << 50)
    waited(wide, 61)
    change("INSERT INTO tiers (name, tier_id, free, seen_at) VALUES ('MEM', 'x', 0, {now})")

    end(first)

    assert job("/data/y") in started()
