"""Jobs of two nodes that share a tier and want one set: real job processes with movers, one of which is killed."""

import os
import signal

import pytest

from tests.process.site import SIZE, Site
from tests.processes import wait_until

pytestmark = pytest.mark.faults

FILES = 400
SLOWLY = "download.publish:delay:0.02"


def test_jobs_of_two_nodes_move_one_set_once_and_outlive_one_that_is_killed(site: Site) -> None:
    site.fill(FILES)
    jobs = [site.order() for _ in range(5)]
    nodes = [
        site.supervisor(name, AVIO_FAULT=SLOWLY, AVIO_SLOTS=slots, AVIO_MOVERS="2")
        for name, slots in (("n1", "1"), ("n2", "4"))
    ]
    wait_until(lambda: all(site.row(job)["state"] == "running" for job in jobs), 20, "all jobs run")
    wait_until(lambda: len(site.cached()) > 20, 20, "the first files are there")

    os.kill(nodes[0].job(), signal.SIGKILL)

    ended = [site.wait_for_end(job) for job in jobs]
    assert [(row["state"], row["files_done"]) for row in ended] == [("succeeded", FILES)] * 5
    assert sorted(row["attempt"] for row in ended) == [1, 1, 1, 1, 2]
    moved = sum(row["files_done"] - row["files_shared"] - row["files_skipped"] for row in ended)
    assert 0 < moved <= FILES  # what the killed attempt has moved is skipped by its next one
    assert sum(row["bytes_wire"] for row in ended) <= (FILES + 200) * SIZE  # and it had some under way
    site.assert_all_cached(FILES)
