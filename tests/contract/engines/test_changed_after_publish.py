"""A file that another program changes between its publishing and the check is noticed, whatever that program does.

The check looks at ctime, inode, size and mtime of what this process has put in place, and at nothing else.
"""

import mmap
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.local.scratch import Temporary
from tests.contract.engines.harness import FilesHarness

CONTENT, OTHER = b"content of the object", b"content of another..."
assert len(CONTENT) == len(OTHER)


@pytest.fixture
def world(tmp_path: Path) -> FilesHarness:
    world = FilesHarness(tmp_path)
    world.put_bucket("/data/f", CONTENT)
    return world


def overwritten(file: Path) -> None:
    with open(file, "r+b") as stream:
        stream.write(OTHER)


def set_back(file: Path) -> None:
    times = file.stat()
    overwritten(file)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def replaced(file: Path) -> None:
    times = file.stat()
    other = file.with_name("other")
    other.write_bytes(OTHER)
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.rename(file)


def truncated(file: Path) -> None:
    times = file.stat()
    os.truncate(file, 5)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def longer(file: Path) -> None:
    times = file.stat()
    with open(file, "ab") as stream:
        stream.write(b"x")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def through_a_link(file: Path) -> None:
    link = file.parents[1] / "link"
    os.link(file, link)
    set_back(link)


def mapped(file: Path) -> None:
    times = file.stat()
    with open(file, "r+b") as stream, mmap.mmap(stream.fileno(), 0) as memory:
        memory[:5] = b"other"
        memory.flush()
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


CHANGES = [overwritten, set_back, replaced, truncated, longer, through_a_link, mapped]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_is_not_called_cached(world: FilesHarness, change: Callable[[Path], None]) -> None:
    entry = world.preload()["/data/f"].entry
    change(world.tiers[0] / "data/f")
    assert world.recheck([entry])["/data/f"].state in (EntryState.DIRTY, EntryState.CONFLICT)


@pytest.mark.parametrize("change", [overwritten, truncated, longer])
def test_a_file_that_is_changed_as_soon_as_it_has_its_name_is_not_called_cached(
    world: FilesHarness, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = world.tiers[0] / "data/f"

    publish_new = Temporary.publish_new

    def changed(temporary: Temporary, name: str) -> bool:
        done = publish_new(temporary, name)
        change(file)
        return done

    monkeypatch.setattr(Temporary, "publish_new", changed)
    entry = world.preload()["/data/f"].entry
    assert world.recheck([entry])["/data/f"].state in (EntryState.DIRTY, EntryState.CONFLICT)


def test_a_file_that_is_gone_is_not_called_cached(world: FilesHarness) -> None:
    entry = world.preload()["/data/f"].entry
    (world.tiers[0] / "data/f").unlink()
    assert world.recheck([entry])["/data/f"].state is EntryState.REMOTE


def test_a_file_with_another_name_has_its_bytes_still(world: FilesHarness) -> None:
    entry = world.preload()["/data/f"].entry
    os.link(world.tiers[0] / "data/f", world.tiers[0] / "data/g")
    os.chmod(world.tiers[0] / "data/f", 0o600)
    assert world.recheck([entry])["/data/f"].state is EntryState.CACHED


def test_a_copy_on_another_tier_too_is_looked_at(world: FilesHarness) -> None:
    entry = world.preload()["/data/f"].entry
    (world.tiers[1] / "data").mkdir(parents=True)
    (world.tiers[1] / "data/f").write_bytes(OTHER)
    assert world.recheck([entry])["/data/f"].state is not EntryState.CACHED
