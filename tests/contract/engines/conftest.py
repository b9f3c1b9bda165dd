"""The engines that the suite runs over."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.engines.harness import CAPACITY, FilesHarness, Harness, MemoryHarness, ObjectsHarness
from tests.servers.seaweed import S3Server

MakeHarness = Callable[[int], Harness]


@pytest.fixture(params=["memory", "files", "objects"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> MakeHarness:
    """Return what makes a harness whose tiers have a capacity."""
    if request.param == "memory":
        return lambda capacity: MemoryHarness(tmp_path, capacity)
    return _make_local(request, tmp_path)


@pytest.fixture
def world(make: MakeHarness) -> Harness:
    """An engine with plenty of room."""
    return make(CAPACITY)


@pytest.fixture(params=["files", "objects"])
def make_local(request: pytest.FixtureRequest, tmp_path: Path) -> MakeHarness:
    """Return what makes a harness of the local engine."""
    return _make_local(request, tmp_path)


@pytest.fixture
def local(make_local: MakeHarness) -> Harness:
    """A local engine with plenty of room: for what only real disks can do."""
    return make_local(CAPACITY)


def _make_local(request: pytest.FixtureRequest, tmp_path: Path) -> MakeHarness:
    if request.param == "files":
        return lambda capacity: FilesHarness(tmp_path, capacity)
    server: S3Server = request.getfixturevalue("seaweed_server")
    name = f"test-{uuid.uuid4().hex[:12]}"
    url = server.make_bucket(name)
    return lambda capacity: ObjectsHarness(tmp_path, url, server.options, server.store(name), capacity)
