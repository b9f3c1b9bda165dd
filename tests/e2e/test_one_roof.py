"""The way of the demo on `avio-server up` (SQLite, its own Valkey), each part killed on the way, and its two ends."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from avio.admin.readiness import Readiness, ask_readiness
from tests.e2e.file_trees import Cache, small_files
from tests.e2e.up_server import MARKS, ProcessManager, roof
from tests.house.test_metrics import asked
from tests.processes import is_alive, wait_until
from tests.servers.plain_http import NO_CERTIFICATES

TREE = small_files(2100, "train", size=1024)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OF_ESTIMATES = {"avio_eta_error_ratio_bucket"}  # of jobs that take seconds
SLOW = "download.temporary:delay:0.01"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessManager]:
    directory = tmp_path_factory.mktemp("up")
    fill(directory / "home" / "bucket")
    with roof(directory, fault=SLOW) as made:
        yield made


def test_a_preload_and_a_save_as_the_demo_shows_them(up: ProcessManager) -> None:
    (up.home / "bucket" / "demo").mkdir()
    (up.home / "bucket" / "demo" / "old.txt").write_text("old")
    assert [entry["state"] for entry in up.admin.json("ls", "/data/demo")["entries"]] == ["remote"]

    assert up.admin.avio("preload", "/data/demo", "--wait").returncode == 0
    entry = up.admin.json("stat", "/data/demo")
    assert (entry["state"], entry["cachedPercent"], entry["tiers"]) == ("cached", 100, {"CACHE": 3})

    (up.home / "cache" / "data" / "demo" / "new.txt").write_text("new")
    assert [entry["state"] for entry in up.admin.json("ls", "/data/demo")["entries"]] == ["dirty", "cached"]
    assert up.admin.avio("save", "/data/demo", "--wait").returncode == 0
    assert (up.home / "bucket" / "demo" / "new.txt").read_text() == "new"
    assert [job["status"] for job in up.admin.json("jobs", "--limit", "2")["jobs"]] == ["succeeded"] * 2


def test_a_scrape_has_each_metric_that_dashboard_and_alerts_name_and_the_log_of_a_job_its_trace(
    up: ProcessManager,
) -> None:
    # Given a job of a request with a trace
    (up.home / "bucket" / "traced").mkdir()
    (up.home / "bucket" / "traced" / "a.txt").write_text("words")
    head = {"Authorization": f"QBox {up.admin.token}", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    with httpx2.Client(base_url=up.admin.url, headers=head, verify=NO_CERTIFICATES) as client:
        job = client.post("/preload", json={"params": {"alluxioUri": "/data/traced"}}).raise_for_status().json()["id"]
        client.get("/stat", params={"alluxioUri": "/data/traced"}).raise_for_status()
    up.admin.watch(job)

    # When all that is scraped is read until the job is counted
    wait_until(lambda: counted(up) > 0, 20, "the job is counted")
    names = {sample.name for port in ports(up) for sample in scraped(port)}

    # Then nothing that is asked for is missing, but what no tier has yet: a survey
    assert asked() - names <= {"avio_dirty_oldest_seconds", *OF_ESTIMATES}

    # And the log of the job and that of web name the trace
    said = up.admin.avio("log", job).stdout.splitlines()
    assert said
    assert all(f"[trace {TRACE}]" in line for line in said)
    assert TRACE in (up.home / "logs" / "web.log").read_text()


def ports(up: ProcessManager) -> list[int]:
    return [int(up.admin.url.rpartition(":")[2]), *up.ports.values()]


def scraped(port: int) -> list[Sample]:
    reply = httpx2.get(f"http://127.0.0.1:{port}/metrics", verify=NO_CERTIFICATES).raise_for_status()
    return [sample for family in text_string_to_metric_families(reply.text) for sample in family.samples]


def counted(up: ProcessManager) -> float:
    """Return how many preloads the metrics of web have as succeeded."""
    wanted = {"state": "succeeded", "type": "preload"}
    return sum(
        each.value
        for each in scraped(ports(up)[0])
        if each.name == "avio_job_duration_seconds_count" and each.labels == wanted
    )


@pytest.mark.faults
@pytest.mark.parametrize("name", MARKS)
def test_a_part_that_is_killed_comes_back_and_the_preload_succeeds(up: ProcessManager, name: str) -> None:
    # Given a preload that is under way
    cache = cache_of(up)
    job = begin_preload(up, cache)
    before = up.pid(name)
    assert before is not None

    # When a part is killed, in the middle of it
    os.kill(before, signal.SIGKILL)
    assert 0 < len(cache.names("train")) < len(TREE), "the kill did not fall into the run"

    # Then `up` starts another, and the job succeeds
    wait_until(lambda: up.pid(name) not in (None, before), 15, f"another {name}")
    wait_until(lambda: ask_readiness(up.admin.url) == Readiness(None), 20, "/readyz")
    ended = up.admin.watch(job)[-1]
    assert ended["progress"]["done"] == ended["verified"] == {"files": len(TREE), "bytes": sum(map(len, TREE.values()))}
    assert cache.holds(TREE)
    cache.empty()


@pytest.mark.faults
@pytest.mark.parametrize("end", [ProcessManager.press_ctrl_c, lambda up: up.process.kill()], ids=["Ctrl-C", "kill -9"])
def test_no_process_is_left_however_up_ends(tmp_path: Path, end: Callable[[ProcessManager], None]) -> None:
    # Given an `up` with a job process at work
    fill(tmp_path / "home" / "bucket")
    with roof(tmp_path, fault=SLOW) as up:
        begin_preload(up, cache_of(up))
        pids = up.everything()
        assert len(pids) >= 8  # up, web and its worker, supervisor, intake and the job, aggregator, valkey

        # When it ends
        end(up)
        up.process.wait(20)

        # Then so does all below it
        wait_until(lambda: not any(map(is_alive, pids)), 15, "the end of all processes")


def fill(bucket: Path) -> None:
    for name, content in TREE.items():
        (bucket / name).parent.mkdir(parents=True, exist_ok=True)
        (bucket / name).write_bytes(content)


def cache_of(up: ProcessManager) -> Cache:
    return Cache(up.home, ("CACHE",), "/data")


def begin_preload(up: ProcessManager, cache: Cache) -> str:
    """Return a preload that has brought some of its files."""
    job = up.admin.order("preload", "/data/train")
    wait_until(lambda: len(cache.names("train")) > 100, 20, "some files in the cache")
    return job
