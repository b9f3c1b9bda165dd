"""Servers over real clusters for the tests of this directory, all of which need one; logs where a test fails."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from obstore.store import ObjectStore

from tests.alluxio.cluster_facts import Books, toml
from tests.alluxio.server_on_cluster import Make, Stage
from tests.e2e.procfile_cluster import Cluster
from tests.servers import alluxio
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

HERE = Path(__file__).parent
LIMIT = 900  # seconds for any one test, without the start of its cluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this directory."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.alluxio)
            item.add_marker(pytest.mark.timeout(LIMIT, func_only=True))


@pytest.fixture(scope="session")
def make_stage(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: Postgres,
    valkey_server: Valkey,
    alluxio_store: ObjectStore,
) -> Make:
    """Return what runs a server on a cluster; `table` changes what its settings say of the cluster."""
    databases = iter(range(1, 16))

    @contextmanager
    def make(cluster: alluxio.Cluster, *, slots: int = 1, **table: Any) -> Iterator[Stage]:
        directory = tmp_path_factory.mktemp("server")
        (directory / "avio.toml").write_text(toml(cluster.settings | table))
        redis_url = f"{valkey_server.url.rpartition('/')[0]}/{next(databases)}"
        settings = {"database_url": postgres_server.make_database(), "redis_url": redis_url, "slots": str(slots)}
        server = Cluster(directory, settings, ("n1",))
        books = Books(cluster)
        try:
            server.start()
            user = server.add_user("worker")
            server.wait_until_ready()
            user.log_in()
            yield Stage(server, books, alluxio_store, user)
        finally:
            server.manager.end()
            books.close()

    return make


@pytest.fixture(scope="session")
def stage(make_stage: Make, alluxio_cluster: alluxio.Cluster) -> Iterator[Stage]:
    """Return a server on the cluster with one worker; each test keeps to a directory of its own."""
    with make_stage(alluxio_cluster) as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, Any, Any]:
    """Add the ends of the servers' logs to the report of a test that failed."""
    report = yield
    if report.failed:
        servers = {value.server for value in item.funcargs.values() if isinstance(value, Stage)}
        report.sections += [tail for server in servers for tail in server.log_tails()]
    return report
