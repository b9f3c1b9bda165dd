"""The loop of the aggregator."""

import pytest

from avio.aggregator import __main__ as program
from avio.config import Settings
from tests.servers.ports import free_port


def test_no_error_of_a_task_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "PAUSE_SECONDS", 0.0)
    aggregator = program.Aggregator(Settings(redis_url=f"redis://127.0.0.1:{free_port()}/0"))

    def with_a_defect(_: float) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(program, "reap", with_a_defect)  # it comes first
    monkeypatch.setattr(program, "sweep", lambda *_: aggregator.leave())

    aggregator.run()
