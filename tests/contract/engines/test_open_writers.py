"""A file that a program writes to while it is saved or freed: what is written afterwards is never taken for saved."""

import errno
import mmap
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.local.open_writers import has_writer, is_in_memory
from avio.errors import Unsaved
from avio.wire.results import Outcome
from tests.contract.engines.harness import OnDisk, outcomes
from tests.contract.engines.lying_store import Store
from tests.contract.engines.test_other_bytes import World

MEMORY = Path("/dev/shm")


@pytest.fixture(params=["disk", "memory"])
def tiers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Yield a directory on a disk, or in memory, where times follow writes through a mapping less."""
    if request.param == "disk":
        yield tmp_path
        return
    if not MEMORY.is_dir():
        pytest.skip("no file system in memory")
    with tempfile.TemporaryDirectory(dir=MEMORY) as directory:
        yield Path(directory)


@pytest.mark.parametrize("is_read_first", [True, False])
def test_what_a_mapping_writes_after_a_save_is_saved_by_the_next(
    store: Store, tiers: Path, *, is_read_first: bool
) -> None:
    world = World(tiers, ("s3://b", store.options), 1 << 30)
    world.put_cache("/data/f", b"0" * mmap.PAGESIZE)
    with open(world.tiers[0] / "data/f", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        assert not is_read_first or mapped[:1] == b"0"
        mapped[:1] = b"1"
        entries = [moved.entry for moved in world.save().values()]
        assert world.recheck(entries)["/data/f"].saved
        mapped[:1] = b"2"

    assert world.engine.stat("/data/f").state is EntryState.DIRTY
    with pytest.raises(Unsaved):
        world.engine.free("/data/f", recursive=False)
    assert outcomes(world.save()) == {"/data/f": Outcome.DONE}
    assert store.objects["f"][0][:1] == b"2"
    assert world.engine.stat("/data/f").state is EntryState.CACHED


def test_a_file_that_is_open_for_writing_stays_where_it_cannot_be_moved_aside(
    local: OnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.put_all(["/data/f"])
    local.preload()

    def on_another_disk(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "rename", on_another_disk)
    with open(local.tiers[0] / "data/f", "ab"), pytest.raises(Unsaved):
        local.engine.free("/data/f", recursive=False)
    assert local.read_cache("/data/f") == b"content"
    assert local.engine.free("/data/f", recursive=False).files == 1


def test_who_has_a_file_open_is_known(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    with open(tmp_path / "f", "rb") as reader:
        assert has_writer(reader.fileno()) is False
        with open(tmp_path / "f", "ab"):
            assert has_writer(reader.fileno()) is True
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        assert has_writer(directory) is None
        assert is_in_memory(directory) is False
    finally:
        os.close(directory)
