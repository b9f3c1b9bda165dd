"""Jobs that begin after others, and not before a time: nodes claim them when they may, and no earlier."""

import pytest

from avio.aggregator.predecessors import settle
from avio.db import claims, hints, orders, predecessors, retention
from avio.db.order_models import Predecessor
from avio.db.sql import now
from avio.rules import history
from avio.rules.callers import LOCAL_ADMIN
from avio.wire.after import After
from avio.wire.events import StateEvent
from avio.wire.states import TERMINAL, State
from tests.contract.db import given
from tests.contract.db.concurrent import abreast


@pytest.fixture(autouse=True)
def _user_and_node(db: str) -> None:
    given.user()
    given.node()


def after(*jobs: str, succeed: bool = False, at: float | None = None) -> str:
    """Queue a job that waits for others; return its id."""
    waits = tuple(After(job, succeed) for job in jobs)
    made, _ = orders.insert(orders.NewJob(1, "after", 1, '{"alluxioUri": "/b"}', not_before=at, after=waits))
    return str(made.id)


def message(job: str) -> str:
    return str(history.get(LOCAL_ADMIN, job).message)


@pytest.mark.parametrize("succeed", [False, True], ids=["ended", "succeeded"])
@pytest.mark.parametrize("state", State)
def test_a_job_begins_when_the_one_before_has_ended_as_it_had_to(state: State, succeed: bool) -> None:
    first = given.in_state(state)
    job = after(first, succeed=succeed)

    told = settle()

    if state not in TERMINAL:
        assert (given.state(job), told) == ("queued", [])
        assert job not in claims.due(10)
        assert claims.claim(job, "n1", 1) is None
    elif succeed and state is not State.SUCCEEDED:
        assert (given.state(job), told) == ("cancelled", [StateEvent(job, 0, "cancelled")])
        assert given.row(job)["reason"] == "PREDECESSOR_FAILED"
        assert f"job {first}, which had to succeed first, " in message(job)
        assert message(job).endswith("; it never began")
    else:
        assert told == []
        assert claims.due(10) == [job]
        assert claims.claim(job, "n1", 1) is not None
    settle()
    assert Predecessor.select().count() == (state not in TERMINAL)


def test_a_job_that_waits_needs_no_hint_and_says_what_it_waits_for() -> None:
    first, second = given.running(), given.running()
    one, both = after(first), after(first, second, succeed=True)
    settle()

    assert hints.missing(0) == 0
    assert hints.lost() == []
    assert message(one) == f"waits: job {first} must end first"
    assert message(both) == f"waits: job {first} must succeed first; it waits for 1 other job too"


def test_of_several_jobs_all_must_have_ended() -> None:
    first, second = given.running(), given.running()
    job = after(first, second)

    given.from_result(second, "failed")
    settle()
    assert claims.due(10) == []
    assert message(job) == f"waits: job {first} must end first"
    given.from_result(first, "partial")
    settle()

    assert claims.due(10) == [job]
    assert message(job) == ""


def test_one_that_did_not_succeed_is_enough_to_cancel_a_chain() -> None:
    first, second = given.running(), given.running()
    job = after(first, second, succeed=True)
    behind = after(job, succeed=True)
    anyway = after(behind)
    given.from_result(second, "failed")

    told = [event.job for _ in range(3) for event in settle()]

    assert told == [job, behind]
    assert f"job {second}, which had to succeed first, has failed" in message(job)
    assert f"job {job}, which had to succeed first, was cancelled" in message(behind)
    assert claims.due(10) == [anyway]


def test_a_job_begins_no_earlier_than_its_time_whatever_it_waited_for() -> None:
    first, soon = given.running(), now() + 3600
    by_time, by_both = after(at=soon), after(first, at=soon)

    assert (given.row(by_time)["run_at"], message(by_time)) == (soon, "waits: its time comes in 1 h")
    assert message(by_both) == f"waits: job {first} must end first"
    given.from_result(first, "succeeded")
    settle()

    assert (given.row(by_both)["run_at"], message(by_both)) == (soon, "waits: its time comes in 1 h")
    assert claims.due(10) == []
    for job in (by_time, by_both):
        given.set_row(job, run_at=now() - 1, not_before=now() - 1)
    assert sorted(claims.due(10)) == sorted([by_time, by_both])
    assert message(by_time) == ""


def test_a_time_that_has_passed_is_at_once() -> None:
    job = after(at=now() - 10)

    assert claims.due(10) == [job]
    assert given.row(job)["run_at"] == pytest.approx(now(), abs=5)


def test_a_job_that_waits_can_be_cancelled_and_leaves_nothing() -> None:
    job = after(given.running())

    assert orders.cancel(job, "enough")
    assert (settle(), given.state(job)) == ([], "cancelled")
    assert Predecessor.select().count() == 0


def test_a_job_that_was_cancelled_meanwhile_stays_as_it_is() -> None:
    first = given.running()
    job = after(first, succeed=True)
    given.from_result(first, "failed")
    orders.cancel(job, "enough")
    before = given.row(job)

    assert not predecessors.give_up(job, "PREDECESSOR_FAILED", "words")
    assert (settle(), given.row(job)) == ([], before)


def test_only_a_job_that_waits_for_others_can_be_given_up() -> None:
    assert not predecessors.give_up(given.job(), "PREDECESSOR_FAILED", "words")


def test_retention_keeps_a_job_while_another_waits_for_it() -> None:
    first = given.in_state(State.FAILED)
    given.set_row(first, type=0, finished_at=1.0)
    job = after(first)
    assert retention.delete_jobs([first]) == 0

    settle()

    assert retention.delete_jobs([first]) == 1
    assert claims.due(10) == [job]
    assert given.row(job)["after_jobs"] == f'["{first}"]'


def test_a_job_can_not_wait_for_one_that_was_deleted() -> None:
    first = given.in_state(State.SUCCEEDED)
    given.set_row(first, type=0)
    retention.delete_jobs([first])

    with pytest.raises(orders.Deleted, match=first):
        after(first)
    assert claims.due(10) == []


def test_a_deletion_beside_an_order_leaves_none_that_waits_for_nothing() -> None:
    firsts = [given.in_state(State.FAILED) for _ in range(6)]
    for first in firsts:
        given.set_row(first, type=0)

    def order(first: str) -> int:
        try:
            return int(bool(after(first)))
        except orders.Deleted:
            return 0

    def race(number: int) -> list[int]:
        return [order(first) if number else retention.delete_jobs([first]) for first in firsts]

    deleted, ordered = abreast(2, race)

    assert [one + other for one, other in zip(deleted, ordered, strict=True)] == [1] * 6
    settle()
    assert len(claims.due(10)) == sum(ordered)


def test_jobs_that_wait_are_not_counted_before_others() -> None:
    given.user("bob")
    first = given.running()
    orders.insert(orders.NewJob(2, "", 1, "{}", after=(After(first, must_succeed=False),)))
    orders.insert(orders.NewJob(2, "", 1, "{}", not_before=now() + 3600))

    assert message(given.job()) == ""


def test_many_that_settle_at_once_queue_each_job_once() -> None:
    first = given.running()
    jobs = [after(first) for _ in range(8)]
    given.from_result(first, "succeeded")

    abreast(4, lambda _: predecessors.settle())

    assert sorted(claims.due(20)) == sorted(jobs)
    assert [given.row(job)["version"] for job in jobs] == [2] * 8
