"""Queries on a long history: 200,000 jobs in SQLite and in PostgreSQL. What people and parts of the server wait for.

Retention comes last, since it deletes. Its bites come every 0.1 s here; the server makes one a second.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from avio.aggregator.counting import Counting
from avio.aggregator.retention import Retention
from avio.aggregator.sweeper import sweep
from avio.config.retention import RetentionSettings
from avio.db import claims, dead_nodes, hints, history, leases, orders, running, schema, uses
from avio.db.connection import borrow, open_database, shut
from avio.db.sql import change
from avio.rules.figures import FiguresReader
from avio.wire import path_terms
from avio.wire.states import JobType, State
from bench.figures import Figure, spread
from tests.contract.db import filled
from tests.servers.postgres import postgres

ROWS = 200_000
CALLS = 9
BITES = 50
PAUSE_SECONDS = 0.1
QUERY_MS, LOOP_MS = 20, 5
MIDDLE = "01" + str(ROWS // 2).zfill(24)
Filter = history.Filter

# People wait for these.
ASKED: dict[str, Callable[[], object]] = {
    "GET /jobs, first page": lambda: history.page(Filter(), 100),
    "GET /jobs, own, deep": lambda: history.page(Filter(uids=[1]), 100, MIDDLE),
    "status=running": lambda: history.page(Filter(states=["running"]), 100),
    "status=queued": lambda: history.page(Filter(states=["queued"]), 100),
    "status=cancelled": lambda: history.page(Filter(states=["cancelled"]), 100),
    "status=failed, own": lambda: history.page(Filter(uids=[3], states=["failed"]), 100),
    "status=starting,running, own": lambda: history.page(Filter(uids=[5], states=["starting", "running"]), 100),
    "type=4": lambda: history.page(Filter(types=[filled.FREE]), 100),
    "type=4, status=failed": lambda: history.page(Filter(types=[filled.FREE], states=["failed"]), 100),
    "name=, rare": lambda: history.page(Filter(names=[filled.RARE_NAME]), 100),
    "name=, rare, own": lambda: history.page(Filter(uids=[1], names=[filled.RARE_NAME]), 100),
    "two users, deep": lambda: history.page(Filter(uids=[3, 4]), 100, MIDDLE),
    "path:, rare": lambda: history.page(Filter(paths=[path_terms.parse("/data/set-17")]), 100),
    "path:, a glob of all": lambda: history.page(Filter(paths=[path_terms.parse("/*/set-*7")]), 100),
    "path:, status:failed, own": lambda: history.page(
        Filter(uids=[3], states=["failed"], paths=[path_terms.parse("/data/set-17")]), 100
    ),
    "path:, all states, types, 8 users": lambda: history.page(
        Filter(uids=range(1, 9), states=list(State), types=list(JobType), paths=[path_terms.parse("/no")]), 100
    ),
    "node:, rare": lambda: history.page(Filter(nodes=["n9"]), 100),
    "GET /nodes and /mounts": running.all_running,
    "GET /metrics": FiguresReader(("/data",)).read,
    "count_queued, user with 60 %": lambda: orders.count_queued(filled.OWNER),
    "an Idempotency-Key": lambda: orders.find_by_key(1, "key"),
    "free: used by others": lambda: uses.of_others("/data/set-17/x", 1),
    "free: covered by own": lambda: uses.covering("/data/set-17/x", 1),
}
# Nodes and aggregators run these each second or two.
LOOPED: dict[str, Callable[[], object]] = {
    "orphans": lambda: dead_nodes.orphans(10),
    "due": lambda: claims.due(8),
    "held": lambda: leases.held("n1", 1),
    "live attempts": leases.live_attempts,
    "sweep, all jobs hinted": lambda: sweep(lambda: filled.QUEUED, lambda _: None),
}


def measure(directory: Path) -> list[Figure]:
    """Return the time of each query in ms, on both databases."""
    with postgres() as server:
        return [
            *_measure("SQLite", f"sqlite:///{directory}/avio.db"),
            *_measure("PostgreSQL", server.make_database()),
        ]


def _measure(product: str, url: str) -> Iterator[Figure]:
    open_database(url)
    try:
        with borrow():
            schema.prepare()
            filled.fill(ROWS)
            for queries, limit in ((ASKED, QUERY_MS), (LOOPED, LOOP_MS)):
                for name, query in queries.items():
                    yield spread(f"{product}: {name}", [_ms(query) for _ in range(CALLS)], "ms", at_most=limit)
            lost = [_ms_lost() for _ in range(CALLS)]
            yield spread(f"{product}: sweep, 500 hints lost", lost, "ms", at_most=QUERY_MS)
            counting = Counting(("/data",))
            counts = [_ms(counting.count) for _ in range(CALLS)]
            yield spread(f"{product}: counting for metrics", counts, "ms", at_most=QUERY_MS)
            yield from _retention(product)
    finally:
        shut()


def _retention(product: str) -> Iterator[Figure]:
    """Let a tenth of the jobs be old enough."""
    worker = Retention(RetentionSettings(job_keep=ROWS * 9, artifact_keep=0))
    before = history.Job.select().count()
    bites = []
    with ThreadPoolExecutor(1) as pool:
        heartbeats = pool.submit(_renew_until, time.monotonic() + BITES * PAUSE_SECONDS)
        for _ in range(BITES):
            bites.append(_ms(worker.bite))
            time.sleep(PAUSE_SECONDS)
    deleted = before - history.Job.select().count()
    yield spread(f"{product}: a bite of retention", bites, "ms", at_most=100)
    yield spread(f"{product}: a heartbeat beside it", heartbeats.result(), "ms", at_most=100)
    yield Figure(f"{product}: jobs deleted by a bite", deleted / BITES, "jobs", at_least=5)


def _renew_until(end: float) -> list[float]:
    """Renew the lease of a node again and again, as each does every two seconds. Return how long it took, in ms."""
    took = []
    with borrow():
        while time.monotonic() < end:
            took.append(_ms(lambda: leases.renew("n1", 1, 60)))
            time.sleep(0.01)
    return took


def _ms_lost() -> float:
    change("UPDATE jobs SET pushed_at = 1 WHERE state = 'queued'")
    return _ms(hints.lost)


def _ms(query: Callable[[], object]) -> float:
    began = time.monotonic()
    query()
    return (time.monotonic() - began) * 1000
