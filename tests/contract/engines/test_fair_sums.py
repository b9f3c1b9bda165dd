"""The sums of a listing: a large directory takes those of the others away neither by its files nor by its time."""

from pathlib import Path

import pytest

from avio.engines.base import EntryState
from avio.engines.factory import open_engine
from avio.engines.local import directory_sums, listings
from tests.contract.engines.conftest import PATIENT
from tests.contract.engines.harness import OnDisk


def files(local: OnDisk, path: str = "/data") -> dict[str, int | None]:
    """Return the files of each entry that a listing shows."""
    return {entry.path: entry.files for entry in local.engine.list(path, depth=1, size=100).entries}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_sums, "FIRST_FILES", 4)
    monkeypatch.setattr(listings, "BRIEF", PATIENT._replace(files=60))


def put(local: OnDisk, **directories: int) -> None:
    local.put_all(f"/data/{name}/{number:04}" for name, count in directories.items() for number in range(count))


def test_a_huge_directory_leaves_the_sums_of_those_after_it(local: OnDisk) -> None:
    put(local, a=500, b=3, c=10, d=1)

    assert files(local) == {"/data/a": None, "/data/b": 3, "/data/c": 10, "/data/d": 1}


def test_what_small_ones_leave_the_larger_ones_get(local: OnDisk) -> None:
    put(local, a=2, b=40, c=2, d=1)

    assert files(local) == {"/data/a": 2, "/data/b": 40, "/data/c": 2, "/data/d": 1}


def test_more_directories_than_the_limit_has_files_have_their_sums_still(local: OnDisk) -> None:
    put(local, **{f"d{number:03}": 3 for number in range(40)})

    assert set(files(local).values()) == {3}


def test_a_slow_directory_takes_no_time_of_the_others(local: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "BRIEF", PATIENT._replace(files=12, seconds=0.0))
    put(local, a=500, b=3, c=5)

    assert files(local) == {"/data/a": None, "/data/b": 3, "/data/c": None}


def test_the_root_shows_the_sums_of_its_mounts_beside_a_huge_one(tmp_path: Path) -> None:
    mounts = {}
    for name, count in (("a", 300), ("b", 3), ("c", 20)):
        (tmp_path / name / "sub").mkdir(parents=True)
        for number in range(count):
            (tmp_path / name / "sub" / str(number)).touch()
        mounts[f"/{name}"] = {"url": f"file://{tmp_path}/{name}", "options": {}}
    engine = open_engine({"engine": "local", "mounts": mounts, "tiers": []})

    entries = {entry.path: (entry.files, entry.state) for entry in engine.list("/", depth=1, size=10).entries}

    assert entries["/a"] == (None, EntryState.UNKNOWN)
    assert [entries["/b"][0], entries["/c"][0]] == [3, 20]
