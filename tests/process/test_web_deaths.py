"""What becomes of an order when web dies with it, and when the database is away: a repeated order makes one job."""

import httpx2
import pytest
import redis
from rq import Queue

from avio import queue
from avio.db.connection import borrow
from avio.db.models import Job
from tests.process.avio_process import Web
from tests.process.site import Site
from tests.processes import wait_until

BODY = {"params": {"alluxioUri": "/data/set"}}


@pytest.fixture
def site(site_with_redis: Site) -> Site:
    site_with_redis.fill(3)
    return site_with_redis


def post(site: Site, web: Web, key: str) -> httpx2.Response:
    headers = {"Authorization": f"QBox {site.token()}", "Idempotency-Key": key}
    return httpx2.post(f"{web.url}/preload", json=BODY, headers=headers, timeout=20)


def order_that_dies(site: Site, fault: str) -> Web:
    """Start web, and send it an order that its worker dies of; return once another worker answers."""
    web = site.web(AVIO_FAULT=fault)
    with pytest.raises(httpx2.TransportError):
        post(site, web, "key")
    wait_until(web.answers, 20, "another worker answers")
    return web


def jobs() -> list[Job]:
    with borrow():
        return list(Job.select())


def hints(site: Site) -> list[str]:
    with redis.Redis.from_url(site.redis_url) as client:
        return list(Queue(queue.NAME, connection=client).job_ids)


@pytest.mark.faults
def test_an_order_that_web_dies_of_before_the_commit_leaves_nothing_and_can_be_sent_again(site: Site) -> None:
    web = site.web(AVIO_FAULT="web.before-insert:kill:2")
    assert post(site, web, "first").status_code == 202
    with pytest.raises(httpx2.TransportError):
        post(site, web, "key")
    assert len(jobs()) == 1
    wait_until(web.answers, 20, "another worker answers")

    reply = post(site, web, "key")

    assert reply.status_code == 202
    assert len(jobs()) == 2


@pytest.mark.faults
def test_a_job_whose_hint_web_did_not_live_to_push_is_hinted_by_the_sweep(site: Site) -> None:
    web = order_that_dies(site, "web.after-commit:kill")
    [job] = jobs()
    assert (job.state, job.pushed_at, hints(site)) == ("queued", None, [])

    reply = post(site, web, "key")
    site.aggregator()
    wait_until(lambda: hints(site) == [job.id], 15, "the job is hinted")

    assert (reply.status_code, reply.json()["id"]) == (200, job.id)
    assert len(jobs()) == 1


@pytest.mark.faults
def test_an_order_whose_reply_is_lost_gives_the_same_job_when_it_is_sent_again(site: Site) -> None:
    web = order_that_dies(site, "web.after-push:kill")
    [job] = jobs()

    replies = [post(site, web, "key") for _ in range(3)]

    assert {reply.json()["id"] for reply in replies} == {job.id}
    assert len(jobs()) == 1
    assert hints(site) == [job.id]
