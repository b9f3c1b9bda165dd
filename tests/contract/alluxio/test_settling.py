"""The master's books after what happened a moment ago: once they have settled, they are true."""

from collections.abc import Iterator

import pytest

from avio.engines.alluxio.clients.cluster import Clients
from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.alluxio.view.departures import Books
from avio.engines.alluxio.view.heartbeats import lag_seconds
from avio.engines.base import Side
from avio.wire.params import Params
from tests.contract.alluxio.cluster_files import Tree
from tests.contract.alluxio.moves import preload
from tests.contract.engines.harness import Attempt
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio

FILES = 8
LIMIT = 30.0  # seconds


@pytest.fixture
def engine(alluxio_cluster: Cluster) -> Iterator[AlluxioEngine]:
    """The engine on the cluster."""
    made = AlluxioEngine.from_settings({"alluxio": alluxio_cluster.settings})
    yield made
    made.close()


def cached(engine: AlluxioEngine, tree: Tree) -> int:
    """Return how many files the check at the end of a job would find."""
    entries = list(engine.walk(tree.path, depth=None, side=Side.BUCKET))
    return sum(entry.in_cache for entry in engine.recheck(entries, Params(), Attempt()))


def test_a_free_that_the_master_has_just_accepted_is_known(engine: AlluxioEngine, tree: Tree) -> None:
    tree.put(*(f"f{n}" for n in range(FILES)), size=200_000)
    preload(engine, tree.path)
    for _ in engine.drop(tree.path):
        pass

    engine.settle(Attempt())

    assert cached(engine, tree) == 0


def test_the_wait_follows_the_clusters_own_heartbeats(engine: AlluxioEngine) -> None:
    lag = engine._roster.lag()

    assert engine._roster._known
    assert lag == lag_seconds({"alluxio.worker.block.heartbeat.interval": "1sec"})


def test_the_room_counts_what_is_free_now(engine: AlluxioEngine, tree: Tree) -> None:
    tree.put("a", size=3_000_000)
    before = engine.admit(Params())
    preload(engine, tree.path)
    engine.settle(Attempt())

    after = engine.admit(Params())

    assert before.spare is not None
    assert after.spare is not None
    assert after.spare <= before.spare - 3_000_000
    before.close()
    after.close()


def test_a_preload_that_drops_nothing_needs_no_wait(engine: AlluxioEngine, tree: Tree) -> None:
    tree.put(*(f"f{n}" for n in range(FILES)), size=200_000)
    engine.admit(Params()).close()

    preload(engine, tree.path)

    wait_until(lambda: engine._departures.books() is Books.TRUE, LIMIT, "the heartbeats of before")
    assert cached(engine, tree) == FILES


def test_a_free_makes_the_books_unknown_at_once(engine: AlluxioEngine, tree: Tree) -> None:
    tree.put("a", size=200_000)
    preload(engine, tree.path)
    engine.admit(Params()).close()

    for _ in engine.drop(tree.path):
        pass

    assert engine._departures.books() is Books.UNKNOWN


def test_a_block_that_leaves_its_worker_makes_the_books_unknown_at_once(
    engine: AlluxioEngine, tree: Tree, clients: Clients
) -> None:
    tree.put("a", size=200_000)
    preload(engine, tree.path)
    engine.admit(Params()).close()

    clients.workers.remove(tree.worker, tree.blocks()[0].id)

    assert engine._departures.books() is Books.UNKNOWN
