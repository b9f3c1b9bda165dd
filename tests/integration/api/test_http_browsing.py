"""The tasks list and stat."""

from pathlib import Path
from typing import Any

import pytest

from avio.api import Web
from avio.api.services import KEY
from avio.engines.base import Page
from avio.engines.local import listings
from avio.errors import StoreError, TooLarge
from tests.integration.api.conftest import CheckedClient


def test_a_file_is_told_with_its_state(ada: CheckedClient, bucket: Path) -> None:
    entry = ada.get("/stat?alluxioUri=/data/train/a.bin").get_json()
    assert (entry["path"], entry["name"], entry["kind"]) == ("/data/train/a.bin", "a.bin", "file")
    assert entry["size"] == (bucket / "train/a.bin").stat().st_size
    assert (entry["state"], entry["cachedBytes"], entry["cachedPercent"]) == ("remote", 0, 0.0)


def test_users_are_not_told_where_a_mount_that_refuses_is(
    app: Web, ada: CheckedClient, root: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = StoreError("s3://b: the bucket is in another region: https://minio-7.storage.internal:9000")
    monkeypatch.setattr(app.extensions[KEY].engine, "list", lambda *_, **__: Page([], None, refused={"/s3": why}))

    told, whole = (each.get("/list?alluxioUri=/").get_json()["refused"] for each in (ada, root))

    assert [each["message"] for each in told] == ["s3://b: the bucket is in another region: (address)"]
    assert [each["message"] for each in whole] == [why.message]


def test_a_directory_is_told_with_its_sums(ada: CheckedClient) -> None:
    entry = ada.get("/stat?alluxioUri=/data/train").get_json()
    assert (entry["kind"], entry["files"], entry["filesCached"]) == ("directory", 3, 0)


def test_the_cache_alone_is_told_without_its_bucket(ada: CheckedClient, app: Web, bucket: Path) -> None:
    tier = app.extensions[KEY].settings.tiers[0].path
    (tier / "data/train").mkdir(parents=True, exist_ok=True)
    (tier / "data/train/a.bin").write_bytes(b"1234")
    bucket.rename(bucket.with_name("away"))

    entry = ada.get("/stat?alluxioUri=/data/train&cachedOnly=true").get_json()

    assert (entry["state"], entry["files"], entry["filesCached"]) == ("unknown", None, 1)
    assert entry["localPath"] == f"{tier}/data/train"
    refused = ada.get("/stat?alluxioUri=/data&cachedOnly=true", headers={"Prefer": "respond-async"})
    assert [each["field"] for each in refused.get_json()["errors"]] == ["cachedOnly"]


@pytest.mark.parametrize(
    ("depth", "names"),
    [("", {"top.bin", "train", "a.bin", "b.bin", "deep", "c.bin"}), ("&depth=1", {"top.bin", "train"})],
)
def test_depth_bounds_a_listing(ada: CheckedClient, depth: str, names: set[str]) -> None:
    page = ada.get(f"/list?alluxioUri=/data{depth}").get_json()
    assert page["path"] == "/data"
    assert {entry["name"] for entry in page["entries"]} == names
    assert page["nextPageToken"] is None


def test_pages_follow_each_other_without_gap_or_repeat(ada: CheckedClient) -> None:
    whole = [entry["path"] for entry in ada.get("/list?alluxioUri=/data").get_json()["entries"]]
    paged: list[str] = []
    link = "</list?alluxioUri=/data&pageSize=2>"
    while link:
        response = ada.get(link[1 : link.index(">")])
        assert response.status_code == 200, (link, response.get_json())
        paged += [entry["path"] for entry in response.get_json()["entries"]]
        link = response.headers.get("Link", "")
    assert paged == whole
    assert len(whole) == len(set(whole)) == 6


def test_a_stat_of_too_much_says_how_to_make_it_a_job(
    app: Web, ada: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: Any, limit: int) -> None:
        raise TooLarge(f"more than {limit} files")

    monkeypatch.setattr(type(app.extensions[KEY].engine), "stat", too_large)
    response = ada.get("/stat?alluxioUri=/data")
    assert response.status_code == 413
    assert response.get_json()["reason"] == "TOO_LARGE"
    assert "100000" in response.get_json()["detail"]
    assert "Prefer: respond-async" in response.get_json()["cure"]


def test_names_that_are_hard_to_write_come_back_as_they_are(ada: CheckedClient, bucket: Path) -> None:
    name = 'spaß & "quotes" 100%+\u2028.bin'
    (bucket / name).write_bytes(b"x")
    assert ada.get("/stat", query_string={"alluxioUri": f"/data/{name}"}).get_json()["name"] == name
    assert name in {entry["name"] for entry in ada.get("/list?alluxioUri=/data&depth=1").get_json()["entries"]}


def test_sums_are_counted_for_longer_on_request(
    ada: CheckedClient, bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "BRIEF", listings.BRIEF._replace(streams=0))
    asked = "/list?alluxioUri=/data&depth=1&pageSize=1"

    first = ada.get(asked)
    brief = {entry["name"]: entry for entry in ada.get("/list?alluxioUri=/data&depth=1").get_json()["entries"]}["train"]
    longer = ada.get("/list?alluxioUri=/data&depth=1&sums=true").get_json()["entries"]

    assert (brief["size"], brief["files"], brief["cachedPercent"]) == (None, None, None)
    assert (brief["state"], brief["cachedBytes"], brief["filesCached"]) == ("remote", 0, 0)
    assert {entry["files"] for entry in longer} == {1, 3}
    assert "sums" not in first.headers["Link"]
    assert "sums=True" in ada.get(f"{asked}&sums=true").headers["Link"]
    assert ada.get("/list?alluxioUri=/data&sums=some").status_code == 400
