"""Whole preloads on the local engine with two tiers: the data of one job lies in one directory."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avio.engines.base import Entry
from avio.engines.local.engine import LocalEngine
from avio.executor import worklist
from avio.executor.attempt import Attempt
from avio.executor.run import run
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.results import Result
from avio.wire.states import JobType
from tests.processes import wait_until

SIZE = 10_000
CAPACITIES = {"MEM": 5 * SIZE, "SSD": 20 * SIZE}

Preload = Callable[..., Result]


@pytest.fixture
def preload(tmp_path: Path) -> Preload:
    """Return what preloads a directory of the bucket that has eight files in `many`, and two in `few`."""
    for name, files in (("many", 8), ("few", 2)):
        (tmp_path / "bucket" / name).mkdir(parents=True)
        for number in range(files):
            (tmp_path / f"bucket/{name}/{number}").write_bytes(bytes([number]) * SIZE)
    engine = {
        "engine": "local",
        "mounts": {"/data": {"url": f"file://{tmp_path}/bucket", "options": {}}},
        "tiers": [
            {"alias": alias, "path": str(tmp_path / alias), "capacity": size} for alias, size in CAPACITIES.items()
        ],
    }

    def job(path: str, **params: Any) -> Result:
        (tmp_path / "attempt").mkdir(exist_ok=True)
        order = Order("JOB", 1, JobType.PRELOAD, Params(alluxio_uri=path, **params), engine, threads=4)
        return run(order, Attempt("JOB", 1, threads=4), tmp_path / "attempt")

    return job


def held(directory: Path) -> dict[str, int]:
    """Return how many files of the bucket each tier holds."""
    return {alias: len([*(directory / alias).glob("data/*/*")]) for alias in CAPACITIES}


def reported(directory: Path) -> set[tuple[str, str]]:
    lines = (directory / "attempt/report.jsonl").read_text().splitlines()
    return {(line["outcome"], line["tier"]) for line in map(json.loads, lines)}


def test_files_that_do_not_fit_on_the_first_tier_all_go_to_the_next(preload: Preload, tmp_path: Path) -> None:
    job = preload("/data/many")
    assert (job.state, job.local_path) == ("succeeded", f"{tmp_path}/SSD/data/many")
    assert job.message == "8 files in place"
    assert held(tmp_path) == {"MEM": 0, "SSD": 8}
    assert preload("/data/few").state == "succeeded"
    assert held(tmp_path) == {"MEM": 2, "SSD": 8}


def test_with_spread_each_file_goes_to_the_first_tier_with_room(preload: Preload, tmp_path: Path) -> None:
    job = preload("/data/many", spread=True)
    assert (job.state, job.local_path) == ("succeeded", None)
    assert job.message == "8 files in place; files on 2 tiers: MEM 5, SSD 3"
    assert held(tmp_path) == {"MEM": 5, "SSD": 3}
    assert preload("/data/many/0").local_path == next(map(str, tmp_path.glob("*/data/many/0")))


def test_a_partial_preload_has_no_local_path_and_unsaved_files_count(preload: Preload, tmp_path: Path) -> None:
    preload("/data/few")
    mine = tmp_path / "MEM/data/few/0"
    mine.write_bytes(b"mine")
    assert preload("/data").local_path is None  # MEM has no room for the others
    assert preload("/data/few").local_path == f"{tmp_path}/MEM/data/few"
    (tmp_path / "bucket/few/0").write_bytes(b"theirs")
    job = preload("/data/few")
    assert (job.state, job.reason, job.local_path) == ("partial", "BOTH_CHANGED", None)


def test_files_on_another_tier_stay_there_and_the_report_says_so(preload: Preload, tmp_path: Path) -> None:
    preload("/data/many/0", tier="MEM")
    preload("/data/many/1", tier="SSD")
    preload("/data/many/2", tier="SSD")

    job = preload("/data/many")

    assert (job.state, job.local_path) == ("succeeded", None)
    assert job.message == "8 files in place; files on 2 tiers: MEM 1, SSD 7"
    assert held(tmp_path) == {"MEM": 1, "SSD": 7}
    assert reported(tmp_path) == {("skipped", "MEM"), ("skipped", "SSD"), ("done", "SSD")}


def test_files_on_another_tier_move_to_the_one_asked_for(preload: Preload, tmp_path: Path) -> None:
    preload("/data/many", spread=True)

    assert preload("/data/many", tier="SSD").state == "succeeded"

    assert held(tmp_path) == {"MEM": 0, "SSD": 8}
    assert reported(tmp_path) == {("skipped", "SSD"), ("done", "SSD")}


def test_a_set_that_fits_on_no_tier_alone_is_refused_with_the_way_out(preload: Preload, tmp_path: Path) -> None:
    (tmp_path / "SSD").mkdir()
    (tmp_path / "SSD/full").write_bytes(bytes(11 * SIZE))
    preload("/data/few", tier="SSD")  # leaves room for 7 files there, and for 5 in MEM

    refused = preload("/data/many")
    assert (refused.state, refused.reason) == ("failed", "CACHE_FULL")
    assert "78 KiB or more are needed on one tier; room for it: MEM 49 KiB, SSD 68 KiB" in refused.message
    assert "spread=true" in refused.message
    assert held(tmp_path) == {"MEM": 0, "SSD": 2}

    partial = preload("/data/many", if_full="partial")
    assert (partial.state, partial.reason) == ("partial", "CACHE_FULL")
    assert held(tmp_path) == {"MEM": 0, "SSD": 9}
    hint = partial.progress.errors[0].hint
    assert "spread=true" in hint
    assert "ifFull" not in hint
    assert preload("/data/many", spread=True).state == "succeeded"


def test_a_job_that_began_on_a_tier_that_is_too_small_ends_on_the_next_one(
    preload: Preload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist, "FLUSH_LINES", 1)
    walk = LocalEngine.walk

    def slow(*args: Any, **options: Any) -> Iterator[Entry]:
        for number, entry in enumerate(walk(*args, **options)):
            if number == 1:  # the listing goes on after the first file has moved
                wait_until(lambda: held(tmp_path)["MEM"] == 1, 10, "a file is on the first tier")
            yield entry

    monkeypatch.setattr(LocalEngine, "walk", slow)

    job = preload("/data/many")

    assert (job.state, job.local_path) == ("succeeded", f"{tmp_path}/SSD/data/many")
    assert held(tmp_path) == {"MEM": 0, "SSD": 8}
    counters = job.progress.counters
    assert (counters.files_done, counters.files_total) == (8, 8)
    assert 9 * SIZE <= counters.bytes_wire < 16 * SIZE  # a file or two had moved before: their bytes count twice
