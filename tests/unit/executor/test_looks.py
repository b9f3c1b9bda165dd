"""A job's engine goes by the looks of its node if it can, from the first question on."""

import pytest

from avio.engines.memory import MemoryEngine
from tests.unit.executor.conftest import RunJob


@pytest.mark.parametrize("shares", [True, False])
def test_an_engine_that_shares_looks_gets_the_file_before_any_work(
    run_job: RunJob, engine: MemoryEngine, monkeypatch: pytest.MonkeyPatch, shares: bool
) -> None:
    calls: list[str] = []
    preload = engine.preload
    monkeypatch.setattr(MemoryEngine, "shares_looks", shares)
    monkeypatch.setattr(engine, "use_looks", lambda file: calls.append(str(file)))
    monkeypatch.setattr(engine, "preload", lambda *given: (calls.append("preload"), preload(*given))[1])

    assert run_job(looks="/spool/looks/newest").state == "succeeded"

    assert calls == [*(["/spool/looks/newest"] if shares else []), "preload"]
