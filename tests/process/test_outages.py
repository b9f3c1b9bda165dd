"""Redis or the database frozen, which is worse than gone: calls hang. Leases, polling and jobs go on or come back."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avio.db import schema
from avio.db.connection import borrow, open_database
from avio.db.sql import now
from supervisor.keeper import process_tree
from tests.contract.db import given
from tests.process.site import Site
from tests.processes import wait_until
from tests.servers.postgres import Postgres, postgres
from tests.servers.valkey import Valkey, valkey

FROZEN = 4.0  # seconds, beyond the fence


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a server with all its processes for the length of a `with` block."""
    pids = [pid, *process_tree.descendants(pid)]
    for one in pids:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in pids:
            os.kill(one, signal.SIGCONT)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Valkey]:
    with valkey(tmp_path / "valkey") as server:
        yield server


@pytest.mark.faults
def test_while_redis_hangs_leases_are_renewed_and_queued_jobs_begin_and_end(site: Site, redis: Valkey) -> None:
    site.fill(20)
    site.redis_url = redis.url
    site.supervisor()
    site.aggregator()
    assert site.wait_for_end(site.order())["state"] == "succeeded"

    with frozen(redis.pid):
        began = time.monotonic()
        job = site.order()
        oldest = 0.0
        while site.row(job)["finished_at"] is None and time.monotonic() - began < 25:
            node = site.node()
            with borrow():
                oldest = max(oldest, now() - node.seen_at)
            time.sleep(0.1)
        row = site.row(job)
    assert (row["state"], row["attempt"]) == ("succeeded", 1)
    assert row["started_at"] - row["created_at"] < 5
    assert oldest < 3  # a renewal each half second; none was held up by a call to Redis, as far as a busy machine tells
    assert site.wait_for_end(site.order())["state"] == "succeeded"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A PostgreSQL that these tests alone may freeze."""
    with postgres() as made:
        yield made


@pytest.fixture
def site_on_postgres(site: Site, server: Postgres) -> Site:
    site.database_url = server.make_database()
    open_database(site.database_url)
    with borrow():
        schema.prepare()
        given.user()
    return site


@pytest.mark.faults
@pytest.mark.parametrize(
    ("fence", "attempts", "losses"), [(15, 1, 0), (2, 2, 1)], ids=["within the fence", "beyond it"]
)
def test_a_job_outlives_a_database_that_hangs_or_is_begun_again(
    site_on_postgres: Site, server: Postgres, fence: int, attempts: int, losses: int
) -> None:
    site = site_on_postgres
    site.fill(10)
    job = site.order()
    times = {"AVIO_FENCE": str(fence), "AVIO_LEASE": str(fence + 1)}
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:6", **times)
    wait_until(lambda: len(site.cached()) == 10, 20, "all files have arrived")
    site.wait_for(job, "running")
    process = supervisor.job()

    with frozen(server.pid):
        time.sleep(FROZEN)
    row = site.wait_for_end(job, limit=40)

    assert (row["state"], row["attempt"], row["losses"], row["crashes"]) == ("succeeded", attempts, losses, 0)
    assert site.attempts(job)[-1].pid == process
    assert row["verified_files"] == 10
