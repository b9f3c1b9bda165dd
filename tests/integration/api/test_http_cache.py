"""GET /tiers and POST /free: what the cache holds, and dropping it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from avio.api import Web
from avio.api.services import KEY
from avio.engines.base import Side
from avio.executor.attempt import Attempt
from avio.rules import free
from avio.rules.places import MountPlaces
from avio.wire.params import Params
from tests.integration.api.conftest import CheckedClient


@pytest.fixture
def cached(app: Web, ada: CheckedClient, set_row: Callable[..., None], tmp_path: Path) -> Path:
    """The tier, with all of /data in it, by a preload of Ada's."""
    preload = ada.post("/preload", json={"params": {"alluxioUri": "/data"}}).get_json()["id"]
    set_row(preload, state="succeeded", started_at=0.5, finished_at=1.0)
    engine = app.extensions[KEY].engine
    entries = engine.walk("/data", depth=None, side=Side.BUCKET)
    assert len(list(engine.preload(entries, Params(), Attempt("j", 1)))) == 4
    return tmp_path / "mem"


def test_the_tiers_are_told(ada: CheckedClient, cached: Path) -> None:
    (tier,) = ada.get("/tiers").get_json()["tiers"]

    assert (tier["alias"], tier["worker"], tier["capacity"]) == ("MEM", None, 1 << 30)
    assert tier["used"] > 0
    assert tier["free"] == tier["capacity"] - tier["used"]


def test_a_file_is_freed(ada: CheckedClient, cached: Path) -> None:
    reply = ada.post("/free", json={"alluxioUri": "alluxio://h:1/data/top.bin"})

    freed = {"path": "/data/top.bin", "files": 1, "bytes": 70, "gone": 0}
    assert (reply.status_code, reply.get_json()) == (200, freed)
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


def test_more_than_a_call_drops_is_a_job(ada: CheckedClient, cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free, "FREE_FILES_MAX", 2)

    reply = ada.post("/free", json={"alluxioUri": "/data/train", "recursive": True})

    job = reply.get_json()
    assert (reply.status_code, reply.headers["Location"]) == (202, f"/jobs/{job['id']}")
    assert (job["type"], job["status"], job["params"]["alluxioUri"]) == (4, "queued", "/data/train")
    assert (cached / "data/train/a.bin").exists()
    assert [found["id"] for found in ada.get("/jobs?type=4").get_json()["jobs"]] == [job["id"]]


def test_a_free_is_a_job_if_so_preferred_and_ordered_once_with_a_key(ada: CheckedClient, cached: Path) -> None:
    headers = {"Prefer": "respond-async", "Idempotency-Key": "key"}
    body = {"alluxioUri": "/data/top.bin"}

    first, again = (ada.post("/free", json=body, headers=headers) for _ in range(2))

    assert (first.status_code, first.headers["Preference-Applied"]) == (202, "respond-async")
    assert (again.status_code, again.get_json()["id"]) == (202, first.get_json()["id"])
    other = ada.post("/free", json={"alluxioUri": "/data/train", "recursive": True}, headers=headers)
    assert (other.status_code, other.get_json()["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_free_is_no_order_of_post_jobs(ada: CheckedClient) -> None:
    refused = ada.post("/jobs", json={"type": 4, "params": {"alluxioUri": "/data"}})

    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (400, "type")


def test_what_somebody_else_uses_is_not_freed_and_the_refusal_names_whose_it_is(
    ada: CheckedClient, bob: CheckedClient, root: CheckedClient, cached: Path
) -> None:
    body = {"alluxioUri": "/data/train", "recursive": True}
    assert bob.post("/free", json=body).status_code == 403
    theirs = bob.post("/preload", json={"params": {"alluxioUri": "/data/train/deep"}}).get_json()["id"]

    refused = ada.post("/free", json=body)

    assert (refused.status_code, refused.get_json()["reason"]) == (403, "FORBIDDEN")
    assert theirs in refused.get_json()["detail"]
    assert "bob" in refused.get_json()["detail"]
    assert (cached / "data/train/a.bin").exists()
    assert root.post("/free", json=body).get_json()["files"] == 3


def test_a_job_of_somebody_else_that_comes_right_after_the_check_is_not_overlooked(
    ada: CheckedClient, bob: CheckedClient, cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = MountPlaces.use
    jobs: list[str] = []

    def use_after_bob(places: MountPlaces, path: str) -> AbstractContextManager[None]:
        monkeypatch.undo()
        jobs.append(bob.post("/preload", json={"params": {"alluxioUri": "/data/train"}}).get_json()["id"])
        return use(places, path)

    monkeypatch.setattr(MountPlaces, "use", use_after_bob)
    refused = ada.post("/free", json={"alluxioUri": "/data/train", "recursive": True})

    assert (refused.status_code, refused.get_json()["reason"]) == (403, "FORBIDDEN")
    assert jobs[0] in refused.get_json()["detail"]
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
