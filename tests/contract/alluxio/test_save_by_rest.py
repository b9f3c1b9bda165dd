"""The save by the job service and the flag, where gRPC is closed: what an attempt that died between the two leaves."""

import os
import uuid

import obstore
import pytest
from obstore.store import ObjectStore

from avio.engines.alluxio.clients.cluster import Clients
from avio.engines.alluxio.clients.job_master import JobState
from avio.engines.alluxio.clients.status import Persistence, Status
from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.base import EntryState, Moved, Side
from avio.errors import NotSaved
from avio.wire.results import Outcome
from tests.contract.alluxio.moves import save
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio

CONTENT = os.urandom(2_500_000)  # three blocks


@pytest.fixture
def unsaved(alluxio_cluster: Cluster) -> str:
    """A file that was written through Alluxio alone."""
    path = f"/s3/{uuid.uuid4().hex}/f"
    alluxio_cluster.write(path, CONTENT)
    return path


def status_of(clients: Clients, path: str) -> Status:
    assert clients.proxy is not None
    return clients.proxy.status(path)


def save_one(engine: AlluxioEngine, path: str) -> Moved:
    (moved,) = save(engine, path)
    return moved


def test_a_tree_that_is_saved_counts_the_same_again_and_again(
    by_rest: AlluxioEngine, clients: Clients, alluxio_cluster: Cluster
) -> None:
    # Given a saved tree, one of whose files is empty
    path = f"/s3/{uuid.uuid4().hex}"
    for name, content in (("a", CONTENT), ("b/empty", b""), ("b/c", b"c")):
        alluxio_cluster.write(f"{path}/{name}", content)
    assert {each.outcome for each in save(by_rest, path)} == {Outcome.DONE}

    # Then a second save has the same files and nothing to do
    assert [each.outcome for each in save(by_rest, path)] == [Outcome.SKIPPED] * 3

    # And so it is after the cache has dropped them
    by_rest.free(path, recursive=True)
    wait_until(lambda: not any(by_rest.walk(f"{path}/b/c", depth=None, side=Side.CACHE)), 60, "it is dropped")
    wait_until(lambda: not any(by_rest.walk(path, depth=None, side=Side.CACHE)), 60, "all are dropped")
    assert [each.outcome for each in save(by_rest, path)] == [Outcome.SKIPPED] * 3


def test_a_copy_whose_attempt_died_before_the_flag_is_recognised_by_its_bytes(
    by_rest: AlluxioEngine, clients: Clients, bucket: ObjectStore, unsaved: str
) -> None:
    # Given bytes in the bucket, and a file that Alluxio still calls unsaved
    before = status_of(clients, unsaved)
    job = clients.jobs.persist(unsaved, mount_id=before.mount_id, ufs_path=before.ufs_path)
    wait_until(lambda: clients.jobs.status(job).state is JobState.COMPLETED, 180, "the copy")
    assert status_of(clients, unsaved).persistence is Persistence.NOT_PERSISTED

    # When the next attempt saves it
    moved = save_one(by_rest, unsaved)

    # Then it is saved, and still cached
    assert (moved.outcome, moved.error) == (Outcome.DONE, None)
    assert by_rest.stat(unsaved).state is EntryState.CACHED
    assert bytes(obstore.get(bucket, unsaved.removeprefix("/s3/")).bytes()) == CONTENT
    assert save_one(by_rest, unsaved).outcome is Outcome.SKIPPED


@pytest.mark.parametrize("theirs", [CONTENT[:-1] + b"?", CONTENT + b"?", CONTENT[:-1], b""], ids=len)
def test_an_object_of_somebody_else_is_a_conflict_and_left_alone(
    by_rest: AlluxioEngine, clients: Clients, bucket: ObjectStore, unsaved: str, theirs: bytes
) -> None:
    obstore.put(bucket, unsaved.removeprefix("/s3/"), theirs)

    moved = save_one(by_rest, unsaved)

    assert moved.outcome is Outcome.FAILED
    assert isinstance(moved.error, NotSaved)
    assert bytes(obstore.get(bucket, unsaved.removeprefix("/s3/")).bytes()) == theirs
    status = status_of(clients, unsaved)
    assert status.persistence is Persistence.NOT_PERSISTED
    blocks = [b"".join(clients.workers.read(b.locations[0].worker, b.id, b.length)) for b in status.blocks]
    assert b"".join(blocks) == CONTENT
