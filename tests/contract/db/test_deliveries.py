"""Deliveries to webhooks: which ends add one, who may try it and when, and what a try leaves."""

import pytest

from avio.db import deliveries, ends, orders, webhooks
from avio.db.deliveries import OF_ONE_USER, Claimed, Tried
from avio.db.order_models import Delivery
from avio.db.sql import change, now
from avio.wire.states import State
from tests.contract.db import given
from tests.contract.db.concurrent import abreast

URL, OK = "http://h/hook", Tried("http://h/hook", 200)
BAD = Tried("http://h/hook", 500, "HTTP 500")


@pytest.fixture(autouse=True)
def _tables(db: str) -> None:
    given.user()
    given.node()


def hook(states: str = "succeeded,partial,failed,cancelled", url: str | None = URL, uid: int = 1) -> None:
    webhooks.put(uid, url, states, "whsec_eA==", renew=False)


def of(job: str) -> Delivery:
    found: Delivery = Delivery.get_by_id(job)
    return found


def ended() -> str:
    """Return a job whose end is to be told."""
    job = given.running()
    given.from_result(job, "failed")
    return job


def told() -> set[str]:
    return {each.job_id for each in Delivery.select()}


def test_each_kind_of_end_adds_a_delivery() -> None:
    hook()
    result, queued, crashed, wished = given.running(), given.job(), given.running(), given.running()
    given.from_result(result, "partial")
    assert orders.cancel(queued, "")
    given.set_row(crashed, crashes=ends.MAX_CRASHES - 1)
    assert ends.give_back(crashed, 1, ends.Cause.CRASHED, "killed") == "failed"
    assert orders.cancel(wished, "")
    assert ends.give_back(wished, 1, ends.Cause.DRAINED, "") == "cancelled"

    assert told() == {result, queued, crashed, wished}
    row = of(result)
    assert (row.uid, row.tries, row.next_at, row.created_at) == (1, 0, row.created_at, given.row(result)["finished_at"])
    assert (row.held_until, row.ended_at, bool(row.delivered)) == (None, None, False)


@pytest.mark.parametrize("state", ["succeeded", "partial", "failed"])
@pytest.mark.parametrize("states", ["failed", "succeeded,partial"])
def test_only_asked_ends_are_told(state: str, states: str) -> None:
    hook(states)
    job = given.running()
    given.from_result(job, state)

    assert told() == ({job} if state in states.split(",") else set())


def test_a_job_that_goes_on_and_one_without_a_webhook_are_not_told() -> None:
    ended()
    hook(url=None)
    ended()
    hook()
    again = given.running()
    assert ends.give_back(again, 1, ends.Cause.CRASHED, "killed") == "queued"
    given.user("bob")
    others = given.running()
    given.set_row(others, uid=2)
    given.from_result(others, "failed")

    assert told() == set()


def test_a_job_with_a_url_of_its_own_is_told_whatever_the_user_asked_for() -> None:
    hook("cancelled", url=None)
    params = '{"alluxioUri": "/data", "fromFileList": false, "notify": "http://other/"}'
    job, _ = orders.insert(orders.NewJob(1, "load", 1, params))
    given.claim(job.id)
    assert ends.give_back(job.id, 1, ends.Cause.DRAINED, "") == "queued"
    assert told() == set()
    given.claim(job.id)
    assert ends.finish(given.result(job.id, 2), "succeeded")

    assert told() == {job.id}


def test_a_delivery_is_tried_by_one_and_again_after_its_lease() -> None:
    hook()
    job = ended()

    assert deliveries.claim(60) == Claimed(job, 1)
    assert deliveries.claim(60) is None
    change("UPDATE deliveries SET held_until = {now} - 1")
    assert deliveries.claim(60) == Claimed(job, 2)


def test_two_aggregators_never_have_the_same_one(db: str) -> None:
    hook()
    for _ in range(OF_ONE_USER + 2):
        ended()

    claimed = [each for each in abreast(4, lambda _: deliveries.claim(60)) if each is not None]

    assert len({each.job for each in claimed}) == len(claimed)
    assert 0 < len(claimed) <= OF_ONE_USER


def test_a_slow_receiver_of_one_user_leaves_room_for_others() -> None:
    hook()
    slow = {ended() for _ in range(OF_ONE_USER + 2)}
    given.user("bob")
    hook(uid=2)
    other = given.running()
    given.set_row(other, uid=2)
    given.from_result(other, "failed")

    claimed = [deliveries.claim(60) for _ in range(OF_ONE_USER + 2)]

    jobs = [each.job for each in claimed if each is not None]
    assert len(jobs) == OF_ONE_USER + 1
    assert set(jobs) - slow == {other}


def _settled(tried: Tried, again_in: float | None) -> Delivery:
    job = ended()
    claimed = deliveries.claim(60)
    assert claimed is not None
    assert deliveries.settle(claimed, tried, again_in)
    return of(job)


def test_a_good_try_ends_the_delivery() -> None:
    hook()
    row = _settled(OK, None)

    assert (bool(row.delivered), row.next_at, row.code, row.error, row.url) == (True, None, 200, "", OK.url)
    assert row.ended_at is not None
    assert deliveries.claim(60) is None


def test_a_bad_try_is_due_again_later_and_the_last_one_ends_the_delivery() -> None:
    hook()
    row = _settled(BAD, 500.0)
    assert (bool(row.delivered), row.code, row.error, row.ended_at) == (False, 500, "HTTP 500", None)
    assert 400 < row.next_at - now() <= 500
    assert deliveries.claim(60) is None

    change("UPDATE deliveries SET next_at = {now} - 1")
    claimed = deliveries.claim(60)
    assert claimed is not None
    assert claimed.tries == 2
    assert deliveries.settle(claimed, BAD, None)
    row = of(claimed.job)
    assert (bool(row.delivered), row.next_at, row.tries) == (False, None, 2)
    assert row.ended_at is not None


def test_a_try_that_was_overtaken_writes_nothing() -> None:
    hook()
    job = ended()
    first = deliveries.claim(60)
    change("UPDATE deliveries SET held_until = {now} - 1")
    second = deliveries.claim(60)
    assert first is not None
    assert second is not None

    assert not deliveries.settle(first, BAD, None)
    assert deliveries.settle(second, OK, None)
    assert not deliveries.settle(second, BAD, 5.0)
    assert bool(of(job).delivered)


def test_a_page_is_the_users_own_newest_first() -> None:
    hook()
    jobs = sorted((ended() for _ in range(3)), reverse=True)
    change("UPDATE deliveries SET uid = 2 WHERE job_id = ?", jobs[1])

    assert [each.job_id for each in deliveries.page(1, 9)] == [jobs[0], jobs[2]]
    assert [each.job_id for each in deliveries.page(1, 9, after=jobs[0])] == [jobs[2]]
    assert [each.job_id for each in deliveries.page(1, 9, job=jobs[2])] == [jobs[2]]
    assert deliveries.page(1, 9, job=jobs[1]) == []


@pytest.mark.parametrize(("ended_at", "kept"), [("{now} - 50", True), ("{now} - 150", False), ("NULL", True)])
def test_old_deliveries_are_forgotten_unless_they_go_on(ended_at: str, kept: bool) -> None:
    hook()
    job = ended()
    change(f"UPDATE deliveries SET ended_at = {ended_at}, created_at = 0")

    assert deliveries.forget(100, 10) == (0 if kept else 1)
    assert told() == ({job} if kept else set())


def test_a_deleted_job_takes_its_delivery_along() -> None:
    hook()
    job = ended()
    change("DELETE FROM attempts")
    change("DELETE FROM jobs WHERE id = ?", job)

    assert told() == set()


def test_the_secret_stays_until_a_new_one_is_asked_for() -> None:
    first = webhooks.put(1, URL, "failed", "one", renew=False)
    second = webhooks.put(1, None, "partial", "two", renew=False)
    third = webhooks.put(1, URL, "failed", "three", renew=True)

    assert [each.secret for each in (first, second, third)] == ["one", "one", "three"]
    assert (second.url, second.states) == (None, "partial")
    assert webhooks.delete(1)
    assert not webhooks.delete(1)
    assert webhooks.find(1) is None


def test_the_states_of_a_webhook_are_no_parts_of_each_other() -> None:
    def words() -> list[State]:
        return list(State)

    assert [(a, b) for a in words() for b in words() if a != b and a in b] == []
