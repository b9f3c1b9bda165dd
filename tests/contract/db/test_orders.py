"""Bringing a job in (T1) and wishing its end (T9)."""

import pytest

from avio.db import ends, orders
from avio.wire.states import TERMINAL, State
from tests.contract.db import given
from tests.contract.db.concurrent import abreast

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _user_and_node(db: str) -> None:
    given.user()
    given.node()


def new(key: str | None = "key", uid: int = 1) -> orders.NewJob:
    return orders.NewJob(uid, "load", 1, "{}", key, "digest")


def test_a_new_job_waits_and_has_done_nothing() -> None:
    job, added = orders.insert(new())

    assert added
    row = given.row(job.id)
    assert (row["state"], row["attempt"], row["crashes"], row["losses"], row["errors"]) == ("queued", 0, 0, 0, "[]")
    assert row["finished_at"] is None
    assert row["cancel_at"] is None
    assert not row["total_complete"]


def test_the_same_key_finds_the_job_that_it_made() -> None:
    job, _ = orders.insert(new())
    again, added = orders.insert(new())

    assert (again.id, added) == (job.id, False)
    assert orders.find_by_key(1, "key") == job


def test_the_same_key_of_another_user_makes_another_job() -> None:
    other = given.user("bob")
    job, _ = orders.insert(new())
    another, added = orders.insert(new(uid=other))

    assert added
    assert another.id != job.id
    assert orders.find_by_key(3, "key") is None


def test_without_a_key_every_order_is_a_job() -> None:
    assert orders.insert(new(None))[0].id != orders.insert(new(None))[0].id
    assert orders.count_queued(1) == 2


def test_many_requests_at_once_with_one_key_make_one_job() -> None:
    made = abreast(8, lambda _: orders.insert(new()))

    assert len({job.id for job, _ in made}) == 1
    assert [added for _, added in made].count(True) == 1
    assert orders.count_queued(1) == 1


def test_of_many_orders_at_once_no_more_are_queued_than_allowed() -> None:
    other = given.user("bob")

    def order(number: int) -> bool:
        try:
            return orders.insert(new(None, uid=1 if number % 4 else other), 5)[1]
        except orders.QueueFull:
            return False

    made = abreast(16, order)

    assert (orders.count_queued(1), orders.count_queued(other), made.count(True)) == (5, 4, 9)


def test_the_key_of_a_job_finds_it_although_the_queue_of_its_user_is_full() -> None:
    job, _ = orders.insert(new(), 1)

    assert orders.insert(new(), 1) == (job, False)
    with pytest.raises(orders.QueueFull):
        orders.insert(new("other"), 1)


def test_only_waiting_jobs_of_the_user_count_as_queued() -> None:
    other = given.user("bob")
    given.job()
    given.job(other)
    given.running()

    assert orders.count_queued(1) == 1


def test_a_waiting_job_is_cancelled_at_once() -> None:
    job = given.job()

    assert orders.cancel(job, "changed my mind")

    row = given.row(job)
    assert (row["state"], row["cancel_reason"], row["message"]) == (
        "cancelled",
        "changed my mind",
        "cancelled before it began",
    )
    assert row["finished_at"] == row["cancel_at"]


@pytest.mark.parametrize("state", [State.STARTING, State.RUNNING])
def test_a_job_that_a_node_has_is_asked_to_stop(state: State) -> None:
    job = given.in_state(state)

    assert orders.cancel(job, "why")

    row = given.row(job)
    assert (row["state"], row["cancel_reason"], row["node"], row["finished_at"]) == ("stopping", "why", "n1", None)


def test_a_second_wish_changes_neither_time_nor_reason() -> None:
    job = given.running()
    orders.cancel(job, "first")
    before = given.row(job)

    assert orders.cancel(job, "second")

    row = given.row(job)
    assert (row["state"], row["cancel_reason"], row["cancel_at"]) == ("stopping", "first", before["cancel_at"])


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_a_job_that_has_ended_can_not_be_cancelled(state: State) -> None:
    job = given.in_state(state)
    before = given.row(job)

    assert not orders.cancel(job, "too late")
    assert given.row(job) == before


def test_a_wish_that_races_with_the_end_leaves_one_of_the_two() -> None:
    jobs = [given.running() for _ in range(8)]

    def race(number: int) -> list[bool]:
        if number:
            return [orders.cancel(job, "") for job in jobs]
        return [ends.finish(given.result(job), "succeeded") for job in jobs]

    finished, cancelled = abreast(2, race)

    assert finished == [True] * 8
    for job, wish in zip(jobs, cancelled, strict=True):
        row = given.row(job)
        assert row["state"] == "succeeded"
        assert (row["cancel_at"] is not None) == wish


def test_an_unknown_job_can_not_be_cancelled() -> None:
    assert not orders.cancel("01ARZ3NDEKTSV4RRFFQ69G5FAV", "")
