"""Reports that real job processes store in a bucket: past attempts that die, and without a process that could."""

import json

import pytest

from avio.db import orders
from avio.db.connection import borrow
from tests.contract.db import given
from tests.process.site import Site
from tests.processes import wait_until

pytestmark = pytest.mark.faults


def ordered(site: Site) -> str:
    """Queue a preload whose report goes below /data/reports; return its id."""
    params = json.dumps({"alluxioUri": "/data/set", "fromFileList": False, "reportTo": "/data/reports/"})
    with borrow():
        return str(orders.insert(orders.NewJob(1, "load", 1, params))[0].id)


def test_an_attempt_that_dies_after_it_stored_the_report_leaves_the_next_one_another_name(site: Site) -> None:
    site.fill(10)
    job = ordered(site)
    first = site.supervisor(AVIO_FAULT="executor.before-result:kill")
    wait_until(lambda: site.row(job)["crashes"] == 1, 20, "the first attempt has died")
    first.terminate()
    with borrow():
        given.set_row(job, run_at=0)
    site.supervisor()

    row = site.wait_for_end(job)

    reports = site.bucket / "reports"
    assert (row["state"], row["attempt"]) == ("succeeded", 2)
    assert f"report stored at /data/reports/{job}.2.jsonl, since /data/reports/{job}.jsonl was there" in row["message"]
    assert {file.name for file in reports.iterdir()} == {f"{job}.jsonl", f"{job}.2.jsonl"}
    lines = (reports / f"{job}.2.jsonl").read_text().splitlines()
    assert {json.loads(line)["outcome"] for line in lines} == {"skipped"}
    assert len(lines) == 10


def test_a_job_that_never_gets_to_its_end_says_that_there_is_no_report(site: Site) -> None:
    site.fill(10)
    job = ordered(site)
    site.supervisor(AVIO_FAULT="executor.listed:kill")
    for crashes in (1, 2):
        wait_until(lambda n=crashes: site.row(job)["crashes"] >= n, 20, f"it has crashed {crashes} times")
        with borrow():
            given.set_row(job, run_at=0)

    row = site.wait_for_end(job)

    assert (row["state"], row["reason"]) == ("failed", "CRASHED")
    assert row["message"].endswith("; no report was stored at /data/reports/")
    assert not (site.bucket / "reports").exists()
