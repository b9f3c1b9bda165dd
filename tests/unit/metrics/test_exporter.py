"""The port of a process without HTTP: what it answers, to whom it listens no longer, and what it keeps from nothing."""

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.core import Metric as Family

from avio.metrics import exporter, families
from avio.metrics.declared import STREAM_PENDING
from avio.metrics.families import Collector
from tests.processes import wait_until
from tests.servers.ports import free_port

HOST, LIMIT = "127.0.0.1", 10.0


class One(Collector):
    def collect(self) -> Iterator[Family]:
        yield families.gauge(STREAM_PENDING, {(): 7.0})


class Broken(Collector):
    def collect(self) -> Iterator[Family]:
        raise ZeroDivisionError


def fetch(port: int, path: str = "/metrics") -> str:
    with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=LIMIT) as reply:
        return str(reply.read().decode())


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def started(*collectors: Collector) -> int:
    port = free_port()
    exporter.start_exporter(HOST, port, *collectors)
    wait_until(lambda: listens(port), LIMIT, "the exporter listens")
    return port


def test_it_shows_the_metrics_and_nothing_else() -> None:
    port = started(One())

    assert "avio_stream_pending 7.0" in fetch(port)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(port, "/")


def test_a_collector_that_breaks_ends_nothing() -> None:
    port = started(Broken())

    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError, match="500"):
            fetch(port)


def test_a_client_that_sends_nothing_keeps_others_out_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "LIMIT_SECONDS", 0.2)
    port = started(One())
    with socket.create_connection((HOST, port)) as slow:
        slow.sendall(b"GET /metrics HT")
        began = time.monotonic()
        assert "avio_stream_pending" in fetch(port)
        assert time.monotonic() - began < LIMIT


def test_a_port_that_is_taken_is_tried_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(exporter, "AGAIN_SECONDS", 0.01)
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        exporter.start_exporter(HOST, port, One())
        wait_until(lambda: "trying again" in caplog.text, LIMIT, "it has failed once")
    wait_until(lambda: listens(port), LIMIT, "the exporter listens")

    assert "avio_stream_pending" in fetch(port)


def test_without_a_port_there_is_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter.threading, "Thread", None)
    exporter.start_exporter(HOST, None, One())
