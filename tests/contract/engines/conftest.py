"""The engines that the suite runs over."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.engines import retry
from avio.engines.local import capacity, clock_ticks, listings
from avio.engines.local.buckets.pace import TASK
from avio.engines.local.directory_sums import BRIEF
from tests.contract.engines.alluxio import NOT_ALLUXIO, NOT_BY_REST, AlluxioHarness
from tests.contract.engines.harness import CAPACITY, FilesHarness, Harness, MemoryHarness, ObjectsHarness, OnDisk
from tests.contract.engines.lying_store import Store, lying_store
from tests.servers.alluxio import Cluster
from tests.servers.hostile_s3 import HostileS3, hostile_s3
from tests.servers.seaweed import S3Server

PATIENT = BRIEF._replace(seconds=20.0, first_seconds=20.0, streams=1000, patience=TASK)

MakeHarness = Callable[[int], Harness]


# Alluxio as it is meant to be reached, and where the masters' gRPC is closed.
ON_CLUSTER = [pytest.mark.alluxio, pytest.mark.timeout(900, func_only=True)]
ALLUXIO = [pytest.param(name, marks=ON_CLUSTER) for name in ("alluxio", "alluxio-by-rest")]


@pytest.fixture(autouse=True)
def _short_pauses(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Try an entry as often as the product does, with shorter pauses; a real cluster needs the long ones.

    Objects have whole seconds, but the file system of the tests does not: its files are not written twice within one.
    """
    monkeypatch.setattr(clock_ticks, "WHOLE_TICK_NS", clock_ticks.TICK_NS)
    if request.node.get_closest_marker("alluxio") is None:
        monkeypatch.setattr(retry, "ENTRY_BACKOFF_SECONDS", 0.01)


@pytest.fixture(autouse=True)
def _patient_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the directories of a page for as long as it takes: the machine may be busy."""
    monkeypatch.setattr(listings, "BRIEF", PATIENT)


@pytest.fixture(scope="session", params=["memory", "files", "objects", *ALLUXIO])
def side(request: pytest.FixtureRequest) -> str | S3Server | Cluster:
    """Return what the bucket of an engine lies on; the server is started before a test counts its processes."""
    return _side(request)


@pytest.fixture(scope="session", params=["files", "objects"])
def local_side(request: pytest.FixtureRequest) -> str | S3Server:
    """Return what the bucket of a local engine lies on."""
    return _side(request)


@pytest.fixture
def make(side: str | S3Server | Cluster, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeHarness]:
    """Yield what makes a harness whose tiers have the given capacity."""
    if not isinstance(side, Cluster):
        yield _make(side, tmp_path)
        return
    grpc = "alluxio-by-rest" not in request.node.callspec.params.values()
    if reason := (NOT_ALLUXIO | ({} if grpc else NOT_BY_REST)).get(request.node.originalname):
        pytest.skip(reason)
    world = AlluxioHarness(side, request.getfixturevalue("seaweed_server"), grpc=grpc)
    yield lambda capacity: world
    world.close()


@pytest.fixture
def world(make: MakeHarness) -> Harness:
    """An engine with plenty of room."""
    return make(CAPACITY)


@pytest.fixture
def local(local_side: str | S3Server, tmp_path: Path) -> OnDisk:
    """A local engine with plenty of room: for what only real disks can do."""
    world = _make(local_side, tmp_path)(CAPACITY)
    assert isinstance(world, OnDisk)
    return world


def _side(request: pytest.FixtureRequest) -> Any:
    servers = {"objects": "seaweed_server", "alluxio": "alluxio_cluster", "alluxio-by-rest": "alluxio_cluster"}
    name = servers.get(request.param)
    return request.param if name is None else request.getfixturevalue(name)


def _make(side: str | S3Server, directory: Path) -> MakeHarness:
    if side == "memory":
        return lambda capacity: MemoryHarness(directory, capacity)
    if not isinstance(side, S3Server):
        return lambda capacity: FilesHarness(directory, capacity)
    folder = uuid.uuid4().hex
    url = side.make_bucket("contract")
    store = side.store("contract", folder)
    return lambda capacity: ObjectsHarness(directory, f"{url}/{folder}", side.options, store, capacity)


@pytest.fixture
def hostile() -> Iterator[HostileS3]:
    """A store that answers as a test says."""
    with hostile_s3() as state:
        yield state


@pytest.fixture
def store() -> Iterator[Store]:
    """A store that keeps what it is given, and lies as a test says."""
    with lying_store() as store:
        yield store


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The books say what reservations did: measured in the middle, a file may be counted twice until the next time."""
    monkeypatch.setattr(capacity, "MIN_TTL_SECONDS", float("inf"))
