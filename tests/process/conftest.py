"""A site for each test, torn down by pid."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.process.site import Site

_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note for the teardown whether the test failed."""
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


@pytest.fixture
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A place whose Redis is away from the beginning."""
    made = Site(tmp_path)
    yield made
    made.close(failed=request.node.stash.get(_failed, True))


@pytest.fixture
def database_url() -> str | None:
    """URL of the database of `site_with_redis`; None is a SQLite of its own."""
    return None


@pytest.fixture
def site_with_redis(
    tmp_path: Path, valkey_url: str, database_url: str | None, request: pytest.FixtureRequest
) -> Iterator[Site]:
    """A place with a Redis, empty at the beginning."""
    made = Site(tmp_path, valkey_url, database_url)
    yield made
    made.close(failed=request.node.stash.get(_failed, True))
