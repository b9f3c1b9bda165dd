"""GET /nodes and GET /mounts: what the fleet does, and who sees what of it."""

import time
from pathlib import Path
from typing import Any

import pytest

from avio.api import Web
from avio.api.services import KEY
from avio.config import Mount, Settings, TierSpec
from avio.db.connection import borrow
from tests.contract.db import given
from tests.integration.api.conftest import CheckedClient
from tests.integration.api.following import LIMIT

SECRET = "s3cret-key"


@pytest.fixture
def settings(tmp_path: Path, bucket: Path, valkey_url: str, database_url: str) -> Settings:
    """Three mounts: one answers, one has no bucket, and one has a password in its options."""
    options = {"access_key_id": "ada", "secret_access_key": SECRET, "endpoint": "http://127.0.0.1:9"}
    return Settings(
        database_url=database_url,
        redis_url=valkey_url,
        mounts={
            "/data": Mount(url=f"file://{bucket}"),
            "/data/gone": Mount(url=f"file://{tmp_path}/gone"),
            "/s3": Mount(url="s3://pictures/2026", options=options),
        },
        tiers=[TierSpec(alias="MEM", path=tmp_path / "mem", capacity=1 << 30)],
    )


@pytest.fixture
def running(app: Web, ada: CheckedClient, bob: CheckedClient) -> dict[str, str]:
    """A node with two slots that runs a job of Ada and one of Bob, and a node whose lease is over."""
    jobs = {}
    with borrow():
        given.node("n1")
        given.node("n2")
        for name, uid, path in (("ada", 1, "/data/train"), ("bob", 2, "/data/gone/x")):
            jobs[name] = given.job(uid, path=path)
            given.claim(jobs[name])
        given.lease_over("n2", 5.0)
    return jobs


def nodes(client: CheckedClient) -> dict[str, Any]:
    return {node["name"]: node for node in client.get("/nodes").get_json()["nodes"]}


def mounts(client: CheckedClient) -> dict[str, Any]:
    return {mount["path"]: mount for mount in client.get("/mounts").get_json()["mounts"]}


def test_nodes_are_told_with_their_leases_and_slots(ada: CheckedClient, running: dict[str, str]) -> None:
    found = nodes(ada)

    assert list(found) == ["n1", "n2"]
    assert (found["n1"]["state"], found["n1"]["busy"], found["n1"]["slots"]) == ("active", 2, 2)
    assert 0 < found["n1"]["leaseSeconds"] <= given.LEASE
    assert (found["n2"]["state"], found["n2"]["busy"]) == ("silent", 0)
    assert -60 < found["n2"]["leaseSeconds"] <= -5


def test_users_see_their_own_jobs_on_a_node_and_admins_all(
    ada: CheckedClient, root: CheckedClient, running: dict[str, str]
) -> None:
    (own,) = nodes(ada)["n1"]["jobs"]

    assert own == {
        "id": running["ada"],
        "name": "load",
        "uid": 1,
        "type": 1,
        "status": "starting",
        "path": "/data/train",
        "node": "n1",
    }
    assert [job["id"] for job in nodes(root)["n1"]["jobs"]] == sorted(running.values())


def test_mounts_are_told_with_what_runs_on_them(
    ada: CheckedClient, root: CheckedClient, running: dict[str, str]
) -> None:
    with borrow():
        for path in ("/", "/s3/x"):
            given.claim(given.job(2, path=path))
        several = '{"paths": ["/s3/a", "/s3/b"]}'
        given.claim(given.job(2, path=None, params=several))
        given.claim(given.job(2, path=None, params='{"fromFileList": true, "fileListId": "x"}'))
    found = mounts(ada)

    # /data/train is of the nearest mount above it; a job at the root is on each mount below.
    assert {path: mount["running"] for path, mount in found.items()} == {"/data": 2, "/data/gone": 2, "/s3": 3}
    assert [job["id"] for job in found["/data"]["jobs"]] == [running["ada"]]
    assert (found["/data/gone"]["jobs"], found["/s3"]["jobs"]) == ([], [])
    assert {path: len(mount["jobs"]) for path, mount in mounts(root).items()} == {"/data": 2, "/data/gone": 2, "/s3": 3}


def test_a_mount_is_unknown_until_it_was_asked_beside_the_calls(ada: CheckedClient, root: CheckedClient) -> None:
    assert {mount["state"] for mount in mounts(ada).values()} <= {"unknown", "ok", "unavailable"}
    deadline = time.monotonic() + LIMIT
    while any(mount["state"] == "unknown" for mount in mounts(ada).values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    found = mounts(ada)

    assert {path: mount["state"] for path, mount in found.items()} == {
        "/data": "ok",
        "/data/gone": "unavailable",
        "/s3": "unavailable",
    }
    assert (found["/data"]["reason"], found["/data"]["message"]) == (None, "")
    assert found["/s3"]["reason"] == "ENGINE_AWAY"
    assert found["/s3"]["message"].startswith("no answer from mount /s3")


def test_urls_are_for_admins_and_nobody_sees_secrets_or_addresses(
    app: Web, ada: CheckedClient, root: CheckedClient
) -> None:
    assert {path: (mount["kind"], mount["url"]) for path, mount in mounts(ada).items()} == {
        "/data": ("file", None),
        "/data/gone": ("file", None),
        "/s3": ("s3", None),
    }
    assert mounts(root)["/s3"]["url"] == "s3://pictures/2026"
    app.extensions[KEY].health.state(LIMIT)
    for client in (ada, root):
        text = client.get("/mounts").get_data(as_text=True)
        assert SECRET not in text
        assert "127.0.0.1" not in text


@pytest.mark.parametrize("path", ["/nodes", "/mounts"])
def test_nobody_sees_the_fleet_without_a_token(nobody: CheckedClient, path: str) -> None:
    assert nobody.get(path).status_code == 401
