"""Deep trees in bucket and tier: a walk holds a few directories open, whatever their depth."""

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import EntryState, Side
from avio.engines.local.root import Root
from avio.engines.local.tree_walk import HELD_LEVELS, Walk, runs
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness

FILES = 256
DEEP = 1800  # levels of one letter: within the 4,096 bytes of a path


@pytest.fixture(autouse=True)
def _few_files(tmp_path: Path) -> Iterator[None]:
    """Let this process open no more than FILES files beyond those that are open. Removes the deep trees at the end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + FILES, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    subprocess.run(["rm", "-rf", tmp_path], check=True)  # Python can't remove so deep a tree


@pytest.fixture
def world(tmp_path: Path) -> FilesHarness:
    return FilesHarness(tmp_path)


def dig(top: Path, levels: int) -> None:
    """Make a chain of `levels` directories named x below `top`, with a file f in the last and a file s in the tenth."""
    fd = os.open(top, os.O_RDONLY)
    for level in range(1, levels + 1):
        os.mkdir("x", dir_fd=fd)
        below = os.open("x", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
        for name in ("s",) * (level == 10) + ("f",) * (level == levels):
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=fd))
    os.close(fd)


def test_a_deep_tree_is_listed_and_preloaded_with_few_open_files(world: FilesHarness) -> None:
    dig(world.bucket, DEEP)

    page = world.engine.list("/data", depth=1, size=100)
    moved = world.preload()

    assert [(entry.path, entry.files) for entry in page.entries] == [("/data/x", 2)]
    assert [each.outcome for each in moved.values()] == [Outcome.DONE, Outcome.DONE]
    assert world.engine.stat("/data").state is EntryState.CACHED  # walks the tier too


def test_what_is_too_deep_for_a_path_is_left_out_by_name(world: FilesHarness) -> None:
    dig(world.bucket, 3000)
    left: list[str] = []

    entries = list(
        world.engine.walk("/data", depth=None, side=Side.BUCKET, left_out=lambda each: left.append(each.reason))
    )

    assert [entry.path for entry in entries] == ["/data" + "/x" * 10 + "/s"]
    assert left == ["PATH_TOO_LONG"]
    assert len(world.engine.list("/data", depth=1, size=100).left_out) == 1
    moved = world.engine.preload(iter(entries), Params(), Attempt())
    assert [each.outcome for each in moved] == [Outcome.DONE]


def test_a_walk_goes_on_above_the_levels_that_it_has_let_go(tmp_path: Path) -> None:
    deep, wide = "a/" * (3 * HELD_LEVELS), "b/c"
    for level in range(3 * HELD_LEVELS):
        (tmp_path / ("a/" * level) / wide).mkdir(parents=True)
        (tmp_path / ("a/" * level) / wide / "f").touch()
    (tmp_path / deep).mkdir(parents=True)
    (tmp_path / deep / "f").touch()

    found = [each[0] for run in runs(Walk(Root(str(tmp_path), make=False), "")) for each in run]

    expected = {f"{'a/' * level}b/c/f" for level in range(3 * HELD_LEVELS)} | {f"{deep}f"}
    assert set(found) == expected
    assert found == sorted(found)


def test_a_symlink_to_a_directory_far_above_is_no_loop(tmp_path: Path) -> None:
    deep = tmp_path / ("x/" * (3 * HELD_LEVELS))
    deep.mkdir(parents=True)
    (deep / "f").touch()
    (deep / "up").symlink_to("../" * (3 * HELD_LEVELS - 1))
    left: list[str] = []
    how = Walk(Root(str(tmp_path), make=False), "", follow=True, leave_out=lambda key, _: left.append(key))

    found = [each[0] for run in runs(how) for each in run]

    assert found == [f"{'x/' * (3 * HELD_LEVELS)}f"]
    assert left == [f"{'x/' * (3 * HELD_LEVELS)}up/"]
