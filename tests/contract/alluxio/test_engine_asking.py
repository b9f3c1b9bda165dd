"""List, stat and health of the engine on a real cluster: huge directories, a master that is away, a dead proxy."""

import shutil
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import httpx2
import obstore
import pytest
from obstore.store import ObjectStore

from avio.engines.alluxio.clients.errors import DeadProxy
from avio.engines.alluxio.clients.master import Master, StatusPage
from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.alluxio.view.listing_page import make_page
from avio.engines.alluxio.view.roster import Roster
from avio.engines.base import EntryState, Page, Side
from avio.engines.members import require
from avio.errors import EngineAway
from tests.contract.alluxio.cluster_files import Tree
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio

CHILDREN = 100_000
PAGE = 1000
PAGE_MEMORY = 24 << 20  # bytes: some ten times what a page takes, a tenth of what the directory would


def opened(cluster: Cluster, **changes: object) -> AlluxioEngine:
    return AlluxioEngine.from_settings({"alluxio": cluster.settings | {"patience": 0.5} | changes})


@pytest.fixture
def engine(alluxio_cluster: Cluster) -> Iterator[AlluxioEngine]:
    made = opened(alluxio_cluster)
    yield made
    made.close()


@pytest.fixture(scope="module")
def huge(alluxio_cluster: Cluster) -> Iterator[str]:
    """A directory with a great many files. It goes again: other tests ask for all that Alluxio knows."""
    directory: Path = alluxio_cluster.ufs / "huge"
    directory.mkdir()
    for number in range(CHILDREN):
        (directory / f"{number:06}").touch()
    yield "/huge"
    alluxio_cluster.shell("fs", "rm", "-R", "--alluxioOnly", "/huge")
    shutil.rmtree(directory)


def test_a_directory_of_100_000_children_pages_without_being_held_whole(engine: AlluxioEngine, huge: str) -> None:
    names: list[str] = []
    after = None
    while True:
        page = engine.list(huge, depth=1, size=PAGE, after=after)
        assert len(page.entries) <= PAGE
        names += [entry.path for entry in page.entries]
        after = page.after
        if after is None:
            break

    assert len(names) == CHILDREN
    assert all(one < next_one for one, next_one in pairwise(names))

    for place in (None, names[CHILDREN // 2]):
        assert memory_of(lambda place=place: engine.list(huge, depth=1, size=PAGE, after=place)) < PAGE_MEMORY


def test_a_walk_of_100_000_children_is_a_stream(engine: AlluxioEngine, huge: str) -> None:
    def count() -> int:
        return engine.stat(huge).files or 0

    assert count() == CHILDREN
    assert memory_of(count) < PAGE_MEMORY


def test_a_walk_lists_a_directory_of_the_bucket_once(
    engine: AlluxioEngine, bucket: ObjectStore, alluxio_cluster: Cluster
) -> None:
    # Given a directory that Alluxio has never seen
    names = [f"unseen/{number}" for number in range(3)]
    for name in names:
        obstore.put(bucket, name, b"new")
    before = listings(alluxio_cluster)

    # When it is walked, what it holds is found by one listing of the bucket; the comparison's own is not counted here
    assert [entry.path for entry in engine.walk("/s3/unseen", depth=None, side=Side.BUCKET)] == [
        f"/s3/{name}" for name in names
    ]
    assert listings(alluxio_cluster) - before == 1


def listings(cluster: Cluster) -> int:
    """Return how often the master has listed directories of S3, by its own count."""
    metrics = httpx2.get(f"http://127.0.0.1:{cluster.port('master.web')}/metrics/json/", timeout=30).json()
    return sum(
        timer["count"] for name, timer in metrics["timers"].items() if name.startswith("Master.ListStatus.UFS:s3:")
    )


def is_well(engine: AlluxioEngine) -> bool:
    try:
        require(engine.members())
    except EngineAway:
        return False
    return True


def memory_of(work: Callable[[], object]) -> int:
    """Return the most bytes that `work` held at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Killing:
    """A master that is killed once it has given a page."""

    def __init__(self, master: Master, cluster: Cluster) -> None:
        self._master = master
        self._cluster = cluster
        self._alive = True

    def __getattr__(self, name: str) -> object:
        return getattr(self._master, name)

    def page(self, *words: object, **options: object) -> StatusPage:
        page: StatusPage = self._master.page(*words, **options)  # type: ignore[arg-type]
        if self._alive:
            self._alive = False
            self._cluster.kill("master")
        return page


def test_what_the_master_did_not_answer_for_is_unknown_and_never_0_percent(
    engine: AlluxioEngine, tree: Tree, alluxio_cluster: Cluster
) -> None:
    # Given a directory whose master dies between the listing and the sums
    tree.put("d/a", "f", size=10)
    assert engine.stat(tree.path).files == 2
    roster = Roster(tree._clients.info)
    dying = Killing(tree.master.patient(0), alluxio_cluster)
    try:
        page: Page = make_page(dying, roster, tree.path, depth=1, size=10, after=None)  # type: ignore[arg-type]

        # Then its sums are not known, and nothing is said to be 0
        directory, file = page.entries
        assert (directory.kind, directory.state) == ("directory", EntryState.UNKNOWN)
        assert (directory.size, directory.cached_bytes, directory.files, directory.saved) == (None, None, None, None)
        assert (file.kind, file.state, file.size) == ("file", EntryState.REMOTE, 10)

        # And what can't be answered at all is an error in time, that names the master
        for ask in (
            lambda: engine.stat(tree.path),
            lambda: engine.list(tree.path, depth=1, size=1),
            lambda: require(engine.members()),
        ):
            began = time.monotonic()
            with pytest.raises(EngineAway) as raised:
                ask()
            assert time.monotonic() - began < 40
            assert str(alluxio_cluster.port("master.rpc")) in raised.value.message
            assert raised.value.cure
    finally:
        alluxio_cluster.start("master")
    wait_until(tree.worker_is_known, 180, "the worker registered again")
    wait_until(lambda: is_well(engine), 90, "health")
    assert engine.list(tree.path, depth=1, size=10).entries[0].state is EntryState.REMOTE


def test_a_dead_proxy_is_recognised_at_the_start_and_explained(alluxio_cluster: Cluster) -> None:
    # Given a proxy with the default settings of 2.9
    alluxio_cluster.restart("proxy", properties={"alluxio.proxy.s3.v2.version.enabled": "true"})
    whole, by_rest = opened(alluxio_cluster), opened(alluxio_cluster, masters=[])
    try:
        # Then a server that needs it is not ready, and one that does not can serve, and names it
        with pytest.raises(DeadProxy) as raised:
            require(by_rest.members())
        assert "alluxio.proxy.s3.v2.version.enabled=false" in raised.value.cure
        require(whole.members())
        (proxy,) = [member for member in whole.members() if member.name == "Alluxio's proxy"]
        with pytest.raises(DeadProxy):
            proxy.check()
    finally:
        whole.close()
        by_rest.close()
        alluxio_cluster.restart("proxy")
