"""GET /tiers and POST /free: what the cache holds, and dropping it."""

import sys
from pathlib import Path

import pytest

from avio.api import Web
from avio.api.parts import KEY
from avio.engines.base import MoveOptions, Side
from avio.executor.attempt import Attempt
from tests.integration.api.conftest import CheckedClient


@pytest.fixture
def cached(app: Web, tmp_path: Path) -> Path:
    """The tier, with all of /data in it."""
    engine = app.extensions[KEY].engine
    entries = engine.walk("/data", depth=None, side=Side.BUCKET)
    assert len(list(engine.preload(entries, MoveOptions(), Attempt("j", 1)))) == 4
    return tmp_path / "mem"


def test_the_tiers_are_told(ada: CheckedClient, cached: Path) -> None:
    (tier,) = ada.get("/tiers").get_json()["tiers"]

    assert (tier["alias"], tier["worker"], tier["capacity"]) == ("MEM", None, 1 << 30)
    assert tier["used"] > 0
    assert tier["free"] == tier["capacity"] - tier["used"]


def test_a_file_is_freed(ada: CheckedClient, cached: Path) -> None:
    reply = ada.post("/free", json={"alluxioUri": "alluxio://h:1/data/top.bin"})

    assert (reply.status_code, reply.get_json()) == (200, {"path": "/data/top.bin", "files": 1, "bytes": 70})
    assert not (cached / "data/top.bin").exists()
    assert (cached / "data/train/a.bin").exists()


def test_a_directory_is_freed_only_if_so_asked(ada: CheckedClient, cached: Path) -> None:
    refused = ada.post("/free", json={"alluxioUri": "/data/train"})
    assert (refused.status_code, refused.get_json()["reason"]) == (400, "IS_DIRECTORY")
    assert (cached / "data/train/a.bin").exists()

    freed = ada.post("/free", json={"alluxioUri": "/data/train", "recursive": True})
    assert (freed.status_code, freed.get_json()["files"]) == (200, 3)
    assert not (cached / "data/train/a.bin").exists()


def test_what_is_not_saved_is_not_freed(ada: CheckedClient, cached: Path) -> None:
    (cached / "data/train/new.bin").write_bytes(b"new")

    refused = ada.post("/free", json={"alluxioUri": "/data/train", "recursive": True})

    assert (refused.status_code, refused.get_json()["reason"]) == (409, "NOT_SAVED")
    assert "/data/train/new.bin" in refused.get_json()["detail"]
    assert (cached / "data/train/new.bin").read_bytes() == b"new"
    assert (cached / "data/train/a.bin").exists()


def test_more_than_a_call_may_drop_is_refused(
    ada: CheckedClient, cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["avio.api.cache"], "FREE_FILES_MAX", 2)

    refused = ada.post("/free", json={"alluxioUri": "/data/train", "recursive": True})

    assert refused.status_code == 413
    assert "directory by directory" in refused.get_json()["cure"]
    assert (cached / "data/train/a.bin").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "alluxioUri"),
        ({"alluxioUri": "data"}, "alluxioUri"),
        ({"alluxioUri": "/data", "recursive": "yes"}, "recursive"),
        ({"alluxioUri": "/data", "depth": 1}, "depth"),
    ],
)
def test_a_free_that_does_not_hold_is_refused(ada: CheckedClient, body: dict[str, object], field: str) -> None:
    refused = ada.post("/free", json=body)

    assert refused.status_code == 400
    assert [error["field"] for error in refused.get_json()["errors"]] == [field]


def test_nobody_frees_without_a_token(nobody: CheckedClient) -> None:
    assert nobody.post("/free", json={"alluxioUri": "/data", "recursive": True}).status_code == 401
    assert nobody.get("/tiers").status_code == 401
