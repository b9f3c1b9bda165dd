"""What becomes of events, hints and orphans when aggregators die in the middle, and when two do the same at once."""

import pytest
import redis
from rq import Queue

from avio import queue
from avio.db.connection import borrow
from avio.streams import EVENTS_KEY, GROUP, Events
from avio.wire.events import ProgressEvent
from avio.wire.progress import Counters, Progress
from tests.contract.db import given
from tests.process.site import Site
from tests.processes import wait_until

# An event that was with a dead aggregator is taken over after 10 s.
TAKE_OVER_LIMIT = 20.0

SWEEP_LIMIT = 20.0


def running(site: Site, lease: float = 600) -> str:
    """Return a job that runs on a node of which there is nothing but the rows."""
    with borrow():
        return given.running(epoch=given.node(lease=lease))


def publish(site: Site, job: str) -> None:
    with redis.Redis.from_url(site.redis_url) as client:
        counters = Counters(files_total=9, files_done=7)
        Events(client).publish([ProgressEvent(job, 1, 1, Progress("transferring", True, counters))])


def pending(site: Site) -> int:
    with redis.Redis.from_url(site.redis_url) as client:
        return int(client.xpending(EVENTS_KEY, GROUP)["pending"])


@pytest.mark.faults
@pytest.mark.parametrize(
    ("point", "folded"), [("aggregator.before-fold", 0), ("aggregator.before-ack", 7)], ids=["commit", "ack"]
)
def test_events_that_an_aggregator_died_with_are_folded_once(site_with_redis: Site, point: str, folded: int) -> None:
    site = site_with_redis
    job = running(site)
    dead = site.aggregator(AVIO_FAULT=f"{point}:kill")
    publish(site, job)
    wait_until(lambda: dead.process.poll() is not None, 15, "the aggregator has died")
    assert (site.row(job)["files_done"], pending(site)) == (folded, 1)
    version = site.row(job)["version"]

    site.aggregator()
    wait_until(lambda: pending(site) == 0, TAKE_OVER_LIMIT, "the event is acknowledged")

    row = site.row(job)
    assert row["files_done"] == 7
    assert row["version"] == version + (0 if folded else 1)


@pytest.mark.faults
def test_hints_that_redis_lost_are_pushed_again(site_with_redis: Site) -> None:
    site = site_with_redis
    jobs = {site.order() for _ in range(20)}
    with redis.Redis.from_url(site.redis_url) as client:
        site.aggregator()
        wait_until(lambda: set(Queue(queue.NAME, connection=client).job_ids) == jobs, SWEEP_LIMIT, "all are hinted")
        client.flushall()

        wait_until(lambda: set(Queue(queue.NAME, connection=client).job_ids) == jobs, SWEEP_LIMIT, "all are again")


@pytest.mark.faults
def test_hints_that_an_aggregator_died_with_are_pushed_by_the_next(site_with_redis: Site) -> None:
    site = site_with_redis
    job = site.order()
    dead = site.aggregator(AVIO_FAULT="aggregator.before-push:kill")
    wait_until(lambda: dead.process.poll() is not None, 15, "the aggregator has died")
    assert site.row(job)["pushed_at"] is not None

    site.aggregator()

    with redis.Redis.from_url(site.redis_url) as client:
        wait_until(lambda: Queue(queue.NAME, connection=client).job_ids == [job], SWEEP_LIMIT, "the job is hinted")


@pytest.mark.faults
def test_two_reapers_that_find_the_same_orphans_take_each_back_once(site_with_redis: Site) -> None:
    site = site_with_redis
    jobs = [running(site) for _ in range(3)]
    with borrow():
        given.lease_over("n1", 100)

    for _ in range(2):
        site.aggregator(AVIO_FAULT="aggregator.before-give-back:delay:1.5")
    wait_until(lambda: all(site.row(job)["state"] == "queued" for job in jobs), 20, "all jobs are taken back")
    wait_until(lambda: (site.home / "aggregator.log").read_text().count("nodes lost") >= 1, 5, "the node is given up")

    assert [site.row(job)["losses"] for job in jobs] == [1] * 3


@pytest.mark.faults
def test_a_reaper_that_dies_is_followed_by_another(site_with_redis: Site) -> None:
    site = site_with_redis
    jobs = [running(site) for _ in range(3)]
    with borrow():
        given.lease_over("n1", 100)
    dead = site.aggregator(AVIO_FAULT="aggregator.before-give-back:kill:2")
    wait_until(lambda: dead.process.poll() is not None, 15, "the reaper has died")
    assert sorted(site.row(job)["state"] for job in jobs) == ["queued", "running", "running"]

    site.aggregator()
    wait_until(lambda: all(site.row(job)["state"] == "queued" for job in jobs), 10, "all jobs are taken back")

    assert [site.row(job)["losses"] for job in jobs] == [1] * 3
