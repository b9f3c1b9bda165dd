"""The way of the demo on a real Alluxio cluster: `avio-server up` pointed at it, and a user at a terminal."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import obstore
import pytest
from obstore.store import ObjectStore

from avio.engines.alluxio.clients.cluster import open_clients
from avio.engines.alluxio.clients.settings import AlluxioSettings
from tests.e2e.gate_script import begin_gate, gate_outcome
from tests.e2e.procfile_cluster import ROOT
from tests.e2e.up_server import ProcessManager, roof
from tests.processes import wait_until
from tests.servers.alluxio import Cluster

pytestmark = [pytest.mark.alluxio, pytest.mark.timeout(300, func_only=True)]

BYTES = 16 << 10
FILES = 300
FREE_LIMIT = 30.0  # seconds


@pytest.fixture
def bucket(alluxio_store: ObjectStore) -> ObjectStore:
    """The bucket that is mounted at /s3."""
    return alluxio_store


@pytest.fixture(scope="module")
def up(alluxio_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessManager]:
    """A server whose jobs may connect to nothing but the cluster and Redis."""
    directory = tmp_path_factory.mktemp("up")
    (directory / "home").mkdir()
    (directory / "home" / "avio.toml").write_text(
        alluxio_cluster.toml(worker_ports=[alluxio_cluster.port("worker.rpc", 1)])
    )
    with roof(directory, fault="") as made:
        yield made


def used_on(cluster: Cluster) -> dict[str, int]:
    """Return the bytes on each tier, as the worker itself tells."""
    clients = open_clients(AlluxioSettings.from_settings({"alluxio": cluster.settings}))
    try:
        (worker,) = clients.info.cluster().workers
        return {alias: use.used for alias, use in clients.info.worker_tiers(worker).items()}
    finally:
        clients.close()


def serving(up: ProcessManager, *words: str) -> Any:
    """Run an avio-server command beside the server, and return its JSON."""
    environ = {"AVIO_CONFIG": str(up.home / "avio.toml"), "AVIO_DATABASE_URL": f"sqlite:///{up.home}/avio.db"}
    run = subprocess.run(
        [sys.executable, "cli.py", *words, "--json"],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return json.loads(run.stdout)


def test_a_preload_and_a_save_as_the_demo_shows_them(
    up: ProcessManager, alluxio_cluster: Cluster, bucket: ObjectStore
) -> None:
    # Given a directory of the bucket that Alluxio knows, and objects that were put behind its back
    tree = {f"demo/{n // 100}/{n:05}.bin": os.urandom(BYTES) for n in range(FILES)}
    for name, content in list(tree.items())[:100]:
        obstore.put(bucket, name, content)
    assert {entry["state"] for entry in up.admin.json("ls", "-R", "/s3/demo")["entries"]} == {"remote"}
    for name, content in list(tree.items())[100:]:
        obstore.put(bucket, name, content)

    # When it is preloaded
    before = used_on(alluxio_cluster)
    run = up.admin.avio("preload", "alluxio://any:19998/s3/demo", "--wait")
    assert run.returncode == 0, run.stderr

    # Then all of it is cached, as the worker itself says
    entry = up.admin.json("stat", "/s3/demo")
    assert (entry["state"], entry["cachedPercent"]) == ("cached", 100)
    assert (entry["files"], entry["filesCached"], entry["size"]) == (FILES, FILES, FILES * BYTES)
    after = used_on(alluxio_cluster)
    grown = {alias: after[alias] - before[alias] for alias in after if after[alias] != before[alias]}
    assert entry["tiers"] == grown
    listed = up.admin.json("ls", "-R", "/s3/demo")["entries"]
    assert {(e["state"], sum(e["tiers"].values())) for e in listed if e["kind"] == "file"} == {("cached", BYTES)}

    # When a file is written through Alluxio, it is dirty until it is saved
    content = os.urandom(3 << 20)
    alluxio_cluster.write("/s3/demo/0/new file ü.bin", content)
    states = {entry["name"]: entry["state"] for entry in up.admin.json("ls", "/s3/demo/0")["entries"]}
    assert states["new file ü.bin"] == "dirty"
    assert set(states.values()) == {"dirty", "cached"}
    assert up.admin.json("stat", "/s3/demo")["saved"] is False
    run = up.admin.avio("save", "/s3/demo", "--wait")
    assert run.returncode == 0, run.stderr

    # Then the bucket has it, byte by byte, and all others as they were
    assert bytes(obstore.get(bucket, "demo/0/new file ü.bin").bytes()) == content
    assert all(bytes(obstore.get(bucket, name).bytes()) == expected for name, expected in tree.items())
    entry = up.admin.json("stat", "/s3/demo/0/new file ü.bin")
    assert (entry["state"], entry["saved"]) == ("cached", True)
    saved, preloaded = up.admin.json("jobs", "--limit", "2")["jobs"]
    assert (saved["type"], saved["status"], saved["progress"]["done"]["files"]) == (2, "succeeded", FILES + 1)
    assert (preloaded["type"], preloaded["status"], preloaded["verified"]["files"]) == (1, "succeeded", FILES)


def test_a_script_waits_at_a_gate(up: ProcessManager, bucket: ObjectStore) -> None:
    for number in range(20):
        obstore.put(bucket, f"gated/{number}.bin", os.urandom(BYTES))
    up.admin.avio("ls", "/s3/gated")

    late = begin_gate(up.admin, "/s3/gated", "cached", "1s")
    assert gate_outcome(late) == (9, "not in time")
    assert gate_outcome(begin_gate(up.admin, "/s3/nowhere", "cached", "1m")) == (6, "no such data")
    whole = begin_gate(up.admin, "/s3/gated", "cached,saved", "1m")
    up.admin.order("preload", "/s3/gated")
    assert gate_outcome(whole) == (0, "train")


def test_a_preload_runs_with_all_rungs_of_isolation_that_the_machine_has(
    up: ProcessManager, alluxio_cluster: Cluster, bucket: ObjectStore
) -> None:
    obstore.put(bucket, "apart/a.bin", os.urandom(BYTES))

    run = up.admin.avio("preload", "/s3/apart", "--wait")

    job = up.admin.json("jobs", "--limit", "1")["jobs"][0]
    assert (run.returncode, job["status"]) == (0, "succeeded"), run.stderr
    assert "the workers' Load" in up.admin.avio("log", job["id"]).stdout
    (attempt,) = serving(up, "job", job["id"])
    for rung in ("landlock", "landlock-tcp", "seccomp"):
        assert rung in attempt["isolation"].split() or f"{rung}: the kernel" in attempt["missing"], attempt


def test_a_tier_is_chosen_and_one_that_is_not_there_is_refused_at_submit(
    up: ProcessManager, bucket: ObjectStore
) -> None:
    obstore.put(bucket, "placed/a.bin", os.urandom(BYTES))

    assert up.admin.avio("preload", "/s3/placed", "--tier", "SSD", "--wait").returncode == 0
    assert up.admin.json("stat", "/s3/placed")["tiers"] == {"SSD": BYTES}

    refused = up.admin.avio("preload", "/s3/placed", "--tier", "GPU")
    assert refused.returncode == 2
    assert "the tiers are HDD, MEM, SSD" in refused.stderr


def test_what_alluxio_cannot_do_is_refused_at_submit(up: ProcessManager, bucket: ObjectStore) -> None:
    obstore.put(bucket, "asked/a.bin", b"1")
    jobs = len(up.admin.json("jobs", "--all")["jobs"])

    overwrite = up.admin.avio("save", "/s3/asked", "--on-conflict", "overwrite")
    query = up.admin.avio("preload", "/s3/asked/a.bin?x")
    uri = up.admin.avio("ls", "alluxio://any:1/s3/asked/a.bin?x")

    assert (overwrite.returncode, query.returncode, uri.returncode) == (2, 2, 2)
    assert "UNSUPPORTED_OPTION" in overwrite.stderr
    assert "PATH_REFUSED" in query.stderr
    assert "would use /s3/asked/a.bin" in query.stderr
    assert "'?'" in uri.stderr
    assert len(up.admin.json("jobs", "--all")["jobs"]) == jobs


def test_a_free_and_the_tiers_through_the_cli(
    up: ProcessManager, alluxio_cluster: Cluster, bucket: ObjectStore
) -> None:
    obstore.put(bucket, "dropped/a.bin", os.urandom(BYTES))
    assert up.admin.avio("preload", "/s3/dropped", "--wait").returncode == 0
    tiers = up.admin.json("tiers")["tiers"]
    worker = f"127.0.0.1:{alluxio_cluster.port('worker.rpc', 1)}"
    assert [(tier["alias"], tier["worker"]) for tier in tiers] == [(alias, worker) for alias in ("MEM", "SSD", "HDD")]

    freed = {"path": "/s3/dropped", "files": 1, "bytes": BYTES, "gone": 0}
    assert up.admin.json("free", "-r", "/s3/dropped") == freed

    wait_until(lambda: up.admin.json("stat", "/s3/dropped")["state"] == "remote", FREE_LIMIT, "the free")
    alluxio_cluster.write("/s3/dropped/new.bin", b"new")
    refused = up.admin.avio("free", "/s3/dropped/new.bin")
    assert (refused.returncode, "NOT_SAVED" in refused.stderr) == (1, True)
    assert up.admin.avio("save", "/s3/dropped", "--wait").returncode == 0


def test_the_doctor_looks_at_the_cluster(up: ProcessManager, alluxio_cluster: Cluster) -> None:
    def doctor() -> dict[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = {}
        for row in serving(up, "doctor"):
            if row["section"] == "cluster":
                found.setdefault(row["subject"], []).append(row)
        return found

    well = doctor()
    assert {"master", "proxy", "version", "job service"} <= well.keys()
    assert {row["severity"] for rows in well.values() for row in rows} == {"good", "note"}

    alluxio_cluster.restart("proxy", properties={"alluxio.proxy.s3.v2.version.enabled": "true"})
    try:
        (row,) = doctor()["proxy"]
    finally:
        alluxio_cluster.restart("proxy")
    assert row["severity"] == "fault"
    assert "alluxio.proxy.s3.v2.version.enabled=false" in row["cure"]
