"""A tier is known by the id on its disk: a disk that is not mounted is refused, and nothing is made in its place."""

from pathlib import Path

import pytest

from avio.engines.base import Entry, EntryState
from avio.engines.factory import open_engine
from avio.engines.local.engine import LocalEngine
from avio.engines.local.marker import make_marker, marker_of
from avio.engines.members import require
from avio.errors import Scope, TierNotMounted
from avio.wire.params import Params
from tests.contract.engines.harness import Attempt


def engine_at(directory: Path, tier_id: str | None) -> LocalEngine:
    (directory / "bucket").mkdir(exist_ok=True)
    (directory / "bucket/f").write_bytes(b"content")
    tier = {"alias": "SSD", "path": str(directory / "ssd"), "capacity": 1 << 20, "id": tier_id}
    mounts = {"/data": {"url": f"file://{directory}/bucket", "options": {}}}
    engine = open_engine({"engine": "local", "mounts": mounts, "tiers": [tier]})
    assert isinstance(engine, LocalEngine)
    return engine


def test_a_marker_is_made_once(tmp_path: Path) -> None:
    made = make_marker(tmp_path / "ssd")

    assert (make_marker(tmp_path / "ssd"), marker_of(tmp_path / "ssd")) == (made, made)
    assert make_marker(tmp_path / "hdd") != made
    assert sorted(file.name for file in (tmp_path / "ssd/.avio").iterdir()) == ["book", "tier"]


def test_the_sweep_leaves_the_marker_and_the_book(tmp_path: Path) -> None:
    engine = engine_at(tmp_path, make_marker(tmp_path / "ssd"))
    engine.capacity()
    (tmp_path / "ssd/.avio/01DEAD.1").mkdir()

    engine.sweep(lambda: ())

    assert sorted(file.name for file in (tmp_path / "ssd/.avio").iterdir()) == ["book", "tier"]


@pytest.mark.parametrize("there", ["nothing", "an empty directory", "another tier"])
def test_a_tier_that_is_not_mounted_is_refused_and_not_made(tmp_path: Path, there: str) -> None:
    if there != "nothing":
        (tmp_path / "ssd").mkdir()
    if there == "another tier":
        make_marker(tmp_path / "ssd")
    before = sorted(tmp_path.rglob("ssd/**/*"))
    engine = engine_at(tmp_path, "0" * 32)
    entry = Entry("/data/f", "file", 7, None, EntryState.REMOTE)

    for use in (
        lambda: require(engine.members()),
        engine.capacity,
        engine.measure,
        lambda: engine.stat("/data"),
        lambda: engine.sweep(lambda: ()),
        lambda: list(engine.preload([entry], Params(), Attempt())),
    ):
        with pytest.raises(TierNotMounted, match="ssd is not mounted"):
            use()

    assert TierNotMounted.scope is Scope.JOB
    assert sorted(tmp_path.rglob("ssd/**/*")) == before
    assert (tmp_path / "ssd").exists() == (there != "nothing")
