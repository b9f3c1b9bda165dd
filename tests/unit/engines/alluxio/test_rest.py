"""Which server is asked, how often, and for how long none has answered: over real sockets."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from avio.engines.alluxio.clients import job_master
from avio.engines.alluxio.clients.errors import Exhausted
from avio.engines.alluxio.clients.job_master import JobMaster, JobServiceAway
from avio.engines.alluxio.clients.rest import Rest, Unheard
from avio.engines.alluxio.clients.settings import AlluxioSettings
from avio.errors import EngineAway

NOBODY = "http://127.0.0.1:1"


class Server:
    """A server that answers each call with the next of `replies`, and hangs up on it for None; counts the calls."""

    def __init__(self, *replies: tuple[int, object] | None) -> None:
        self.calls = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                reply = replies[min(outer.calls, len(replies) - 1)]
                outer.calls += 1
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if reply is None:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                body = json.dumps(reply[1]).encode()
                self.send_response(reply[0])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        self._http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@contextmanager
def served(*replies: tuple[int, object] | None) -> Iterator[Server]:
    server = Server(*replies)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def asking(*urls: str, patience: float = 0) -> Iterator[Rest]:
    rest = Rest("the server", urls, patience)
    try:
        yield rest
    finally:
        rest.close()


def test_a_call_that_may_be_heard_once_goes_to_the_next_where_nobody_hears_it() -> None:
    with served((200, 7)) as server, asking(NOBODY, server.url) as rest:
        assert rest.post_once("/run") == 7
        assert rest.post_once("/run") == 7
        assert server.calls == 2


def test_a_call_that_may_be_heard_once_is_not_made_again_when_its_answer_is_lost() -> None:
    with served(None, (200, 7)) as first, served((200, 7)) as second, asking(first.url, second.url, patience=5) as rest:
        with pytest.raises(EngineAway) as caught:
            rest.post_once("/run")

        assert not isinstance(caught.value, Unheard)
        assert (first.calls, second.calls) == (1, 0)


def test_a_call_that_may_be_repeated_is() -> None:
    with served(None, (200, 7)) as server, asking(server.url, patience=5) as rest:
        assert rest.get("/status") == 7
        assert server.calls == 2


def test_silence_lasts_from_the_first_call_without_an_answer_to_the_next_answer() -> None:
    full = (500, {"statusCode": "RESOURCE_EXHAUSTED", "message": "full"})
    with served(None, None, full, None, (200, 7)) as server, asking(server.url) as rest:
        assert rest.silence() == 0
        with pytest.raises(EngineAway):
            rest.get("/")
        before = rest.silence()
        with pytest.raises(EngineAway):
            rest.get("/")
        assert rest.silence() > before > 0

        with pytest.raises(Exhausted):
            rest.get("/")
        assert rest.silence() == 0

        with pytest.raises(EngineAway):
            rest.get("/")
        assert rest.get("/") == 7
        assert rest.silence() == 0


def test_a_job_master_that_was_silent_for_too_long_ends_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = AlluxioSettings(masters=(), web=(), job_master=(NOBODY,), patience=0)
    jobs = JobMaster(settings)
    with pytest.raises(EngineAway):
        jobs.status(1)

    monkeypatch.setattr(job_master, "SILENCE_SECONDS", 0.0)

    with pytest.raises(JobServiceAway, match="the job master has not answered"):
        jobs.status(1)
    jobs.close()
