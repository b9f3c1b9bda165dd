"""Cancel reaches the workers: soon after it nothing is loaded any more."""

import time

from tests.alluxio.server_on_cluster import Stage
from tests.e2e.file_trees import small_files
from tests.processes import wait_until

TREE = small_files(4000, "cancelled", size=16_000)
QUIET = 5.0  # seconds after the wish, and between the readings


def test_nothing_is_loaded_after_a_cancel(stage: Stage) -> None:
    # Given a preload that is under way
    stage.books.cluster.put(TREE)
    job = stage.user.order("preload", "/cancelled")
    stage.wait_for_files(job, 300)

    # When it is cancelled
    run = stage.user.avio("cancel", job)
    assert run.returncode == 0, run.stderr

    # Then it ends as that within seconds, with less than all in the cache
    time.sleep(QUIET)
    with stage.user.client() as client:
        wait_until(lambda: client.job(job)["status"] == "cancelled", 30, "the end of the job")
    first = readings(stage)
    assert 0 < first[0] < len(TREE)

    # And another look finds what the first has found
    time.sleep(QUIET)
    assert readings(stage) == first


def readings(stage: Stage) -> tuple[int, int]:
    """Return how many files the master has as cached, and how many bytes the workers hold."""
    return stage.books.percents("/cancelled").get(100, 0), sum(stage.books.held().values())
