"""The queries of a scrape: what they tell of jobs, nodes and tiers, and that they look at no ended job."""

import pytest

from avio.db import figures, orders, tiers
from avio.db.connection import is_sqlite, transaction
from avio.db.models import database
from avio.db.sql import change, dialect
from avio.wire.states import State
from tests.contract.db import given


@pytest.fixture(autouse=True)
def _tables(db: str) -> None:
    given.user()
    given.node()


def test_jobs_that_have_not_ended_are_counted_by_state_and_type() -> None:
    for state in State:
        given.in_state(state)

    assert figures.unfinished_jobs() == {(state, 1): 1 for state in ("queued", "starting", "running", "stopping")}


def test_the_oldest_due_job_waits_since_it_is_due() -> None:
    assert figures.oldest_due() == 0
    change("UPDATE jobs SET run_at = {now} - 5 WHERE id = ?", given.job())
    change("UPDATE jobs SET run_at = {now} - 50 WHERE id = ?", given.job())
    change("UPDATE jobs SET run_at = {now} + 500 WHERE id = ?", given.job())

    assert 50 <= figures.oldest_due() < 500


def test_a_job_that_may_not_begin_yet_waits_for_no_node() -> None:
    orders.insert(orders.NewJob(1, "", 1, '{"alluxioUri": "/data"}', not_before=4e9))

    assert figures.oldest_due() == 0


def test_nodes_have_their_jobs_and_the_age_of_their_lease() -> None:
    given.running()
    given.node("silent", lease=60)
    given.lease_over("silent", 5)
    change("UPDATE nodes SET seen_at = {now} - 65 WHERE name = 'silent'")
    first, second = figures.nodes()

    assert (first.name, first.state, first.alive, first.slots, first.busy) == ("n1", "active", True, 2, 1)
    assert 0 <= first.lease_age < 30
    assert (second.name, second.alive, second.busy) == ("silent", False, 0)
    assert 65 <= second.lease_age < 100


def test_a_node_that_was_lost_long_ago_is_left_out() -> None:
    given.node("old")
    change("UPDATE nodes SET state = 'lost', seen_at = {now} - 100 WHERE name = 'old'")
    assert [node.name for node in figures.nodes()] == ["n1", "old"]

    change("UPDATE nodes SET seen_at = {now} - 100000 WHERE name = 'old'")
    assert [node.name for node in figures.nodes()] == ["n1"]


def test_a_tier_that_nobody_reported_has_no_figures() -> None:
    change("DELETE FROM tiers")
    tiers.register("SSD", "id")
    (tier,) = figures.tiers()
    assert (tier.capacity, tier.used, tier.reserved, tier.age) == (None, None, None, None)

    change("UPDATE tiers SET capacity = 9, used = 4, reserved = 1, free = 4, seen_at = {now} - 3")
    (tier,) = figures.tiers()
    assert (tier.capacity, tier.used, tier.reserved) == (9, 4, 1)
    assert tier.age is not None
    assert 3 <= tier.age < 60


@pytest.mark.parametrize(
    "query",
    [
        "SELECT state, type, count(*) FROM jobs WHERE state IN {unfinished} GROUP BY state, type",
        "SELECT min(run_at) FROM jobs WHERE state = 'queued' AND run_at <= 1",
        "SELECT node, count(*) FROM jobs WHERE state IN {owned} GROUP BY node",
    ],
)
def test_a_scrape_reads_an_index_and_no_ended_job(query: str) -> None:
    explain = "EXPLAIN QUERY PLAN " if is_sqlite() else "EXPLAIN "
    with transaction():
        if not is_sqlite():
            change("SET LOCAL enable_seqscan = off")  # a table with few rows is read as a whole
        plan = " ".join(str(row) for row in database.execute_sql(explain + dialect(query)).fetchall())

    assert "jobs_state" in plan or "jobs_queued" in plan or "jobs_owned" in plan
