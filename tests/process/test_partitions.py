"""A node that is parted from its database or from Redis, and a database that is away: who runs on, who must not.

Over PostgreSQL, with the node's way to it through a proxy; each job process holds a lock, so that none runs twice.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import httpx2
import pytest

from supervisor.keeper import process_tree
from tests.process.programs.witness import overlaps, witnessed
from tests.process.site import Site
from tests.process.tcp_proxy import Proxy
from tests.processes import is_alive, kept, wait_until
from tests.servers.postgres import Postgres, postgres

pytestmark = pytest.mark.faults

WITNESS = "tests.process.programs.witness"

# Fence, lease and grace of the site are 2, 3 and 1 s: so soon the process is gone, and the job back on the queue.
FENCED_LIMIT = 2 + 1.5
REAPED_LIMIT = 3 + 1 + 6.0

# With a fence of 8 s and a heartbeat of 0.5 s.
AWAY_SECONDS = 4.0

LONG = {"AVIO_FAULT": "executor.before-verify:delay:60"}


@pytest.fixture
def away() -> Iterator[Postgres]:
    """A PostgreSQL of this test alone, which it may freeze and kill."""
    with postgres() as server:
        kept.add(server.pid)
        yield server
        _signal(server, signal.SIGCONT)


@pytest.fixture
def database_url(away: Postgres) -> str:
    """The site's database."""
    return away.make_database()


@pytest.fixture
def site(site_with_redis: Site) -> Site:
    """A place on that PostgreSQL."""
    return site_with_redis


@contextmanager
def proxy_to(url: str) -> Iterator[tuple[Proxy, str]]:
    """Yield a proxy to the server of `url`, and the URL that goes through it."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    with Proxy(parts.hostname, parts.port) as proxy:
        yield proxy, url.replace(f":{parts.port}/", f":{proxy.port}/")


def _signal(server: Postgres, number: signal.Signals) -> None:
    for pid in [server.pid, *process_tree.descendants(server.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def begin(site: Site, files: int = 20) -> str:
    """Order a preload; return its id."""
    site.fill(files)
    return site.order()


@pytest.mark.parametrize("how", ["cut", "silent"])
def test_a_node_parted_from_the_database_fences_itself_before_another_takes_its_job(site: Site, how: str) -> None:
    job = begin(site)
    site.aggregator()
    with proxy_to(site.database_url) as (proxy, url):
        parted = site.supervisor("n1", WITNESS, AVIO_DATABASE_URL=url, **LONG)
        site.wait_for(job, "running")
        process = parted.job()

        if how == "cut":
            proxy.cut()
        proxy.silent = how == "silent"
        site.supervisor("n2", WITNESS)
        wait_until(lambda: not is_alive(process), FENCED_LIMIT, "the job process fences itself")
        assert site.row(job)["state"] == "running"
        row = site.wait_for_end(job, limit=REAPED_LIMIT + 10)

        assert (row["state"], row["attempt"], row["losses"], row["crashes"]) == ("succeeded", 2, 1, 0)
        assert [attempt.node for attempt in site.attempts(job)] == ["n2", "n1"]
        assert (witnessed(site.bucket), overlaps(site.bucket)) == (1, [])
        proxy.mend()
        wait_until(lambda: site.node("n1").epoch == 2, 20, "the node is back, in a new epoch")
    assert site.row(job) == row


def test_a_node_parted_from_redis_alone_goes_on_and_takes_jobs(site: Site) -> None:
    job = begin(site)
    site.aggregator()
    with proxy_to(site.redis_url) as (proxy, url):
        site.supervisor("n1", AVIO_REDIS_URL=url, AVIO_FAULT="executor.before-verify:delay:2")
        site.wait_for(job, "running")

        proxy.cut()
        second = site.order()
        rows = [site.wait_for_end(each) for each in (job, second)]

    assert [(row["state"], row["attempt"], row["files_done"]) for row in rows] == [("succeeded", 1, 20)] * 2


@pytest.mark.parametrize("how", ["frozen", "killed"])
def test_a_job_outlives_a_database_that_is_away_for_less_than_the_fence(site: Site, away: Postgres, how: str) -> None:
    job = begin(site)
    fault = {"AVIO_FAULT": "executor.before-verify:delay:8", "AVIO_FENCE": "8", "AVIO_LEASE": "9"}
    supervisor = site.supervisor(module=WITNESS, **fault)
    web = site.web(**fault)
    token = {"Authorization": f"QBox {site.token()}"}
    site.wait_for(job, "running")
    process = supervisor.job()

    away.kill() if how == "killed" else _signal(away, signal.SIGSTOP)
    if how == "killed":
        reply = httpx2.get(f"{web.url}/jobs/{job}", headers=token, timeout=20)
        assert (reply.status_code, reply.headers["Retry-After"].isdecimal()) == (503, True)
    time.sleep(AWAY_SECONDS)
    away.start() if how == "killed" else _signal(away, signal.SIGCONT)

    assert is_alive(process)
    wait_until(lambda: httpx2.get(f"{web.url}/jobs/{job}", headers=token, timeout=20).is_success, 15, "web is back")
    row = site.wait_for_end(job)
    assert (row["state"], row["attempt"], row["losses"]) == ("succeeded", 1, 0)


def test_a_job_is_begun_again_after_a_database_that_was_away_for_longer(site: Site, away: Postgres) -> None:
    job = begin(site)
    supervisor = site.supervisor(module=WITNESS, AVIO_FAULT="executor.before-verify:delay:8")
    site.aggregator()
    site.wait_for(job, "running")
    process = supervisor.job()

    _signal(away, signal.SIGSTOP)
    wait_until(lambda: not is_alive(process), FENCED_LIMIT, "the job process fences itself")
    _signal(away, signal.SIGCONT)
    row = site.wait_for_end(job, limit=40)

    assert (row["state"], row["crashes"]) == ("succeeded", 0)
    assert row["attempt"] >= 2
    assert site.attempts(job)[-1].outcome in ("fenced", "lost")
    assert overlaps(site.bucket) == []


def test_a_node_that_was_frozen_beyond_lease_and_grace_runs_nothing_twice(site: Site) -> None:
    site.fill(20)
    jobs = [site.order() for _ in range(2)]
    frozen = site.supervisor("n1", WITNESS, **LONG)
    for job in jobs:
        site.wait_for(job, "running")
    intake, processes = frozen.intake(), frozen.jobs()

    for pid in (frozen.pid, intake):
        os.kill(pid, signal.SIGSTOP)
    site.aggregator()
    site.supervisor("n2", WITNESS)
    wait_until(lambda: not any(map(is_alive, processes)), FENCED_LIMIT, "the job processes fence themselves")
    rows = [site.wait_for_end(job, limit=REAPED_LIMIT + 15) for job in jobs]
    for pid in (frozen.pid, intake):
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: site.node("n1").epoch == 2, 20, "the thawed node begins a new epoch")

    assert [(row["state"], row["attempt"], row["losses"]) for row in rows] == [("succeeded", 2, 1)] * 2
    assert (witnessed(site.bucket), overlaps(site.bucket)) == (2, [])
    assert [site.row(job) for job in jobs] == rows
