"""Blocks of 64 MB on a worker whose Java has room for eight of them: the window shrinks until the worker can."""

import os
from collections.abc import Iterator

import pytest

from tests.alluxio.server_on_cluster import Stage, assert_all_done

FILES, SIZE = 4, 256 << 20
BLOCKS = {"alluxio.user.block.size.bytes.default": "64MB"}


@pytest.fixture
def large_files(stage: Stage) -> Iterator[str]:
    """Four files of 256 MiB in four blocks each; the master decides on the blocks of what it finds in the bucket."""
    cluster = stage.books.cluster
    stage.books.empty_all()
    cluster.restart("master", properties=BLOCKS)
    folder = cluster.ufs / "large"
    folder.mkdir()
    piece = os.urandom(1 << 20)
    for no in range(FILES):
        with open(folder / f"{no}.bin", "wb") as file:
            for _ in range(SIZE // len(piece)):
                file.write(piece)
    yield "/large"
    stage.books.empty("/large")
    cluster.restart("master")


def test_all_is_cached(stage: Stage, large_files: str) -> None:
    job = stage.run("preload", large_files)

    assert_all_done(job, FILES, FILES * SIZE)
    assert stage.books.percents(large_files) == {100: FILES}
    assert {len(each["blockIds"]) for each in stage.books.files(large_files)} == {4}
    assert stage.books.strangers(large_files) == set()
    assert sum(stage.books.held().values()) == FILES * SIZE
