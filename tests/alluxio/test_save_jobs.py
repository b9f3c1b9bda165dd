"""Saves reach the bucket byte by byte, and never twice: with Alluxio a second persist would delete the object."""

import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import obstore

from tests.alluxio.server_on_cluster import Stage, assert_all_done
from tests.e2e.restarting_manager import kill
from tests.processes import wait_until


def test_saved_once_and_kept(stage: Stage) -> None:
    # Given files that are in the cache alone
    tree = made(stage, "once", 60, 200_000)
    size = sum(map(len, tree.values()))

    # When they are saved
    job = stage.run("save", "/s3/once")

    # Then the bucket has every byte
    assert_all_done(job, len(tree), size)
    assert in_bucket(stage, "once") == tree
    assert stage.books.percents("/s3/once") == {100: len(tree)}

    # And a second save moves nothing and harms nothing
    objects = versions(stage, "once")
    again = stage.run("save", "/s3/once")["progress"]
    assert (again["skipped"]["files"], again["bytesWire"]) == (len(tree), 0)
    assert versions(stage, "once") == objects

    # And neither does one after all was freed: what is gone from the cache has nothing to save
    stage.books.empty("/s3/once")
    freed = stage.run("save", "/s3/once")
    assert freed["status"] in ("succeeded", "failed")
    assert (freed["progress"]["bytesWire"], freed["progress"]["failed"]["files"]) == (0, 0)
    assert versions(stage, "once") == objects
    assert in_bucket(stage, "once") == tree

    # And it can be brought back
    assert_all_done(stage.run("preload", "/s3/once"), len(tree), size)


def test_a_local_directory_gets_its_files_too(stage: Stage) -> None:
    cluster = stage.books.cluster
    cluster.write("/rooted/a/x", content := bytes(range(200)) * 1000)

    assert_all_done(stage.run("save", "/rooted"), 1, len(content))

    assert (cluster.ufs / "rooted/a/x").read_bytes() == content
    assert stage.books.percents("/rooted") == {100: 1}


def test_a_process_killed_in_the_middle_is_followed_by_one_that_ends_right(stage: Stage) -> None:
    # Given a save that is under way
    tree = made(stage, "killed", 400, 30_000)
    job = stage.user.order("save", "/s3/killed")
    wait_until(lambda: len(versions(stage, "killed")) > 20, 180, "some objects")

    # When its process is killed
    [process] = stage.server.job_processes()
    kill(process)
    assert len(versions(stage, "killed")) < len(tree), "the kill did not fall into the run"

    # Then the next attempt saves the rest, and all objects are right
    ended = stage.end_of(job)
    assert_all_done(ended, len(tree), sum(map(len, tree.values())))
    assert ended["attempt"] >= 2
    assert in_bucket(stage, "killed") == tree
    assert {each["persistenceState"] for each in stage.books.files("/s3/killed")} == {"PERSISTED"}


def made(stage: Stage, folder: str, count: int, size: int) -> dict[str, bytes]:
    """Write files of random bytes through Alluxio, into the cache alone."""
    source = random.Random(folder)
    tree = {f"{folder}/{n % 10}/{n:04}.bin": source.randbytes(source.randint(1, size)) for n in range(count)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: stage.books.cluster.write(f"/s3/{item[0]}", item[1]), tree.items()))
    return tree


def in_bucket(stage: Stage, folder: str) -> Mapping[str, bytes]:
    with ThreadPoolExecutor(8) as pool:
        names = list(versions(stage, folder))
        return dict(
            zip(names, pool.map(lambda name: bytes(obstore.get(stage.bucket, name).bytes()), names), strict=True)
        )


def versions(stage: Stage, folder: str) -> dict[str, Any]:
    """Return what tells one version of each object from another, but not the markers of directories."""
    listed = [each for page in obstore.list(stage.bucket, folder + "/") for each in page]
    return {
        each["path"]: (each["e_tag"], each["last_modified"], each["size"])
        for each in listed
        if each["path"].endswith(".bin")
    }
