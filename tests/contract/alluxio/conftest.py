"""Clients of the real Alluxio cluster, and a directory in it for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from obstore.store import ObjectStore

from avio.engines.alluxio.clients.cluster import Clients, open_clients
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.engines.alluxio.engine import AlluxioEngine
from tests.contract.alluxio.cluster_files import Tree
from tests.servers.alluxio import Cluster

HERE = Path(__file__).parent
LIMIT = 900  # seconds for any one test, without the start of the cluster: a bound for a hang, on slow machines too


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test of this directory its limit."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(LIMIT, func_only=True))


@pytest.fixture
def settings(alluxio_cluster: Cluster) -> AlluxioSettings:
    """Settings for the cluster."""
    return AlluxioSettings.from_settings({"alluxio": alluxio_cluster.settings})


@pytest.fixture
def clients(settings: AlluxioSettings) -> Iterator[Clients]:
    """Clients that connect anew for each test."""
    opened = open_clients(settings)
    yield opened
    opened.close()


@pytest.fixture
def tree(alluxio_cluster: Cluster, clients: Clients) -> Tree:
    """A directory of its own for each test, on the local directory under the root."""
    return Tree(alluxio_cluster.ufs, clients)


@pytest.fixture
def removed_afterwards(tree: Tree) -> Iterator[None]:
    """Remove the files of Alluxio's own load job with their test: a master that starts again runs it once more."""
    yield
    tree.remove()


@pytest.fixture
def by_rest(alluxio_cluster: Cluster) -> Iterator[AlluxioEngine]:
    """The engine without the masters' gRPC."""
    made = AlluxioEngine.from_settings({"alluxio": alluxio_cluster.settings | {"masters": []}})
    yield made
    made.close()


@pytest.fixture
def bucket(alluxio_store: ObjectStore) -> ObjectStore:
    """The bucket that is mounted at /s3."""
    return alluxio_store
