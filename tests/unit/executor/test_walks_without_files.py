"""A walk that takes long before it yields a file shows that it goes on, so that its job counts as no stall."""

from collections.abc import Iterator
from typing import Any

import pytest

from avio.engines.base import Entry
from avio.engines.memory import MemoryEngine
from avio.executor.attempt import Attempt
from tests.unit.executor.conftest import FILES, RunJob

EMPTY = 50  # directories


def test_each_beat_of_a_walk_is_one_of_the_job(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[int] = []
    walk, at_first_file = engine.walk, []

    def long_walk(*given: Any, **more: Any) -> Iterator[Entry]:
        for _ in range(EMPTY):
            engine.beat()
        at_first_file.append(len(beats))
        yield from walk(*given, **more)

    monkeypatch.setattr(engine, "walk", long_walk)

    result = run_job(attempt=Attempt("JOB", 1, beats.append))

    assert (result.state, result.progress.counters.files_done) == ("succeeded", len(FILES))
    assert at_first_file[0] >= EMPTY
