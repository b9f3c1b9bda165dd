"""The master by gRPC, on a real cluster."""

import pytest
from obstore.store import ObjectStore

from avio.engines.alluxio.clients.path_rules import Unaddressable
from avio.engines.alluxio.clients.status import Persistence
from avio.errors import PathNotFound
from tests.contract.alluxio.cluster_files import Tree
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio


def test_a_file_put_behind_alluxios_back_is_seen_after_a_sync(tree: Tree) -> None:
    tree.put("a")
    tree.put("b")

    assert [status.path for status in tree.statuses()] == [*tree.files]


def test_a_status_has_the_blocks_and_the_place_in_the_bucket(tree: Tree, alluxio_cluster: Cluster) -> None:
    tree.put("a")

    status = tree.master.status(f"{tree.path}/a")

    assert (status.folder, status.length, status.completed) == (False, 1_500_000, True)
    assert status.persistence is Persistence.PERSISTED
    assert status.ufs_path == f"{alluxio_cluster.ufs}{tree.path}/a"
    assert [(block.offset, block.length, block.locations) for block in status.blocks] == [
        (0, 1 << 20, ()),
        (1 << 20, 1_500_000 - (1 << 20), ()),
    ]
    assert status.fingerprint


def test_a_status_with_sync_looks_into_the_bucket(tree: Tree, alluxio_cluster: Cluster) -> None:
    tree.put("a")
    (alluxio_cluster.ufs / tree.path[1:] / "a").write_bytes(b"changed")

    assert tree.master.status(f"{tree.path}/a").length == 1_500_000
    assert tree.master.status(f"{tree.path}/a", sync=True).length == 7


@pytest.mark.parametrize("size", [1, 2, 100])
def test_pages_of_any_size_make_the_same_listing(tree: Tree, size: int) -> None:
    tree.put("a", "d/x", "d/y", "d.txt", "e/f/g", size=10)

    found = [
        status.path.removeprefix(tree.path) for status in tree.master.listing(tree.path, recursive=True, size=size)
    ]

    assert sorted(found) == ["/a", "/d", "/d.txt", "/d/x", "/d/y", "/e", "/e/f", "/e/f/g"]


def test_children_alone_are_listed_when_asked_for(tree: Tree) -> None:
    tree.put("a", "d/x", size=10)

    page = tree.master.page(tree.path, recursive=False, size=1)
    assert ([status.path for status in page.statuses], page.more) == ([f"{tree.path}/a"], True)
    page = tree.master.page(tree.path, recursive=False, size=9, after=f"{tree.path}/a")
    assert ([status.path for status in page.statuses], page.more) == ([f"{tree.path}/d"], False)


def test_a_file_is_listed_as_itself(tree: Tree) -> None:
    tree.put("a", size=10)

    assert [status.path for status in tree.master.listing(f"{tree.path}/a", recursive=True)] == [f"{tree.path}/a"]


def test_the_root_is_listed_too(tree: Tree) -> None:
    tree.put("a", size=10)

    paths = {status.path for status in tree.master.listing("/", recursive=False, size=2)}

    assert {tree.path, "/s3"} <= paths


@pytest.mark.parametrize("name", ["with space", "%2F", "a#b", "a+b", "a;b&c:d", "ünï-文件-😀", "x" * 200])
def test_any_name_that_alluxio_can_take_is_listed_and_found(tree: Tree, name: str) -> None:
    tree.put(name, "other", size=10)

    assert tree.master.status(f"{tree.path}/{name}").length == 10
    assert f"{tree.path}/{name}" in [status.path for status in tree.master.listing(tree.path, recursive=True, size=1)]


def test_a_question_mark_is_refused_before_alluxio_takes_another_file(tree: Tree) -> None:
    tree.put("a", size=10)

    with pytest.raises(Unaddressable):
        tree.master.free(f"{tree.path}/a?b", recursive=False)


def test_a_path_that_is_not_there_is_not_found(tree: Tree) -> None:
    with pytest.raises(PathNotFound):
        tree.master.status(tree.path)
    with pytest.raises(PathNotFound):
        tree.master.sync(tree.path)
    with pytest.raises(PathNotFound):
        tree.master.page(tree.path, recursive=True, size=1)


def test_mounts_are_told_with_their_buckets(tree: Tree, alluxio_cluster: Cluster, alluxio_bucket: str) -> None:
    found = {mount.path: mount.ufs_uri for mount in tree.master.mounts()}

    assert found == {"/": str(alluxio_cluster.ufs), "/s3": f"s3://{alluxio_bucket}/"}


def test_a_free_empties_the_cache(tree: Tree) -> None:
    tree.put("a", "b")
    tree.load()

    tree.master.free(tree.path, recursive=True)

    tree.wait_until_cached(0)


@pytest.mark.usefixtures("removed_afterwards")
def test_alluxios_own_load_job_runs_and_is_followed(tree: Tree) -> None:
    tree.put("a", "ü 😀", size=100_000)

    tree.master.start_load(tree.path, bandwidth=100 << 20)
    wait_until(lambda: tree.master.load_progress(tree.path).ended, 180, "the load job ended")

    progress = tree.master.load_progress(tree.path, failures=True)
    assert (progress.state, progress.failed_files, progress.failures) == ("SUCCEEDED", 0, {})
    assert (progress.files, progress.bytes) == (2, 200_000)
    tree.wait_until_cached(100)


@pytest.mark.usefixtures("removed_afterwards")
def test_a_load_job_is_stopped(tree: Tree) -> None:
    tree.put(*(f"f{n}" for n in range(50)), size=1 << 20)

    tree.master.start_load(tree.path, bandwidth=1 << 20)
    assert tree.master.stop_load(tree.path)

    assert tree.master.load_progress(tree.path).state == "STOPPED"
    assert not tree.master.stop_load(tree.path)


def test_a_load_job_that_nobody_started_is_not_found(tree: Tree) -> None:
    with pytest.raises(PathNotFound):
        tree.master.load_progress(tree.path)


def test_a_file_is_persisted_to_its_bucket(tree: Tree, alluxio_cluster: Cluster, bucket: ObjectStore) -> None:
    # Given a file that is in the cache alone
    path = f"/s3/{tree.path[1:]}"
    alluxio_cluster.write(path, b"precious")
    assert tree.master.status(path).persistence is Persistence.NOT_PERSISTED

    # When its persist is scheduled
    tree.master.persist(path)
    wait_until(lambda: tree.master.status(path).persistence is Persistence.PERSISTED, 180, "persisted")

    # Then the bucket has it
    assert bytes(bucket.get(tree.path[1:]).bytes()) == b"precious"


def test_a_directory_is_not_persisted(tree: Tree) -> None:
    tree.put("a", size=10)

    with pytest.raises(PathNotFound, match="must be a file"):
        tree.master.persist(tree.path)
