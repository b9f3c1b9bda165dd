"""A node whose spool has no room left: its job says so, it takes no other, and goes on once there is room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.process.site import Site
from tests.processes import is_alive, wait_until

SIZE = 512 << 10  # bytes of the spool
FREE = {"AVIO_SPOOL_MIN_FREE": "100000"}
ENOUGH = 5000  # files whose worklist has no room there


@pytest.fixture
def spool(site: Site) -> Iterator[Path]:
    """The spool of the site, on a disk of its own that is small."""
    directory = site.home / "spool"
    directory.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", directory], capture_output=True)
    if os.geteuid() != 0 or mounted.returncode != 0:
        missing(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield directory
    subprocess.run(["umount", "--lazy", directory], check=True)


@pytest.mark.faults
def test_a_job_whose_worklist_has_no_room_fails_by_that_name_and_the_node_goes_on(site: Site, spool: Path) -> None:
    site.fill(ENOUGH, "many")
    site.fill(3)
    supervisor = site.supervisor(AVIO_SLOTS="1", **FREE)

    row = site.wait_for_end(site.order("/data/many"), limit=60)

    assert (row["state"], row["reason"], row["attempt"]) == ("failed", "NODE_FAULT", 1)
    assert "No space left on device" in row["message"]
    assert site.wait_for_end(site.order())["state"] == "succeeded"
    assert is_alive(supervisor.pid)


@pytest.mark.faults
def test_a_node_without_room_takes_no_job_until_it_has_some(site: Site, spool: Path) -> None:
    site.fill(3)
    (spool / "foreign").write_bytes(b"x" * (SIZE - 50_000))
    supervisor = site.supervisor(**FREE)
    wait_until(lambda: "spool nearly full" in supervisor.words(), 20, "the node sees that there is none")

    job = site.order()
    wait_until(lambda: site.node().seen_at > site.row(job)["created_at"] + 1.5, 20, "it was polled for")
    assert site.row(job)["state"] == "queued"
    (spool / "foreign").unlink()

    assert site.wait_for_end(job)["state"] == "succeeded"
