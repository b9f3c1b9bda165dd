"""The claim (T3) and the process that is up (T4): who may take a job, and who may not."""

import threading
import time
from contextlib import suppress

import pytest
from peewee import PeeweeException

from avio.db import claims, ends, history, leases, orders, turns
from avio.db.connection import is_sqlite, transaction
from avio.db.sql import change, row
from avio.rules import history as seen
from avio.rules.callers import LOCAL_ADMIN
from tests.contract.db import given
from tests.contract.db.concurrent import LIMIT, abreast

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _user_and_node(db: str) -> None:
    given.user()
    given.node()


def test_a_claim_begins_the_next_attempt_and_says_what_is_to_be_done() -> None:
    job = given.job(seq=7, message="old", reason="OLD", speed_bps=5)

    claim = claims.claim(job, "n1", 1)

    assert claim == claims.Claim(job, 1, 1, 1, given.row(job)["params"], 0)
    row = given.row(job)
    assert (row["state"], row["attempt"], row["node"], row["node_epoch"]) == ("starting", 1, "n1", 1)
    assert (row["seq"], row["message"], row["reason"], row["speed_bps"]) == (0, "", None, 0)
    (attempt,) = history.attempts(job)
    assert (attempt.attempt, attempt.node, attempt.epoch, attempt.ended_at) == (1, "n1", 1, None)


def test_the_first_claim_dates_the_job_and_later_ones_leave_that() -> None:
    job = given.running()
    began = given.row(job)["started_at"]
    ends.give_back(job, 1, ends.Cause.LOST, "")

    given.claim(job)

    assert given.row(job)["started_at"] == began


def test_the_next_attempt_knows_the_bytes_that_the_earlier_ones_moved() -> None:
    job = given.running()
    change("UPDATE jobs SET bytes_wire = 700 WHERE id = ?", job)
    ends.give_back(job, 1, ends.Cause.LOST, "")

    claim = claims.claim(job, "n1", 1)

    assert claim is not None
    assert claim.bytes_wire == 700


def test_of_two_nodes_one_gets_the_job() -> None:
    given.node("n2")
    job = given.job()

    assert claims.claim(job, "n1", 1) is not None
    assert claims.claim(job, "n2", 1) is None
    assert given.row(job)["attempt"] == 1


def test_of_many_nodes_at_once_one_gets_each_job() -> None:
    nodes = [f"node{number}" for number in range(6)]
    for name in nodes:
        given.node(name)
    jobs = [given.job() for _ in range(5)]

    taken = abreast(6, lambda number: [claims.claim(job, nodes[number], 1) for job in jobs])

    for of_all_nodes in zip(*taken, strict=True):
        assert len([claim for claim in of_all_nodes if claim is not None]) == 1
    assert {given.row(job)["attempt"] for job in jobs} == {1}


def test_a_claim_whose_process_is_frozen_keeps_no_other_node_from_claiming(monkeypatch: pytest.MonkeyPatch) -> None:
    if is_sqlite():
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr(turns, "FROZEN_SECONDS", 0.3)
    job, thaw = given.job(), threading.Event()

    def work(number: int) -> bool:
        if number == 0:
            with suppress(PeeweeException), transaction():
                turns.lock()
                thaw.wait(LIMIT)
            return False
        while row("SELECT 1 FROM pg_locks WHERE relation = 'fair_order'::regclass") is None:
            time.sleep(0.01)
        try:
            return claims.claim(job, "n1", 1) is not None
        finally:
            thaw.set()

    assert abreast(2, work) == [False, True]


def test_a_claim_waits_for_no_other_transaction_that_changes_its_job_or_locks_its_user() -> None:
    if is_sqlite():
        pytest.skip("SQLite has one writer at a time")
    held, free, thaw = given.job(), given.job(), threading.Event()

    def work(number: int) -> list[bool]:
        if number == 0:
            with transaction():
                row("SELECT 1 FROM users WHERE uid = 1 {alone}")  # as an order does
                change("UPDATE jobs SET name = 'x' WHERE id = ?", held)
                thaw.wait(LIMIT)
            return []
        while row("SELECT 1 FROM pg_locks WHERE relation = 'jobs'::regclass AND mode = 'RowExclusiveLock'") is None:
            time.sleep(0.01)
        try:
            return [claims.claim(job, "n1", 1) is not None for job in (held, free)]
        finally:
            thaw.set()

    assert abreast(2, work)[1] == [False, True]


def test_a_node_whose_lease_is_over_claims_nothing() -> None:
    job = given.job()
    given.lease_over("n1", 0.01)

    assert claims.claim(job, "n1", 1) is None


def test_an_older_epoch_of_the_node_claims_nothing() -> None:
    job = given.job()
    given.node()

    assert claims.claim(job, "n1", 1) is None
    assert claims.claim(job, "n1", 2) is not None


@pytest.mark.parametrize("state", ["draining", "lost"])
def test_a_node_that_is_not_active_claims_nothing(state: str) -> None:
    job = given.job()
    change("UPDATE nodes SET state = ?", state)

    assert claims.claim(job, "n1", 1) is None


def test_a_node_that_never_registered_claims_nothing() -> None:
    assert claims.claim(given.job(), "n9", 1) is None


def test_nothing_is_claimed_before_its_time() -> None:
    job = given.job()
    change("UPDATE jobs SET run_at = {now} + 60")

    assert claims.claim(job, "n1", 1) is None
    assert claims.due(10) == []


def test_a_cancelled_job_is_not_claimed() -> None:
    job = given.job()
    orders.cancel(job, "")

    assert claims.claim(job, "n1", 1) is None


def test_what_is_due_comes_oldest_first_and_not_more_than_asked_for() -> None:
    jobs = [given.job() for _ in range(4)]
    given.set_row(jobs[2], run_at=1)
    given.set_row(jobs[1], run_at=2)
    given.running()

    assert claims.due(2) == [jobs[2], jobs[1]]
    assert sorted(claims.due(10)) == sorted(jobs)


def test_users_take_turns_and_who_had_none_yet_comes_first() -> None:
    given.user("bob")
    given.user("cy")
    given.running()
    given.running()
    given.starting(uid=2)
    jobs = [given.job(uid=uid, run_at=run_at) for run_at, uid in enumerate([1, 1, 2, 2, 3, 3])]

    assert claims.due(10) == [jobs[4], jobs[2], jobs[5], jobs[0], jobs[3], jobs[1]]
    assert claims.due(2, [jobs[4]]) == [jobs[5], jobs[2]]


@pytest.mark.parametrize(
    ("freed", "path", "is_due"),
    [
        ("/data/a", "/data/a", False),
        ("/data/a", "/data/a/b", False),
        ("/data/a/b", "/data/a", False),
        ("/data/a/b", "/", False),
        ("/", "/data/a", False),
        ("/data/a", None, False),
        ("/data/a", "/data/b", True),
        ("/data/a", "/data/a-b", True),
        ("/data/a-b", "/data/a", True),
        ("/data/a%", "/data/ab", True),
    ],
)
def test_a_preload_is_not_due_while_a_free_job_drops_files_of_it(freed: str, path: str | None, is_due: bool) -> None:
    preload, save = given.job(path=path), given.job(path=path, type=2)
    free = given.running()
    given.set_row(free, type=4, path=freed)

    assert set(claims.due(10)) == ({preload, save} if is_due else {save})
    assert (free in str(seen.get(LOCAL_ADMIN, preload).message)) is not is_due

    given.set_row(free, state="failed", finished_at=1.0, node=None, node_epoch=None)
    assert set(claims.due(10)) == {preload, save}


def test_a_free_job_that_waits_itself_holds_no_preload_up() -> None:
    preload, free = given.job(path="/data"), given.job(path="/data", type=4)

    assert claims.due(10) == [preload, free]


def test_the_process_is_up_and_its_pid_is_known() -> None:
    job = given.starting()

    assert claims.mark_running(job, 1, "n1", 1, pid=77)
    assert given.state(job) == "running"
    assert history.attempts(job)[0].pid == 77


@pytest.mark.parametrize(
    ("attempt", "node", "epoch"), [(2, "n1", 1), (0, "n1", 1), (1, "n2", 1), (1, "n1", 2)], ids=str
)
def test_only_the_owner_of_the_attempt_marks_it_running(attempt: int, node: str, epoch: int) -> None:
    job = given.starting()

    assert not claims.mark_running(job, attempt, node, epoch, pid=77)
    assert given.state(job) == "starting"


def test_a_job_that_was_asked_to_stop_meanwhile_is_not_running() -> None:
    job = given.starting()
    orders.cancel(job, "")

    assert not claims.mark_running(job, 1, "n1", 1, pid=77)
    assert given.state(job) == "stopping"
    assert leases.held("n1", 1) == [leases.Held(job, 1, "stopping", cancelled=True, path="/data")]
