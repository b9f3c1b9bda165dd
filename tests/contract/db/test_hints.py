"""Hints and the sweep (T2)."""

import threading

import pytest

from avio.aggregator.sweeper import sweep
from avio.db import hints
from avio.db.connection import borrow, transaction
from avio.db.sql import change
from tests.contract.db import given
from tests.contract.db.concurrent import LIMIT, abreast


@pytest.fixture(autouse=True)
def _user_and_node(db: str) -> None:
    given.user()
    given.node()


def test_a_job_without_a_hint_is_lost_at_once_and_then_for_a_while_not() -> None:
    job = given.job()

    assert hints.lost() == [job]
    assert hints.lost() == []


def test_a_hint_that_was_pushed_is_lost_when_nobody_took_it_in_time() -> None:
    job = given.job()
    hints.pushed(job)
    assert hints.lost() == []

    change("UPDATE jobs SET pushed_at = pushed_at - ? - 0.01", hints.HINT_SECONDS)

    assert hints.lost() == [job]


def test_jobs_that_are_not_due_or_not_waiting_need_no_hint() -> None:
    later = given.job()
    change("UPDATE jobs SET run_at = {now} + 60 WHERE id = ?", later)
    given.running()
    given.from_result(given.running(), "succeeded")

    assert hints.lost() == []


def test_a_push_for_a_job_that_was_taken_meanwhile_changes_nothing() -> None:
    job = given.running()

    hints.pushed(job)

    assert given.row(job)["pushed_at"] is None


def test_a_sweep_takes_no_more_than_it_may() -> None:
    jobs = sorted(given.job() for _ in range(5))

    assert len(hints.lost(limit=2)) == 2
    assert len(hints.lost()) == 3
    assert sorted(jobs) == jobs


def test_sweeps_at_once_take_different_jobs_and_leave_none() -> None:
    jobs = [given.job() for _ in range(40)]

    taken = abreast(4, lambda _: hints.lost(limit=10) + hints.lost(limit=10) + hints.lost())

    assert sorted(job for sweep in taken for job in sweep) == sorted(jobs)


def test_a_sweep_does_not_wait_for_another(db: str) -> None:
    if db.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    jobs = [given.job() for _ in range(4)]
    found: list[str] = []

    def sweep() -> None:
        with borrow():
            found.extend(hints.lost())

    with transaction():
        first = hints.lost(limit=2)
        second = threading.Thread(target=sweep)
        second.start()
        second.join(LIMIT / 10)
        assert not second.is_alive()

    assert sorted(first + found) == sorted(jobs)


def test_the_queue_lacks_a_hint_for_each_due_job_that_it_has_none_for() -> None:
    for _ in range(5):
        given.job()
    given.job(run_at=2e10)
    given.running()

    assert [hints.missing(on_queue) for on_queue in (0, 3, 5, 900)] == [5, 2, 0, 0]
    assert [hints.missing(on_queue, limit=4) for on_queue in (0, 3, 4)] == [4, 1, 0]


def test_a_sweep_rewrites_no_row_while_the_queue_has_a_hint_for_each_job() -> None:
    jobs = [given.job(pushed_at=1.0) for _ in range(3)]
    pushed: list[str] = []

    assert sweep(lambda: 3, pushed.extend) == 0
    assert [given.row(job)["pushed_at"] for job in jobs] == [1.0] * 3
    assert sweep(lambda: 1, pushed.extend) == 2
    assert len(pushed) == 2


def test_a_sweep_takes_no_more_than_it_asks_for_whatever_the_plan() -> None:
    given.job()
    change("DELETE FROM jobs")
    change("ANALYZE jobs")  # from now on the database takes the table for almost empty
    jobs = [given.job() for _ in range(3)]

    assert hints.lost(2) == jobs[:2]
