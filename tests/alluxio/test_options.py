"""The options of a preload: a tier that is asked for, cached bytes compared with the bucket's, a bandwidth."""

import time
from pathlib import Path

import pytest

from tests.alluxio.server_on_cluster import Make, Stage, assert_all_done
from tests.e2e.file_trees import small_files, upload

BANDWIDTH = 1 << 20  # bytes a second
SECONDS = 12


@pytest.fixture(autouse=True)
def empty_cache(stage: Stage) -> None:
    stage.books.empty_all()


def test_the_data_lies_on_the_tier_that_was_asked_for(stage: Stage) -> None:
    tree = small_files(120, "tier", size=40_000) | {"tier/blocks": bytes(3_500_000)}
    size = sum(map(len, tree.values()))
    upload(stage.bucket, tree)

    # Given that some of it lies on another tier already
    assert stage.run("preload", "/s3/tier/000")["status"] == "succeeded"
    assert set(stage.books.held()) == {"MEM"}

    # When a tier is asked for
    job = stage.run("preload", "/s3/tier", "--tier", "SSD")

    # Then all is there, by the books of the master and of the worker
    assert_all_done(job, len(tree), size)
    assert stage.books.replicas("/s3/tier") == {"SSD": size}
    assert stage.books.held() == {"SSD": size}


def test_a_flipped_byte_is_found_and_loaded_again(stage: Stage) -> None:
    # Given a cached tree, one byte of which flipped on the worker's disk
    tree = small_files(50, "flipped", size=30_000)
    size = sum(map(len, tree.values()))
    upload(stage.bucket, tree)
    assert stage.run("preload", "/s3/flipped")["status"] == "succeeded"
    [victim] = [each for each in stage.books.files("/s3/flipped") if each["name"] == "00007.bin"]
    block = block_file(stage, victim["blockIds"][0])
    flip(block)

    # When it is preloaded as usual, nothing is found: sizes are right
    assert stage.run("preload", "/s3/flipped")["progress"]["bytesWire"] == 0

    # Then with a checksum, the file is found, and loaded again
    job = stage.run("preload", "/s3/flipped", "--verify", "checksum")
    assert_all_done(job, len(tree), size)
    assert "differs from the bucket" in stage.log(job)
    assert job["progress"]["bytesWire"] == victim["length"]
    assert block_file(stage, victim["blockIds"][0]).read_bytes() == tree["flipped/000/00007.bin"]


def test_a_bandwidth_is_kept(make_stage: Make, stage: Stage) -> None:
    tree = {f"slow/{n:03}": bytes(64 << 10) for n in range(SECONDS * BANDWIDTH // (64 << 10))}
    upload(stage.bucket, tree)
    with make_stage(stage.books.cluster, bandwidth=BANDWIDTH) as slow:
        began = time.monotonic()
        job = slow.run("preload", "/s3/slow")
        took = time.monotonic() - began

    assert_all_done(job, len(tree), SECONDS * BANDWIDTH)
    assert took > SECONDS - 2


def block_file(stage: Stage, block: int) -> Path:
    """Return the file in which the worker keeps a block."""
    [file] = stage.books.cluster.tiers(1).rglob(str(block))
    return file


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
