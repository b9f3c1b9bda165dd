"""FIFOs that take the place of files while avio works: nothing waits for them, and none counts as a file."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.base import Entry, Side
from avio.engines.local.directories import Directory
from avio.engines.local.marker import marker_of
from avio.engines.local.removal import is_written
from avio.engines.local.root import Root
from avio.engines.local.upload_journal import end_uploads
from avio.errors import EngineError, Gone, SourceChanged
from avio.plain_file import NotPlain, open_plain
from avio.wire.params import Params
from avio.wire.results import Outcome
from tests.contract.engines.harness import Attempt, FilesHarness, OnDisk

LIMIT_SECONDS = 20


class WaitsForFifo(BaseException):
    """A call waits for the other side of a FIFO. Not an Exception, which the code under test might catch."""


@pytest.fixture(autouse=True)
def _limit() -> Iterator[None]:
    """End a test that waits for a FIFO: nobody ever opens its other side."""

    def over(*_: object) -> None:
        raise WaitsForFifo

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(LIMIT_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def put_fifo_at(file: Path) -> None:
    """Put a FIFO in the place of a file."""
    file.unlink(missing_ok=True)
    os.mkfifo(file)


def listed(world: OnDisk) -> list[Entry]:
    """Return what a preload has listed before it moves a file."""
    return list(world.engine.walk("/data", depth=None, side=Side.BUCKET))


def test_a_source_that_becomes_a_fifo_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avio.engines.retry.ENTRY_BACKOFF_SECONDS", 0.01)
    world = FilesHarness(tmp_path)
    world.put_all(["/data/a", "/data/b"])
    entries = listed(world)
    put_fifo_at(world.bucket / "a")

    moved = {each.entry.path: each for each in world.engine.preload(iter(entries), Params(), Attempt())}

    assert moved["/data/b"].outcome is Outcome.DONE
    assert isinstance(moved["/data/a"].error, Gone)


def test_a_source_that_becomes_a_fifo_is_compared_with_nothing(tmp_path: Path) -> None:
    world = FilesHarness(tmp_path)
    world.put_bucket("/data/a", b"content")
    mount = world.engine._mounts.find("/data/a")  # type: ignore[attr-defined]
    source = mount.bucket.head("a")
    put_fifo_at(world.bucket / "a")

    with open(os.devnull, "rb") as cached, pytest.raises(SourceChanged):
        mount.bucket.same(source, cached.fileno(), Attempt())


def test_a_symlink_to_a_fifo_is_not_read(tmp_path: Path) -> None:
    world = FilesHarness(tmp_path)
    world.put_bucket("/data/a", b"content")
    (world.bucket / "link").symlink_to("a")
    mount = world.engine._mounts.find("/data/link")  # type: ignore[attr-defined]
    source = mount.bucket.target("link")
    put_fifo_at(world.bucket / "a")

    with open(os.devnull, "rb") as cached, pytest.raises(SourceChanged):
        mount.bucket.same(source, cached.fileno(), Attempt())


def test_a_fifo_in_a_tier_is_no_cached_file(local: OnDisk) -> None:
    local.put_all(["/data/a", "/data/b"])
    entries = [each.entry for each in local.preload().values()]
    put_fifo_at(local.tiers[0] / "data/a")

    now = local.recheck(entries, verify="checksum")

    assert [entry.path for entry in now.values() if entry.in_cache] == ["/data/b"]
    assert not is_written(Directory(os.open(local.tiers[0] / "data", os.O_RDONLY)), "a")


@pytest.mark.parametrize("name", ["tier", "book"])
def test_a_fifo_in_the_place_of_avios_own_file_is_refused(tmp_path: Path, name: str) -> None:
    world = FilesHarness(tmp_path)
    world.put_all(["/data/a"])
    hidden = world.tiers[0] / ".avio"
    hidden.mkdir(parents=True)
    os.mkfifo(hidden / name)

    if name == "tier":
        with pytest.raises(NotPlain):
            marker_of(world.tiers[0])
    else:
        with pytest.raises(EngineError, match="not a plain file"):
            world.preload()


def test_a_fifo_among_the_notes_of_uploads_holds_no_sweep_up(tmp_path: Path) -> None:
    attempt = tmp_path / "tier" / ".avio" / "01DEAD.1"
    attempt.mkdir(parents=True)
    os.mkfifo(attempt / "0.upload")

    assert end_uploads(Root(str(tmp_path / "tier"), make=False), set, lambda _: None) == frozenset()


@pytest.mark.parametrize("kind", ["fifo", "directory", "symlink"])
def test_only_plain_files_are_opened(tmp_path: Path, kind: str) -> None:
    place = tmp_path / kind
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "directory":
        place.mkdir()
    else:
        place.symlink_to(__file__)

    with pytest.raises(OSError, match="not a plain file"):
        open_plain(place, os.O_RDONLY)
