"""A node whose tier is not mounted, or is another one, takes no job and says why."""

import pytest

from avio.db import tiers as queries
from avio.db.connection import borrow
from tests.process.site import Site
from tests.processes import wait_until


@pytest.mark.faults
def test_a_job_waits_for_the_disk_of_a_tier_and_says_so(site: Site) -> None:
    site.fill(3)
    with borrow():
        queries.register("MEM", "0" * 32)  # another disk than the one that is at the path
    job = site.order()
    site.supervisor()

    wait_until(lambda: "tier MEM is not mounted" in site.row(job)["message"], 15, "the job says why it waits")
    assert (site.row(job)["state"], site.row(job)["attempt"]) == ("queued", 0)
    assert site.node("n1").state == "draining"
    assert list(site.cache.iterdir()) == []

    (site.cache / ".avio").mkdir()  # the disk is mounted
    (site.cache / ".avio/tier").write_text("0" * 32 + "\n")
    row = site.wait_for_end(job)
    assert (row["state"], len(site.cached())) == ("succeeded", 3)
    assert "MEM" not in row["message"]
    assert site.node("n1").state == "active"


def test_a_supervisor_registers_a_new_tier_once(site: Site) -> None:
    site.fill(1)
    job = site.order()
    site.supervisor()

    assert site.wait_for_end(job)["state"] == "succeeded"
    with borrow():
        assert queries.known() == {"MEM": (site.cache / ".avio/tier").read_text().strip()}


@pytest.mark.faults
def test_a_running_job_whose_tier_loses_its_disk_says_so_and_writes_nothing_in_its_place(site: Site) -> None:
    site.fill(400)
    job = site.order()
    site.supervisor(AVIO_FAULT="download.temporary:delay:0.1")
    wait_until(site.cached, 15, "files arrive")

    site.cache.rename(site.home / "disk")  # the disk is unmounted
    site.cache.mkdir()  # the bare mount point

    row = site.wait_for_end(job)
    assert (row["state"], row["reason"]) == ("failed", "TIER_NOT_MOUNTED"), row["message"]
    assert list(site.cache.iterdir()) == []
    assert len(list((site.home / "disk/data/set").iterdir())) < 400
