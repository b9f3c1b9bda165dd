"""What becomes of a job when the supervisor dies with its hint, its claim or its end in hand."""

import os
import signal

import pytest
import redis

from avio import queue
from avio.db.connection import borrow
from avio.db.sql import change
from tests.process.site import Site
from tests.processes import is_alive, wait_until

pytestmark = pytest.mark.faults

# What is mended by a restart of intake or keeper takes the seconds that these need to begin, on a busy machine too.
RESTART_LIMIT = 25.0

PATIENT = {"AVIO_FENCE": "10", "AVIO_LEASE": "11"}


def test_a_job_whose_hint_intake_died_with_is_found_by_polling(site_with_redis: Site) -> None:
    site = site_with_redis
    site.fill(3)
    supervisor = site.supervisor(AVIO_FAULT="intake.dequeued:kill")
    first = supervisor.intake()
    wait_until(lambda: site.node() is not None, 15, "the node is there")
    with redis.Redis.from_url(site.redis_url) as client:
        job = site.order()
        queue.push(client, [job])

    row = site.wait_for_end(job, limit=RESTART_LIMIT)

    assert (row["state"], row["attempt"], row["losses"]) == ("succeeded", 1, 0)
    assert supervisor.intake() != first or not is_alive(first)


def test_a_claim_that_intake_died_with_is_given_back_by_the_next_intake(site: Site) -> None:
    site.fill(3)
    supervisor = site.supervisor(AVIO_FAULT="intake.after-claim:kill:2", **PATIENT)
    first = site.order()
    assert site.wait_for_end(first)["state"] == "succeeded"
    intake = supervisor.intake()

    job = site.order()
    row = site.wait_for_end(job, limit=RESTART_LIMIT)

    assert (row["state"], row["attempt"], row["losses"], row["crashes"]) == ("succeeded", 2, 1, 0)
    assert supervisor.intake() != intake
    assert site.node().epoch == 1


def test_an_intake_that_dies_after_an_upgrade_of_the_tables_costs_no_job(site: Site) -> None:
    site.fill(3)
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:4", **PATIENT)
    job = site.order()
    site.wait_for(job, "running")
    first = supervisor.intake()
    with borrow():
        change("UPDATE schema_version SET version = version + 1")

    os.kill(first, signal.SIGKILL)
    row = site.wait_for_end(job, limit=RESTART_LIMIT)

    assert (row["state"], row["attempt"], row["losses"], row["crashes"]) == ("succeeded", 1, 0, 0)
    assert supervisor.intake() != first


@pytest.mark.parametrize("step", [1, -1])
def test_a_supervisor_does_not_start_with_tables_of_another_version(site: Site, step: int) -> None:
    with borrow():
        change("UPDATE schema_version SET version = version + ?", step)

    supervisor = site.supervisor()

    assert supervisor.process.wait(RESTART_LIMIT) == 1
    words = [line for line in supervisor.words().splitlines() if "the database has version" in line]
    assert len(words) == 1, "one message"
    assert "this supervisor leaves" in words[0]
    assert ("install that avio" if step > 0 else "run avio-server db upgrade") in words[0]


def test_a_claim_that_the_whole_supervisor_died_with_is_given_back_by_the_next_one(site: Site) -> None:
    site.fill(3)
    job = site.order()
    dead = site.supervisor(AVIO_FAULT="keeper.before-fork:kill", AVIO_LEASE="60")
    wait_until(lambda: dead.process.poll() is not None, 25, "keeper has died")
    assert site.row(job)["state"] == "starting"

    site.supervisor()
    row = site.wait_for_end(job, limit=RESTART_LIMIT)

    assert (row["state"], row["attempt"], row["losses"]) == ("succeeded", 2, 1)
    assert site.attempts(job)[1].outcome == "lost"


@pytest.mark.parametrize("point", ["intake.before-end", "intake.before-finish", "intake.after-end"])
def test_an_end_that_intake_died_with_is_told_again_by_keeper(site: Site, point: str) -> None:
    site.fill(3)
    supervisor = site.supervisor(AVIO_FAULT=f"{point}:kill:2", **PATIENT)
    assert site.wait_for_end(site.order())["state"] == "succeeded"
    intake = supervisor.intake()

    job = site.order()
    row = site.wait_for_end(job, limit=RESTART_LIMIT)
    wait_until(lambda: not is_alive(intake), 5, "intake has died")

    assert (row["state"], row["attempt"], row["losses"], row["verified_files"]) == ("succeeded", 1, 0, 3)
    wait_until(lambda: not list((site.home / "spool" / "n1").glob("*.*")), RESTART_LIMIT, "the spool is empty")
    assert site.row(job) == row


def test_an_end_in_the_spool_outlives_intake_and_keeper(site: Site) -> None:
    site.fill(3)
    job = site.order()
    dead = site.supervisor(AVIO_FAULT="keeper.job-ended:kill", AVIO_LEASE="60")
    wait_until(lambda: dead.process.poll() is not None, 25, "keeper has died")
    assert site.row(job)["finished_at"] is None

    site.supervisor()
    row = site.wait_for_end(job, limit=RESTART_LIMIT)

    assert (row["state"], row["attempt"], row["losses"], row["verified_files"]) == ("succeeded", 1, 0, 3)
