"""One look at the master's web port serves all jobs of a node; without a recent one each job asks for itself."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from avio.clock import boottime
from avio.engines.alluxio.clients.cluster_info import ClusterInfo, TierUse, WorkerInfo
from avio.engines.alluxio.clients.status import Address
from avio.engines.alluxio.engine import AlluxioEngine
from avio.engines.alluxio.view import looks
from avio.engines.alluxio.view.looks import Look, Looks, write

JOBS, LOOKS = 6, 4
CLUSTER = "http://master:19999"
WORKER = WorkerInfo(
    7,
    Address("w1", 29999),
    "http://w1:30000",
    {"MEM": TierUse(10, 3), "SSD": TierUse(100, 0)},
    live=True,
    silent=1,
    version="2.9.6",
    blocks=4,
)


def a_look(*, asked: float = 0.0, until: float = 5.0) -> Look:
    """A look that was asked for and ends so many seconds from now."""
    return Look((WORKER,), ("MEM", "SSD"), 2.5, boottime() + asked, boottime() + until, 2.0)


class WebPort:
    """A master's web port that counts the requests for the cluster."""

    def __init__(self) -> None:
        self.asked = 0
        self.hosts = ["w1"]

    def answer(self) -> dict[str, Any]:
        self.asked += 1
        return {
            "version": "2.9.6",
            "startTimeMs": 1,
            "workers": [worker(host) for host in self.hosts],
            "lostWorkers": [],
            "tierCapacity": {"MEM": {"total": 10, "used": 3}},
            "mountPoints": {},
            "configuration": {"alluxio.worker.block.heartbeat.interval": "1sec"},
        }


def worker(host: str) -> dict[str, Any]:
    return {
        "id": 1,
        "address": {"host": host, "rpcPort": 29999, "webPort": 30000},
        "lastContactSec": 0,
        "capacityBytesOnTiers": {"MEM": 10},
        "usedBytesOnTiers": {"MEM": 3},
        "version": "2.9.6",
        "blockCount": 2,
    }


@pytest.fixture
def port() -> Iterator[tuple[WebPort, str]]:
    made = WebPort()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = json.dumps(made.answer()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def engine(port: tuple[WebPort, str]) -> Iterator[Callable[[], AlluxioEngine]]:
    """Return what opens the engine of one more process of the node."""
    opened: list[AlluxioEngine] = []

    def make() -> AlluxioEngine:
        table = {"masters": ["127.0.0.1:1"], "web": [port[1]], "job_master": [], "patience": 0.0}
        opened.append(AlluxioEngine.from_settings({"engine": "alluxio", "alluxio": table}))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "CACHE_SECONDS", 0.2)
    monkeypatch.setattr(looks, "COST_FACTOR", 0)
    monkeypatch.setattr("avio.engines.alluxio.view.roster.LOOKS_SECONDS", 0.05)


def hosts(of: AlluxioEngine) -> list[str]:
    return [each.address.host for each in of._roster.live()]


def test_jobs_of_a_node_that_have_looks_never_ask_the_master(
    port: tuple[WebPort, str], engine: Callable[[], AlluxioEngine], tmp_path: Path
) -> None:
    file, supervisor, jobs = tmp_path / "newest", engine(), [engine() for _ in range(JOBS)]
    for job in jobs:
        job.use_looks(file)
    for _ in range(LOOKS):
        pause = supervisor.look(file)
        until = time.monotonic() + pause
        while time.monotonic() < until:
            assert all(map(hosts, jobs))

    assert port[0].asked == LOOKS


def test_jobs_without_looks_ask_each_for_itself(
    port: tuple[WebPort, str], engine: Callable[[], AlluxioEngine], tmp_path: Path
) -> None:
    jobs = [engine() for _ in range(JOBS)]
    for job in jobs:
        job.use_looks(tmp_path / "missing")

    assert all(map(hosts, jobs))

    assert port[0].asked == JOBS


def test_a_job_sees_a_new_worker_of_the_next_look(
    port: tuple[WebPort, str], engine: Callable[[], AlluxioEngine], tmp_path: Path
) -> None:
    file, supervisor, job = tmp_path / "newest", engine(), engine()
    job.use_looks(file)
    supervisor.look(file)
    assert hosts(job) == ["w1"]
    told, _ = job._roster.answer()

    time.sleep(0.06)
    assert (hosts(job), job._roster.answer()[0]) == (["w1"], told)  # the same look is no new answer

    port[0].hosts.append("w2")
    supervisor.look(file)
    time.sleep(0.06)

    assert (hosts(job), job._roster.answer()[0]) == (["w1", "w2"], told + 1)


def test_a_look_tells_what_the_master_told(
    port: tuple[WebPort, str], engine: Callable[[], AlluxioEngine], tmp_path: Path
) -> None:
    asking, reading = engine(), engine()
    reading.use_looks(tmp_path / "newest")
    asking.look(tmp_path / "newest")

    found = [(each._roster.live(), each._roster.lag(), each._roster.rank("MEM")) for each in (asking, reading)]

    assert found[0] == found[1]
    assert port[0].asked == 2  # one look, and one question of the job that has none


def test_who_insists_asks_the_master(
    port: tuple[WebPort, str], engine: Callable[[], AlluxioEngine], tmp_path: Path
) -> None:
    file, supervisor, job = tmp_path / "newest", engine(), engine()
    job.use_looks(file)
    supervisor.look(file)
    port[0].hosts.append("w2")

    assert job._roster.insist() is None

    assert (hosts(job), port[0].asked) == (["w1", "w2"], 2)


def test_what_was_written_is_read_and_no_one_else_may_write_it(tmp_path: Path) -> None:
    seen = a_look()
    write(tmp_path / "newest", CLUSTER, seen)

    assert Looks(tmp_path / "newest", CLUSTER).newest() == seen
    assert (tmp_path / "newest").stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == ["newest"]


@pytest.mark.parametrize(("asked", "until"), [(-20, -1), (50, 60)], ids=["old", "of a boot before"])
def test_an_old_look_tells_nothing(tmp_path: Path, asked: float, until: float) -> None:
    write(tmp_path / "newest", CLUSTER, a_look(asked=asked, until=until))

    assert Looks(tmp_path / "newest", CLUSTER).newest() is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", '{"workers": []}', "[[1], [], 1, 1, 1, 1]", '[[], ["MEM"], "x", 0, 9e99, 1]']
)
def test_a_look_of_another_form_tells_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "newest").write_text(text)

    assert Looks(tmp_path / "newest", CLUSTER).newest() is None


def test_a_fifo_in_the_place_of_a_look_holds_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "newest")

    assert Looks(tmp_path / "newest", CLUSTER).newest() is None


def test_a_look_that_gets_old_is_used_no_more(tmp_path: Path) -> None:
    write(tmp_path / "newest", CLUSTER, a_look(until=0.1))
    reader = Looks(tmp_path / "newest", CLUSTER)

    assert reader.newest() is not None
    time.sleep(0.15)
    assert reader.newest() is None


def test_a_look_at_another_cluster_tells_nothing(tmp_path: Path) -> None:
    write(tmp_path / "newest", "http://other:19999", a_look())
    reader = Looks(tmp_path / "newest", CLUSTER)

    assert reader.newest() is None
    write(tmp_path / "newest", CLUSTER, seen := a_look())
    assert reader.newest() == seen


def test_a_look_that_took_long_is_of_no_use_for_longer_than_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([100.0, 130.0])
    monkeypatch.setattr(looks, "boottime", lambda: next(now))

    seen = looks.look(lambda: ClusterInfo("2.9.6", 1, (), (), {}, (), {}))

    assert seen.until - 130.0 <= 2 * looks.MAX_CACHE_SECONDS + looks.LATE_SECONDS
