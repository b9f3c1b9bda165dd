"""Objects that were put into the bucket behind Alluxio's back are seen, and all of them are cached."""

import pytest

from tests.alluxio.server_on_cluster import Stage, assert_all_done
from tests.e2e.file_trees import small_files, upload

FIRST = small_files(40, "behind/first")
TREE = {
    **FIRST,
    **small_files(260, "behind/later"),
    "behind/first/000/new": b"beside the known ones",
    "behind/three blocks": bytes(range(256)) * 10_000,
    "behind/über alles": b"ein Name",
    "behind/empty": b"",
}
BYTES = sum(map(len, TREE.values()))


@pytest.fixture
def empty_cache(stage: Stage) -> Stage:
    stage.books.empty_all()
    return stage


def test_every_file_is_cached_and_each_tier_holds_what_its_worker_says(empty_cache: Stage) -> None:
    stage = empty_cache
    # Given a directory that Alluxio knows, to which objects are added in the bucket
    upload(stage.bucket, FIRST)
    assert stage.run("preload", "/s3/behind")["status"] == "succeeded"
    stage.books.empty("/s3/behind")
    upload(stage.bucket, TREE)

    # When it is preloaded
    job = stage.run("preload", "/s3/behind")

    # Then every file is cached whole, by the master's own books
    assert_all_done(job, len(TREE), BYTES)
    assert stage.books.percents("/s3/behind") == {100: len(TREE)}

    # And the bytes of each tier are those of the worker's own
    held = stage.books.held()
    assert sum(held.values()) == BYTES
    assert stage.user.json("stat", "/s3/behind")["tiers"] == held

    # And a second preload has nothing to do
    again = stage.run("preload", "/s3/behind")["progress"]
    assert (again["skipped"]["files"], again["bytesWire"]) == (len(TREE), 0)
