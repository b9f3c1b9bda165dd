"""Files that an order excludes: counted once, whatever the store does meanwhile; a long list takes no memory."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Entry, Side
from avio.engines.memory import MemoryEngine
from avio.executor.attempt import Attempt
from avio.wire.states import JobType
from tests.unit.executor.conftest import FILES, RunJob, figures
from tests.unit.executor.test_away import breaking

LINES = 999_999
REPEATED = 3
GROWTH_BYTES = 24 << 20  # with the cache of the paths that were met; the list has 62 MB

# In a process of its own: the greatest memory of this one is that of another test.
_READ = """
import resource, sys
from pathlib import Path
from avio.executor.selection import unique_lines

file, lines = Path(sys.argv[1]), int(sys.argv[2])
with open(file, "w", encoding="utf-8") as stream:
    for number in range(lines):
        image = number % (lines // 3)
        stream.write(f"/data/train/and/a/long/path/to/a/class_{image % 1000:04}/image_{image:07}.jpg\\n")

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = peak()
print(sum(1 for _ in unique_lines(file)), peak() - before)
"""
CAPTURED: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 100, "check": True}


@pytest.mark.parametrize("several", [False, True])
def test_what_is_excluded_counts_once_when_the_listing_begins_again(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    monkeypatch.setattr(engine, "walk", breaking(engine.walk, after=7, times=3))
    paths = {"alluxio_uri": None, "paths": ("/data", "/data/b")} if several else {}

    result = run_job(filters=("- 2", "- 3"), **paths)

    assert (result.state, figures(result)) == ("succeeded", (6, 6, 0, 0))
    assert "6 files excluded by filters" in result.message


@pytest.mark.parametrize("after", [3, 7, 8, 11])
def test_what_is_excluded_counts_once_when_a_store_lists_all_again(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    whole = engine.walk
    monkeypatch.setattr(engine, "walk", breaking(whole, after=after, times=1))

    def walk_on(path: str, after: str, **options: Any) -> Iterator[Entry]:
        return whole(path, side=Side.BUCKET, **options)

    monkeypatch.setattr(engine, "walk_on", walk_on)

    result = run_job(filters=("- 2", "- 3"))

    assert (result.state, figures(result)) == ("succeeded", (6, 6, 0, 0))
    assert "6 files excluded by filters" in result.message


def test_a_limit_holds_when_the_listing_begins_again(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "walk", breaking(engine.walk, after=4, times=3))

    result = run_job(max_files=9)

    assert (result.state, figures(result)) == ("succeeded", (9, 9, 0, 0))
    assert "the listing ended at maxFiles=9" in result.message


def test_a_job_that_excludes_all_beats_and_can_be_stopped(run_job: RunJob) -> None:
    beats: list[int] = []
    stopping = Attempt("JOB", 1)

    def beat(done: int) -> None:
        beats.append(done)
        if len(beats) == 5:
            stopping.stop()

    stopping._beat = beat
    result = run_job(attempt=stopping, filters=("- **",))

    assert result.state == "stopped"
    assert len(beats) < len(FILES)


def test_an_ls_job_of_several_paths_lists_each_entry_once(run_job: RunJob, tmp_path: Path) -> None:
    result = run_job(JobType.LS, alluxio_uri=None, paths=("/data/b/deep", "/data/b"))

    assert result.state == "succeeded"
    listed = (tmp_path / "entries.jsonl").read_text().splitlines()
    assert len(listed) == len(set(listed)) == 9


@pytest.mark.faults
def test_a_million_lines_are_read_with_flat_memory(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", _READ, str(tmp_path / "filelist"), str(LINES)], **CAPTURED)

    found, grown_kib = map(int, run.stdout.split())
    assert found == LINES // REPEATED
    assert grown_kib << 10 < GROWTH_BYTES
