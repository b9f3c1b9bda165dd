"""A queued job says what it waits for: a node that is alive, a slot, the jobs before it."""

import pytest

from avio.db import claims, leases, limits
from avio.db import waiting as queries
from avio.db.sql import now
from avio.rules import history
from avio.rules.callers import LOCAL_ADMIN
from avio.rules.types import Filter
from avio.rules.waiting import NEEDS_NEWER, TAKES_NO_JOB
from avio.wire.waiting import Why
from tests.contract.db import given


@pytest.fixture(autouse=True)
def _user(db: str) -> None:
    given.user()


def message(job: str) -> str:
    return str(history.get(LOCAL_ADMIN, job).message)


def test_without_a_node_that_is_alive_jobs_say_so_with_their_place() -> None:
    given.node("n1")
    given.lease_over("n1", 1)
    first, second = given.job(), given.job()

    assert message(first) == "waits: no worker node is alive; ask the admin to start a supervisor"
    assert message(second).endswith("supervisor; 1 job before it")


def test_nodes_that_drain_take_no_job() -> None:
    epoch = given.node("n1")
    leases.drain("n1", epoch)

    assert message(given.job()).startswith("waits: no worker node takes jobs")


def test_busy_slots_are_counted_over_all_nodes_that_are_alive() -> None:
    for name in ("n1", "n2", "n3"):
        given.node(name)
    given.lease_over("n3", 1)
    for name in ("n1", "n1", "n2", "n2"):
        given.starting(name)
    given.job()

    assert message(given.job()) == "waits: all 4 slots of 2 worker nodes are busy (ada 4); 1 job before it"


def test_a_job_that_is_next_has_nothing_to_say_and_one_behind_it_its_place() -> None:
    given.node("n1")
    first, second = given.job(), given.job()

    assert (message(first), message(second)) == ("", "waits: 1 job before it")


def test_positions_are_those_of_the_order_of_claims() -> None:
    given.user("bob")
    given.node("n1")
    given.running()
    jobs = [given.job(uid=uid, run_at=run_at) for run_at, uid in enumerate([1, 1, 2, 2])]

    positions = queries.positions({job: 1 + number // 2 for number, job in enumerate(jobs)})
    in_order = [job for job, _ in sorted(positions.items(), key=lambda each: each[1])]

    assert in_order == claims.due(10) == [jobs[2], jobs[0], jobs[3], jobs[1]]
    assert sorted(positions.values()) == [0, 1, 2, 3]


def test_what_a_node_has_said_stays_and_jobs_that_run_say_nothing() -> None:
    given.node("n1")
    told, runs = given.job(message="node n1 takes no job: its disk"), given.starting("n1")
    given.lease_over("n1", 1)

    found = {job.id: job.message for job in history.list_jobs(LOCAL_ADMIN, Filter(), 10)[0]}

    assert (found[told], found[runs]) == ("node n1 takes no job: its disk", "")


def waits(job: str) -> tuple[str, str | None, int | None]:
    waiting = history.get(LOCAL_ADMIN, job).waiting
    assert waiting is not None
    return waiting.why, waiting.what, waiting.position


def test_each_reason_is_told_with_what_it_is_about() -> None:
    given.user("bob")
    job = given.job(path="/data/a")
    assert waits(job) == (Why.NO_NODE, None, 1)

    epoch = given.node("n1")
    assert waits(job) == (Why.TURN, None, 1)

    free = given.running(uid=2)
    given.set_row(free, type=4, path="/data")
    assert waits(job) == (Why.OTHER_JOB, free, 1)
    given.set_row(free, type=2)

    for _ in range(2):
        given.running()
    assert waits(job) == (Why.SLOTS_BUSY, "ada 2, bob 1", 1)

    given.set_row(job, message=f"node n1 does not know the param x; {NEEDS_NEWER}")
    assert waits(job) == (Why.NODE_VERSION, None, 1)
    leases.drain("n1", epoch)
    assert waits(job) == (Why.NODES_DRAIN, None, 1)

    told = f"node n1 {TAKES_NO_JOB} tier MEM is not mounted"
    given.set_row(job, message=told)
    assert waits(job) == (Why.STORE_UNAVAILABLE, told, 1)

    given.set_row(job, run_at=now() + 60)
    assert waits(job) == (Why.START_TIME, None, None)


def test_it_waits_since_it_came_into_the_queue_for_the_last_time() -> None:
    given.node("n1")
    job = given.job()
    ordered = given.row(job)["created_at"]
    assert history.get(LOCAL_ADMIN, job).waiting.since == pytest.approx(ordered, abs=0.1)  # type: ignore[union-attr]
    given.set_row(job, run_at=ordered - 50)

    limits.adjust(job, {"priority": 0})

    assert history.get(LOCAL_ADMIN, job).waiting.since == ordered - 50  # type: ignore[union-attr]


def test_a_page_of_jobs_has_the_places_of_all() -> None:
    given.node("n1")
    jobs = [given.job() for _ in range(5)]

    page, _ = history.list_jobs(LOCAL_ADMIN, Filter(), 10)

    assert {job.id: job.waiting and job.waiting.position for job in page} == {
        job: place for place, job in enumerate(jobs, 1)
    }
