"""Trees whose paths grow beyond what the kernel takes: each file is moved, or it or a directory above it is left out.

The length of the first name shifts the lengths of all paths below it, so that each place around the limit is met.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import Side
from avio.engines.left_out import LeftOut
from avio.wire.params import Params
from avio.wire.paths import is_under
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness

LEVELS = {1: 800, 3: 400, 30: 150, 249: 20}  # by the length of the name of each level
TRUNK = ["t" * 200] * 13  # above short names: the work for a level is in proportion to its path
TREES = [(1, 1), (1, 2), (3, 1), (3, 2), (3, 3), (3, 4), (30, 1), (30, 2), (30, 5), (249, 1), (249, 95)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FilesHarness]:
    """A local engine on a `file://` bucket."""
    yield FilesHarness(tmp_path)
    subprocess.run(["rm", "-rf", tmp_path], check=True)  # Python can't remove so deep a tree


def top_of(world: FilesHarness, side: Side) -> Path:
    """Return the directory that the bucket, or a tier, has for /data."""
    top = world.bucket if side is Side.BUCKET else world.tiers[0] / "data"
    top.mkdir(parents=True, exist_ok=True)
    return top


def grow(top: Path, path: str, first: str, name: str) -> list[str]:
    """Make a deep tree in `top`, with a file in each directory. Return the paths of the files, below `path`."""
    files = []
    fd = os.open(top, os.O_RDONLY)
    for part in [first, *(TRUNK if len(name) <= 3 else []), *[name] * LEVELS[len(name)]]:
        os.mkdir(part, dir_fd=fd)
        below = os.open(part, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd, path = below, f"{path}/{part}"
        file = os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=fd)
        os.write(file, b"x")
        os.close(file)
        files.append(f"{path}/f")
    os.close(fd)
    return files


def lost(files: list[str], met: set[str], left: set[str]) -> list[int]:
    """Return the lengths of the paths that were neither met nor left out."""
    return [len(file) for file in files if file not in met and not any(is_under(file, each) for each in left)]


@pytest.mark.parametrize(("name", "first"), TREES)
@pytest.mark.parametrize("side", [Side.BUCKET, Side.CACHE])
def test_no_file_of_a_deep_tree_vanishes(world: FilesHarness, side: Side, first: int, name: int) -> None:
    files = grow(top_of(world, side), "/data", "w" * first, "x" * name)
    left: list[LeftOut] = []
    met = {each.path for each in world.engine.walk("/data", depth=None, side=side, left_out=left.append)}
    assert {each.reason for each in left} == {"PATH_TOO_LONG"}
    assert lost(files, met, {each.path for each in left}) == []
    assert world.engine.stat("/data").left_out > 0


@pytest.mark.parametrize("first", [1, 2, 3])
@pytest.mark.parametrize("side", [Side.BUCKET, Side.CACHE])
def test_what_is_met_of_a_deep_tree_is_moved(world: FilesHarness, side: Side, first: int) -> None:
    grow(top_of(world, side), "/data", "w" * first, "x" * 30)
    found = world.engine.walk("/data", depth=None, side=side)
    move = world.engine.preload if side is Side.BUCKET else world.engine.save
    moved = list(move(found, Params(), Attempt()))
    assert {(len(each.entry.path), str(each.error)) for each in moved if each.outcome is not Outcome.DONE} == set()
    assert len(moved) > 100
