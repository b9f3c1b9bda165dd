"""Orphaned blocks: a worker holds them, the master does not know. A preload removes them, loads them, and says so."""

import re
import time

from avio.engines.alluxio.clients.cluster import open_clients
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.clients.worker import LoadBlock
from tests.alluxio.cluster_facts import HEARTBEATS
from tests.alluxio.server_on_cluster import Stage, assert_all_done
from tests.e2e.file_trees import small_files, upload

TREE = small_files(60, "orphans", size=60_000)
BYTES = sum(map(len, TREE.values()))
FREE_LIMIT = 60.0  # seconds
ATTEMPTS = 8  # at a race that Alluxio loses more often than not


def test_orphans_are_removed_and_loaded(stage: Stage) -> None:
    # Given files whose blocks a worker holds, and which the master takes for not cached
    stage.books.empty_all()
    upload(stage.bucket, TREE)
    assert stage.run("preload", "/s3/orphans")["status"] == "succeeded"
    orphans = make_orphans(stage)

    # When they are preloaded
    job = stage.run("preload", "/s3/orphans")

    # Then all are cached, and known to be
    assert_all_done(job, len(TREE), BYTES)
    assert stage.books.percents("/s3/orphans") == {100: len(TREE)}
    assert sum(stage.books.held().values()) == BYTES

    # And the log tells what was repaired
    repaired = re.search(r"repaired: removed (\d+) orphaned blocks and loaded them again", stage.log(job))
    assert repaired is not None
    assert int(repaired[1]) >= orphans


def make_orphans(stage: Stage) -> int:
    """Load blocks after the worker has dropped them and before the master knows; return how many are orphaned."""
    for _ in range(ATTEMPTS):
        with_free_on_its_way(stage)
        time.sleep(HEARTBEATS)
        known = sum(stage.books.replicas("/s3/orphans").values())
        if sum(stage.books.held().values()) == BYTES and known < BYTES:
            return stage.books.percents("/s3/orphans")[0]
        stage.books.empty("/s3/orphans")
        assert stage.run("preload", "/s3/orphans")["status"] == "succeeded"
    raise AssertionError("no orphans came about")


def with_free_on_its_way(stage: Stage) -> None:
    clients = open_clients(AlluxioSettings.from_settings({"alluxio": stage.books.settings}))
    assert clients.master is not None
    [worker] = clients.info.cluster().workers
    files = [status for status in clients.master.listing("/s3/orphans", recursive=True) if not status.folder]
    blocks = [LoadBlock(b.id, b.length, each.ufs_path, b.offset, each.mount_id) for each in files for b in each.blocks]
    clients.master.free("/s3/orphans", recursive=True)
    deadline = time.monotonic() + FREE_LIMIT
    while stage.books.held():
        assert time.monotonic() < deadline, "the worker still holds blocks"
        time.sleep(0.005)
    assert clients.workers.load(worker.address, blocks, tag="test", limit=60) == []
    clients.close()
