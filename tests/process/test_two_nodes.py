"""With Redis, an aggregator and two nodes: hints, and a frozen node that loses its job to another."""

import os
import signal

import pytest
import redis

from avio import queue
from tests.process.site import Site
from tests.processes import is_alive, wait_until


def push(site: Site, job: str) -> None:
    """Put a hint onto the queue, as web does."""
    with redis.Redis.from_url(site.redis_url) as client:
        queue.push(client, [job])


@pytest.mark.faults
def test_a_job_goes_on_and_others_begin_while_redis_is_wiped(site_with_redis: Site) -> None:
    site = site_with_redis
    site.fill(20)
    job = site.order()
    push(site, job)
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:1.5")
    site.aggregator()
    supervisor.job()
    waiting = site.order()

    with redis.Redis.from_url(site.redis_url) as client:
        client.flushall()

    assert site.wait_for_end(job)["state"] == "succeeded"
    assert site.wait_for_end(waiting)["state"] == "succeeded"
    assert (site.row(job)["attempt"], site.row(waiting)["attempt"]) == (1, 1)


@pytest.mark.faults
def test_a_frozen_node_loses_its_job_to_another_and_does_no_harm_when_it_thaws(site_with_redis: Site) -> None:
    site = site_with_redis
    site.fill(50)
    job = site.order()
    frozen = site.supervisor("n1", AVIO_FAULT="executor.before-verify:delay:30")
    wait_until(lambda: len(site.cached()) == 50, 20, "all files have arrived")
    process, intake = frozen.job(), frozen.intake()
    site.wait_for(job, "running")

    for pid in (frozen.pid, intake):
        os.kill(pid, signal.SIGSTOP)
    site.aggregator()
    site.supervisor("n2")
    wait_until(lambda: not is_alive(process), 5, "the job process fences itself")
    row = site.wait_for_end(job)
    for pid in (frozen.pid, intake):
        os.kill(pid, signal.SIGCONT)

    assert (row["state"], row["attempt"], row["losses"]) == ("succeeded", 2, 1)
    assert [attempt.node for attempt in site.attempts(job)] == ["n2", "n1"]
    wait_until(lambda: site.node("n1").epoch == 2, 10, "the thawed node begins a new epoch")
    after = site.row(job)
    assert after == row
    assert site.node("n1").state == "active"
