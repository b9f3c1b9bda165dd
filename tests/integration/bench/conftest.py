"""The servers in Go that bench measures with."""

from collections.abc import Iterator

import pytest

from tests.servers.memory_s3 import MemoryS3, memory_s3


@pytest.fixture(scope="session", autouse=True)
def _with_go(needs_go: None) -> None:
    """All of these tests need it."""


@pytest.fixture(scope="module")
def memory_server() -> Iterator[MemoryS3]:
    """One S3 server in memory for a file of tests."""
    with memory_s3() as server:
        yield server
