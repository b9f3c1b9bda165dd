"""A job's engine knows what users keep by the file of its node; without one all counts as kept."""

from pathlib import Path

import pytest

from avio.clock import boottime
from avio.engines.kept_paths import UNKNOWN
from avio.engines.memory import MemoryEngine
from avio.wire.keeps import OpenKeep, OpenKeeps
from tests.unit.executor.conftest import RunJob


@pytest.mark.parametrize("is_told", [True, False])
def test_the_engine_of_a_job_knows_what_is_kept(
    run_job: RunJob, engine: MemoryEngine, tmp_path: Path, is_told: bool
) -> None:
    lena = OpenKeep("/data/a", 7, "lena")
    (tmp_path / "keeps").write_text(OpenKeeps(boottime(), (lena,)).to_json())

    assert run_job(keeps=str(tmp_path / "keeps") if is_told else None).state == "succeeded"

    assert engine.kept.keep_of("/data/a/x") == (lena if is_told else UNKNOWN)
    assert engine.kept.keep_of("/data/b") == (None if is_told else UNKNOWN)
