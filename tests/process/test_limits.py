"""Limits that change while a job runs, from the call of a user to the bytes: real processes, both databases."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from avio.db import orders
from avio.db.connection import borrow
from tests.process.avio_process import Web
from tests.process.site import Site
from tests.processes import wait_until
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.faults

KIB = 1 << 10
FILES = 256
FILE_BYTES = 128 * KIB  # 32 MiB in all


@pytest.fixture(scope="module", autouse=True)
def server(postgres_server: Postgres) -> Postgres:
    """A PostgreSQL that is there before the first test: no test leaves it behind."""
    return postgres_server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, server: Postgres) -> str | None:
    """One of the two databases."""
    return None if request.param == "sqlite" else server.make_database()


@pytest.fixture
def site(site_with_redis: Site) -> Site:
    (site_with_redis.bucket / "set").mkdir()
    for number in range(FILES):
        (site_with_redis.bucket / "set" / f"{number:03}").write_bytes(bytes(FILE_BYTES))
    return site_with_redis


def change(site: Site, web: Web, job: str, **members: Any) -> dict[str, Any]:
    """Change a job as a user does; return what web says of it."""
    headers = {"Authorization": f"QBox {site.token()}"}
    reply = httpx2.patch(f"{web.url}/jobs/{job}", json=members, headers=headers, timeout=20)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def order(**limits: int) -> str:
    """Queue a preload of all files with limits, without a hint; return its id."""
    with borrow():
        new = orders.NewJob(1, "load", 1, json.dumps({"alluxioUri": "/data/set", **limits}))
        return str(orders.insert(new)[0].id)


def log_of(site: Site, job: str) -> Callable[[], str]:
    """Return what reads the log of a job that runs."""
    file = site.home / "spool" / "n1" / f"{job}.1" / "log"
    return lambda: file.read_text() if file.exists() else ""


def test_a_job_that_crawls_is_fast_after_a_change(site: Site) -> None:
    web = site.web()
    site.supervisor()
    job = order(bandwidth=64 * KIB, concurrency=1)  # more than eight minutes
    wait_until(site.cached, 20, "the first file is there")
    time.sleep(1)
    assert len(site.cached()) < 10
    log = log_of(site, job)

    assert change(site, web, job, bandwidth=None, concurrency=3)["bandwidth"] is None
    wait_until(lambda: "limits: bandwidth no limit, concurrency 3" in log() or not log(), 5, "the job knows")

    assert site.wait_for_end(job)["state"] == "succeeded"
    assert len(site.cached()) == FILES


def test_a_fast_job_crawls_after_a_change(site: Site) -> None:
    web = site.web()
    site.supervisor()
    job = order(bandwidth=2048 * KIB)  # sixteen seconds
    wait_until(lambda: len(site.cached()) > 20, 20, "it is fast")
    log = log_of(site, job)

    change(site, web, job, bandwidth=64 * KIB)
    wait_until(lambda: "limits: bandwidth 65,536 bytes per second" in log(), 5, "the job knows")
    before = len(site.cached())
    time.sleep(3)

    assert len(site.cached()) - before <= 8 + 2, "those that eight threads had begun, and a file in two seconds"
    site.cancel(job)
    assert site.wait_for_end(job, limit=8)["state"] == "cancelled"


def test_a_job_that_waits_begins_with_what_it_has_at_its_claim(site: Site) -> None:
    web = site.web()
    job = order(bandwidth=64 * KIB)
    change(site, web, job, bandwidth=None)

    site.supervisor()

    assert site.wait_for_end(job)["state"] == "succeeded"


def test_jobs_share_the_bandwidth_of_the_server(site: Site) -> None:
    first, second = order(), order(bandwidth=64 * KIB)
    site.supervisor(AVIO_BANDWIDTH="1MiB")
    logs = log_of(site, first), log_of(site, second)
    wait_until(lambda: "bandwidth 524,288 bytes per second" in logs[0](), 15, "each has a half")

    site.cancel(second)
    wait_until(lambda: "bandwidth 1,048,576 bytes per second" in logs[0](), 15, "the first has all of it")

    assert "524,288" not in logs[1](), "its own limit is less"
    site.cancel(first)
    assert site.wait_for_end(first)["state"] == "cancelled"
