"""A file that is written twice within one tick of its file system's clock: both writes leave one size and one mtime."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from avio.engines.base import EntryState
from avio.engines.local import clock_ticks
from avio.engines.local.clock_ticks import SECOND_NS, WHOLE_TICK_NS, await_next_tick
from tests.contract.engines.harness import Attempt, FilesHarness

SECONDS = 0.3  # between the two writes
NOW = 1_700_000_000 * SECOND_NS + 500_000_000


@pytest.fixture(autouse=True)
def _whole_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the pauses of the product."""
    monkeypatch.setattr(clock_ticks, "WHOLE_TICK_NS", WHOLE_TICK_NS)


@pytest.fixture
def local_files(tmp_path: Path) -> FilesHarness:
    return FilesHarness(tmp_path)


@contextmanager
def written_twice(file: Path) -> Iterator[None]:
    """Write a file now and once more in a moment, as on a file system that keeps whole seconds."""
    time.sleep(1 - time.time() % 1)
    tick = int(time.time()) * SECOND_NS

    def write(content: bytes) -> None:
        with open(file, "r+b" if file.exists() else "wb") as stream:
            stream.write(content)
        os.utime(file, ns=(tick, tick))

    write(b"first!")
    later = threading.Timer(SECONDS, write, [b"second"])
    later.start()
    yield
    later.join()


def test_a_preload_has_the_last_bytes(local_files: FilesHarness) -> None:
    with written_twice(local_files.bucket / "f"):
        local_files.preload()

    assert local_files.engine.stat("/data/f").state is EntryState.CACHED
    assert local_files.read_cache("/data/f") == b"second"


def test_a_save_has_the_last_bytes(local_files: FilesHarness) -> None:
    tier = local_files.tiers[0] / "data"
    tier.mkdir(parents=True)
    with written_twice(tier / "f"):
        local_files.save()

    assert local_files.engine.stat("/data/f").state is EntryState.CACHED
    assert local_files.read_bucket("/data/f") == b"second"


@pytest.mark.parametrize(
    ("written", "left"),
    [
        (NOW - 5_000_001, 14_999_999),
        (NOW - 30_000_001, 0),
        (NOW + 10 * SECOND_NS + 1, 0),
        (NOW - NOW % SECOND_NS, 1_500_000_000),
        (NOW - NOW % SECOND_NS - 3 * SECOND_NS, 0),
        (NOW - NOW % SECOND_NS + 60 * SECOND_NS, 0),
    ],
)
def test_it_waits_for_the_rest_of_a_tick_and_no_longer(
    written: int, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_ticks, "time", SimpleNamespace(time_ns=lambda: NOW))
    slept: list[float] = []
    monkeypatch.setattr(clock_ticks, "sleep", lambda seconds, _: slept.append(seconds))
    attempt = Attempt()

    await_next_tick(written, attempt)

    assert slept == attempt.silences == [left / SECOND_NS] * bool(left)
