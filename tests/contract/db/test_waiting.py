"""A queued job says what it waits for: a node that is alive, a slot, the jobs before it."""

import pytest

from avio.db import claims, leases
from avio.db import waiting as queries
from avio.rules import history
from avio.rules.callers import LOCAL_ADMIN
from avio.rules.types import Filter
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
