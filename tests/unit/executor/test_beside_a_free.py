"""A preload beside a free that began before: it succeeds only with what is there after the end of the free."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from avio.engines.local.engine import LocalEngine
from avio.engines.local.tiers import Tiers
from avio.executor import run as running
from avio.executor.attempt import Attempt
from avio.wire.orders import Order
from avio.wire.params import Params
from avio.wire.results import Result
from avio.wire.states import JobType
from tests.unit.executor.conftest import RunJob, figures

FILES = 6


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_job: RunJob) -> Iterator[LocalEngine]:
    """A local engine with files at /data, all cached."""
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    for number in range(FILES):
        (bucket / f"{number}").write_text("x" * number)
    tier = {"alias": "MEM", "path": str(tmp_path / "tier"), "capacity": 1 << 20}
    made = LocalEngine.from_settings({"mounts": {"/data": {"url": f"file://{bucket}"}}, "tiers": [tier]})
    monkeypatch.setattr(running, "open_engine", lambda settings: made)
    assert run_job().state == "succeeded"
    yield made
    made.close()


@pytest.mark.parametrize("way", ["task", "job"])
def test_it_waits_for_the_end_of_the_free_and_loads_what_is_dropped(
    local: LocalEngine, run_job: RunJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    dropping, go_on, drop = threading.Event(), threading.Event(), Tiers.drop

    def slowly(self: Tiers, path: str, copies: list[object]) -> object:
        dropping.set()
        go_on.wait(20)
        return drop(self, path, copies)  # type: ignore[arg-type]

    def free() -> None:
        if way == "job":
            directory = tmp_path / "free"
            directory.mkdir()
            order = Order("FREE", 1, JobType.FREE, Params.at("/data"), threads=2)
            assert running.run(order, Attempt("FREE", 1), directory).state == "succeeded"
            return
        with local.freeing("/data"):
            local.free("/data", recursive=True)

    results: list[Result] = []
    with monkeypatch.context() as patched:
        patched.setattr(Tiers, "drop", slowly)
        freeing = threading.Thread(target=free)
        freeing.start()
        assert dropping.wait(20)
        preload = threading.Thread(target=lambda: results.append(run_job()))
        preload.start()
        preload.join(1)
        early = not preload.is_alive()
        go_on.set()
        freeing.join(20)
        preload.join(20)
    assert not early, "the job ended while files were dropped"
    assert (results[0].state, figures(results[0])[:2]) == ("succeeded", (FILES, FILES))
    assert {file.name for file in (tmp_path / "tier/data").iterdir()} == {str(number) for number in range(FILES)}
