"""Whole servers for the tests of this directory, and their logs where a test fails."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from avio.admin.redis_acl import variables
from avio.admin.redis_acl_roles import ROLES, acl_file
from tests.e2e.file_trees import Cache
from tests.e2e.procfile_cluster import Cluster
from tests.e2e.running_server import Make, Stage
from tests.servers.postgres import Postgres
from tests.servers.seaweed import S3Server
from tests.servers.valkey import valkey

TIERS = ("MEM", "SSD")


@pytest.fixture(scope="session")
def make_stage(tmp_path_factory: pytest.TempPathFactory, postgres_server: Postgres) -> Make:
    """Return what runs a server on PostgreSQL, a Valkey of its own and a new bucket of an S3 server."""

    @contextmanager
    def make(
        s3: S3Server, *, nodes: tuple[str, ...] = ("n1", "n2"), fault: str = "", least_rights: bool = False
    ) -> Iterator[Stage]:
        directory = tmp_path_factory.mktemp("cluster")
        bucket = f"avio-{uuid4().hex[:12]}"
        cache = Cache(directory / "tiers", TIERS, "/data")
        (directory / "avio.toml").write_text(_toml(s3.make_bucket(bucket), s3.options, cache))
        passwords = {role.name: f"the password of {role.name}" for role in ROLES}
        with valkey(directory / "valkey", acl=acl_file(passwords) if least_rights else None) as redis:
            settings = {"database_url": postgres_server.make_database(), "redis_url": redis.url, "fault": fault}
            own = _by_role(redis.url, passwords) if least_rights else None
            cluster = Cluster(directory, settings, nodes, own)
            try:
                cluster.start()
                user = cluster.add_user("worker")
                cluster.wait_until_ready()
                user.log_in()
                yield Stage(cluster, s3.store(bucket), cache, redis, user)
            finally:
                cluster.manager.end()

    return make


@pytest.fixture(scope="session")
def calm_stage(make_stage: Make, seaweed_server: S3Server) -> Iterator[Stage]:
    """Return a server with one node, for tests that kill nothing; each keeps to a directory of its own."""
    with make_stage(seaweed_server, nodes=("n1",)) as made:
        yield made


def _by_role(url: str, passwords: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return the settings that point each line of the Procfile at its user of Redis."""
    own: dict[str, dict[str, str]] = {}
    for line in variables(url, passwords):
        process, variable = line.split(": ", 1)
        name, _, value = variable.partition("=")
        own.setdefault(process, {})[name.removeprefix("AVIO_").lower()] = value
    return own


def _toml(url: str, options: dict[str, str], cache: Cache) -> str:
    lines = ['[mounts."/data"]', f'url = "{url}"', '[mounts."/data".options]']
    lines += [f'{name} = "{text}"' for name, text in options.items()]
    for alias, path in cache.tiers.items():
        lines += ["[[tiers]]", f'alias = "{alias}"', f'path = "{path}"', 'capacity = "1GiB"']
    return "\n".join(lines)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, Any, Any]:
    """Add the ends of the servers' logs to the report of a test that failed."""
    report = yield
    if report.failed:
        clusters = {value.cluster for value in item.funcargs.values() if isinstance(value, Stage)}
        report.sections += [tail for cluster in clusters for tail in cluster.log_tails()]
    return report
