"""The workers by gRPC, on a real cluster."""

from contextlib import closing

import httpx2
import pytest

from avio.engines.alluxio.clients.cluster import Clients
from avio.engines.alluxio.clients.errors import Exhausted
from avio.engines.alluxio.clients.status import Address
from avio.errors import Corrupt, EngineAway, Gone
from tests.alluxio.cluster_facts import Books
from tests.contract.alluxio.cluster_files import Tree
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio

NO_BLOCK = 12345


@pytest.fixture
def empty_cache(alluxio_cluster: Cluster) -> None:
    """Make room on the best tier, which other tests may have filled."""
    with closing(Books(alluxio_cluster)) as books:
        books.empty_all()


@pytest.mark.usefixtures("empty_cache")
def test_loaded_blocks_are_on_the_best_tier_and_read_back_as_they_were(tree: Tree, clients: Clients) -> None:
    tree.put("a", "d/b")

    tree.load()

    for status in tree.statuses():
        assert {place.tier for block in status.blocks for place in block.locations} == {"MEM"}
        read = [b"".join(clients.workers.read(tree.worker, block.id, block.length)) for block in status.blocks]
        assert b"".join(read) == tree.files[status.path]


def test_a_part_of_a_block_is_read(tree: Tree, clients: Clients) -> None:
    tree.put("a")
    tree.load()
    block = tree.blocks()[0]

    read = b"".join(clients.workers.read(tree.worker, block.id, 1000, offset=500))

    assert read == tree.files[f"{tree.path}/a"][500:1500]


def test_a_reader_may_leave_early(tree: Tree, clients: Clients) -> None:
    tree.put("a")
    tree.load()
    block = tree.blocks()[0]

    pieces = clients.workers.read(tree.worker, block.id, block.length)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # a generator

    assert len(b"".join(clients.workers.read(tree.worker, block.id, block.length))) == block.length


def test_a_block_that_is_shorter_than_asked_is_corrupt(tree: Tree, clients: Clients) -> None:
    tree.put("a", size=10)
    tree.load()

    with pytest.raises(Corrupt, match="10 of 11 bytes"):
        list(clients.workers.read(tree.worker, tree.blocks()[0].id, 11))


def test_every_block_is_answered_for_by_itself(tree: Tree, clients: Clients) -> None:
    # Given a block that is loaded, one whose object is gone, and a good one
    tree.put("a", "b", "c", size=10)
    there, gone, good = tree.blocks()
    clients.workers.load(tree.worker, [there], tag="test", limit=60)
    gone = gone._replace(ufs_path=gone.ufs_path + ".gone")

    # When all are asked for together
    failures = {
        failure.block_id: failure
        for failure in clients.workers.load(tree.worker, [there, gone, good], tag="test", limit=60)
    }

    # Then the first two say why not
    assert failures.keys() == {there.id, gone.id}
    assert failures[there.id].already_there
    assert not failures[gone.id].already_there
    assert failures[gone.id].code == "NOT_FOUND"


def test_a_bandwidth_is_obeyed(tree: Tree, clients: Clients) -> None:
    tree.put("a", size=3 << 20)

    failures = clients.workers.load(tree.worker, tree.blocks(), tag="test", limit=60, bandwidth=3 << 20)

    assert failures == []


def test_a_removed_block_is_no_longer_cached(tree: Tree, clients: Clients) -> None:
    tree.put("a", size=10)
    tree.load()
    block = tree.blocks()[0]

    clients.workers.remove(tree.worker, block.id)

    tree.wait_until_cached(0)
    clients.workers.remove(tree.worker, block.id)
    with pytest.raises(Gone):
        list(clients.workers.read(tree.worker, block.id, block.length))


def test_a_block_is_moved_to_the_medium_asked_for(tree: Tree, clients: Clients) -> None:
    tree.put("a", size=10)
    tree.load()
    block = tree.blocks()[0]

    clients.workers.move(tree.worker, block.id, "SSD")

    def tiers() -> list[str]:
        return [place.tier for each in tree.statuses()[0].blocks for place in each.locations]

    wait_until(lambda: tiers() == ["SSD"], 60, "the block is on SSD")
    with pytest.raises(Exhausted):
        clients.workers.move(tree.worker, block.id, "TAPE")


def test_a_block_that_is_not_there_can_be_neither_moved_nor_read(tree: Tree, clients: Clients) -> None:
    with pytest.raises(Gone):
        clients.workers.move(tree.worker, NO_BLOCK, "SSD")
    with pytest.raises(Gone):
        list(clients.workers.read(tree.worker, NO_BLOCK, 10))


def test_a_worker_that_is_not_there_is_away(clients: Clients) -> None:
    with pytest.raises(EngineAway, match=r"127\.0\.0\.1:1"):
        clients.workers.load(Address("127.0.0.1", 1), [], tag="test", limit=5)


def test_a_touched_block_was_used_last_and_a_missing_one_is_gone(tree: Tree, clients: Clients) -> None:
    tree.put("a")
    tree.load()
    before = accessed(clients)

    for block in tree.blocks():
        clients.workers.touch(tree.worker, block.id)

    wait_until(lambda: accessed(clients) == before + len(tree.blocks()), 10, "the worker to count the uses")
    with pytest.raises(Gone):
        clients.workers.touch(tree.worker, NO_BLOCK)


def accessed(clients: Clients) -> int:
    """Return how often the worker's blocks were used: what it drops first is what was not."""
    worker = clients.info.cluster().workers[0]
    metrics = httpx2.get(f"{worker.web}/api/v1/worker/info", timeout=30).json()["metrics"]
    return int(metrics["Worker.BlocksAccessed"])
