"""The frees that are under way: which paths they concern, and that they end with their process."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.local.engine import LocalEngine
from tests.contract.engines.harness import Attempt


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[LocalEngine]:
    tiers = [{"alias": alias, "path": str(tmp_path / alias), "capacity": 1 << 20} for alias in ("SSD", "MEM")]
    made = LocalEngine.from_settings({"mounts": {"/data": {"url": f"file://{tmp_path}"}}, "tiers": tiers})
    yield made
    made.close()


def waits(engine: LocalEngine, path: str) -> bool:
    """Return True if a preload of `path` would wait."""
    attempt, looks = Attempt(), iter((False, True))
    attempt.stop = lambda: next(looks, True)
    engine.settle(attempt, path)
    return bool(attempt.silences)


@pytest.mark.parametrize(
    ("path", "concerned"),
    [
        ("/data/a/b", True),
        ("/data/a", True),
        ("/data", True),
        ("/", True),
        ("/data/a/b/c/d", True),
        ("/data/a/c", False),
        ("/data/a/b0", False),
        ("/data/a/b-", False),
        ("/data/b", False),
    ],
)
def test_a_free_concerns_the_paths_at_above_and_below_its_own(engine: LocalEngine, path: str, concerned: bool) -> None:
    with engine.freeing("/data/a/b"):
        assert waits(engine, path) is concerned
    assert not waits(engine, path)


def test_of_two_frees_of_one_path_the_second_one_counts_too(engine: LocalEngine) -> None:
    with engine.freeing("/data/a"):
        with engine.freeing("/data/a"):
            assert waits(engine, "/data")
        assert waits(engine, "/data")
    assert not waits(engine, "/data")


def test_names_of_any_bytes_are_told_apart(engine: LocalEngine) -> None:
    with engine.freeing("/data/\udcff"):
        assert waits(engine, "/data/\udcff")
        assert not waits(engine, "/data/\udcfe")


def test_a_free_ends_with_its_process(engine: LocalEngine) -> None:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        with engine.freeing("/data/a"):
            os.write(write, b".")
            signal.pause()
    os.read(read, 1)
    assert waits(engine, "/data/a")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert not waits(engine, "/data/a")
    os.close(read)
    os.close(write)


def test_a_wait_ends_with_the_free(engine: LocalEngine) -> None:
    with engine.freeing("/data/a"):
        waiting = threading.Thread(target=engine.settle, args=(Attempt(), "/data"))
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(10)
    assert not waiting.is_alive()


def test_an_engine_without_tiers_frees_and_waits_for_nothing(tmp_path: Path) -> None:
    engine = LocalEngine.from_settings({"mounts": {"/data": {"url": f"file://{tmp_path}"}}, "tiers": []})
    with engine.freeing("/data"):
        assert not waits(engine, "/data")
