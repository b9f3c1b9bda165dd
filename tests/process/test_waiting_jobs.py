"""A job in the midst of one large file tells how far it is, that its store hangs or is gone, and that it goes on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from avio.db import artifacts
from avio.db.connection import borrow
from tests.contract.engines.lying_store import Store, lying_store
from tests.process.site import Site
from tests.process.tcp_proxy import Proxy
from tests.processes import wait_until

pytestmark = pytest.mark.faults

MIB = 1 << 20
LARGE = 12 * MIB

CONFIG = """
[mounts."/data"]
url = "s3://b"
options = {{ {options} }}

[[tiers]]
alias = "MEM"
path = "{home}/cache"
capacity = "1GiB"
"""


@pytest.fixture
def store() -> Iterator[Store]:
    with lying_store() as store:
        store.slow = 2 * MIB
        store.put("large", bytes(LARGE))
        yield store


def begun(site: Site, store: Store, proxy: Proxy) -> str:
    """Begin a preload of one large file, and return its id once a part of it has come."""
    options = {**store.options, "endpoint": f"http://127.0.0.1:{proxy.port}"}
    texts = ", ".join(f'{name} = "{text}"' for name, text in options.items())
    (site.home / "avio.toml").write_text(CONFIG.format(home=site.home, options=texts))
    site.aggregator()
    site.supervisor()
    job = site.order("/data/large")
    wait_until(lambda: (site.row(job)["bytes_in_flight"] or 0) > MIB, 20, "a part of the file has come")
    row = site.row(job)
    assert (row["files_done"], row["bytes_done"], row["in_flight"]) == (0, 0, 1)
    assert row["bytes_in_flight"] < LARGE
    return job


def waits(site: Site, job: str) -> dict[str, Any] | None:
    """Return what the job waits for."""
    text = site.row(job)["waits"]
    return None if text is None else json.loads(text)


def assert_goes_on(site: Site, job: str, said: str) -> None:
    """The job no longer waits, and ends well. Its log has a line for begin and end."""
    wait_until(lambda: waits(site, job) is None, 20, "the job goes on")
    row = site.wait_for_end(job, limit=60)
    assert (row["state"], row["files_done"], row["bytes_done"]) == ("succeeded", 1, LARGE)
    assert (row["bytes_in_flight"], row["waits"]) == (None, None)
    with borrow():
        log = b"".join(artifacts.read(job, row["attempt"], "log")).decode()
    assert log.count(f"the job waits: {said}") == log.count("the job goes on after a wait of ") == 1


def test_a_store_that_hangs_is_told_within_seconds_until_bytes_come(site_with_redis: Site, store: Store) -> None:
    with Proxy("127.0.0.1", store.port) as proxy:
        job = begun(site_with_redis, store, proxy)
        proxy.silent = True
        wait_until(lambda: waits(site_with_redis, job) is not None, 15, "the job tells that it waits")
        wait = waits(site_with_redis, job)
        assert wait is not None
        assert (wait["why"], wait["what"]) == ("STORE_SILENT", "")
        proxy.mend()
        assert_goes_on(site_with_redis, job, "no byte comes from the store")


def test_a_store_that_is_gone_is_told_with_its_error_until_it_is_back(site_with_redis: Site, store: Store) -> None:
    with Proxy("127.0.0.1", store.port) as proxy:
        job = begun(site_with_redis, store, proxy)
        proxy.cut()

        def says_why() -> bool:
            wait = waits(site_with_redis, job)
            return wait is not None and wait["what"].startswith("s3://b/large: ")

        wait_until(says_why, 30, "the job tells the error of its store")
        proxy.mend()
        store.slow = 20 * MIB
        assert_goes_on(site_with_redis, job, "the store is unavailable: s3://b/large: ")
