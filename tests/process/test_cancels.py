"""A wish that comes at a bad moment: while the job begins, and while it ends."""

from avio.db import orders
from avio.db.connection import borrow
from tests.process.site import Site
from tests.processes import is_alive, wait_until


def test_a_job_that_is_cancelled_while_it_starts_never_runs_on(site: Site) -> None:
    site.fill(2_000)
    job = site.order()
    # At 64 KiB/s half a minute: far longer than the wish takes to arrive.
    supervisor = site.supervisor(AVIO_FAULT="intake.before-running:delay:1.5", AVIO_BANDWIDTH="64KiB")
    process = supervisor.job()
    assert site.row(job)["state"] == "starting"

    site.cancel(job)
    assert site.row(job)["state"] == "stopping"
    row = site.wait_for_end(job, limit=8)

    assert (row["state"], row["attempt"], row["message"]) == ("cancelled", 1, "enough")
    wait_until(lambda: not is_alive(process), 2, "the process is gone")


def test_of_a_wish_and_an_end_at_once_the_first_write_counts_and_the_other_changes_nothing(site: Site) -> None:
    site.fill(3)
    job = site.order()
    site.supervisor(AVIO_FAULT="intake.before-finish:delay:1.5")
    report = site.home / "spool" / "n1" / f"{job}.1" / "result.json"
    wait_until(report.exists, 20, "the work is over, the job has not ended")

    site.cancel(job)
    assert site.row(job)["state"] == "stopping"
    row = site.wait_for_end(job, limit=8)

    assert (row["state"], row["verified_files"]) == ("succeeded", 3)
    assert row["cancel_at"] is not None
    with borrow():
        assert not orders.cancel(job, "too late")
    assert site.row(job) == row
