"""What becomes of a job when its process or intake dies, freezes or is killed again and again."""

import os
import signal

import pytest

from avio.db.connection import borrow
from avio.db.sql import change
from supervisor.shared import exit_codes
from tests.contract.db import given
from tests.process.site import SIZE, Site
from tests.processes import is_alive, wait_until

pytestmark = pytest.mark.faults


def test_a_job_whose_process_is_killed_is_done_by_the_next_attempt(site: Site) -> None:
    site.fill(100)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:1.5")
    wait_until(lambda: len(site.cached()) == 100, 20, "all files have arrived")

    os.kill(supervisor.job(), signal.SIGKILL)
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["crashes"]) == ("succeeded", 2, 1)
    assert (row["files_total"], row["files_done"], row["files_skipped"], row["verified_files"]) == (100,) * 4
    assert row["bytes_done"] == 100 * SIZE
    second, first = site.attempts(job)
    assert (first.outcome, first.exit_code, first.exit_signal) == ("crashed", None, signal.SIGKILL)
    assert (second.outcome, second.exit_code) == ("succeeded", 0)


def test_the_attempt_goes_on_when_intake_is_killed(site: Site) -> None:
    site.fill(100)
    job = site.order()
    patient = {"AVIO_FENCE": "10", "AVIO_LEASE": "11"}  # on a busy machine the next intake takes seconds to begin
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:2.5", **patient)
    wait_until(lambda: len(site.cached()) == 100, 20, "all files have arrived")
    process, intake = supervisor.job(), supervisor.intake()

    os.kill(intake, signal.SIGKILL)
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["crashes"], row["losses"]) == ("succeeded", 1, 0, 0)
    assert site.attempts(job)[0].pid == process
    assert supervisor.intake() != intake
    assert site.node().epoch == 1


def test_an_attempt_that_ends_while_there_is_no_intake_is_not_lost(site: Site) -> None:
    site.fill(10)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="executor.after-result:delay:1")
    result = site.home / "spool" / "n1" / f"{job}.1" / "result.json"
    wait_until(result.exists, 20, "the result is written")
    process = supervisor.job()

    os.kill(supervisor.intake(), signal.SIGSTOP)
    wait_until(lambda: not is_alive(process), 5, "the job process has ended")
    os.kill(supervisor.intake(), signal.SIGKILL)
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["verified_files"]) == ("succeeded", 1, 10)


def test_a_process_that_dies_after_its_result_has_succeeded(site: Site) -> None:
    site.fill(10)
    job = site.order()
    site.supervisor(AVIO_FAULT="executor.after-result:kill")

    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["crashes"]) == ("succeeded", 1, 0)
    assert site.attempts(job)[0].exit_signal == signal.SIGKILL


def test_a_job_that_kills_its_process_each_time_is_poison(site: Site) -> None:
    site.fill(10)
    job = site.order()
    site.supervisor(AVIO_FAULT="executor.before-result:kill")
    for crashes in (1, 2):
        wait_until(lambda n=crashes: site.row(job)["crashes"] >= n, 20, f"it has crashed {crashes} times")
        with borrow():
            given.set_row(job, run_at=0)  # the back-off is long

    row = site.wait_for_end(job)

    assert (row["state"], row["reason"], row["attempt"]) == ("failed", "CRASHED", 3)
    assert "SIGKILL" in row["message"]


def test_a_job_process_ends_itself_when_intake_is_frozen_beyond_the_fence(site: Site) -> None:
    site.fill(10)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:4")
    wait_until(lambda: len(site.cached()) == 10, 20, "all files have arrived")
    process, intake = supervisor.job(), supervisor.intake()
    site.wait_for(job, "running")

    os.kill(intake, signal.SIGSTOP)
    wait_until(lambda: not is_alive(process), 4, "the job process fences itself")
    assert site.row(job)["state"] == "running"
    os.kill(intake, signal.SIGCONT)
    wait_until(lambda: site.attempts(job)[-1].ended_at, 10, "the end is written down")

    first = site.attempts(job)[-1]
    assert (first.outcome, first.exit_code) == ("fenced", exit_codes.FENCED)
    assert site.row(job)["crashes"] == 0


def test_the_bytes_that_crossed_the_wire_are_the_sum_over_the_attempts(site: Site) -> None:
    site.fill(10)
    job = site.order()
    with borrow():
        change("UPDATE jobs SET bytes_wire = 700 WHERE id = ?", job)
    site.supervisor()

    row = site.wait_for_end(job)

    assert (row["state"], row["bytes_wire"]) == ("succeeded", 700 + 10 * SIZE)
