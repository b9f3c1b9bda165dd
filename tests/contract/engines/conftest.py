"""The engines that the suite runs over."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.engines.harness import CAPACITY, FilesHarness, Harness, MemoryHarness, ObjectsHarness
from tests.servers.seaweed import S3Server

MakeHarness = Callable[[int], Harness]


@pytest.fixture(scope="session", params=["memory", "files", "objects"])
def side(request: pytest.FixtureRequest) -> str | S3Server:
    """Return what the bucket of an engine lies on; the server is started before a test counts its processes."""
    return request.getfixturevalue("seaweed_server") if request.param == "objects" else request.param


@pytest.fixture(scope="session", params=["files", "objects"])
def local_side(request: pytest.FixtureRequest) -> str | S3Server:
    """Return what the bucket of a local engine lies on."""
    return request.getfixturevalue("seaweed_server") if request.param == "objects" else request.param


@pytest.fixture
def make(side: str | S3Server, tmp_path: Path) -> MakeHarness:
    """Return what makes a harness whose tiers have the given capacity."""
    return _make(side, tmp_path)


@pytest.fixture
def world(make: MakeHarness) -> Harness:
    """An engine with plenty of room."""
    return make(CAPACITY)


@pytest.fixture
def local(local_side: str | S3Server, tmp_path: Path) -> Harness:
    """A local engine with plenty of room: for what only real disks can do."""
    return _make(local_side, tmp_path)(CAPACITY)


def _make(side: str | S3Server, directory: Path) -> MakeHarness:
    if side == "memory":
        return lambda capacity: MemoryHarness(directory, capacity)
    if not isinstance(side, S3Server):
        return lambda capacity: FilesHarness(directory, capacity)
    folder = uuid.uuid4().hex
    url = side.make_bucket("contract")
    store = side.store("contract", folder)
    return lambda capacity: ObjectsHarness(directory, f"{url}/{folder}", side.options, store, capacity)
