"""Directories that Alluxio can't list, and names that it does not show: told by name, and their neighbours go on."""

import os
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from obstore.store import ObjectStore

from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.base import Side
from avio.engines.left_out import LeftOut
from tests.contract.alluxio.cluster_files import Tree
from tests.contract.alluxio.old_master import master_without
from tests.servers.alluxio import Cluster

pytestmark = pytest.mark.alluxio

NOT_UTF8 = b"lat\xe9"


@pytest.fixture
def engine(alluxio_cluster: Cluster) -> Iterator[AlluxioEngine]:
    made = AlluxioEngine.from_settings({"alluxio": alluxio_cluster.settings})
    yield made
    made.close()


@pytest.fixture
def old(alluxio_cluster: Cluster) -> Iterator[AlluxioEngine]:
    """The engine on a master of a release without SyncMetadata."""
    with master_without("SyncMetadata", alluxio_cluster.settings["masters"][0]) as address:
        made = AlluxioEngine.from_settings({"alluxio": alluxio_cluster.settings | {"masters": [address]}})
        yield made
        made.close()


@pytest.fixture
def directory(alluxio_cluster: Cluster, tree: Tree) -> Path:
    """The directory of `tree` in the local bucket, with two files in each of `a`, `m` and `z`."""
    found = alluxio_cluster.ufs / tree.path[1:]
    for name in "amz":
        (found / name).mkdir(parents=True)
        for number in range(2):
            (found / name / f"f{number}").write_bytes(b"x")
    return found


def walked(engine: AlluxioEngine, path: str) -> tuple[list[str], list[LeftOut]]:
    """Return the paths below `path` without it, and what was left out."""
    left: list[LeftOut] = []
    entries = [*engine.walk(path, depth=None, side=Side.BUCKET, left_out=left.append)]
    return [entry.path.removeprefix(f"{path}/") for entry in entries], left


def put_not_utf8(directory: Path) -> None:
    Path(os.fsdecode(os.fsencode(directory) + b"/" + NOT_UTF8)).touch()


def test_a_directory_that_alluxio_cannot_list_is_left_out_by_name(
    engine: AlluxioEngine, tree: Tree, directory: Path
) -> None:
    put_not_utf8(directory / "m")

    found, [left] = walked(engine, tree.path)

    assert found == ["a/f0", "a/f1", "z/f0", "z/f1"]
    assert (left.path, left.reason) == (f"{tree.path}/m", "NOT_LISTED")
    assert "lat" in left.message

    found, [left] = walked(engine, f"{tree.path}/m")
    assert (found, left.path) == ([], f"{tree.path}/m")


def test_a_broken_symlink_hides_no_directory_in_silence(engine: AlluxioEngine, tree: Tree, directory: Path) -> None:
    (directory / "m" / "link").symlink_to("/nowhere/at/all")

    found, [left] = walked(engine, tree.path)

    assert found == ["a/f0", "a/f1", "z/f0", "z/f1"]
    assert (left.path, left.reason) == (f"{tree.path}/m", "NOT_LISTED")
    assert "m/link" in left.message


def test_an_odd_name_that_comes_later_is_told_too(engine: AlluxioEngine, tree: Tree, directory: Path) -> None:
    assert walked(engine, tree.path)[1] == []
    put_not_utf8(directory / "m")
    (directory / "m" / "new").touch()

    found, [left] = walked(engine, tree.path)

    # What Alluxio knows goes on
    assert found == ["a/f0", "a/f1", "m/f0", "m/f1", "z/f0", "z/f1"]
    assert (left.path, left.reason) == (f"{tree.path}/m", "NOT_LISTED")


@pytest.mark.parametrize("name", ["q?x", "b\\c"])
def test_names_that_alluxio_does_not_show_are_told_by_their_directory(
    engine: AlluxioEngine, tree: Tree, directory: Path, name: str
) -> None:
    (directory / "m" / name).touch()

    found, [left] = walked(engine, tree.path)

    assert found == ["a/f0", "a/f1", "m/f0", "m/f1", "z/f0", "z/f1"]
    assert (left.path, left.reason) == (f"{tree.path}/m", "NAMES_HIDDEN")
    # The check has left no entry behind
    shown = tree.master.page(f"{tree.path}/m", recursive=False, size=10, load=False).statuses
    assert [status.path.rpartition("/")[2] for status in shown] == ["f0", "f1"]


def test_a_key_that_is_both_file_and_directory_is_told(engine: AlluxioEngine, bucket: ObjectStore) -> None:
    for key in ("both/q", "both/q/r", "both/z"):
        obstore.put(bucket, key, b"x")

    found, [left] = walked(engine, "/s3/both")

    assert found == ["q", "z"]
    assert (left.path, left.reason) == ("/s3/both", "NAMES_HIDDEN")


def test_plain_directories_leave_nothing_out(engine: AlluxioEngine, tree: Tree, directory: Path) -> None:
    (directory / "empty").mkdir()

    assert walked(engine, tree.path) == (["a/f0", "a/f1", "m/f0", "m/f1", "z/f0", "z/f1"], [])


def test_the_check_changes_no_unsaved_file(
    engine: AlluxioEngine, tree: Tree, directory: Path, alluxio_cluster: Cluster
) -> None:
    alluxio_cluster.write(f"{tree.path}/m/mine", b"mine")
    (directory / "m" / "mine").write_bytes(b"theirs")
    put_not_utf8(directory / "a")

    _, [left] = walked(engine, tree.path)

    assert left.path == f"{tree.path}/a"
    assert engine.stat(f"{tree.path}/m/mine").size == len(b"mine")
    assert engine.stat(f"{tree.path}/m/mine").saved is False


def test_a_master_that_cannot_tell_makes_an_empty_directory_doubtful(
    old: AlluxioEngine, tree: Tree, directory: Path
) -> None:
    put_not_utf8(directory / "m")

    found, [left] = walked(old, tree.path)

    assert found == ["a/f0", "a/f1", "z/f0", "z/f1"]
    assert (left.path, left.reason) == (f"{tree.path}/m", "NOT_LISTED")
    assert "can't say" in left.message


def test_the_proxy_cannot_tell_either(by_rest: AlluxioEngine, tree: Tree, directory: Path) -> None:
    put_not_utf8(directory / "m")

    found, [left] = walked(by_rest, tree.path)

    assert found == ["a/f0", "a/f1", "z/f0", "z/f1"]
    assert (left.path, left.reason) == (f"{tree.path}/m", "NOT_LISTED")
