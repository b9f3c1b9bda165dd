"""Jobs that run at the same time on a node ask the master's web port no more often than one of them would."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import httpx2
import pytest

from avio.engines.alluxio.view.looks import CACHE_SECONDS
from tests.alluxio.server_on_cluster import Make, Stage, assert_all_done
from tests.e2e.file_trees import small_files
from tests.servers import alluxio

JOBS, FILES, SIZE = 4, 500, 16_000
BANDWIDTH = 65_536  # bytes per second of a job: each takes a minute
WINDOW_SECONDS = 24.0
INFO = "/api/v1/master/info"


class WebPort:
    """The master's web port behind one that notes when the cluster was asked for."""

    def __init__(self, behind: str) -> None:
        self.asked: list[float] = []
        web_port, self._http = self, httpx2.Client(base_url=behind, timeout=30)
        http = self._http

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path.startswith(INFO):
                    web_port.asked.append(time.monotonic())
                reply = http.get(self.path)
                self.send_response(reply.status_code)
                self.send_header("Content-Length", str(len(reply.content)))
                self.end_headers()
                self.wfile.write(reply.content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        """Close the connections to both sides."""
        self.server.server_close()
        self._http.close()

    def gaps(self, begin: float, end: float) -> list[float]:
        """Return the seconds between two questions for the cluster in that time."""
        return [after - before for before, after in pairwise(each for each in list(self.asked) if begin <= each <= end)]


@pytest.fixture
def web_port(alluxio_cluster: alluxio.Cluster) -> Iterator[WebPort]:
    (url,) = alluxio_cluster.settings["web"]
    made = WebPort(url)
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.close()


@pytest.fixture
def watched(make_stage: Make, alluxio_cluster: alluxio.Cluster, web_port: WebPort) -> Iterator[Stage]:
    with make_stage(alluxio_cluster, slots=JOBS, web=[web_port.url]) as made:
        yield made


def test_jobs_of_a_node_ask_as_often_as_one(watched: Stage, web_port: WebPort) -> None:
    names = [f"looks{number}" for number in range(JOBS)]
    trees = [small_files(FILES, name, size=SIZE) for name in names]
    for tree in trees:
        watched.books.cluster.put(tree)
    jobs = [watched.user.order("preload", f"/{name}", "--bandwidth", str(BANDWIDTH)) for name in names]
    for job in jobs:
        watched.wait_for_files(job, 10)

    begin = time.monotonic()
    time.sleep(WINDOW_SECONDS)
    gaps = web_port.gaps(begin, begin + WINDOW_SECONDS)
    with watched.user.client() as client:
        assert {client.job(job)["status"] for job in jobs} == {"running"}

    for job, tree in zip(jobs, trees, strict=True):
        assert_all_done(watched.end_of(job), FILES, sum(map(len, tree.values())))
    assert len(gaps) > 0
    assert min(gaps) >= CACHE_SECONDS  # one asks, and waits: several would now and then ask at the same time
