"""Whole servers for the tests of this directory, one a module, and their logs where a test fails."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from obstore.store import ObjectStore

from tests.e2e.cluster import Cluster
from tests.e2e.terminal import Terminal
from tests.e2e.trees import Cache
from tests.servers.postgres import Postgres
from tests.servers.seaweed import S3Server
from tests.servers.valkey import Valkey, valkey

TIERS = ("MEM", "SSD")


@dataclass(frozen=True)
class Stage:
    """A running server with the bucket at /data, a cache before it, and a user who is logged in."""

    cluster: Cluster
    bucket: ObjectStore
    cache: Cache
    valkey: Valkey
    user: Terminal


Make = Callable[..., Stage]


@pytest.fixture(scope="module")
def make_stage(tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres) -> Iterator[Make]:
    """Return what starts a server on PostgreSQL, a Valkey of its own and a new bucket of an S3 server."""
    with ExitStack() as stack:

        def make(s3: S3Server, *, nodes: tuple[str, ...] = ("n1", "n2"), fault: str = "", **settings: str) -> Stage:
            directory = tmp_path_factory.mktemp("cluster")
            bucket = f"avio-{uuid4().hex[:12]}"
            tiers = directory / "tiers"
            (directory / "avio.toml").write_text(_toml(s3.make_bucket(bucket), s3.options, tiers))
            redis = stack.enter_context(valkey(directory / "valkey"))
            settings |= {"database_url": postgres_server.make_database(), "redis_url": redis.url}
            cluster = Cluster(directory, settings | {"fault": fault}, nodes)
            stack.callback(cluster.stop)
            cluster.start()
            return Stage(cluster, s3.store(bucket), Cache(tiers, TIERS, "/data"), redis, cluster.add_user("worker"))

        yield make


def _toml(url: str, options: dict[str, str], tiers: Path) -> str:
    lines = ['[mounts."/data"]', f'url = "{url}"', '[mounts."/data".options]']
    lines += [f'{name} = "{text}"' for name, text in options.items()]
    for alias in TIERS:
        lines += ["[[tiers]]", f'alias = "{alias}"', f'path = "{tiers / alias.lower()}"', 'capacity = "1GiB"']
    return "\n".join(lines)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, Any, Any]:
    """Add the ends of the servers' logs to the report of a test that failed."""
    report = yield
    if report.failed:
        stages = [value for value in item.funcargs.values() if isinstance(value, Stage)]
        report.sections += [tail for stage in stages for tail in stage.cluster.log_tails()]
    return report
