"""What becomes of jobs when keeper dies, when a node is drained, and when it was given up."""

import os
import signal

import pytest

from avio.db import artifacts
from avio.db.connection import borrow
from avio.db.sql import change
from tests.process.avio_process import STOP_LIMIT
from tests.process.site import Site
from tests.processes import is_alive, wait_until

pytestmark = pytest.mark.faults


def test_jobs_die_with_keeper_and_a_new_supervisor_finishes_them(site: Site) -> None:
    site.fill(100)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:30")
    wait_until(lambda: len(site.cached()) == 100, 20, "all files have arrived")
    process, intake = supervisor.job(), supervisor.intake()

    for pid in (process, intake):  # stopped, they can't leave by themselves
        os.kill(pid, signal.SIGSTOP)
    supervisor.kill()
    wait_until(lambda: not is_alive(process), 5, "the job process dies with keeper")
    wait_until(lambda: not is_alive(intake), 5, "intake dies with keeper")
    assert site.row(job)["state"] == "running"
    site.supervisor()
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["crashes"], row["losses"]) == ("succeeded", 2, 0, 1)
    assert site.attempts(job)[1].outcome == "lost"
    assert site.node().epoch == 2


def test_a_start_that_ends_older_attempts_for_longer_than_a_lease_keeps_the_node(site: Site) -> None:
    site.fill(10)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:30", AVIO_LEASE="60")
    wait_until(lambda: site.row(job)["state"] == "running", 20, "the job runs")
    log = site.home / "spool" / "n1" / f"{job}.1" / "log"

    supervisor.kill()
    with open(log, "a", encoding="ascii") as stream:
        stream.write("the last words\n")
    successor = site.supervisor(AVIO_FAULT="intake.before-finish:delay:6")  # lease and grace are 4 s
    wait_until(lambda: site.node().epoch == 2, 20, "the successor is registered")
    site.aggregator()
    row = site.wait_for_end(job)

    assert (row["state"], row["losses"], site.node().epoch) == ("succeeded", 1, 2)
    assert "lease lost" not in successor.words()
    with borrow():
        assert b"the last words" in b"".join(artifacts.read(job, 1, "log"))


def test_a_result_outlives_the_whole_supervisor(site: Site) -> None:
    site.fill(10)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="executor.after-result:delay:30")
    wait_until((site.home / "spool" / "n1" / f"{job}.1" / "result.json").exists, 20, "the result is written")

    supervisor.kill()
    site.supervisor()
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["losses"], row["verified_files"]) == ("succeeded", 1, 0, 10)


def test_a_result_outlives_the_whole_machine(site: Site) -> None:
    site.fill(10)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="executor.after-result:delay:30")
    wait_until((site.home / "spool" / "n1" / f"{job}.1" / "result.json").exists, 20, "the result is written")

    supervisor.kill()
    with borrow():
        change("UPDATE nodes SET boot_id = 'before the reboot'")
    site.supervisor(AVIO_GRACE="20")  # so the new epoch begins before the old one counts as dead
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["losses"], row["verified_files"]) == ("succeeded", 1, 0, 10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_drained_node_gives_its_jobs_back_unharmed_and_leaves(site: Site, number: signal.Signals) -> None:
    site.fill(100)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="download.publish:delay:0.3")
    wait_until(site.cached, 20, "the first files are there")

    os.killpg(supervisor.pid, number)  # as a terminal does: all but the jobs get it
    assert supervisor.process.wait(STOP_LIMIT) == 0

    row = site.row(job)
    assert (row["state"], row["attempt"], row["crashes"], row["losses"]) == ("queued", 1, 0, 0)
    assert site.attempts(job)[0].outcome == "stopped"
    assert site.node().state == "draining"
    assert site.temporaries() == []
    site.supervisor()
    assert site.wait_for_end(job)["state"] == "succeeded"


def test_a_node_that_was_given_up_kills_its_jobs_and_begins_a_new_epoch(site: Site) -> None:
    site.fill(100)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:1.5")
    wait_until(lambda: len(site.cached()) == 100, 20, "all files have arrived")
    process = supervisor.job()

    with borrow():
        change("UPDATE nodes SET state = 'lost'")

    wait_until(lambda: not is_alive(process), 2, "the job process is killed")
    row = site.wait_for_end(job)
    assert (row["state"], row["attempt"], row["crashes"]) == ("succeeded", 2, 0)
    assert site.node().epoch == 2
