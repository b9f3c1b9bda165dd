"""The queries that many wait for, or that run each few seconds, go by an index: red where one is lost.

The plans are those of the databases themselves, for the statements that the functions run on a long history.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from avio.db import (
    claims,
    dead_nodes,
    deliveries,
    filelists,
    hints,
    history,
    leases,
    limits,
    orders,
    predecessors,
    retention,
    rooms,
    running,
    schedules,
    schema,
    tiers,
    timings,
    tokens,
    turns,
    uses,
    waiting,
)
from avio.db import plans as plan_queries
from avio.db.connection import borrow, is_sqlite, open_database, shut, transaction
from avio.db.models import database
from avio.db.sql import change
from avio.wire import path_terms
from avio.wire.states import JobType
from tests.contract.db import filled

ROWS = 5000
MIDDLE = "01" + str(ROWS // 2).zfill(24)
FREE_JOB = "01" + "1".zfill(24)
Filter = history.Filter

# Tables that grow, and their names in queries.
LARGE = ("jobs", "filelists", "timings", "tokens", "deliveries")
NAMES = (*LARGE, "a", "j", "n", "f", "t1", "d", "h")


def _undone(query: Callable[[], object]) -> None:
    with transaction() as undone:
        query()
        undone.rollback()


QUERIES: dict[str, Callable[[], object]] = {
    "a page of all": lambda: history.page(Filter(), 100),
    "a page of all, deep": lambda: history.page(Filter(), 100, MIDDLE),
    "a page of a user's, deep": lambda: history.page(Filter(uids=[3]), 100, MIDDLE),
    "running": lambda: history.page(Filter(states=["running"]), 100),
    "running or starting": lambda: history.page(Filter(states=["running", "starting"]), 100),
    "cancelled, deep": lambda: history.page(Filter(states=["cancelled"]), 100, MIDDLE),
    "own failed": lambda: history.page(Filter(uids=[3], states=["failed"]), 100),
    "free jobs": lambda: history.page(Filter(types=[4]), 100),
    "own failed free jobs": lambda: history.page(Filter(uids=[3], states=["failed"], types=[4]), 100),
    "a rare name": lambda: history.page(Filter(names=[filled.RARE_NAME]), 100),
    "one's own rare name": lambda: history.page(Filter(uids=[3], names=[filled.RARE_NAME]), 100),
    "two users": lambda: history.page(Filter(uids=[3, 4]), 100, MIDDLE),
    "a path": lambda: history.page(Filter(paths=[path_terms.parse("/data/set-17")]), 100),
    "failed at a path": lambda: history.page(Filter(states=["failed"], paths=[path_terms.parse("/data/*7")]), 100),
    "own since": lambda: history.page(Filter(uids=[3], since=0.0, until=9e9), 100),
    "of a node": lambda: history.page(Filter(nodes=["n1"]), 100),
    "queued of a user": lambda: orders.count_queued(1),
    "an Idempotency-Key": lambda: orders.find_by_key(1, "key"),
    "due": lambda: claims.due(8),
    "a job that waits for room": rooms.any_waits,
    "places in the queue": lambda: waiting.positions({filled.a_queued_job(): filled.OWNER}),
    "what keeps jobs waiting": waiting.busy,
    "the queue by user": turns.queue,
    "jobs by limits": lambda: turns.running(turns.limits()),
    "a job that starts": lambda: turns.starting(FREE_JOB),
    "waiting jobs": lambda: tiers.explain_waiting("words"),
    "running jobs": running.all_running,
    "held": lambda: leases.held("n1", 1),
    "the crowd": limits.crowd,
    "orphans": lambda: dead_nodes.orphans(10),
    "missing hints": lambda: hints.missing(0),
    "lost hints": lambda: hints.lost(10),
    "live attempts": leases.live_attempts,
    "who covers a path": lambda: uses.covering("/data/set-17/x", 1),
    "old jobs": lambda: retention.ended((0.0, ""), 60, 200),
    "a deletion": lambda: _undone(lambda: retention.delete_jobs([FREE_JOB])),
    "a job that a rule needs": lambda: uses.needed([MIDDLE]),
    "old lists": lambda: filelists.by_age((0.0, ""), 60, 10),
    "a list in use": lambda: _undone(lambda: filelists.close(filelists.begin(1))),
    "one's own lists": lambda: filelists.page(1, 100, MIDDLE),
    "the quota of lists": lambda: filelists.begin(2),
    "jobs beside a plan": lambda: plan_queries.beside(["/data/set-17"], 11),
    "how fast jobs were": lambda: plan_queries.moved(JobType.PRELOAD),
    "a due delivery": lambda: _undone(lambda: deliveries.claim(60)),
    "one's own deliveries": lambda: deliveries.page(2, 100, MIDDLE),
    "old deliveries": lambda: _undone(lambda: deliveries.forget(60, 10)),
    "jobs like a new one": lambda: timings.past(1, "/data/set-17"),
    "expired tokens": lambda: tokens.forget_expired(60, 10),
    "jobs after others": predecessors.settle,
    "jobs without hope": predecessors.hopeless,
    "newest jobs of a schedule": lambda: schedules.recent("01", 100),
    "shown jobs of a schedule": lambda: schedules.jobs_of("01", 10),
    "newest jobs of schedules": lambda: schedules.newest_jobs(["01", "02"]),
}

# These read the newest jobs, as many as a page needs.
BY_AGE = ("a page of all", "a rare name", "a path", "of a node", "who covers a path")


@pytest.fixture(scope="module")
def _filled(_server: Callable[[], str]) -> Iterator[None]:
    open_database(_server())
    with borrow():
        schema.prepare()
        filled.fill(ROWS)
        for number in range(2000):
            tokens.add(f"{number}", 1, number)
        change(
            "INSERT INTO deliveries (job_id, uid, tries, delivered, next_at, created_at, ended_at)"
            " SELECT id, uid, 1, true, CASE WHEN id = ? THEN 1 END, finished_at,"
            " CASE WHEN id = ? THEN NULL ELSE finished_at END FROM jobs WHERE finished_at IS NOT NULL",
            MIDDLE,
            MIDDLE,
        )
        filled.analyze()
        yield
    shut()


@pytest.fixture
def plans(_filled: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], str]:
    """Return what gives the plans of all statements that a function runs on jobs."""

    def explain(query: Callable[[], object]) -> str:
        ran: list[tuple[str, Any]] = []
        run = database.obj.execute_sql

        def record(sql: str, params: Any = None, *rest: Any) -> Any:
            ran.append((sql, params))
            return run(sql, params, *rest)

        with monkeypatch.context() as patched:
            patched.setattr(database.obj, "execute_sql", record)
            query()
        return "\n".join(_plan(sql, params) for sql, params in ran if any(table in sql for table in LARGE))

    return explain


def _plan(sql: str, params: Any) -> str:
    """Return the plan of a statement: a line for each step that reads jobs."""
    if is_sqlite():
        steps = [row[3] for row in database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()]
        return "\n".join(step for step in steps if re.match(rf"(?:SCAN|SEARCH) (?:{'|'.join(NAMES)})\b", step))
    # The table of the test is small enough for a scan to be the best.
    database.execute_sql("SET enable_seqscan = off")
    try:
        (((found,),),) = database.execute_sql(f"EXPLAIN (FORMAT JSON) {sql}", params).fetchall()
    finally:
        database.execute_sql("RESET enable_seqscan")
    return "\n".join(_steps(found["Plan"]))


def _steps(node: dict[str, Any]) -> Iterator[str]:
    """Yield the steps of a plan of PostgreSQL in SQLite's words."""
    how = "SEARCH" if "Index Cond" in node else "SCAN"
    is_large = node.get("Relation Name") in LARGE and node["Node Type"] not in ("Bitmap Heap Scan", "ModifyTable")
    if is_large or node["Node Type"] == "Bitmap Index Scan":
        yield f"{how} {node.get('Relation Name')} USING INDEX {node.get('Index Name')}"
    for child in node.get("Plans", []):
        yield from _steps(child)


def _scans(plan: str) -> list[str]:
    """Return the steps that may read all jobs. The indexes of queued and of owned jobs have few."""
    few = r"\bjobs_(?:queued|owned|turn|room)\b"
    return [step for step in plan.splitlines() if "SCAN" in step and not re.search(few, step)]


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_goes_by_an_index(name: str, plans: Callable[[Callable[[], object]], str]) -> None:
    plan = plans(QUERIES[name])

    assert plan
    assert _scans(plan) == [] or name in BY_AGE, plan


@pytest.mark.parametrize(
    ("index", "name"),
    [
        ("jobs_state", "cancelled, deep"),
        ("jobs_state_of_user", "own failed"),
        ("jobs_state_of_user", "queued of a user"),
        ("jobs_of_user", "a page of a user's, deep"),
        ("jobs_of_user", "two users"),
        ("jobs_state", "failed at a path"),
        ("jobs_queued", "lost hints"),
        ("jobs_turn", "due"),
        ("jobs_room", "a job that waits for room"),
        ("jobs_owned", "held"),
        ("jobs_path", "who covers a path"),
        ("jobs_ended", "old jobs"),
        ("jobs_retries", "a deletion"),
        ("jobs_uses", "a job that a rule needs"),
        ("jobs_list", "a list in use"),
        ("jobs_state", "how fast jobs were"),
        ("filelists_age", "old lists"),
        ("filelists_of_user", "one's own lists"),
        ("tokens_expiry", "expired tokens"),
        ("deliveries_due", "a due delivery"),
        ("deliveries_held", "a due delivery"),
        ("deliveries_of_user", "one's own deliveries"),
        ("deliveries_ended", "old deliveries"),
        ("jobs_queued", "jobs after others"),
        ("jobs_of_schedule", "newest jobs of a schedule"),
        ("jobs_of_schedule", "newest jobs of schedules"),
    ],
)
def test_a_query_goes_by_the_index_that_was_made_for_it(
    index: str, name: str, plans: Callable[[Callable[[], object]], str]
) -> None:
    assert re.search(rf"\b{index}\b", plans(QUERIES[name]))
