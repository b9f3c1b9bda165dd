"""The way of the demo on `avio-server up` (SQLite, its own Valkey), each part killed on the way, and its two ends."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from avio.admin.readiness import Readiness, ask_readiness
from tests.e2e.file_trees import Cache, small_files
from tests.e2e.up_server import MARKS, ProcessManager, roof
from tests.processes import is_alive, wait_until

TREE = small_files(2100, "train", size=1024)
SLOW = "download.temporary:delay:0.01"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessManager]:
    directory = tmp_path_factory.mktemp("up")
    fill(directory / "home" / "bucket")
    with roof(directory, fault=SLOW) as made:
        yield made


def test_a_preload_and_a_save_as_the_demo_shows_them(up: ProcessManager) -> None:
    (up.home / "bucket" / "demo").mkdir()
    (up.home / "bucket" / "demo" / "old.txt").write_text("old")
    assert [entry["state"] for entry in up.admin.json("ls", "/data/demo")["entries"]] == ["remote"]

    assert up.admin.avio("preload", "/data/demo", "--wait").returncode == 0
    entry = up.admin.json("stat", "/data/demo")
    assert (entry["state"], entry["cachedPercent"], entry["tiers"]) == ("cached", 100, {"CACHE": 3})

    (up.home / "cache" / "data" / "demo" / "new.txt").write_text("new")
    assert [entry["state"] for entry in up.admin.json("ls", "/data/demo")["entries"]] == ["dirty", "cached"]
    assert up.admin.avio("save", "/data/demo", "--wait").returncode == 0
    assert (up.home / "bucket" / "demo" / "new.txt").read_text() == "new"
    assert [job["status"] for job in up.admin.json("jobs", "--limit", "2")["jobs"]] == ["succeeded"] * 2


@pytest.mark.faults
@pytest.mark.parametrize("name", MARKS)
def test_a_part_that_is_killed_comes_back_and_the_preload_succeeds(up: ProcessManager, name: str) -> None:
    # Given a preload that is under way
    cache = cache_of(up)
    job = begin_preload(up, cache)
    before = up.pid(name)
    assert before is not None

    # When a part is killed, in the middle of it
    os.kill(before, signal.SIGKILL)
    assert 0 < len(cache.names("train")) < len(TREE), "the kill did not fall into the run"

    # Then `up` starts another, and the job succeeds
    wait_until(lambda: up.pid(name) not in (None, before), 15, f"another {name}")
    wait_until(lambda: ask_readiness(up.admin.url) == Readiness(None), 20, "/readyz")
    ended = up.admin.watch(job)[-1]
    assert ended["progress"]["done"] == ended["verified"] == {"files": len(TREE), "bytes": sum(map(len, TREE.values()))}
    assert cache.holds(TREE)
    cache.empty()


@pytest.mark.faults
@pytest.mark.parametrize("end", [ProcessManager.press_ctrl_c, lambda up: up.process.kill()], ids=["Ctrl-C", "kill -9"])
def test_no_process_is_left_however_up_ends(tmp_path: Path, end: Callable[[ProcessManager], None]) -> None:
    # Given an `up` with a job process at work
    fill(tmp_path / "home" / "bucket")
    with roof(tmp_path, fault=SLOW) as up:
        begin_preload(up, cache_of(up))
        pids = up.everything()
        assert len(pids) >= 8  # up, web and its worker, supervisor, intake and the job, aggregator, valkey

        # When it ends
        end(up)
        up.process.wait(20)

        # Then so does all below it
        wait_until(lambda: not any(map(is_alive, pids)), 15, "the end of all processes")


def fill(bucket: Path) -> None:
    for name, content in TREE.items():
        (bucket / name).parent.mkdir(parents=True, exist_ok=True)
        (bucket / name).write_bytes(content)


def cache_of(up: ProcessManager) -> Cache:
    return Cache(up.home, ("CACHE",), "/data")


def begin_preload(up: ProcessManager, cache: Cache) -> str:
    """Return a preload that has brought some of its files."""
    job = up.admin.order("preload", "/data/train")
    wait_until(lambda: len(cache.names("train")) > 100, 20, "some files in the cache")
    return job
