"""New objects that the local engine makes in a bucket, past the cache: the report of a job."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avio.engines.cancel import Stopped
from avio.engines.left_out import NameNotHeld
from avio.errors import NoMount
from tests.contract.engines.harness import Attempt, ObjectsHarness, OnDisk

Opened = Callable[[bytes], int]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Return what opens a file of some bytes."""
    fds: list[int] = []

    def open_(content: bytes) -> int:
        file = tmp_path / "source"
        file.write_bytes(content)
        fds.append(os.open(file, os.O_RDONLY))
        return fds[-1]

    yield open_
    for fd in fds:
        os.close(fd)


@pytest.mark.parametrize("size", [0, 9, 20 << 20])
def test_an_object_is_made_whole_and_the_cache_does_not_have_it(local: OnDisk, opened: Opened, size: int) -> None:
    content = os.urandom(size)
    attempt = Attempt()

    assert local.engine.new_objects().add("/data/reports/new.jsonl", opened(content), attempt)

    assert local.read_bucket("/data/reports/new.jsonl") == content
    assert local.read_cache("/data/reports/new.jsonl") is None
    assert local.temporaries() == []


def test_an_object_that_is_there_stays(local: OnDisk, opened: Opened) -> None:
    local.put_bucket("/data/r", b"mine")

    assert not local.engine.new_objects().add("/data/r", opened(b"other"), Attempt())

    assert local.read_bucket("/data/r") == b"mine"


def test_an_object_that_comes_meanwhile_stays(local: OnDisk, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    local.put_bucket("/data/r", b"mine")
    (mount,) = local.engine._mounts  # type: ignore[attr-defined]
    monkeypatch.setattr(type(mount.bucket), "head", lambda *_: None)

    assert not local.engine.new_objects().add("/data/r", opened(b"other"), Attempt())

    assert local.read_bucket("/data/r") == b"mine"


def test_a_stopped_attempt_makes_none(local: OnDisk, opened: Opened) -> None:
    attempt = Attempt()
    attempt.stop = lambda: True

    with pytest.raises(Stopped):
        local.engine.new_objects().add("/data/r", opened(b"x" * 100), attempt)

    assert local.read_bucket("/data/r") is None
    assert local.temporaries() == []


def test_a_directory_gets_a_name_below_it(local: OnDisk) -> None:
    local.put_bucket("/data/dir/x", b"x")
    local.put_bucket("/data/file", b"x")
    objects = local.engine.new_objects()

    places = {path: objects.place_for(path, "J") for path in ("/data", "/data/dir", "/data/none/", "/data/none")}

    assert places == {
        "/data": "/data/J",
        "/data/dir": "/data/dir/J",
        "/data/none/": "/data/none/J",
        "/data/none": "/data/none",
    }
    assert objects.place_for("/data/file", "J") == "/data/file"


def test_a_place_without_a_mount_and_a_name_that_the_bucket_cannot_hold_are_refused(local: OnDisk) -> None:
    objects = local.engine.new_objects()

    with pytest.raises(NoMount):
        objects.place_for("/elsewhere/r", "J")
    if isinstance(local, ObjectsHarness):
        with pytest.raises(NameNotHeld):
            objects.place_for("/data/\udcff", "J")
