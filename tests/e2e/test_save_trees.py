"""Save over S3: new and changed files reach the bucket, once, and never over somebody else's change unasked."""

import obstore
import pytest

from tests.e2e.file_trees import small_files, upload
from tests.e2e.running_server import Stage

TREE = small_files(20, "model")
CHANGED, CONFLICTING = "model/000/00003.bin", "model/000/00007.bin"
NEW = "model/run-1/weights.bin"


@pytest.fixture(scope="module")
def stage(calm_stage: Stage) -> Stage:
    upload(calm_stage.bucket, TREE)
    run = calm_stage.user.avio("preload", "/data/model", "--wait")
    assert run.returncode == 0, run.stderr
    return calm_stage


def test_new_and_changed_files_are_saved_once(stage: Stage) -> None:
    # Given a cached file that was changed, and a new one
    new = stage.cache.file(NEW)
    new.parent.mkdir()
    new.write_bytes(b"new" * 100_000)
    stage.cache.file(CHANGED).write_bytes(b"changed")
    assert stage.user.json("stat", "/data/model")["state"] == "dirty"

    # When the directory is saved
    first = stage.user.avio("save", "/data/model", "--wait")

    # Then the bucket has both, byte by byte, and the rest is as it was
    assert first.returncode == 0, first.stderr
    assert in_bucket(stage, NEW) == b"new" * 100_000
    assert in_bucket(stage, CHANGED) == b"changed"
    assert all(in_bucket(stage, name) == content for name, content in TREE.items() if name != CHANGED)

    # And a second save moves nothing
    again = stage.user.json("save", "/data/model", "--wait")["progress"]
    assert again["bytesWire"] == 0
    assert again["skipped"] == again["done"]
    assert again["done"]["files"] == again["total"]["files"] == len(TREE) + 1


def test_a_change_on_both_sides_is_refused_and_named_until_overwriting_is_asked_for(stage: Stage) -> None:
    # Given a file that was changed in the cache and, since it was taken from there, in the bucket
    stage.cache.file(CONFLICTING).write_bytes(b"ours")
    obstore.put(stage.bucket, CONFLICTING, b"theirs, and longer")

    # When the directory is saved
    refused = stage.user.avio("save", "/data/model", "--wait")

    # Then that file is not, and the report names it
    assert refused.returncode == 3, refused.stderr
    assert in_bucket(stage, CONFLICTING) == b"theirs, and longer"
    [line] = stage.user.avio("report", "@last", "--failed").stdout.splitlines()
    assert line.split("\t")[4:6] == ["SAVE_CONFLICT", f"/data/{CONFLICTING}"]

    # And with --on-conflict overwrite the cached file wins
    forced = stage.user.avio("save", "/data/model", "--wait", "--on-conflict", "overwrite")
    assert forced.returncode == 0, forced.stderr
    assert in_bucket(stage, CONFLICTING) == b"ours"


def in_bucket(stage: Stage, name: str) -> bytes:
    return bytes(obstore.get(stage.bucket, name).bytes())
