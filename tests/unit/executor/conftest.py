"""A memory engine with twelve files, and what runs a job over it in this very process."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from avio.engines.memory import MemoryEngine
from avio.executor import patience
from avio.executor import run as running
from avio.executor.attempt import Attempt
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.results import Result
from avio.wire.states import JobType

FILES = [f"/data/{folder}/{number}" for folder in ("a", "b", "b/deep") for number in range(4)]
SIZE = 100

RunJob = Callable[..., Result]


@pytest.fixture
def engine() -> MemoryEngine:
    """All files are in the bucket, none in the cache."""
    made = MemoryEngine(["/data"])
    for path in FILES:
        made.put_bucket(path, path.encode().ljust(SIZE))
    return made


@pytest.fixture
def run_job(engine: MemoryEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunJob:
    """Return what runs a job (a preload of /data) to its result; the stores come back at once."""
    monkeypatch.setattr(running, "open_engine", lambda settings: engine)
    monkeypatch.setattr(patience, "PAUSES_SECONDS", (0.01, 0.01, 0.01, 0.01))

    def run(
        type_: JobType = JobType.PRELOAD,
        *,
        lines: list[str] | None = None,
        attempt: Attempt | None = None,
        looks: str | None = None,
        keeps: str | None = None,
        room_patience: float = 86_400.0,
        spares: bool = False,
        **params: Any,
    ) -> Result:
        file_list = None
        if lines is not None:
            file_list = str(tmp_path / "filelist")
            Path(file_list).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        wanted = Params(**({"alluxio_uri": "/data"} | params))
        patient = {"store_patience": 0.5, "room_patience": room_patience}
        order = Order("JOB", 1, type_, wanted, file_list=file_list, threads=2, looks=looks, keeps=keeps, **patient)
        order = replace(order, spares=spares)
        result = running.run(order, attempt or Attempt("JOB", 1, threads=order.threads), tmp_path)
        assert Result.read(tmp_path) == result
        return result

    return run


def report(directory: Path) -> dict[str, str]:
    """Return the outcome of each file of the report."""
    texts = [(directory / name).read_text(encoding="utf-8") for name in ("report.jsonl", "failed.jsonl")]
    lines = [line for text in texts for line in text.splitlines()]
    found = {line["path"]: line["outcome"] for line in map(json.loads, lines)}
    assert len(found) == len(lines), "a file is in the report twice"
    return found


def figures(result: Result) -> tuple[int, ...]:
    """Return the files in total, done, skipped and failed."""
    counters = result.progress.counters
    return counters.files_total, counters.files_done, counters.files_skipped, counters.files_failed
