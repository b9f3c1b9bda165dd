"""An object that is replaced between two attempts of a preload: why the second attempt lists again.

A worker loads a block by the object's path and range, whatever version is there. Only the comparison of a directory
with its bucket drops the blocks of an older one.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from avio.engines.alluxio.clients.cluster import Clients
from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.base import Entry, Side
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.alluxio.cluster_files import Tree
from tests.contract.engines.harness import Attempt
from tests.processes import wait_until
from tests.servers.alluxio import Cluster
from tests.servers.ports import free_port

pytestmark = pytest.mark.alluxio

BLOCK, SIZE = 1 << 20, 2_500_000
LIMIT = 60.0

Open = Callable[..., AlluxioEngine]


@pytest.fixture
def opened(alluxio_cluster: Cluster) -> Iterator[Open]:
    """Return what opens the engine of one more process."""
    made: list[AlluxioEngine] = []

    def make(**changes: object) -> AlluxioEngine:
        made.append(AlluxioEngine.from_settings({"alluxio": alluxio_cluster.settings | changes}))
        return made[-1]

    yield make
    for each in made:
        each.close()


class Interrupted:
    """A file of three blocks. An attempt has loaded the first one; then the object was replaced by one as long."""

    def __init__(self, cluster: Cluster, tree: Tree, clients: Clients, engine: AlluxioEngine) -> None:
        tree.put("f", size=SIZE)
        self.path = f"{tree.path}/f"
        self.listed = listed(engine, tree)
        self.before = tree.files[self.path]
        assert clients.workers.load(tree.worker, tree.blocks()[:1], tag="test", limit=60) == []
        wait_until(lambda: tree.statuses()[0].percent > 0, LIMIT, "the first block is cached")
        file: Path = cluster.ufs / self.path[1:]
        self.now = os.urandom(SIZE)
        file.write_bytes(self.now)
        later = file.stat().st_mtime + 10
        os.utime(file, (later, later))
        self._url = f"{cluster.settings['proxy']}/api/v1/paths/{self.path}/download-file"

    def cached(self) -> bytes:
        """Return the bytes that Alluxio serves."""
        reply = httpx2.get(self._url, timeout=60)
        assert reply.status_code == 200
        return reply.content


def listed(engine: AlluxioEngine, tree: Tree) -> list[Entry]:
    return list(engine.walk(tree.path, depth=None, side=Side.BUCKET))


@pytest.fixture
def interrupted(alluxio_cluster: Cluster, tree: Tree, clients: Clients, opened: Open) -> Iterator[Interrupted]:
    engine = opened()
    yield Interrupted(alluxio_cluster, tree, clients, engine)
    engine.free(tree.path, recursive=True)
    wait_until(lambda: not any(each.percent for each in tree.statuses()), LIMIT, "the cache has none of it")


def test_an_attempt_that_lists_again_loads_the_file_as_it_is_now(
    interrupted: Interrupted, tree: Tree, opened: Open
) -> None:
    engine = opened()

    moved = list(engine.preload(listed(engine, tree), Params(), Attempt()))

    assert [each.outcome for each in moved] == [Outcome.DONE]
    assert interrupted.cached() == interrupted.now


def test_with_the_listing_of_the_attempt_before_it_would_load_a_mix_of_both(
    interrupted: Interrupted, opened: Open
) -> None:
    moved = list(opened().preload(interrupted.listed, Params(), Attempt()))

    assert [each.outcome for each in moved] == [Outcome.DONE]
    assert interrupted.cached() == interrupted.before[:BLOCK] + interrupted.now[BLOCK:]


def test_a_job_that_has_the_looks_of_its_node_needs_no_web_port(tree: Tree, opened: Open, tmp_path: Path) -> None:
    tree.put("f", size=SIZE)
    job = opened(web=[f"http://127.0.0.1:{free_port()}"], patience=0.0)
    job.use_looks(tmp_path / "newest")

    opened().look(tmp_path / "newest")

    assert [worker.address for worker in job._roster.live()] == [tree.worker]
    assert job._roster.probe()
    assert job._roster.rank("SSD") == 1
