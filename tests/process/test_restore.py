"""A database that was restored from a backup is older than its jobs: nothing is lost, and what is done is found."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from avio.db.connection import shut
from tests.process.site import Site
from tests.processes import wait_until


def copy(source: Path, target: Path) -> None:
    """Copy a SQLite database that may be in use."""
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as backup:
        origin.backup(backup)


@pytest.mark.faults
def test_a_job_that_had_ended_after_the_backup_ends_again_and_moves_nothing_twice(site: Site) -> None:
    site.fill(50)
    job = site.order()
    supervisor = site.supervisor(AVIO_FAULT="executor.before-verify:delay:2")
    wait_until(lambda: len(site.cached()) == 50, 20, "all files have arrived")
    site.wait_for(job, "running")
    copy(site.home / "avio.db", site.home / "backup.db")
    assert site.wait_for_end(job)["state"] == "succeeded"
    assert supervisor.terminate() == 0

    shut()
    for file in site.home.glob("avio.db*"):
        file.unlink()
    copy(site.home / "backup.db", site.home / "avio.db")
    assert (site.row(job)["state"], site.row(job)["attempt"]) == ("running", 1)
    site.supervisor()
    row = site.wait_for_end(job)

    assert (row["state"], row["attempt"], row["losses"]) == ("succeeded", 2, 1)
    assert (row["verified_files"], row["files_skipped"]) == (50, 50)
    assert site.node().epoch == 2
